"""`kvitto assortment`: products and product groups."""

import csv
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from kvitto.doors.cli import base

if TYPE_CHECKING:
    from kvitto.assortment.types import LoadResult
    from kvitto.kernel.rows import Reject

REJECTS_SHOWN = 10

app = typer.Typer(help="Products and product groups.", no_args_is_help=True)


@app.callback()
def assortment() -> None:
    """Products and product groups."""


@app.command()
def load(
    groups: Annotated[
        Path | None, typer.Option(help="Product groups: .csv or .parquet.", exists=True, dir_okay=False)
    ] = None,
    products: Annotated[
        Path | None, typer.Option(help="Products: .csv or .parquet.", exists=True, dir_okay=False)
    ] = None,
    settings: Annotated[
        Path | None, typer.Option(help="Recording depths and sensitivity classes: .toml.", exists=True, dir_okay=False)
    ] = None,
    rejects: Annotated[Path | None, typer.Option(help="Write the rows that were not taken to this CSV file.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything, then take it back.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Add and change groups, products and settings from files; nothing is ever deleted.

    Loading the same files again changes nothing. Exit code 3 when product rows were rejected: the others went in.
    """
    if not (groups or products or settings):
        raise typer.BadParameter("give one or more of --groups, --products and --settings")
    if rejects and not rejects.absolute().parent.is_dir():
        raise typer.BadParameter(f"{rejects.absolute().parent} is no folder", param_hint="--rejects")
    base.setup()
    result = _load(groups, products, settings, dry_run=dry_run)
    if rejects:
        _write_rejects(rejects, result.rejects)
    _show_rejects(result.rejects, rejects)
    if as_json:
        base.print_json(_summary(result) | {"dry_run": dry_run})
    else:
        _print(result, dry_run=dry_run)
    if result.rejects:
        raise typer.Exit(base.REJECTS)


def _load(groups: Path | None, products: Path | None, settings: Path | None, *, dry_run: bool) -> "LoadResult":
    from django.db import transaction

    from kvitto.assortment import actions, files
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened

    columns = (SpinnerColumn(), TextColumn("{task.completed:.0f} {task.description}"), TimeElapsedColumn())
    progress = Progress(*columns, console=base.messages, transient=True, disable=not base.messages.is_terminal)
    with opened(), progress:
        result = actions.load(
            settings=files.read_settings(settings) if settings else None,
            groups=files.read_groups(groups) if groups else (),
            products=progress.track(files.read_products(products), description="products") if products else (),
            by=OPERATOR,
            now=datetime.now(UTC),
        )
        if dry_run:
            transaction.set_rollback(True)
    return result


def _summary(result: "LoadResult") -> dict[str, Any]:
    counts = asdict(result)
    del counts["rejects"]
    return counts | {"rejected": len(result.rejects)}


def _print(result: "LoadResult", *, dry_run: bool) -> None:
    if dry_run:
        print("dry run: nothing was stored")
    print(f"groups    {result.groups_new} new, {result.groups_changed} changed, {result.groups_same} as before")
    print(
        f"products  {result.products_new} new, {result.products_changed} changed, {result.products_same} as before, "
        f"{len(result.rejects)} rejected"
    )
    print(f"settings  {'changed' if result.settings_changed else 'as before'}")
    print(f"version   {result.version}")


def _show_rejects(rejects: "Sequence[Reject]", written: Path | None) -> None:
    for reject in rejects[:REJECTS_SHOWN]:
        base.messages.print(str(reject), highlight=False, markup=False, soft_wrap=True)
    if len(rejects) > REJECTS_SHOWN:
        rest = len(rejects) - REJECTS_SHOWN
        where = f"all are in {written}" if written else "--rejects FILE writes them all"
        base.messages.print(f"and {rest} more rows; {where}", highlight=False, markup=False, soft_wrap=True)


def _write_rejects(path: Path, rejects: "Sequence[Reject]") -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("row", "column", "reason"))
        writer.writerows((reject.row, reject.column, reject.reason) for reject in rejects)
