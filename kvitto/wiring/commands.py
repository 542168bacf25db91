"""Commands that put rooms together: the schema, the demo, the web server, the jobs, the measurements."""

import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from kvitto.doors.cli import base
from kvitto.kernel.database import is_embedded
from kvitto.kernel.errors import SetupError
from kvitto.kernel.home import home

Json = Annotated[bool, typer.Option("--json", help="print one JSON object as the last line")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="port on 127.0.0.1")]

WORKERS = 1
Workers = Annotated[int, typer.Option(min=1, max=64, help="processes of the server")]

bench = typer.Typer(help="Measurements, each in a database of its own.", no_args_is_help=True)


def migrate() -> None:
    """Bring the database up to date: schema, partitions, the web role's grants, the key files."""
    base.setup()
    from kvitto.wiring import setup

    setup.migrate()


def serve(port: Port = 8000, workers: Workers = WORKERS) -> None:
    """Serve the web pages and the till API on 127.0.0.1."""
    import uvicorn

    base.prepare()  # the application makes Django ready itself, with settings of a web server
    uvicorn.run(
        "kvitto.wiring.asgi:application",
        host="127.0.0.1",
        port=port,
        lifespan="on",
        access_log=False,
        workers=workers,
        timeout_graceful_shutdown=3,  # pages that are open wait for receipts: they ask again elsewhere
    )


def worker() -> None:
    """Run the jobs: retention every night, the mail each minute, where a mail server is set up. Number the acts as they come."""
    base.setup()
    from django.core.management import call_command

    from kvitto.audit import log, signing

    signing.public_key()  # what is wrong with the key is said here, and not by a thread
    stop = threading.Event()
    sequencer = threading.Thread(target=log.watch, kwargs={"stopped": stop.is_set}, name="sequencer")
    sequencer.start()
    try:
        call_command("procrastinate", "worker", "--delete-jobs", "successful")  # one a minute would soon be many
    finally:
        stop.set()
        sequencer.join()


def demo(
    no_serve: Annotated[bool, typer.Option("--no-serve", help="load and stop")] = False,
    as_json: Json = False,
    port: Port = 8000,
) -> None:
    """Load the demo co-op around a grocer's published year of receipts (once), and serve it.

    What comes from the source and what is invented stands in docs/explanation/demo-data.md.
    """
    started = time.monotonic()
    base.setup()
    figures = load_demo(started)
    if as_json:
        base.print_json(figures)
    else:
        print("  ".join(f"{name} {value:,}" for name, value in figures.items()))
    if not no_serve:
        _tell_where(port)
        os.environ["KVITTO_DEMO_DOOR"] = "yes"  # for the server: it may sign in as the demo's people without a password
        # in this process's place: a server need not hold what loading a year took
        os.execv(sys.executable, [sys.executable, sys.argv[0], "serve", "--port", str(port)])  # noqa: S606


def load_demo(started: float) -> dict[str, Any]:
    """Everything of the demo that is not there yet; the summary."""
    from kvitto.demo import actions, queries, source
    from kvitto.doors.cli.receipts import progress_bar
    from kvitto.intake.importer import import_files
    from kvitto.intake.types import State, Summary
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened
    from kvitto.purchases.queries import register_counts
    from kvitto.wiring import setup

    setup.migrate()
    now = datetime.now(UTC)
    with steps() as progress:
        with opened():
            prepared = actions.prepare(home=home(), now=now, by=OPERATOR, progress=progress)
        loaded = queries.loaded()
        finished = loaded is not None and loaded.finished
        file = (
            None if finished else actions.receipts_file(home=home(), shift_days=prepared.shift_days, progress=progress)
        )
    summary = Summary()
    if file:
        with progress_bar("receipts", file.stat().st_size) as on_bytes:
            import_files([str(file)], summary=summary, on_refused=_refused, on_bytes=on_bytes)
        with opened():
            shift = {"shift_days": prepared.shift_days}
            summary.counts[State.RECORDED] += actions.sell_guaranteed(**shift, by=OPERATOR, now=datetime.now(UTC))
            actions.finish(now=datetime.now(UTC))
        with steps() as progress:
            actions.close_months(by=OPERATOR, now=datetime.now(UTC), progress=progress)
    counts = register_counts()
    there = counts.product + counts.group + counts.total
    return {
        "receipts": source.basket_count() + actions.GUARANTEED,
        "lines": source.line_count() + actions.GUARANTEED,
        "members": prepared.people,
        "stores": prepared.stores,
        "products": prepared.products,
        "recorded": summary.counts[State.RECORDED],
        "same": there - summary.counts[State.RECORDED],
        "seconds": round(time.monotonic() - started, 1),
    }


def _refused(name: str, _unit: str, refused: Any) -> None:
    base.messages.print(
        f"{name}:{refused.position}: {refused.refusal.message}", style="red", highlight=False, markup=False
    )


@contextmanager
def steps() -> Iterator[Any]:
    """A progress bar for each step of the demo's loading, on a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description:14}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=base.messages, disable=not base.messages.is_terminal) as bars:
        tasks: dict[str, Any] = {}

        def progress(step: str, done: int, total: int, /) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total)
            bars.update(tasks[step], completed=done)

        yield progress


def _tell_where(port: int) -> None:
    password = home() / "demo" / "password"
    base.messages.print(
        f"http://127.0.0.1:{port}/demo  choose whom to look around as; or sign in as aino, bjorn or chen with the"
        f" password in {password}",
        highlight=False,
        soft_wrap=True,
    )


@bench.command()
def intake(
    as_json: Json = False,
    slices: Annotated[int, typer.Option(min=1, help="slices of the year, alternating with the yardstick")] = 5,
    times: Annotated[int, typer.Option(min=1, help="put the year in this many times")] = 1,
    jobs: Annotated[int, typer.Option(min=1, max=32, help="processes")] = 2,
) -> None:
    """The demo's year into an empty register, against storing the same rows with nothing around it."""
    with scratch() as file:
        from kvitto.benchmarks import intake as measurement

        result = measurement.run(file, slices=slices, times=times, jobs=jobs, progress=base.messages.print)
    _show(result, as_json=as_json)


@bench.command()
def tills(
    as_json: Json = False,
    singles: Annotated[int, typer.Option(min=100, help="single receipts in a slice")] = 3_000,
    lists: Annotated[int, typer.Option(min=8, help="lists of a hundred in a slice")] = 150,
    slices: Annotated[int, typer.Option(min=1, max=8, help="slices, alternating with the yardstick")] = 5,
    connections: Annotated[int, typer.Option(min=1, max=64, help="connections of tills")] = 32,
    workers: Workers = WORKERS,
) -> None:
    """Receipts over the till API, each answered after its commit; the tills run on the same processors."""
    with scratch() as file:
        from kvitto.benchmarks import tills as measurement

        result = measurement.run(
            file,
            singles=singles,
            lists=lists,
            slices=slices,
            clients=connections,
            serve=[sys.executable, sys.argv[0], "serve", "--workers", str(workers)],
            progress=base.messages.print,
        )
    _show(result | {"workers": workers}, as_json=as_json)


@bench.command()
def purge(
    as_json: Json = False,
    rows_a_day: Annotated[int, typer.Option(min=1, help="receipts of an ordinary day")] = 2_000,
    rows_a_purged_day: Annotated[int, typer.Option(min=1, help="receipts of a day that is purged")] = 20_000,
) -> None:
    """Deleting one day among 24 months, before and after doubling the register."""
    embedded = is_embedded()  # asked before the measurement's own database hides it
    with scratch(receipts=False):
        from kvitto.benchmarks import purge as measurement

        result = measurement.run(
            rows_a_day=rows_a_day,
            rows_a_purged_day=rows_a_purged_day,
            days=20,
            embedded=embedded,
            progress=base.messages.print,
        )
    _show(result, as_json=as_json)


@bench.command()
def formats(
    as_json: Json = False,
    slices: Annotated[int, typer.Option(min=1, help="slices, alternating with the yardstick")] = 7,
    receipts: Annotated[int, typer.Option(min=1, help="receipts of a slice's document")] = 2_000,
    times: Annotated[
        int, typer.Option(min=2, help="how much longer the document is that memory is looked at with")
    ] = 8,
) -> None:
    """POSLog XML to receipts on one core, against expat alone over the same bytes; no database."""
    from kvitto.benchmarks import formats as measurement

    result = measurement.run(slices=slices, receipts=receipts, times=times, progress=base.messages.print)
    _show(result, as_json=as_json)


@bench.command()
def members(
    as_json: Json = False,
    people: Annotated[int, typer.Option(min=1000, help="people; cards are eight for five of them")] = 2_500_000,
    delta: Annotated[int, typer.Option(min=20, help="rows of a day's changes")] = 20_000,
) -> None:
    """A whole co-op's people and cards from files into the register, and a day's changes of them."""
    with scratch(receipts=False), tempfile.TemporaryDirectory(prefix="kvitto-bench-") as folder:
        from kvitto.benchmarks import enrolment as measurement

        result = measurement.run(Path(folder), people=people, delta=delta, progress=base.messages.print)
    _show(result, as_json=as_json)


@bench.command()
def receipts(
    as_json: Json = False,
    pages: Annotated[int, typer.Option(min=1, max=1000, help="open pages, each of another member")] = 200,
    rate: Annotated[int, typer.Option(min=1, max=500, help="receipts a second from the till")] = 50,
    seconds: Annotated[int, typer.Option(min=1, max=600, help="how long")] = 20,
    requests: Annotated[int, typer.Option(min=20, max=600, help="of a receipt as PDF, in turns with its page")] = 200,
) -> None:
    """A receipt from the till to an open page; one as PDF; 600 with 12,000 lines as files."""
    with scratch(receipts=False), tempfile.TemporaryDirectory(prefix="kvitto-bench-") as folder:
        from kvitto.benchmarks import receipts as measurement

        result = measurement.run(
            Path(folder),
            pages=pages,
            rate=rate,
            seconds=seconds,
            requests=requests,
            serve=[sys.executable, sys.argv[0], "serve"],
            progress=base.messages.print,
        )
    _show(result, as_json=as_json)


@bench.command()
def bonus(
    as_json: Json = False,
    households: Annotated[int, typer.Option(min=1000, help="households; measured with twice as many, too")] = 1_000_000,
    receipts: Annotated[int, typer.Option(min=1, help="receipts of each in the month")] = 12,
) -> None:
    """Closing a month of a whole co-op, against one statement that only sums it up."""
    with scratch(receipts=False):
        from kvitto.benchmarks import bonus as measurement

        result = measurement.run(households=households, receipts=receipts, progress=base.messages.print)
    _show(result, as_json=as_json)


@bench.command()
def choices(as_json: Json = False) -> None:
    """The Bonus of every member of the demo's year under every choice of what is recorded: how many months differ."""
    with scratch() as file:
        from kvitto.benchmarks import choices as measurement

        result = measurement.run(file, progress=base.messages.print)
    _show(result, as_json=as_json)


@bench.command()
def audit(
    as_json: Json = False,
    threads: Annotated[int, typer.Option(min=1, max=64, help="connections that write at once")] = 16,
    acts: Annotated[int, typer.Option(min=10, help="acts of each in a slice")] = 500,
    slices: Annotated[int, typer.Option(min=1, help="slices, alternating with the yardstick")] = 9,
    entries: Annotated[int, typer.Option(min=1, help="how many entries the log has when it is checked")] = 1_000_000,
) -> None:
    """Acts written one by one, each durable, the log that grows over them, and checking all of it."""
    base.setup()
    from kvitto.benchmarks import traces as measurement
    from kvitto.benchmarks.scratch import database_of_its_own
    from kvitto.wiring import setup

    with database_of_its_own():
        setup.migrate()
        result = measurement.run(
            threads=threads, acts=acts, slices=slices, entries=entries, progress=base.messages.print
        )
    _show(result, as_json=as_json)


@bench.command()
def pages(
    as_json: Json = False,
    requests: Annotated[
        int, typer.Option(min=20, help="of each page, for either member; to compare walls, three times as many")
    ] = 200,
    times: Annotated[
        int, typer.Option(min=1, max=999, help="how many times the demo's members the large register has")
    ] = 50,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="fill the registers anew; otherwise the last ones are used")
    ] = False,
    fill_only: Annotated[bool, typer.Option("--fill-only", help="fill the registers and stop")] = False,
) -> None:
    """A member's pages over HTTP, in the demo's register and in one many times its size, and what the walls cost.

    Both registers are kept for the next time.
    """
    base.setup()
    from kvitto.benchmarks import pages as measurement
    from kvitto.benchmarks import registers
    from kvitto.wiring import setup

    if fresh:
        registers.forget(times)
    size = registers.fill(times=times, migrate=setup.migrate, prepare=_prepare_beside, progress=base.messages.print)
    if fill_only:
        _show({"size": size}, as_json=as_json)
        return
    result = measurement.run(
        times=times, requests=requests, serve=[sys.executable, sys.argv[0], "serve"], progress=base.messages.print
    )
    _show(result | {"size": size}, as_json=as_json)


def _prepare_beside(folder: Path, *, receipts: bool = True) -> Path:
    """Prepare the demo in a process of its own, so that this one stays as small as an import is; the year's file."""
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=prepare_demo, args=(str(folder), receipts))
    process.start()
    process.join()
    if process.exitcode:
        raise SetupError("the demo could not be prepared for the measurement; see above")
    return folder / "demo" / "receipts.ndjson.zst"


@contextmanager
def scratch(*, receipts: bool = True) -> Iterator[Path]:
    """A database of its own with the demo's network, assortment and people; the year's file."""
    base.setup()
    from kvitto.benchmarks.scratch import database_of_its_own
    from kvitto.wiring import setup

    with database_of_its_own():
        setup.migrate()
        yield _prepare_beside(home() / "bench", receipts=receipts)


def prepare_demo(folder: str, receipts: bool) -> None:
    """The demo's network, assortment and people into the database of the environment, its files under a folder."""
    base.setup()
    from kvitto.demo import actions
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened

    with opened():
        prepared = actions.prepare(home=Path(folder), now=datetime.now(UTC), by=OPERATOR)
    if receipts:
        actions.receipts_file(home=Path(folder), shift_days=prepared.shift_days)


def _show(result: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        base.print_json(result)
        return
    for name, value in result.items():
        print(f"{name:28} {value}")
