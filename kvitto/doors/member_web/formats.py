"""Days, numbers and money as people here write them. In templates: `{% load formats %}`.

Names of months and weekdays follow the language of the page and are written as inside a sentence; a heading that starts
with one takes Django's `capfirst` as well. A decimal comma and 22.11.2026 are the same in all three languages.
"""

from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone, translation

register = template.Library()

SPACE = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
SIGNS = {"EUR": "€", "SEK": "kr"}


def _names(**languages: str) -> dict[str, list[str]]:
    return {code: names.split() for code, names in languages.items()}


MONTHS = _names(
    sv="januari februari mars april maj juni juli augusti september oktober november december",
    fi="tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu",
    en="January February March April May June July August September October November December",
)
MONTHS_SHORT = _names(
    sv="jan feb mars apr maj juni juli aug sep okt nov dec",
    fi="tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu",
    en="Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
)
WEEKDAYS = _names(sv="må ti on to fr lö sö", fi="ma ti ke to pe la su", en="Mon Tue Wed Thu Fri Sat Sun")
UNITS = 10_000  # quantities are held in ten-thousandths


def language() -> str:
    """The language of the page among the three there are: sv, fi or en."""
    code = (translation.get_language() or "en").partition("-")[0]
    return code if code in MONTHS else "en"


@register.filter
def day(value: date) -> str:
    """22.11.2026"""
    return f"{value.day}.{value.month}.{value.year}"


@register.filter
def month(value: date) -> str:
    """Month and year: november 2026, marraskuu 2026, November 2026."""
    return f"{MONTHS[language()][value.month - 1]} {value.year}"


@register.filter
def month_short(value: date) -> str:
    """nov, marras, Nov: where there is little room, as under a bar of a chart."""
    return MONTHS_SHORT[language()][value.month - 1]


@register.filter
def weekday_day(value: date) -> str:
    """sö 22.11.2026, su 22.11.2026, Sun 22.11.2026"""
    return f"{WEEKDAYS[language()][value.weekday()]} {day(value)}"


@register.filter
def clock(value: datetime | time, zone: str = "") -> str:
    """17.03, in English 17:03.

    An instant is shown in the zone that is named, as `{{ receipt.begin_time|clock:receipt.zone }}`. Without a name a
    time in UTC is shown in the zone of the page, and any other stays as it is.
    """
    if isinstance(value, datetime):
        if zone:
            value = value.astimezone(ZoneInfo(zone))
        elif str(value.tzinfo) == "UTC":
            value = timezone.localtime(value)
    if language() == "en":
        return f"{value.hour:02d}:{value.minute:02d}"
    return f"{value.hour}.{value.minute:02d}"


@register.filter
def number(value: int) -> str:
    """1 234 567, without line breaks; a negative one has a real minus sign."""
    return f"{value:,}".replace(",", SPACE).replace("-", MINUS)


@register.filter
def quantity(units: int) -> str:
    """Ten-thousandths as `1` or `0,452`: no more decimals than there are."""
    whole, part = divmod(abs(units), UNITS)
    sign = MINUS if units < 0 else ""
    decimals = f",{part:04d}".rstrip("0") if part else ""
    return f"{sign}{number(whole)}{decimals}"


@register.filter
def percent(share: Fraction | Decimal | float) -> str:
    """A share of one as whole percent: `12 %` without a line break, in English `12%`."""
    exact = Fraction(share) * 100
    rounded = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal(1), ROUND_HALF_UP)
    return f"{number(int(rounded))}{'' if language() == 'en' else SPACE}%"


@register.filter
def rate(hundredths: int) -> str:
    """Hundredths of a percent as `4,5 %` without a line break, in English `4,5%`."""
    return f"{quantity(hundredths * 100)}{'' if language() == 'en' else SPACE}%"


@register.filter
def cents_a_litre(hundredths: int) -> str:
    """Hundredths of a cent as euros: `0,045 €/l`."""
    return f"{quantity(hundredths)}{SPACE}€/l"


@register.filter
def money(cents: int, currency: str) -> str:
    """Cents as `1 234,50 €`, without line breaks."""
    whole, part = divmod(abs(cents), 100)
    sign = MINUS if cents < 0 else ""
    return f"{sign}{number(whole)},{part:02d}{SPACE}{SIGNS.get(currency, currency)}"
