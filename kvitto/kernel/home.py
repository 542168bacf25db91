"""Where an installation keeps what is its own: the database, the keys. `KVITTO_HOME` moves it."""

import os
from pathlib import Path


def home() -> Path:
    """The folder of this installation; `instance/` in the working folder unless `KVITTO_HOME` says otherwise."""
    return Path(os.environ.get("KVITTO_HOME") or "instance").absolute()
