"""`kvitto members`: what a service point does for a member."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from kvitto.doors.cli import base

app = typer.Typer(help="Members' sign-in and households.", no_args_is_help=True)


class Channel(StrEnum):
    """How the code reaches its person, as the command line spells it."""

    LETTER = "letter"
    SERVICE_POINT = "service-point"


@app.callback()
def group() -> None:
    """Members' sign-in and households."""


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
