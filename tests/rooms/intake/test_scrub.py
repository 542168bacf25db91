"""Numbers of cards and people are masked in what a till has printed; other numbers are left alone."""

import pytest

from kvitto.intake.formats import decode
from kvitto.intake.scrub import luhn, scrubbed
from tests.cast import line, raw, receipt

CARDS = ["4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "340000000000009", "6304000000000000000"]
PEOPLE = ["131052-308T", "131052A308T", "811218-9876", "19811218-9876", "198112189876", "811218+9876"]


@pytest.mark.parametrize("number", CARDS + PEOPLE)
def test_a_number_of_a_card_or_a_person_is_masked(number):
    if number in CARDS:
        assert luhn("".join(filter(str.isdigit, number))), "the test's own number"
    assert scrubbed(f"VISA {number} OK") == "VISA *** OK"


@pytest.mark.parametrize(
    "text",
    [
        "MILK ORGANIC 1.5L",
        "4111111111111112",
        "131052-308U",
        "811218-9875",
        "6408430000135",
        "2026-11-20 17:03:11",
        "EAN 20000010",
        "1234",
    ],
)
def test_other_numbers_are_left_alone(text):
    assert scrubbed(text) == text


def test_the_own_format_is_scrubbed_before_its_content_is_known():
    printed = decode(raw(receipt([line("CARD 4111 1111 1111 1111")]))[0])
    masked = decode(raw(receipt([line("CARD ***")]))[0])

    assert printed[0].lines[0].text == "CARD ***"
    assert printed[1] == masked[1]
