"""The program's own settings, with a home of the tests' own: pytest reads them before any conftest could name it.

Servers and commands that tests start have them, too.
"""

import os
from pathlib import Path

HOME = Path(__file__).parent.parent / "build" / "test-home"
os.environ["KVITTO_HOME"] = str(HOME)  # the settings make key files there

from kvitto.wiring.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["tests.hashers.LeastWork"]  # what the program takes is tested where accounts are made
