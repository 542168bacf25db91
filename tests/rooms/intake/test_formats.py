"""The quick way of decoding and the strict types agree on everything."""

import json

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from kvitto.intake.formats import decode
from kvitto.intake.types import Raw, Reason, Refusal
from kvitto.purchases.types import Receipt
from tests.cast import line, receipt

ODD = st.one_of(
    st.from_regex(r"-?[0-9]{0,10}\.?[0-9]{0,5}\n?", fullmatch=True),
    st.text(max_size=12),
    st.sampled_from(
        ["1e2", "NaN", "1_0.00", "+1.00", "１.00", "1.00\n2.00", " 1.00", "1.00 ", "-0.00", ".50", "1,00", "0x1"]
    ),
)
PLACES = st.sampled_from(
    ["lines.amount", "lines.quantity", "lines.discount", "vat.gross", "vat.tax", "tenders.amount", "total", "rounding"]
)


def with_text(place, text):
    """A sound receipt with two lines whose last amount or quantity of a kind is `text`."""
    body = receipt([line(), line(discount="0.10")], rounding="0.00")
    where, _, name = place.rpartition(".")
    (body[where][-1] if where else body)[name] = text
    return body


@given(PLACES, ODD, st.booleans())
@example("lines.amount", "1.00\n2.00", False)
@example("lines.quantity", "1\n", True)
def test_whatever_an_amount_looks_like_both_ways_say_the_same(place, text, ascii_only):
    body = json.dumps(with_text(place, text), ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    try:
        strict = msgspec.json.decode(body, type=Receipt)
    except msgspec.DecodeError:
        strict = None

    decoded = decode(Raw(1, body))

    if strict is None:
        assert isinstance(decoded, Refusal)
    elif isinstance(decoded, Refusal):
        assert "NUL" in decoded.message
    else:
        assert msgspec.to_builtins(decoded[0]) == msgspec.to_builtins(strict)


@given(st.sampled_from(["store", "total", "card", "lines"]), st.booleans())
def test_a_key_that_stands_twice_is_refused_wherever_it_stands(key, spaced):
    text = json.dumps(receipt(), separators=(", ", " : ") if spaced else (",", ":"))
    again = json.dumps(receipt()[key])
    body = f'{text[:-1]}, "{key}" : {again}}}'.encode()

    decoded = decode(Raw(1, body))

    assert isinstance(decoded, Refusal)
    assert (decoded.reason, decoded.wrote) == (Reason.DUPLICATE_KEY, key)


def test_a_key_that_stands_twice_in_a_line_is_refused():
    body = json.dumps(receipt()).replace('"quantity": "1"', '"quantity": "1", "quantity": "1"').encode()

    assert decode(Raw(1, body)).reason is Reason.DUPLICATE_KEY
