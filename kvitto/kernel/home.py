"""Where an installation keeps what is its own: the database, the keys. `KVITTO_HOME` moves it."""

import contextlib
import os
import secrets
from pathlib import Path


def home() -> Path:
    """The folder of this installation; `instance/` in the working folder unless `KVITTO_HOME` says otherwise."""
    return Path(os.environ.get("KVITTO_HOME") or "instance").absolute()


def keep_once(path: Path, secret: bytes) -> None:
    """Put a secret into a file that nobody else can read, where there is none yet: whole and durable, or not at all.

    Several processes may try at once: one of them wins, and none reads a file that is half written.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
