"""Days, clocks and quantities as the three languages write them."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import translation

from kvitto.doors.member_web import formats

SUNDAY = date(2026, 11, 22)
EVENING = datetime(2026, 11, 22, 15, 3, tzinfo=UTC)  # three minutes past five in Helsinki


def shown(filter_name, value, language):
    """What a template shows in a language, with the no-break spaces as `_`."""
    with translation.override(language):
        text = Template(f"{{% load formats %}}{{{{ value|{filter_name} }}}}").render(Context({"value": value}))
    return text.replace("\N{NO-BREAK SPACE}", "_")


@pytest.mark.parametrize(
    ("filter_name", "value", "sv", "fi", "en"),
    [
        ("day", SUNDAY, "22.11.2026", "22.11.2026", "22.11.2026"),
        ("month", SUNDAY, "november 2026", "marraskuu 2026", "November 2026"),
        ("month|capfirst", SUNDAY, "November 2026", "Marraskuu 2026", "November 2026"),
        ("month_short", SUNDAY, "nov", "marras", "Nov"),
        ("weekday_day", SUNDAY, "sö 22.11.2026", "su 22.11.2026", "Sun 22.11.2026"),
        ("weekday_day", date(2026, 11, 2), "må 2.11.2026", "ma 2.11.2026", "Mon 2.11.2026"),
        ("clock", time(17, 3), "17.03", "17.03", "17:03"),
        ("clock", time(7, 0), "7.00", "7.00", "07:00"),
        ("clock", EVENING, "17.03", "17.03", "17:03"),
        ("clock", EVENING.astimezone(ZoneInfo("Europe/Stockholm")), "16.03", "16.03", "16:03"),
        ("clock:'Europe/Stockholm'", EVENING, "16.03", "16.03", "16:03"),
        ("quantity", 10_000, "1", "1", "1"),
        ("quantity", 4_520, "0,452", "0,452", "0,452"),
        ("quantity", 1, "0,0001", "0,0001", "0,0001"),
        ("quantity", -25_000, "−2,5", "−2,5", "−2,5"),
        ("quantity", 12_340_000, "1_234", "1_234", "1_234"),
        ("quantity", 0, "0", "0", "0"),
        ("percent", Fraction(12, 100), "12_%", "12_%", "12%"),
        ("percent", Fraction(1, 3), "33_%", "33_%", "33%"),
        ("percent", Decimal("0.125"), "13_%", "13_%", "13%"),
        ("percent", 0.5, "50_%", "50_%", "50%"),
        ("percent", Fraction(-1, 20), "−5_%", "−5_%", "−5%"),
    ],
)
def test_each_language_writes_it_its_own_way(filter_name, value, sv, fi, en):
    assert [shown(filter_name, value, language) for language in ("sv", "fi", "en")] == [sv, fi, en]


@pytest.mark.parametrize("names", [formats.MONTHS, formats.MONTHS_SHORT])
def test_every_language_has_twelve_different_months(names):
    assert {language: len(set(months)) for language, months in names.items()} == {"sv": 12, "fi": 12, "en": 12}


@pytest.mark.parametrize(("code", "first"), [("sv-fi", "november"), ("de", "November"), (None, "November")])
def test_a_language_that_is_not_ours_is_written_as_english(code, first):
    with translation.override(code):
        assert formats.month(SUNDAY) == f"{first} 2026"
