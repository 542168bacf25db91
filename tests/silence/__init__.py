"""Processes that cannot reach another machine: what they try is written down.

`Quiet(folder)` gives the environment of such a process. Where the system allows it, a command runs in a network of its own, too, in
which there is nothing: that holds for libraries that do not ask Python.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HOOK = Path(__file__).parent
APART = ("unshare", "--net", *(() if os.geteuid() == 0 else ("--map-current-user",)))


@cache
def can_be_apart():
    """Whether this system lets a process have a network of its own."""
    if not shutil.which(APART[0]):
        return False
    return subprocess.run([*APART, "true"], capture_output=True, check=False).returncode == 0


@dataclass(frozen=True)
class Quiet:
    """A folder for what is tried."""

    folder: Path

    @property
    def environment(self):
        """What makes a Python process a quiet one."""
        paths = [str(HOOK), os.environ.get("PYTHONPATH", "")]
        return {"KVITTO_TRIED": str(self.folder / "tried"), "PYTHONPATH": os.pathsep.join(filter(None, paths))}

    @property
    def tried(self):
        """What was tried, in order."""
        path = self.folder / "tried"
        return path.read_text().splitlines() if path.exists() else []

    def run(self, command, environment, *, apart=False):
        """Run a command to its end; apart where that is possible."""
        return subprocess.run(
            [*(APART if apart and can_be_apart() else ()), *map(str, command)],
            env=os.environ | environment | self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
