"""The `kvitto` command: the command-line door, and the commands that put rooms together."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from kvitto.doors.cli import base, network, receipts, assortment

app = typer.Typer(
    help="The purchase-data register of a customer-owned retailer.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(receipts.app, name="receipts")
app.add_typer(network.app, name="network")
app.add_typer(assortment.app, name="assortment")


def run() -> None:
    """The console script."""
    sys.exit(base.guarded(app))
