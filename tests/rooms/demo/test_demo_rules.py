"""Days, numbers and chance of the demo."""

from datetime import date, timedelta

from biip.checksums import gs1_standard_check_digit
from hypothesis import given
from hypothesis import strategies as st

from kvitto.assortment.rules import identify
from kvitto.assortment.types import CodeKind
from kvitto.demo import rules

DAYS = st.dates(date(2019, 1, 1), date(2100, 1, 1))
PRODUCT_IDS = st.integers(1, 999_999_999)


def luhn_holds(number):
    digits = [int(digit) for digit in reversed(number)]
    return sum(digits[::2] + [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]) % 10 == 0


@given(DAYS)
def test_the_shift_is_whole_weeks_and_the_last_day_is_in_last_week(today):
    shift = rules.shift_days(today)
    last_day = rules.LAST_DAY + timedelta(days=shift)
    monday = today - timedelta(days=today.weekday())

    assert shift % 7 == 0
    assert monday - timedelta(days=7) <= last_day < monday


def test_the_source_ends_on_a_sunday():
    assert rules.LAST_DAY.isoweekday() == 7


@given(DAYS, st.integers(0, 500))
def test_days_in_a_text_move_and_nothing_else_does(day, weeks):
    text = f'code = "20170-70" # {day}, level = 1'
    later = day + timedelta(weeks=weeks)

    assert rules.moved(text, 7 * weeks) == f'code = "20170-70" # {later}, level = 1'


@given(PRODUCT_IDS)
def test_a_product_number_becomes_a_gtin_that_joins_across_chains(product_id):
    code = rules.gtin(product_id)
    key = identify(code, chain="storskar", country="FI")

    assert len(code) == 13
    assert int(code[-1]) == gs1_standard_check_digit(code[:-1])
    assert (key.scope, key.kind) == ("", CodeKind.GTIN)


def test_the_check_digit_of_a_known_card_number():
    assert rules.luhn("7992739871") == 3


@given(st.integers(1, 99_999), st.integers(1, 2))
def test_a_card_number_has_sixteen_digits_with_a_sound_check_digit(household, adult):
    number = rules.card_number(household, adult)

    assert len(number) == 16
    assert luhn_holds(number)


@given(st.integers(0, 2**40))
def test_one_who_lives_alone_buys_everything(basket):
    assert rules.buyer(basket, 1) == 1


def test_of_a_couple_the_first_buys_somewhat_more():
    first = sum(rules.buyer(basket, 2) == 1 for basket in range(10_000))

    assert 6_000 < first < 6_400


def test_every_till_is_used():
    assert {rules.till(basket) for basket in range(1_000)} == {1, 2, 3, 4}


def test_chance_falls_the_same_way_every_time():
    assert rules.mix(31_198_570_044, 2) == 0x821ABF0BC74B1C2
