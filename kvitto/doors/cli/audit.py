"""`kvitto audit`: the log of acts, numbered, signed, checked and proved."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from kvitto.doors.cli import base

app = typer.Typer(help="The log of acts: numbered, signed, checked and proved.", no_args_is_help=True)
KEPT, UPDATE = "checkpoint", "update"  # files in a witness's folder: what it has kept, and what we hand it


@app.callback()
def group() -> None:
    """The log of acts: numbered, signed, checked and proved."""


@app.command()
def key() -> None:
    """Print the key with which others check the log's signatures."""
    base.setup()
    from kvitto.audit import proving

    print(proving.key())


@app.command()
def number(
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Number every entry that waits, and sign a checkpoint now. `kvitto worker` does the same all the time."""
    base.setup()
    from kvitto.audit import log

    numbered, signed = 0, None
    while True:
        run = log.run(now=datetime.now(UTC), sign_now=True)
        numbered, signed = numbered + run.numbered, run.signed or signed
        if run.numbered < log.BATCH:
            break
    if as_json:
        base.print_json({"numbered": numbered, "signed": signed})
    else:
        print(f"{numbered:,} entries got a number; " + (f"signed for {signed:,}" if signed else "nothing new to sign"))


@app.command()
def verify(
    checkpoints: Annotated[
        list[Path] | None, typer.Argument(metavar="CHECKPOINT…", help="files with checkpoints that others have kept")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Check the whole log: every entry, the tree over them, everything that was signed. Exit code 3 names the first fault."""
    base.setup()
    from kvitto.audit import verifying

    kept = [_text(path) for path in checkpoints or ()]
    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} entries"), TimeElapsedColumn())
    with Progress(*columns, console=base.messages, transient=True, disable=not base.messages.is_terminal) as bar:
        task = bar.add_task("", total=None)
        verdict = verifying.verify(
            now=datetime.now(UTC), kept=kept, progress=lambda done: bar.update(task, completed=done)
        )
    fault = verdict.fault
    figures = {
        "entries": verdict.entries,
        "pruned": verdict.pruned,
        "checkpoints": verdict.checkpoints,
        "waiting": verdict.waiting,
    }
    if as_json:
        base.print_json(figures | {"fault": fault and {"number": fault.number, "what": fault.what}})
    else:
        print("  ".join(f"{name} {value:,}" for name, value in figures.items()))
        print("everything is as it was signed" if fault is None else f"FAULT at {_place(fault.number)}: {fault.what}")
    if fault is not None:
        raise typer.Exit(base.REJECTS)


@app.command()
def prove(
    entry: Annotated[int, typer.Argument(help="the number that the act was given as proof")],
    to: Annotated[Path | None, typer.Option(help="write the proof to this file instead of printing it")] = None,
) -> None:
    """Write the proof that an entry is in the log, in the form `tlog-proof` of C2SP."""
    base.setup()
    from kvitto.audit import proving

    text = proving.prove(entry, now=datetime.now(UTC)).text()
    if to:
        to.write_text(text, encoding="utf-8")
    else:
        print(text, end="")


@app.command()
def export(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER…", help="a witness's folder", file_okay=False)],
) -> None:
    """Hand each witness what is new: a file `update` beside the `checkpoint` that the witness has kept."""
    base.setup()
    from kvitto.audit import proving
    from kvitto.kernel.db import opened

    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        kept = _text(folder / KEPT) if (folder / KEPT).exists() else None
        update = proving.continuation(kept)
        with opened():
            proving.note_witness(str(folder.resolve()), kept, now=datetime.now(UTC))
        if update is None:
            print(f"{folder}: nothing new")
            continue
        draft = folder / f".{UPDATE}"
        draft.write_text(update, encoding="utf-8")
        draft.replace(folder / UPDATE)
        print(f"{folder}: update written; the witness checks and keeps it with: kvitto-witness --key KEY {folder}")


def _text(path: Path) -> str:
    from kvitto.kernel.errors import InvalidError

    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidError(f"{path} cannot be read: {error}") from None


def _place(number: int) -> str:
    return f"number {number:,}" if number >= 0 else "no number"
