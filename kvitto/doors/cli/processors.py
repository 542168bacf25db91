"""`kvitto processors`: who works on personal data for the co-op, as the public reads it."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from kvitto.doors.cli import base

app = typer.Typer(no_args_is_help=True, help="Who works on personal data for the co-op: the public list.")


@app.callback()
def processors() -> None:
    """Keep `load` a command of its own while it is the only one."""


@app.command()
def load(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A processors file (TOML).")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the differences, write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="End with one object of counts.")] = False,
) -> None:
    """Make the public list say what a processors file says, after showing the differences.

    What has begun stays on the list: give it an end.
    """
    base.setup()
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened
    from kvitto.rights import actions, queries, rules
    from kvitto.rights.processors import parse
    from kvitto.rights.types import Kind

    now = datetime.now(UTC)
    try:
        wanted = parse(file.read_bytes(), queries.held())
        with opened():
            found = queries.processor_differences(wanted, now=now)
            if not dry_run:
                found = actions.load_processors(processors=wanted, by=OPERATOR, now=now)
    except rules.ProcessorsRefusedError as error:
        for problem in error.problems:
            typer.echo(f"{file}: {problem}", err=True)
        typer.echo(f"kvitto: {file} is refused, nothing was written; mend it and run the command again", err=True)
        raise typer.Exit(base.FAILED) from None
    for difference in found:
        if difference.kind is not Kind.UNCHANGED:
            typer.echo(rules.line(difference))
    kinds = Counter(difference.kind for difference in found)
    counts = {kind.value: kinds[kind] for kind in Kind}
    if dry_run:
        typer.echo("nothing was written (--dry-run)", err=True)
    if as_json:
        base.print_json(counts)
    else:
        typer.echo(", ".join(f"{count} {kind}" for kind, count in counts.items()))
