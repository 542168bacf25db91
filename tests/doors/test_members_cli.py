"""`kvitto members code`: what a service point runs for a member."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.utils.timezone import localdate
from typer.testing import CliRunner

from kvitto.audit.models import Entry
from kvitto.doors.cli.members import app
from kvitto.households import queries as households
from kvitto.kernel.errors import NotFoundError
from kvitto.members import queries, rules
from kvitto.members.models import Code
from tests.cast import AINO_CARD, BJORN_CARD
from tests.households import settle


def run(*arguments):
    return CliRunner().invoke(app, ["code", *arguments])


def works(code, after=timedelta(0)):
    return bool(queries.find_code(card=AINO_CARD, code=rules.read_code(code), now=datetime.now(UTC) + after))


def test_it_prints_a_code_that_works_for_the_cards_holder(cast):
    result = run("--card", "9246 0000 0000 0017", "--channel", "letter")
    assert result.exit_code == 0
    (code,) = result.stdout.splitlines()
    assert works(code, timedelta(days=29))
    entry = Entry.objects.get(action="members.issue_code")
    assert (entry.actor_kind, entry.subject) == ("operator", queries.audit_id(cast.aino))


def test_as_json_it_says_until_when_the_code_works(cast):
    result = json.loads(run("--card", AINO_CARD, "--channel", "service-point", "--json").stdout)
    until = datetime.fromisoformat(result["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=23) < until <= timedelta(hours=24)
    assert works(result["code"])
    assert not works(result["code"], timedelta(hours=24))


@pytest.mark.parametrize("card", ["99999999", "no card", "", "9246\0"])
def test_an_unknown_card_gets_no_code_and_is_not_repeated(cast, card):
    result = run("--card", card, "--channel", "letter")
    assert isinstance(result.exception, NotFoundError)
    assert not card or card not in str(result.exception)
    assert not Code.objects.exists()


def test_a_channel_there_is_not_is_wrong_usage(cast):
    assert run("--card", AINO_CARD, "--channel", "mail").exit_code == 2


def test_a_death_ends_cards_and_place_and_another_adult_is_named(cast):
    settle(cast)
    command = CliRunner().invoke
    day = (datetime.now(UTC) - timedelta(days=1)).date()
    assert command(app, ["main", "--card", BJORN_CARD]).exit_code != 0
    assert command(app, ["death", "--card", AINO_CARD, "--on", day.isoformat()]).exit_code == 0
    assert queries.holder_at(AINO_CARD, at=datetime.now(UTC)) is None
    assert command(app, ["main", "--card", BJORN_CARD]).exit_code == 0
    today = localdate()
    found = households.home(cast.bjorn, today=today, now=datetime.now(UTC))
    assert [(mate.given_name, mate.role) for mate in found.mates] == [("Björn", "main")]
