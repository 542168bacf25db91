"""Money: strings with two decimals outside, integer cents inside."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kvitto.kernel.money import amount, cents, parse_amount, vat_in

LARGEST = 99_999_999_999  # nine digits and two decimals
any_cents = st.integers(-LARGEST, LARGEST)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0.00", 0), ("0.01", 1), ("-0.01", -1), ("1.05", 105), ("-1.05", -105), ("999999999.99", LARGEST), ("-0.00", 0)],
)
def test_an_amount_is_cents(text, expected):
    assert parse_amount(text) == cents(text) == expected


@given(any_cents)
@example(-5)
@example(-100)
def test_cents_become_the_amount_they_came_from(value):
    assert parse_amount(amount(value)) == value


@given(any_cents)
def test_an_amount_reads_as_a_decimal_number(value):
    assert Decimal(amount(value)) == Decimal(value) / 100


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.0", "1.000", ".50", "1,05", "+1.05", "--1.05", "1e2", "NaN", "Infinity", " 1.05", "1.05 ", "1.05\n",
     "1_0.00", "١.٠٥", "1234567890.00", "0x1.00", "1.-5"],
)  # fmt: skip
def test_what_is_not_an_amount_is_refused(text):
    with pytest.raises(ValueError, match="not an amount"):
        parse_amount(text)


@given(st.from_regex(r"-?[0-9]{0,11}[.,]?[0-9]{0,3}\s?", fullmatch=True))
def test_whatever_is_accepted_means_the_same_as_a_decimal_number(text):
    try:
        value = parse_amount(text)
    except ValueError:
        return
    assert Decimal(text) * 100 == value


@given(any_cents, st.integers(0, 9_999))
def test_the_tax_in_an_amount_is_rounded_half_away_from_zero(gross, rate):
    exact = Decimal(gross) * rate / (10_000 + rate)

    assert vat_in(gross, rate) == exact.quantize(Decimal(1), ROUND_HALF_UP)


@given(any_cents, st.integers(0, 9_999))
def test_a_return_gives_back_the_tax_of_the_sale(gross, rate):
    assert vat_in(-gross, rate) == -vat_in(gross, rate)


@pytest.mark.parametrize(
    ("gross", "rate", "tax"), [(1255, 2550, 255), (1135, 1350, 135), (215, 1350, 26), (215, 0, 0), (0, 2550, 0)]
)
def test_the_tax_of_receipts_as_printed(gross, rate, tax):
    assert vat_in(gross, rate) == tax
