"""The page about the wire format says what is true: its examples go through, and its schema is the decoder's."""

import copy
import json
import re

import jsonschema
import pytest

from kvitto.doors.cli import receipts as command
from kvitto.intake.formats import decode, json_schema
from kvitto.intake.types import Reason, Refusal, State
from kvitto.purchases import queries as purchases
from tests.architecture.source import ROOT
from tests.cast import raw, take

PAGE = (ROOT / "docs" / "reference" / "wire-format.md").read_text()
EXAMPLES = {
    title: json.loads(block)
    for title, block in re.findall(r"^### (.+?)$.*?^```json\n(.+?)^```$", PAGE, re.MULTILINE | re.DOTALL)
}
VALIDATOR = jsonschema.Draft202012Validator(json_schema(), format_checker=jsonschema.FormatChecker())


def test_the_page_has_an_example_of_everything_that_is_special():
    lines = [line for each in EXAMPLES.values() for line in each["lines"]]

    assert {line["type"] for line in lines} == {"item", "return", "deposit", "deposit_return", "discount"}
    assert {each["type"] for each in EXAMPLES.values()} == {"sale", "return"}
    assert {each["channel"] for each in EXAMPLES.values()} == {"store", "web"}
    assert any("." in line["quantity"] for line in lines)
    assert any(line.get("void") for line in lines)
    assert [title for title, each in EXAMPLES.items() if "card" not in each] == ["No card"]


@pytest.mark.parametrize("title", EXAMPLES)
def test_an_example_fits_the_schema(title):
    assert [error.message for error in VALIDATOR.iter_errors(EXAMPLES[title])] == []


@pytest.mark.parametrize("title", EXAMPLES)
def test_an_example_is_taken_in(cast, title):
    result = take(EXAMPLES[title])

    assert result.refused == []
    assert result.states == [State.NO_MEMBER if title == "No card" else State.RECORDED]


def test_all_examples_are_different_receipts(cast):
    take(*EXAMPLES.values())

    assert purchases.register_counts().product == len(EXAMPLES) - 1


def changed():
    """The first example with one thing wrong at a time, by what was done."""
    example = next(iter(EXAMPLES.values()))
    places = [(), *((name, 0) for name in ("lines", "vat", "tenders"))]
    for place in places:
        for name in [*_at(example, place), "something_new"]:
            for word, value in {"gone": ..., "null": None, "a number": 1.5, "text": "§", "a list": [[]]}.items():
                body = copy.deepcopy(example)
                target = _at(body, place)
                if value is ...:
                    target.pop(name, None)
                else:
                    target[name] = value
                yield pytest.param(body, id=f"{'.'.join(map(str, place))} {name} {word}")


def _at(body, place):
    for step in place:
        body = body[step]
    return body


@pytest.mark.parametrize("body", list(changed()))
def test_schema_and_decoder_agree_on_what_is_wrong(body):
    """Of days and times the schema names the format only, and need not know it."""
    if any(body.get(name) == "§" for name in ("business_day", "begin_time", "end_time", "sent_at")):
        assert isinstance(decode(raw(body)[0]), Refusal)
    else:
        assert VALIDATOR.is_valid(body) == (not isinstance(decode(raw(body)[0]), Refusal))


def test_the_published_schema_is_what_the_command_prints(capsys):
    command.schema()

    published = (ROOT / "docs" / "reference" / "wire-format.schema.json").read_text()
    assert published == capsys.readouterr().out, "write it anew: kvitto receipts schema"


def test_every_reason_and_state_is_explained():
    assert [reason for reason in Reason if f"`{reason}`" not in PAGE] == []
    assert [state for state in State if f"`{state}`" not in PAGE] == []


@pytest.mark.parametrize("name", ["Receipt", "Line", "Vat", "Tender"])
def test_every_field_is_in_the_tables(name):
    fields = json_schema()["$defs"][name]["properties"]

    assert [field for field in fields if f"`{field}`" not in PAGE.split("## Rules")[0]] == []
