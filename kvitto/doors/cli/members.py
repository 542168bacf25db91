"""`kvitto members`: the co-op's own register in, and what a service point does for a member."""

import csv
import os
import time
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from kvitto.doors.cli import base

REJECTS_SHOWN = 10
Files = Annotated[
    list[Path], typer.Argument(metavar="FILE…", help=".csv, .ndjson or .parquet", exists=True, dir_okay=False)
]
Rejects = Annotated[
    Path | None, typer.Option(help="Write the rows that were not taken to this CSV file: place and reason.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Do everything, then take it back.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

app = typer.Typer(help="Members: their register, sign-in and households.", no_args_is_help=True)


class Channel(StrEnum):
    """How the code reaches its person, as the command line spells it."""

    LETTER = "letter"
    SERVICE_POINT = "service-point"


@app.callback()
def group() -> None:
    """Members: their register, sign-in and households."""


@app.command("import")
def import_(files: Files, rejects: Rejects = None, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Take people, cards, households and earlier choices in, at the start. Safe to run again: what is there stays as it is.

    kvitto members import people.parquet cards.parquet households.csv choices.csv --rejects rejects.csv
    """
    _take(files, rejects, change=False, dry_run=dry_run, as_json=as_json)


@app.command()
def sync(files: Files, rejects: Rejects = None, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Take the day's changes of people and cards in: whole rows of those who are new or changed.

    A column that a file does not have stays as it is; one that is empty is emptied.
    """
    _take(files, rejects, change=True, dry_run=dry_run, as_json=as_json)


def _take(files: list[Path], rejects: Path | None, *, change: bool, dry_run: bool, as_json: bool) -> None:
    base.setup()
    from kvitto.enrolment.importer import take_files
    from kvitto.kernel.actor import OPERATOR

    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} {task.description}"), TimeElapsedColumn())
    bar = Progress(*columns, console=base.messages, transient=True, disable=not base.messages.is_terminal)
    tasks: dict[str, Any] = {}
    rejected, started = 0, time.monotonic()
    with bar, (rejects or Path(os.devnull)).open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("file", "row", "column", "reason"))

        def on_rejected(name: str, reject: Any) -> None:
            nonlocal rejected
            rejected += 1
            writer.writerow((name, reject.row, reject.column, reject.reason))
            if not rejects and rejected <= REJECTS_SHOWN:
                base.messages.print(f"{name}: {reject}", highlight=False, markup=False, soft_wrap=True)

        def on_rows(kind: str, rows: int) -> None:
            if kind not in tasks:
                tasks[kind] = bar.add_task(kind, total=None)
            bar.update(tasks[kind], completed=rows)

        summaries = take_files(
            files,
            change=change,
            dry_run=dry_run,
            by=OPERATOR,
            now=datetime.now(UTC),
            on_rejected=on_rejected,
            on_rows=on_rows,
        )
    if rejected > REJECTS_SHOWN and not rejects:
        base.messages.print(
            f"and {rejected - REJECTS_SHOWN} more rows; --rejects FILE writes them all", highlight=False
        )
    counts = {str(kind): summary.counts for kind, summary in summaries.items()}
    if as_json:
        base.print_json(counts | {"seconds": round(time.monotonic() - started, 2), "dry_run": dry_run})
    else:
        for kind, each in counts.items():
            words = "  ".join(f"{name} {value:,}" for name, value in each.items())
            print(f"{kind}: {'nothing was stored (dry run): ' if dry_run else ''}{words}")
    if rejected:
        raise typer.Exit(base.REJECTS)


@app.command()
def code(
    card: Annotated[str, typer.Option(help="The number of a card that the person holds now.")],
    channel: Annotated[Channel, typer.Option(help="letter: holds 30 days; service-point: 24 hours.")],
    as_json: AsJson = False,
) -> None:
    """Make a code with which a member sets up their sign-in, or a new password. It is shown this once.

    Check first who the person is. The person's earlier codes end.
    """
    base.setup()
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened
    from kvitto.members import actions, rules
    from kvitto.members.types import CodeChannel

    now = datetime.now(UTC)
    by_channel = {Channel.LETTER: CodeChannel.LETTER, Channel.SERVICE_POINT: CodeChannel.SERVICE_POINT}[channel]
    with opened():
        person_id = _holder(card, now)
        made = actions.issue_code(person_id=person_id, channel=by_channel, by=OPERATOR, now=now)
    until = now + rules.HOLDS[by_channel]
    if as_json:
        base.print_json({"code": made, "channel": channel, "expires_at": until.isoformat(timespec="seconds")})
        return
    print(made)
    base.messages.print(
        f"works once, until {until:%Y-%m-%d %H:%M} UTC, together with the card's number", highlight=False
    )


@app.command()
def death(
    card: Annotated[str, typer.Option(help="The number of a card that the person held.")],
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day of death.")],
) -> None:
    """Note a death: cards and membership end, and the place in the household from the next day on."""
    base.setup()
    from kvitto.households import actions
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened
    from kvitto.members import changes

    now = datetime.now(UTC)
    with opened():
        person_id = _holder(card, now)
        actions.note_death(person_id=person_id, day=on.date(), by=OPERATOR, now=now)
        changes.end_membership(person_id=person_id, by=OPERATOR, now=now)
    base.messages.print("noted; a household without a main member gets one with: kvitto members main", highlight=False)


@app.command()
def main(card: Annotated[str, typer.Option(help="The number of a card that the new main member holds now.")]) -> None:
    """Name an adult the main member of their household, when it has none."""
    base.setup()
    from django.utils.timezone import localdate

    from kvitto.households import actions
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened

    now = datetime.now(UTC)
    with opened():
        actions.name_main(person_id=_holder(card, now), by=OPERATOR, today=localdate(now), now=now)
    base.messages.print("they are the main member from today on", highlight=False)


def _holder(card: str, now: datetime) -> int:
    """Whose card it is now. Raises NotFoundError."""
    from kvitto.kernel.errors import NotFoundError
    from kvitto.members import queries, rules

    person_id = queries.holder_at(rules.read_card(card) or "", at=now)
    if person_id is None:
        raise NotFoundError("nobody holds a card of this number now: check the number")
    return person_id
