"""`python -m tests.faults`: a run of the fault harness. Its figures go to stdout as one JSON object; exit code 1 when one is wrong.

It makes databases of its own on an embedded server of its own, in build/faults-home where nothing else is said. To fill disks it
makes a small one there, which takes the right to mount: where that is not given, it says so and does nothing.
"""

import argparse
import json
import os
import secrets
import sys
from pathlib import Path

from tests.faults import disk

HOME = Path(__file__).parents[2] / "build" / "faults-home"


def main() -> int:
    """Run, tell, and say whether all is well."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--transactions", type=int, default=240_000)
    parser.add_argument("--crashes", type=int, default=60, help="of the database")
    parser.add_argument(
        "--seed", type=int, default=secrets.randbelow(10**9), help="the same one breaks the same things"
    )
    parser.add_argument("--home", type=Path, default=HOME, help="where its server lives; one run at a time")
    parser.add_argument(
        "--full-disks", type=int, default=0, help="so often the disk is full; on a small one of its own"
    )
    asked = parser.parse_args()
    if not asked.full_disks:
        return _run(asked)
    asked.home = asked.home / "small-disk"
    try:
        with disk.small(asked.home):
            return _run(asked)
    except disk.NotPermittedError as error:
        print(f"NOT TRIED: no disk was filled, since none can be mounted here: {error}", file=sys.stderr)
        return 0


def _run(asked: argparse.Namespace) -> int:
    os.environ["KVITTO_HOME"] = str(asked.home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "kvitto.wiring.settings"
    for name in ("KVITTO_DATABASE_URL", "KVITTO_DATABASE_OWNER_URL"):  # what dies here is nobody else's
        os.environ.pop(name, None)
    print(f"seed {asked.seed}", file=sys.stderr, flush=True)

    from kvitto.doors.cli import base
    from kvitto.kernel.actor import ActorKind
    from kvitto.kernel.identity import process_is
    from kvitto.kernel.server import EmbeddedServer

    base.setup()
    process_is(ActorKind.SYSTEM)
    from tests.faults.run import run

    try:
        figures = run(
            seed=asked.seed, transactions=asked.transactions, crashes=asked.crashes, full_disks=asked.full_disks
        )
    finally:
        EmbeddedServer(asked.home).stop()
    print(json.dumps(figures))
    return 1 if figures["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
