"""`kvitto staff`: the people who work here, as far as the machine's command line decides about them."""

import sys
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kvitto.doors.cli import base

app = typer.Typer(help="People who work here, their duties and what they sign.", no_args_is_help=True)
agreement = typer.Typer(help="The confidentiality agreement.", no_args_is_help=True)
app.add_typer(agreement, name="agreement")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


class First(StrEnum):
    """The duties that can be given at the machine: one, and to the first two only."""

    ADMINISTRATOR = "administrator"


@agreement.callback()
def group() -> None:
    """Keep `publish` a command of its own while it is the only one."""


@app.command()
def add(
    username: Annotated[str, typer.Option(help="The name to sign in with; nobody else's, member or staff.")],
    name: Annotated[str, typer.Option(help="The person's name, as colleagues know it.")],
    card: Annotated[str, typer.Option(help="The person's own member card: they never open their own record.")] = "",
    duty: Annotated[First | None, typer.Option(help="For the first two people only.")] = None,
    as_json: Json = False,
) -> None:
    """Add a staff person. The password is asked for twice, or read as one line from standard input.

    The first two administrators are made here; every other duty is proposed by one person and approved by another on the
    staff pages.
    """
    base.setup()
    from kvitto.accounts import actions as accounts
    from kvitto.accounts.types import Kind
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened
    from kvitto.staff import actions

    now = datetime.now(UTC)
    password = _password()
    with opened():
        person_id = _holder(card, now) if card else None
        account_id = accounts.create_account(
            username=username, password=password, kind=Kind.STAFF, by=OPERATOR, now=now
        )
        staff_id = actions.add_staff(account_id=account_id, name=name, person_id=person_id, by=OPERATOR, now=now)
        if duty is not None:
            actions.bootstrap_duty(staff_id=staff_id, by=OPERATOR, now=now)
    if as_json:
        base.print_json({"staff": staff_id, "account": account_id, "duty": duty})
        return
    for step in _next_steps(bootstrapped=duty is not None):
        base.messages.print(step, highlight=False, soft_wrap=True)


@app.command()
def reset(
    username: Annotated[str, typer.Argument(help="The user name of somebody who works here.")], as_json: Json = False
) -> None:
    """Let in again somebody who has lost their password, or every device: a new password, and no second factor.

    Check first who asks. The password is asked for twice, or read as one line from standard input. They are signed out
    everywhere, and set up a second factor anew at the next sign-in. Duties and agreement stay as they are.
    """
    base.setup()
    from kvitto.accounts import actions, factors, queries
    from kvitto.accounts.types import Kind
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened
    from kvitto.kernel.errors import NotFoundError

    now = datetime.now(UTC)
    password = _password()
    with opened():
        account_id = queries.account_named(username, Kind.STAFF)
        if account_id is None:
            raise NotFoundError("no staff account has this user name: capitals matter")
        actions.set_password(account_id=account_id, password=password, by=OPERATOR, now=now)
        removed = factors.reset(account_id=account_id, by=OPERATOR, now=now)
    if as_json:
        base.print_json({"account": account_id, "factors_removed": removed})
        return
    base.messages.print("done. At the next sign-in at /staff/ they set up a second factor anew.", highlight=False)


@app.command()
def duties(as_json: Json = False) -> None:
    """Say who has which duty today, and what waits for a second person."""
    base.setup()
    from kvitto.staff import queries

    now = datetime.now(UTC)
    held, waiting = queries.held_duties(now=now), queries.open_proposals(now=now)
    if as_json:
        base.print_json({"held": [asdict(each) for each in held], "waiting": [asdict(each) for each in waiting]})
        return
    for each in held:
        origin = f"approved by {each.approved_by}" if each.approved_by else "made at the machine"
        until = f" until {each.until}" if each.until else ""
        print(f"{each.duty:16} {each.name}, from {each.since}{until}, {origin}")
    for proposal in waiting:
        print(
            f"{proposal.duty:16} {proposal.name}, proposed by {proposal.proposed_by}, "
            f"waits until {proposal.expires_at:%Y-%m-%d %H:%M} UTC"
        )
    if not held and not waiting:
        base.messages.print("nobody has a duty: kvitto staff add ... --duty administrator", highlight=False)


@agreement.command()
def publish(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            exists=True, dir_okay=False, readable=True, help="sv.md fi.md en.md; the shipped ones otherwise."
        ),
    ] = None,
    valid_from: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="From which day it has to be signed; from now on otherwise."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Publish the next version of the confidentiality agreement, in three languages. Everybody has to sign it anew."""
    base.setup()
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened
    from kvitto.staff import actions

    now = datetime.now(UTC)
    texts = _texts(files or [])
    starts = _midnight(valid_from.date()) if valid_from else now
    with opened():
        version = actions.publish_agreement(texts=texts, valid_from=starts, by=OPERATOR, now=now)
    if as_json:
        base.print_json({"version": version, "valid_from": starts.isoformat(timespec="seconds")})
        return
    base.messages.print(
        f"version {version} is published and has to be signed from {starts:%Y-%m-%d %H:%M} UTC on", highlight=False
    )


def _texts(files: list[Path]) -> dict[str, str]:
    """Language -> text, of files named after their language."""
    from kvitto.kernel.errors import InvalidError
    from kvitto.staff import agreement as shipped
    from kvitto.staff.rules import LANGUAGES

    if not files:
        return shipped.texts()
    by_name = {path.stem: path for path in files}
    if set(by_name) != set(LANGUAGES) or len(files) != len(LANGUAGES):
        raise InvalidError("name three files, after their languages: sv.md fi.md en.md")
    found = {}
    for language, path in by_name.items():
        try:
            found[language] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise InvalidError(f"{path} is not UTF-8: save it as UTF-8 and publish again") from error
    return found


def _midnight(day: date) -> datetime:
    from django.utils.timezone import make_aware

    return make_aware(datetime.combine(day, time()))


def _holder(card: str, now: datetime) -> int:
    from kvitto.kernel.errors import NotFoundError
    from kvitto.members import queries, rules

    person_id = queries.holder_at(rules.read_card(card) or "", at=now)
    if person_id is None:
        raise NotFoundError("nobody holds a card of this number now: check the number, or leave --card out")
    return person_id


def _password() -> str:
    """Typed twice unseen, or the first line of what is piped in; never an argument, which others on the machine could read."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def _next_steps(*, bootstrapped: bool) -> list[str]:
    from kvitto.staff import queries

    steps = ["added. Next, this person signs in at /staff/, sets up a second factor and signs the agreement."]
    now = datetime.now(UTC)
    if queries.current_agreement(now=now) is None:
        steps.append("No agreement is published yet: kvitto staff agreement publish")
    if not bootstrapped:
        steps.append("They have no duty yet: one colleague proposes it on the staff pages, another approves it.")
    elif len(queries.held_duties(now=now)) == 1:
        steps.append("Duties need two people: add the second administrator, again with --duty administrator.")
    return steps
