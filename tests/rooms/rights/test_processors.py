"""Loading the list: what changes, what stays because the public was told, and what the command says."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection, transaction
from typer.testing import CliRunner

from kvitto.audit.models import Entry
from kvitto.doors.cli.processors import app
from kvitto.kernel.actor import OPERATOR
from kvitto.rights import actions, queries
from kvitto.rights.rules import ProcessorsRefusedError, handing, recipients
from kvitto.rights.types import Kind, Processor
from tests.rooms.rights.test_processors_file import entry

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PRINT = Processor(
    "The print house",
    {"sv": "trycker breven", "fi": "painaa kirjeet", "en": "prints the letters"},
    "FI",
    date(2026, 1, 1),
    None,
    ("members_person.given_name", "members_person.family_name"),
)
POST = replace(PRINT, name="The post", start=date(2027, 3, 1))


def load(*processors):
    return actions.load_processors(processors=list(processors), by=OPERATOR, now=NOW)


def refusal(*processors):
    with pytest.raises(ProcessorsRefusedError) as refused:
        load(*processors)
    return list(refused.value.problems)


def test_what_is_loaded_is_read_back_and_recorded():
    assert [each.kind for each in load(PRINT, POST)] == [Kind.NEW, Kind.NEW]

    assert queries.processors() == [POST, PRINT]
    assert Entry.objects.filter(action="rights.load_processors").values_list("count", flat=True).get() == 2


def test_loading_again_changes_nothing():
    load(PRINT)

    assert [each.kind for each in load(PRINT)] == [Kind.UNCHANGED]


def test_what_has_begun_can_end_and_nothing_else():
    load(PRINT)
    more = replace(PRINT, names=(*PRINT.names, "members_card.number"))

    assert refusal() == ["The print house from 2026-01-01: has begun, so it stays on the list: give it an end instead"]
    assert refusal(more) == [
        "The print house from 2026-01-01: has begun, so its fields stay: end it, and begin a period with the others"
    ]
    assert queries.processors() == [PRINT]
    ended = replace(PRINT, end=date(2026, 12, 1))
    assert load(ended, replace(more, start=date(2026, 12, 1)))[0].changes == ("until further notice -> 2026-12-01",)


def test_what_was_only_announced_can_be_withdrawn():
    load(PRINT, POST)

    assert [each.kind for each in load(PRINT)] == [Kind.UNCHANGED, Kind.WITHDRAWN]
    assert queries.processors() == [PRINT]


def test_an_unsound_list_is_refused_by_the_action_too():
    assert refusal(replace(PRINT, names=("members_person.shoe_size",)))


def test_the_database_keeps_overlapping_periods_out():
    load(PRINT)

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO rights_processor (name, purpose, country, valid_from, names)"
            " VALUES ('The print house', '{}', 'FI', '2026-06-01', '{a}')"
        )


def test_a_day_tells_who_gets_something_now_later_and_did_once():
    past = replace(PRINT, start=date(2025, 1, 1), end=date(2026, 1, 1))
    on_the_day = handing([past, PRINT, POST], today=NOW.date())

    assert [each.processor for each in on_the_day.now] == [PRINT]
    assert [each.processor for each in on_the_day.ahead] == [POST]
    assert [each.processor for each in on_the_day.past] == [past]
    assert on_the_day.now[0].things == ("Name",)
    assert [each.topic for each in queries.about_members() if recipients(each, on_the_day.now)] == ["person"]


def test_a_column_that_is_no_more_stays_on_the_list_by_its_name():
    assert (
        handing([replace(PRINT, names=("members_person.gone", "gone.gone"))], today=NOW.date()).now[0].things[1]
        == "gone.gone"
    )


def test_the_command_shows_what_it_does_and_counts_it(tmp_path):
    file = tmp_path / "processors.toml"
    file.write_text(entry())

    tried = CliRunner().invoke(app, ["load", str(file), "--dry-run"])
    assert (tried.exit_code, queries.processors()) == (0, [])
    done = CliRunner().invoke(app, ["load", str(file), "--json"])

    assert done.exit_code == 0
    assert done.stdout.splitlines()[0] == "new       The print house from 2026-01-01"
    assert json.loads(done.stdout.splitlines()[-1]) == {"new": 1, "changed": 0, "withdrawn": 0, "unchanged": 0}


def test_the_command_refuses_a_file_with_every_place(tmp_path):
    file = tmp_path / "processors.toml"
    file.write_text(entry(country='"Finland"', fields='["nothing.at_all"]'))

    refused = CliRunner().invoke(app, ["load", str(file)])

    assert refused.exit_code == 1
    assert f"{file}: processor 1 (The print house), country: " in refused.stderr
    assert queries.processors() == []
