"""The `kvitto` command as an operator uses it: as a process of its own, or in this one, which has begun already."""

import io
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from kvitto.doors.cli import base
from kvitto.wiring.cli import app
from tests.conftest import ask_as_a_job

KVITTO = str(Path(sys.executable).parent / "kvitto")


@dataclass
class Ran:
    """What has become of a command, as of a process."""

    returncode: int
    stdout: bytes
    stderr: bytes


def own_process(register, *arguments, stdin=None):
    """Run the command as a process, in an environment."""
    return subprocess.run(
        [KVITTO, *map(str, arguments)], env=register, input=stdin, capture_output=True, timeout=120, check=False
    )


def kvitto(*arguments, stdin=b""):
    """Run the command here, as its console script does: a process would begin for a second before it does anything.

    Processes that it starts itself would know nothing of the test's database.
    """
    given = io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin)))
    out, err = (io.TextIOWrapper(io.BytesIO(), write_through=True) for _ in range(2))
    with (
        patch.object(sys, "argv", ["kvitto", *map(str, arguments)]),
        patch.multiple(sys, stdin=given, stdout=out, stderr=err),
    ):
        code = base.guarded(app)
    ask_as_a_job()
    return Ran(code, out.buffer.getvalue(), err.buffer.getvalue())
