"""`kvitto receipts`: import files, look at conflicts, print the wire format's schema."""

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from kvitto.doors.cli import base

app = typer.Typer(help="Receipts: into the register, and what did not go in.", no_args_is_help=True)


@app.command("import")
def import_(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="NDJSON, also .gz or .zst; - is standard input")],
    rejects: Annotated[
        Path | None, typer.Option(help="write refused receipts there: place and reason, no lines")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, max=32, help="processes")] = min(2, os.cpu_count() or 1),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check everything, record nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the summary as one JSON object")] = False,
) -> None:
    """Import receipts, one JSON object a line. Safe to run again: what is recorded already counts as `same`.

    kvitto receipts import day.ndjson.gz --rejects day.rejects.ndjson
    """
    base.prepare()  # the processes that take receipts in make Django ready; this one only reads, and stays small
    from kvitto.intake.types import State, Summary

    summary = Summary()
    started = time.monotonic()
    try:
        _run(files, rejects, jobs, dry_run, summary)
    finally:
        _report(summary, time.monotonic() - started, as_json=as_json, dry_run=dry_run)
    if summary.counts[State.REFUSED]:
        raise typer.Exit(base.REJECTS)


def _run(files: list[str], rejects: Path | None, jobs: int, dry_run: bool, summary: Any) -> None:
    from kvitto.intake.importer import import_files

    size = sum(Path(name).stat().st_size for name in files if name != "-" and Path(name).exists())
    with progress_bar("receipts", size) as on_bytes, (rejects or Path(os.devnull)).open("w") as out:

        def on_refused(name: str, refused: Any) -> None:
            record = {"file": name, "line": refused.position, "reason": refused.refusal.reason}
            record |= {"field": refused.refusal.field, "message": refused.refusal.told}
            key = {"store": refused.store, "business_day": refused.business_day, "workstation": refused.workstation}
            record |= key | {"sequence": refused.sequence} if refused.store else {}
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
            if not rejects:
                base.messages.print(
                    f"{name}:{refused.position}: {refused.refusal.field}: {refused.refusal.told}",
                    highlight=False,
                    markup=False,
                    soft_wrap=True,
                )

        import_files(files, summary=summary, on_refused=on_refused, on_bytes=on_bytes, jobs=jobs, dry_run=dry_run)


class progress_bar:  # noqa: N801  used like a function
    """A bar over bytes on a terminal; nothing elsewhere. Entered, it gives a function that hears how far things are."""

    def __init__(self, what: str, total: int) -> None:
        self.progress = Progress(
            TextColumn(what), BarColumn(), DownloadColumn(), TimeRemainingColumn(),
            console=base.messages, disable=not base.messages.is_terminal, transient=True,
        )  # fmt: skip
        self.total = total

    def __enter__(self) -> Any:
        self.progress.start()
        task = self.progress.add_task("", total=self.total or None)
        return lambda done: self.progress.update(task, completed=done)

    def __exit__(self, *raised: object) -> None:
        self.progress.stop()


def summary_of(summary: Any, seconds: float) -> dict[str, Any]:
    """The summary's figures, as they are printed."""
    from kvitto.intake.types import State

    rate = round(summary.read / seconds) if seconds else 0
    counts = {state.value: summary.counts[state] for state in State}
    return (
        {"read": summary.read, "lines": summary.lines} | counts | {"seconds": round(seconds, 2), "receipts_per_s": rate}
    )


def _report(summary: Any, seconds: float, *, as_json: bool, dry_run: bool) -> None:
    figures = summary_of(summary, seconds)
    if as_json:
        base.print_json(figures | ({"dry_run": True} if dry_run else {}))
        return
    words = "  ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in figures.items())
    print(("nothing was recorded (dry run): " if dry_run else "") + words)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the wire format."""
    from kvitto.intake.formats import json_schema

    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))


@app.command()
def conflicts(as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False) -> None:
    """List open conflicts: receipts that came again with other content."""
    base.setup()
    from kvitto.intake.queries import open_conflicts

    for conflict in open_conflicts():
        if as_json:
            base.print_json(conflict)
        else:
            print("  ".join(f"{name} {value}" for name, value in conflict.items()))


@app.command()
def decide(
    conflict: Annotated[int, typer.Argument(help="the conflict's number")],
    accept: Annotated[bool, typer.Option("--accept/--keep", help="take the other content, or keep what is stored")],
) -> None:
    """Decide a conflict. Accepting lets one redelivery of exactly that content replace what is stored."""
    base.setup()
    from kvitto.intake import leftovers
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened

    with opened():
        leftovers.decide(conflict_id=conflict, accept=accept, by=OPERATOR, now=datetime.now(UTC))


@app.command()
def refused(as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False) -> None:
    """Count the refused receipts that their tills have not sent again yet, by reason."""
    base.setup()
    from kvitto.intake.queries import quarantined

    counts = quarantined()
    if as_json:
        base.print_json(counts)
    else:
        print("\n".join(f"{count:8,}  {reason}" for reason, count in counts.items()) or "none")
