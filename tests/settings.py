"""The program's own settings, with a home of the tests' own: pytest reads them before any conftest could name it."""

import os
from pathlib import Path

HOME = Path(__file__).parent.parent / "build" / "test-home"
os.environ["KVITTO_HOME"] = str(HOME)  # the settings make key files there

from kvitto.wiring.settings import *  # noqa: E402, F403
