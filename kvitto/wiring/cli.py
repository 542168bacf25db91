"""The `kvitto` command: the command-line door, and the commands that put rooms together."""

import sys

import typer

from kvitto.doors.cli import (
    assortment,
    audit,
    base,
    bonus,
    db,
    members,
    network,
    notices,
    processors,
    receipts,
    retention,
    staff,
    tills,
)
from kvitto.wiring import commands

app = typer.Typer(
    help="The purchase-data register of a customer-owned retailer.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(receipts.app, name="receipts")
app.add_typer(network.app, name="network")
app.add_typer(assortment.app, name="assortment")
app.add_typer(processors.app, name="processors")
app.add_typer(members.app, name="members")
app.add_typer(bonus.app, name="bonus")
app.add_typer(retention.app, name="retention")
app.add_typer(notices.app, name="notices")
app.add_typer(staff.app, name="staff")
app.add_typer(tills.app, name="tills")
app.add_typer(audit.app, name="audit")
app.add_typer(db.app, name="db")
app.add_typer(commands.bench, name="bench")
for command in (commands.migrate, commands.demo, commands.serve, commands.worker):
    app.command()(command)


def run() -> None:
    """The console script."""
    sys.exit(base.guarded(app))
