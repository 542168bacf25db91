"""What a till's code names."""

import pytest
from biip.checksums import gs1_standard_check_digit
from hypothesis import given
from hypothesis import strategies as st

from kvitto.assortment.rules import identify
from kvitto.assortment.types import CodeKind, ProductKey

DIGITS = st.text("0123456789", max_size=20)
COUNTRIES = st.sampled_from(["FI", "SE", "EE", "LV", "LT", "NO", "DK", "DE", "GB", "NL", "ZZ"])


def checked(payload):
    """The payload with its check digit."""
    return f"{payload}{gs1_standard_check_digit(payload)}"


def finnish(code):
    return identify(code, chain="grocer", country="FI")


@pytest.mark.parametrize(
    ("code", "held"),
    [
        ("6408430000012", "06408430000012"),  # Finland
        ("7310865004703", "07310865004703"),  # Sweden
        ("40170725", "00000040170725"),  # GTIN-8
        ("036000291452", "00036000291452"),  # GTIN-12
        ("4006381333931", "04006381333931"),  # Germany: 40 to 44 are numbers for everybody, 04 is not
        ("9780306406157", "09780306406157"),  # a book
        ("17310865004700", "17310865004700"),  # a case
        (" 7310865004703 ", "07310865004703"),
    ],
)
def test_a_gtin_is_one_product_in_every_chain(code, held):
    key = ProductKey("", held, CodeKind.GTIN)
    assert identify(code, chain="grocer", country="FI") == key
    assert identify(code, chain="hardware", country="SE") == key


@pytest.mark.parametrize(
    ("code", "kind", "held"),
    [
        (checked("201234567890"), CodeKind.RCN_GEO, checked("0201234567890")),  # 20 has no rule in Finland
        (checked("0412345"), CodeKind.RCN_COMPANY, checked("0000000412345")),  # eight digits from 0
        (checked("041234567890"), CodeKind.RCN_COMPANY, checked("0041234567890")),
        ("7310865004704", CodeKind.IN_STORE_PLU, "7310865004704"),  # wrong check digit
        ("3123", CodeKind.IN_STORE_PLU, "3123"),
        ("0", CodeKind.IN_STORE_PLU, "0"),
        ("1234567890", CodeKind.IN_STORE_PLU, "1234567890"),
        (checked("990000012345"), CodeKind.UNKNOWN, checked("0990000012345")),  # a coupon
        (checked("980000012345"), CodeKind.UNKNOWN, checked("0980000012345")),  # a refund receipt
        (checked("140000012345"), CodeKind.UNKNOWN, checked("0140000012345")),  # a prefix GS1 has given to nobody
        ("1" * 15, CodeKind.UNKNOWN, "1" * 15),
        ("PARKING-1", CodeKind.UNKNOWN, "PARKING-1"),
        ("٤٠١٧٠٧٢٥", CodeKind.UNKNOWN, "٤٠١٧٠٧٢٥"),  # digits of another script are no till's digits
        ("", CodeKind.UNKNOWN, ""),
    ],
)
def test_any_other_code_belongs_to_its_chain(code, kind, held):
    assert finnish(code).kind == kind
    assert finnish(code) == ProductKey("grocer", held, kind)


def test_a_padded_number_of_a_till_is_not_taken_for_a_gtin():
    padded = checked("3123".zfill(13))  # as a till may pad the chain's own number 3123, check digit included
    assert finnish(padded).kind is CodeKind.RCN_COMPANY


@pytest.mark.parametrize("prefix", ["23", "24", "25"])
@given(item=st.text("0123456789", min_size=6, max_size=6), grams=st.integers(0, 9999))
def test_goods_by_weight_are_one_product_whatever_they_weigh(prefix, item, grams):
    weighed, zeroed = (checked(f"{prefix}{item}{measure:04d}") for measure in (grams, 0))
    for country in ("FI", "SE"):
        key = identify(weighed, chain="grocer", country=country)
        assert key == ProductKey("grocer", zeroed.zfill(14), CodeKind.RCN_GEO)


@pytest.mark.parametrize("prefix", ["20", "21", "22"])
@given(item=st.text("0123456789", min_size=6, max_size=6), price=st.integers(1, 9999))
def test_goods_by_price_are_one_product_in_sweden_and_unread_in_finland(prefix, item, price):
    priced, zeroed = (checked(f"{prefix}{item}{measure:04d}") for measure in (price, 0))
    assert identify(priced, chain="grocer", country="SE").code == zeroed.zfill(14)
    assert identify(priced, chain="grocer", country="FI").code == priced.zfill(14)


def test_goods_by_weight_keep_their_measure_where_the_rules_are_unknown():
    assert identify("2317438912347", chain="grocer", country="NL").code == "02317438912347"


@given(payload=st.text("0123456789", min_size=12, max_size=12), country=COUNTRIES)
def test_padded_forms_of_a_gtin_are_one_product(payload, country):
    code = checked(payload)
    key = identify(code, chain="grocer", country=country)
    assert identify(code.zfill(14), chain="grocer", country=country) == key
    if code[0] == "0":
        assert identify(code[1:], chain="grocer", country=country) == key
    if code.startswith("00000"):
        assert identify(code[5:], chain="grocer", country=country) == key


@given(payload=st.text("0123456789", min_size=7, max_size=7))
def test_padded_forms_of_an_eight_digit_number_are_one_product(payload):
    code = checked(payload)
    assert len({finnish(code.zfill(length)) for length in (8, 12, 13, 14)}) == 1


@given(code=DIGITS | st.text(max_size=20), country=COUNTRIES)
def test_no_code_is_ever_an_error_and_only_gtins_leave_the_chain(code, country):
    key = identify(code, chain="grocer", country=country)
    assert key.scope == ("" if key.kind is CodeKind.GTIN else "grocer")
    assert key.kind is not CodeKind.GTIN or (len(key.code) == 14 and key.code.isdigit())


@given(code=DIGITS, country=COUNTRIES)
def test_what_is_held_names_itself(code, country):
    key = identify(code, chain="grocer", country=country)
    assert identify(key.code, chain="grocer", country=country) == key


@given(
    payload=st.sampled_from([7, 11, 12, 13]).flatmap(
        lambda length: st.text("0123456789", min_size=length, max_size=length)
    ),
    digit=st.integers(1, 9),
)
def test_a_wrong_check_digit_makes_a_number_the_chains_own(payload, digit):
    right = checked(payload)
    wrong = f"{right[:-1]}{(int(right[-1]) + digit) % 10}"
    assert finnish(wrong) == ProductKey("grocer", wrong, CodeKind.IN_STORE_PLU)


def test_a_chain_is_needed():
    with pytest.raises(ValueError, match="chain"):
        identify("3123", chain="", country="FI")
