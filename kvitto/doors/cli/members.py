"""`kvitto members`: what a service point does for a member."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from kvitto.doors.cli import base

app = typer.Typer(help="Members' sign-in.", no_args_is_help=True)


class Channel(StrEnum):
    """How the code reaches its person, as the command line spells it."""

    LETTER = "letter"
    SERVICE_POINT = "service-point"


@app.callback()
def group() -> None:
    """Members' sign-in."""


@app.command()
def code(
    card: Annotated[str, typer.Option(help="The number of a card that the person holds now.")],
    channel: Annotated[Channel, typer.Option(help="letter: holds 30 days; service-point: 24 hours.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make a code with which a member sets up their sign-in, or a new password. It is shown this once.

    Check first who the person is. The person's earlier codes end.
    """
    base.setup()
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened
    from kvitto.kernel.errors import NotFoundError
    from kvitto.members import actions, queries, rules
    from kvitto.members.types import CodeChannel

    now = datetime.now(UTC)
    by_channel = {Channel.LETTER: CodeChannel.LETTER, Channel.SERVICE_POINT: CodeChannel.SERVICE_POINT}[channel]
    with opened():
        person_id = queries.holder_at(rules.read_card(card) or "", at=now)
        if person_id is None:
            raise NotFoundError("nobody holds a card of this number now: check the number")
        made = actions.issue_code(person_id=person_id, channel=by_channel, by=OPERATOR, now=now)
    until = now + rules.HOLDS[by_channel]
    if as_json:
        base.print_json({"code": made, "channel": channel, "expires_at": until.isoformat(timespec="seconds")})
        return
    print(made)
    base.messages.print(
        f"works once, until {until:%Y-%m-%d %H:%M} UTC, together with the card's number", highlight=False
    )
