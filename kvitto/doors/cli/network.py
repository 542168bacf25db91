"""`kvitto network`: companies, chains, stores and recording levels."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from kvitto.doors.cli import base

app = typer.Typer(no_args_is_help=True, help="Companies, chains, stores and recording levels.")


@app.callback()
def network() -> None:
    """Keep `load` a command of its own while it is the only one."""


@app.command()
def load(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A network file (TOML).")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the differences, write nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="End with one object of counts.")] = False,
) -> None:
    """Make the register say what a network file says, after showing the differences. Stores are never deleted."""
    base.setup()
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened
    from kvitto.stores import actions, queries, rules
    from kvitto.stores.network import parse

    now = datetime.now(UTC)
    try:
        wanted = parse(file.read_bytes())
    except rules.NetworkRefusedError as error:
        for problem in error.problems:
            typer.echo(f"{file}: {problem}", err=True)
        typer.echo(f"kvitto: {file} is refused, nothing was written; mend it and run the command again", err=True)
        raise typer.Exit(base.FAILED) from None
    with opened():
        found = queries.network_differences(wanted, now=now)
        for difference in found:
            typer.echo(rules.line(difference))
        if not dry_run:
            found = actions.load_network(network=wanted, by=OPERATOR, now=now)
    kinds = Counter(difference.kind.value for difference in found)
    counts = {kind: kinds[kind] for kind in ("new", "changed")}
    counts |= {"unchanged": rules.unchanged(wanted, found), "kept": kinds["kept"]}
    if dry_run:
        typer.echo("nothing was written (--dry-run)", err=True)
    if json:
        base.print_json(counts)
    else:
        typer.echo(", ".join(f"{count} {kind}" for kind, count in counts.items()))
