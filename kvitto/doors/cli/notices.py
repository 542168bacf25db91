"""`kvitto notices`: what became of members' notices by e-mail."""

from dataclasses import asdict
from typing import Annotated

import typer

from kvitto.doors.cli import base

app = typer.Typer(help="Members' notices by e-mail.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Members' notices by e-mail."""


@app.command()
def unsent(as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False) -> None:
    """List the mails that have failed so far: the notice's number, its tries, the server's answer and the next try.

    No name and no address: a notice whose mail fails for good stays on its member's own page.
    """
    base.setup()
    from kvitto.notices import queries

    found = queries.unsent()
    if as_json:
        base.print_json({"unsent": [asdict(each) for each in found]})
        return
    for each in found:
        then = f"next try {each.next_try:%Y-%m-%d %H:%M} UTC" if each.next_try else "not tried again"
        print(f"{each.notice_id}  {each.made_at:%Y-%m-%d %H:%M}  {each.kind}  {each.tries} tries: {each.error}; {then}")
