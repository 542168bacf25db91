"""What every command of the command line needs: Django ready, the database running, errors said in one line."""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import django
from django.db.utils import Error
from rich.console import Console

from kvitto.kernel import database, identity
from kvitto.kernel.actor import ActorKind
from kvitto.kernel.errors import KvittoError

DONE, FAILED, USAGE, REJECTS, INTERRUPTED = 0, 1, 2, 3, 130

messages = Console(stderr=True)  # messages and progress; data goes to stdout


def prepare() -> None:
    """Start the embedded server when it is the one used, and say which settings hold."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kvitto.wiring.settings")
    database.ensure_running()


def setup() -> None:
    """Prepare, then make Django ready in this process, whose every statement is the operator's."""
    prepare()
    django.setup()
    identity.process_is(ActorKind.OPERATOR)


def print_json(value: dict[str, Any]) -> None:
    """One object on one line of stdout."""
    sys.stdout.write(json.dumps(value, default=str) + "\n")
    sys.stdout.flush()


def _failed(why: str) -> int:
    messages.print(f"kvitto: {why}", style="red", highlight=False, markup=False, soft_wrap=True)
    return FAILED


def guarded(command: Callable[[], None]) -> int:
    """Run a command line to its exit code; what went wrong is one line on stderr, without a trace for expected errors."""
    try:
        command()
    except KvittoError as error:
        return _failed(str(error))
    except Error as error:
        return _failed(database.explained(str(error)))
    except SystemExit as stop:  # also of an interruption, which typer turns into its exit code
        if stop.code == INTERRUPTED:
            messages.print("kvitto: interrupted; what was done stays, run it again for the rest", highlight=False)
        return stop.code if isinstance(stop.code, int) else FAILED
    return DONE
