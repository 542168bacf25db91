"""`python -m tests.faults`: a run of the fault harness. Its figures go to stdout as one JSON object; exit code 1 when one is wrong.

It makes databases of its own on an embedded server of its own, in build/faults-home where nothing else is said.
"""

import argparse
import json
import os
import secrets
import sys
from pathlib import Path

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
    asked = parser.parse_args()
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
        figures = run(seed=asked.seed, transactions=asked.transactions, crashes=asked.crashes)
    finally:
        EmbeddedServer(asked.home).stop()
    print(json.dumps(figures))
    return 1 if figures["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
