"""`kvitto receipts`: import files, look into them, look at conflicts, print the wire format's schema."""

import json
import os
import time
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from kvitto.doors.cli import base

app = typer.Typer(help="Receipts: into the register, and what did not go in.", no_args_is_help=True)

Format = Annotated[
    Literal["auto", "kvitto", "xml", "json"],
    typer.Option("--format", help="auto looks into the file; kvitto is the own format, one JSON object a line"),
]
ProfileName = Annotated[
    str | None, typer.Option("--profile", metavar="NAME|FILE", help="the dialect: one that comes along, or a file")
]


@app.command("import")
def import_(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="also .gz or .zst; - is standard input")],
    said: Format = "auto",
    profile: ProfileName = None,
    rejects: Annotated[
        Path | None, typer.Option(help="write refused receipts there: place and reason, no lines")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, max=32, help="processes")] = min(2, os.cpu_count() or 1),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check everything, record nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the summary as one JSON object")] = False,
) -> None:
    """Import receipts of the own format or of a dialect. Safe to run again: what is recorded already counts as `same`.

    kvitto receipts import day.ndjson.gz --rejects day.rejects.ndjson

    kvitto receipts import poslog.xml --profile ncr-acs
    """
    base.prepare()  # the processes that take receipts in make Django ready; this one only reads, and stays small
    from kvitto.intake.types import State, Summary

    dialect = _dialect(profile)
    summary = Summary()
    started = time.monotonic()
    try:
        _run(files, rejects, summary, jobs=jobs, dry_run=dry_run, said=said, profile=dialect)
    finally:
        _report(summary, time.monotonic() - started, as_json=as_json, dry_run=dry_run)
    if summary.counts[State.REFUSED]:
        raise typer.Exit(base.REJECTS)


def _dialect(name: str | None) -> Any:
    from kvitto.intake.dialects import profiles

    return profiles.load(name) if name else None


def _run(files: list[str], rejects: Path | None, summary: Any, *, said: str, **how: Any) -> None:
    from kvitto.intake.dialects.types import Format
    from kvitto.intake.importer import import_files

    size = sum(Path(name).stat().st_size for name in files if name != "-" and Path(name).exists())
    with progress_bar("receipts", size) as on_bytes, (rejects or Path(os.devnull)).open("w") as out:

        def on_refused(name: str, unit: str, refused: Any) -> None:
            record = {"file": name, unit: refused.position, "reason": refused.refusal.reason}
            record |= {"field": refused.refusal.field, "message": refused.refusal.told}
            key = {"store": refused.store, "business_day": refused.business_day, "workstation": refused.workstation}
            record |= key | {"sequence": refused.sequence} if refused.store else {}
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
            if not rejects:
                place = f":{refused.position}" if unit == "line" else f", {unit} {refused.position}"
                base.messages.print(
                    f"{name}{place}: {refused.refusal.field}: {refused.refusal.told}",
                    highlight=False,
                    markup=False,
                    soft_wrap=True,
                )

        import_files(files, summary=summary, on_refused=on_refused, on_bytes=on_bytes, said=Format(said), **how)


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
        {"read": summary.read, "lines": summary.lines, "not_sales": summary.not_sales}
        | counts
        | {"seconds": round(seconds, 2), "receipts_per_s": rate}
    )


def _report(summary: Any, seconds: float, *, as_json: bool, dry_run: bool) -> None:
    figures = summary_of(summary, seconds)
    if as_json:
        base.print_json(figures | ({"dry_run": True} if dry_run else {}))
        return
    words = "  ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in figures.items())
    print(("nothing was recorded (dry run): " if dry_run else "") + words)


@app.command()
def inspect(
    file: Annotated[str, typer.Argument(metavar="FILE", help="also .gz or .zst")],
    profile: ProfileName = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the findings as one JSON object")] = False,
) -> None:
    """Say what a file is, which rule makes its totals, and what it lacks. Any file; nothing is recorded.

    Exit code 0 when it can be read, 3 with line and column when it is not valid.
    """
    from kvitto.intake import reader
    from kvitto.intake.dialects.inspection import inspect as look

    findings = look(reader.head(file), lambda: reader.chunks(file), profile=_dialect(profile))
    if as_json:
        base.print_json({"valid": findings.valid, "sentences": findings.sentences} | findings.details)
    else:
        print("\n".join(findings.sentences))
        for name, value in findings.details.items():
            rows = [f"{key}: {each}" for key, each in value.items()] if isinstance(value, dict) else value
            if rows and isinstance(rows, list):
                print("\n".join([f"\n{name.replace('_', ' ')}:", *[f"  {row}" for row in rows]]))
    if not findings.valid:
        raise typer.Exit(base.REJECTS)


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
def gaps(
    store: Annotated[str, typer.Option(help="the code of one store; without it, all")] = "",
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="the first business day, as 2026-11-20")] = "",
    until: Annotated[str, typer.Option("--until", metavar="DAY", help="the last one; without it, yesterday")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """List the running numbers of tills that are missing, and how late others came: by till and day, of the last 31 days.

    kvitto receipts gaps --store 101 --from 2026-11-01
    """
    end = _day(until, "--until") if until else datetime.now(UTC).date() - timedelta(days=1)
    start = _day(first, "--from") if first else end - timedelta(days=30)
    base.setup()
    from kvitto.intake import gaps as numbers
    from kvitto.stores import queries as stores
    from kvitto.stores.types import ScopeKind

    store_id = stores.place_id(ScopeKind.STORE, store) if store else None
    if store and store_id is None:
        raise typer.BadParameter(f"no store has the code {store}", param_hint="--store")
    days = numbers.till_days(start=start, end=end + timedelta(days=1), store_id=store_id)
    if as_json:
        base.print_json({"from": start, "until": end, "till_days": [asdict(day) | {"open": day.open} for day in days]})
        return
    for day in days:
        gaps_ = [f"{gap.text} {_GAP_WORDS[gap.state]}" for gap in day.gaps]
        late = [f"{day.late} came late, the last {day.last_at:%Y-%m-%d %H:%M} UTC"] if day.late else []
        print(f"{day.business_day}  store {day.store:6} till {day.workstation:4} {', '.join(gaps_ + late)}")
    if not days:
        base.messages.print("nothing is missing, and nothing came late", highlight=False)


_GAP_WORDS = {"open": "missing", "filled": "filled late", "void": "declared void", "lost": "lost"}


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("a day such as 2026-11-20 is expected", param_hint=option) from None


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
