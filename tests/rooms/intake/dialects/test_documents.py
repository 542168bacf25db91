"""JSON of other tills: one receipt a line, or one over many; broken ones are refused with line and column."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvitto.intake.formats import MAX_BYTES
from kvitto.intake.types import Raw, Reason
from tests.poslog import read, receipts, refusal, retail

PRETTY = json.dumps(json.loads(retail()), indent=2).encode()


@pytest.mark.parametrize("piece", [5, 1 << 20])
@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (retail(), [1]),
        (retail() + b"\n", [1]),
        (PRETTY, [1]),
        (b"\n\n" + PRETTY + b"\n", [1]),
        (b"\xef\xbb\xbf" + PRETTY, [1]),
        (retail() + b"\n" + retail(currency="SEK") + b"\n", [1, 2]),
        (retail() + b"\n\n" + retail(currency="SEK"), [1, 3]),
    ],
    ids=["one", "one and a line break", "many lines", "blank lines", "a mark", "two", "a blank line between"],
)
def test_receipts_stand_a_line_each_or_over_many(content, lines, piece):
    found = read(content, "retail-json", piece=piece)

    assert [each.position for each in found] == lines
    assert [each.refusal for each in found] == [None] * len(lines)


@pytest.mark.parametrize(
    ("content", "reason", "message"),
    [
        (PRETTY.replace(b'"id": "1"', b'"id": "1",'), Reason.NOT_JSON, "line 7, column 3: not JSON"),
        (PRETTY[:-5], Reason.NOT_JSON, "not JSON"),
        (b'{"business_unit": "\xff"}', Reason.NOT_JSON, "line 1, column 20: not JSON: the text is not UTF-8"),
        (b"[]", Reason.NOT_JSON, "line 1, column 1: not a JSON object"),
        (retail()[:-1] + b', "currency": "SEK"}', Reason.DUPLICATE_KEY, "a key stands twice"),
        (retail(currency=float("nan")), Reason.NOT_JSON, "NaN and Infinity"),
        (b'{"a":' * 200 + b"1" + b"}" * 200, Reason.TOO_LARGE, "deep"),
        (b'{"a":' * 200_000 + b"1" + b"}" * 200_000, Reason.TOO_LARGE, "deep"),
        (b'{"a": "' + b"x" * MAX_BYTES + b'"}', Reason.TOO_LARGE, "bytes"),
    ],
)
def test_what_is_no_receipt_is_refused_with_its_place(content, reason, message):
    refused = refusal(content, "retail-json")

    assert refused.reason is reason
    assert message in refused.message


def test_half_a_character_is_refused():
    content = retail().replace(b'"MILK"', b'"MILK \\ud83d"')

    assert refusal(content, "retail-json").message == "a text holds half a character"


def test_a_broken_line_does_not_stop_the_others():
    found = read(retail() + b'\n{"a": 1,}\n' + retail(), "retail-json")

    assert [each.refusal and each.refusal.message[:17] for each in found] == [None, "line 2, column 9:", None]


def test_numbers_keep_the_text_they_are_written_with():
    content = (
        retail()
        .replace(b'"extended_amount": 2.15', b'"extended_amount": 2.1500000')
        .replace(b'"amount": 2.15', b'"amount": 2.150')
    )

    assert receipts(content, "retail-json")[0].lines[0].amount == "2.15"


def test_a_float_that_is_no_whole_cent_is_refused():
    content = retail().replace(b'"extended_amount": 2.15', b'"extended_amount": 2.1500000000000004')

    assert refusal(content, "retail-json").field == "items[1]/extended_amount"


@given(st.binary(max_size=200) | st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["items", "payments", "type", "currency", "amount"]), inner, max_size=4)).map(lambda value: json.dumps(value).encode()))  # fmt: skip  # noqa: E501
def test_whatever_it_is_nothing_is_raised(content):
    assert all(isinstance(each, Raw) for each in read(content, "retail-json"))
