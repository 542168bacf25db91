"""`kvitto retention`: what is over its time goes."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from kvitto.doors.cli import base

app = typer.Typer(help="What is over its time goes.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """What is over its time goes."""


@app.command()
def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="count, delete nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Delete receipts whose business day is 24 months past, destroy their keys, drop emptied partitions.

    The same runs every night as a job (kvitto worker).
    """
    base.setup()
    from kvitto.kernel.actor import OPERATOR
    from kvitto.retention import actions

    result = asdict(actions.run(now=datetime.now(UTC), dry_run=dry_run, by=OPERATOR))
    if as_json:
        base.print_json(result)
        return
    verb = "would go" if dry_run else "gone"
    print(
        f"kept from {result['keep_from']}; {verb}: {result['receipts']:,} receipts, "
        f"{result['warranties']:,} warranty receipts, {result['keys']:,} keys, "
        f"{result['leftovers']:,} leftovers of the intake; partitions dropped {result['partitions_dropped']}, "
        f"made {result['partitions_made']}"
    )
