"""`kvitto bonus`: plans, accounts, closing a month, the payment file."""

import csv
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from kvitto.doors.cli import base

app = typer.Typer(no_args_is_help=True, help="Bonus plans, accounts, closing a month, the payment file.")

Month = Annotated[str, typer.Argument(help="The month, such as 2026-11.")]
Json = Annotated[bool, typer.Option("--json", help="End with one object of counts.")]


@app.command()
def load(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A plan file (TOML).")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the differences, write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Make the register say what a plan file says, after showing the differences. Closed months never change."""
    base.setup()
    from kvitto.bonus import actions, queries
    from kvitto.bonus.plans import parse
    from kvitto.bonus.rules import SchemeRefusedError
    from kvitto.bonus.types import Kind
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened

    try:
        wanted = parse(file.read_bytes())
        with opened():
            found = queries.differences(wanted)
            if not dry_run:
                found = actions.load(scheme=wanted, by=OPERATOR, now=datetime.now(UTC))
    except SchemeRefusedError as error:
        for problem in error.problems:
            typer.echo(f"{file}: {problem}", err=True)
        typer.echo(f"kvitto: {file} is refused, nothing was written; mend it and run the command again", err=True)
        raise typer.Exit(base.FAILED) from None
    for difference in found:
        typer.echo(f"{difference.kind:<10}{difference.what}")
    kinds = Counter(difference.kind for difference in found)
    counts = {kind.value: kinds[kind] for kind in Kind}
    if dry_run:
        typer.echo("nothing was written (--dry-run)", err=True)
    if as_json:
        base.print_json(counts)
    else:
        typer.echo(", ".join(f"{count} {kind}" for kind, count in counts.items()))


@app.command()
def accounts(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="Columns: member, account.")],
    as_json: Json = False,
) -> None:
    """Note where members' Bonus is paid to: their member number, and an IBAN. A row that cannot be used is said and left out."""
    base.setup()
    from kvitto.bonus.actions import note_accounts
    from kvitto.bonus.rules import is_iban
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened
    from kvitto.kernel.tables import Layout, read
    from kvitto.members.queries import by_numbers

    rows = list(read(file, Layout(required=("member", "account"))))
    known = by_numbers({row["member"] for _, row in rows if not isinstance(row, str)})
    found, rejected = {}, 0
    for number, row in rows:
        if isinstance(row, str):
            problem = row
        elif row["member"] not in known:
            problem = "member: nobody in the register has this member number"
        elif not is_iban(row["account"]):
            problem = "account: an IBAN without spaces is expected"
        else:
            found[known[row["member"]].person_id] = row["account"]
            continue
        typer.echo(f"{file}:{number}: {problem}", err=True)
        rejected += 1
    with opened():
        noted = note_accounts(accounts=found, by=OPERATOR, now=datetime.now(UTC))
    counts = {"noted": noted, "rejected": rejected}
    if as_json:
        base.print_json(counts)
    else:
        typer.echo(f"{noted} noted, {rejected} rejected")
    if rejected:
        raise typer.Exit(base.REJECTS)


@app.command()
def settle(month: Month, as_json: Json = False) -> None:
    """Book what came late for closed months, then close a month. Broken off, it goes on where it was; nothing is booked twice.

    The same runs by itself (kvitto worker) on the fourth night after a month's end.
    """
    base.setup()
    from django.utils.timezone import localdate

    from kvitto.bonus import closing
    from kvitto.kernel.actor import OPERATOR

    now = datetime.now(UTC)
    done = closing.settle(month=_month(month), by=OPERATOR, now=now, today=localdate(now))
    if as_json:
        base.print_json({"units": done.units, "corrections": done.corrections})
    else:
        typer.echo(f"{month}: {done.units:,} households and people alone booked, {done.corrections:,} corrections")


@app.command()
def pay(
    month: Month,
    file: Annotated[Path, typer.Argument(dir_okay=False, help="The payment file to write: account, sum, reference.")],
    as_json: Json = False,
) -> None:
    """Book the balances as paid with the month that was closed last, and write the payment file; again gives the same file."""
    base.setup()
    from kvitto.bonus import closing
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.money import amount

    payments = closing.pay(month=_month(month), by=OPERATOR, now=datetime.now(UTC))
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(["account", "sum", "reference"])
        writer.writerows((each.account, amount(each.cents), each.reference) for each in payments)
    total = sum(each.cents for each in payments)
    if as_json:
        base.print_json({"payments": len(payments), "sum": amount(total)})
    else:
        typer.echo(f"{len(payments):,} payments of {amount(total)} together in {file}")


def _month(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        raise typer.BadParameter(f"a month such as 2026-11 is expected, not {text[:20]!r}") from None
