"""Days, numbers and money as people here write them. In templates: `{% load formats %}`."""

from datetime import date

from django import template

register = template.Library()

SPACE = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
SIGNS = {"EUR": "€", "SEK": "kr"}


@register.filter
def day(value: date) -> str:
    """22.11.2026"""
    return f"{value.day}.{value.month}.{value.year}"


@register.filter
def number(value: int) -> str:
    """1 234 567, without line breaks; a negative one has a real minus sign."""
    return f"{value:,}".replace(",", SPACE).replace("-", MINUS)


@register.filter
def money(cents: int, currency: str) -> str:
    """Cents as `1 234,50 €`, without line breaks."""
    whole, part = divmod(abs(cents), 100)
    sign = MINUS if cents < 0 else ""
    return f"{sign}{number(whole)},{part:02d}{SPACE}{SIGNS.get(currency, currency)}"
