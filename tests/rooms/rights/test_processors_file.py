"""The processors file: what is read from a sound one, and every way in which one is refused, with the place."""

import re
from datetime import date

import pytest

from kvitto.rights.processors import parse
from kvitto.rights.queries import held
from kvitto.rights.rules import ProcessorsRefusedError
from kvitto.rights.types import Processor
from tests.architecture.source import ROOT

WHAT_FOR = '{ sv = "trycker breven", fi = "painaa kirjeet", en = "prints the letters" }'
ENTRY = {
    "name": '"The print house"',
    "what_for": WHAT_FOR,
    "country": '"FI"',
    "from": "2026-01-01",
    "fields": '["members_person.given_name", "members_person.language"]',
}


def entry(**fields):
    """The text of one entry; None leaves a key out."""
    values = ENTRY | {key.rstrip("_"): value for key, value in fields.items()}
    return "[[processor]]\n" + "".join(f"{key} = {value}\n" for key, value in values.items() if value is not None)


def read(*entries):
    return parse("\n".join(entries).encode(), held())


def problems(*entries):
    with pytest.raises(ProcessorsRefusedError) as refused:
        read(*entries)
    return list(refused.value.problems)


def test_a_sound_file_is_a_list_of_dated_processors():
    assert read(entry(until="2027-01-01")) == [
        Processor(
            "The print house",
            {"sv": "trycker breven", "fi": "painaa kirjeet", "en": "prints the letters"},
            "FI",
            date(2026, 1, 1),
            date(2027, 1, 1),
            ("members_person.given_name", "members_person.language"),
        )
    ]


def test_an_empty_file_means_that_nobody_gets_anything():
    assert read("") == []


def test_periods_of_one_processor_may_follow_each_other():
    assert len(read(entry(until="2027-01-01"), entry(from_="2027-01-01"), entry(name='"The post"'))) == 3


NO_FIELD = "is no field about a person; a field is named like members_person.given_name"
NEVER = "lets somebody in or opens what is sealed: nobody ever gets it"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"country": '"XQ"'}, """, country: a country by its two letters, such as "FI", is expected, not 'XQ'"""),
        ({"from_": None}, ", from: a day such as 2016-09-01, without quotes, is expected, not nothing"),
        ({"what_for": '{ sv = "a", fi = "b" }'}, ", what_for, en: a text is expected, not nothing"),
        ({"what_for": '"letters"'}, ", what_for: a table is expected, not 'letters'"),
        ({"until": "2026-01-01"}, ": the period from 2026-01-01 until 2026-01-01 ends before it begins"),
        ({"fields": "[]"}, ", fields: at least one field is expected: who gets nothing is no processor"),
        ({"fields": '"all"'}, """, fields: a list such as ["members_person.given_name"] is expected, not 'all'"""),
        ({"fields": '["members_person.shoe_size"]'}, f', fields: "members_person.shoe_size" {NO_FIELD}'),
        ({"fields": '["stores_store.name"]'}, f', fields: "stores_store.name" {NO_FIELD}'),
        ({"fields": '["accounts_account.password"]'}, f', fields: "accounts_account.password" {NEVER}'),
        ({"fields": '["vault_key.wrapped"]'}, f', fields: "vault_key.wrapped" {NEVER}'),
        (
            {"fields": '["members_card.number", "members_card.number"]'},
            ', fields: "members_card.number" is there twice',
        ),
        ({"phone": '"1"'}, ": 'phone' is an unknown key (known: name, what_for, country, fields, from, until)"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(fields, problem):
    assert problems(entry(**fields)) == [f"processor 1 (The print house){problem}"]


def test_an_entry_without_a_name_goes_by_its_number():
    assert problems(entry(name=None)) == ["processor 1, name: a text is expected, not nothing"]


def test_overlapping_periods_of_one_name_are_refused():
    assert problems(entry(), entry(from_="2026-06-01")) == [
        "processor 2 (The print house): from 2026-06-01 overlaps the period of the same name from 2026-01-01"
    ]


def test_everything_that_is_wrong_is_said_at_once():
    assert len(problems(entry(country='"Finland"'), "[[processor]]", "[other]")) > 3


@pytest.mark.parametrize(
    ("content", "begins"),
    [
        (b"\xff", "byte 0: the text is not UTF-8"),
        (b"[[processor]\n", "not TOML: "),
        (b"processor = 1", "the file, processor: entries that begin with [[processor]] are expected"),
        (b"processor = [1]", "processor 1: a table is expected, not 1"),
    ],
)
def test_what_is_no_list_is_refused(content, begins):
    with pytest.raises(ProcessorsRefusedError) as refused:
        parse(content, held())

    assert [problem.startswith(begins) for problem in refused.value.problems] == [True]


def test_the_entry_for_a_mail_carrier_is_accepted_as_it_is_written_down():
    document = (ROOT / "docs" / "how-to" / "notices-by-e-mail.md").read_text()
    (found,) = read(re.search(r"```toml\n(.*?)```", document, re.DOTALL).group(1))

    assert "members_contact.value" in found.names
