"""What the receipts page is asked to show, read from an address that anybody can have typed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kvitto.kernel.money import typed_cents
from kvitto.spending.types import Filter

_STORE = re.compile(r"\d{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """The filter, and a sentence for each part that makes no sense and is left out."""

    filter: Filter
    problems: list[Promise]


def read(query: Mapping[str, str]) -> Asked:
    """The filter of a query string; parts that are empty or make no sense filter nothing."""
    problems: list[Promise] = []
    found = Filter(
        store_id=_store(query.get("store", "")),
        first=_day(query.get("first", ""), problems),
        last=_day(query.get("last", ""), problems),
        least=_cents(query.get("least", ""), problems),
        most=_cents(query.get("most", ""), problems),
    )
    return Asked(found, problems)


def page_number(text: str) -> int | None:
    """The number of a page, 1 and up; None for what is none."""
    return int(text) if re.fullmatch(r"[1-9]\d{0,4}", text, re.ASCII) else None


def _store(text: str) -> int | None:
    return int(text) if _STORE.fullmatch(text) else None


def _day(text: str, problems: list[Promise]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        problems.append(_("That is not a date: write it as 2026-11-22."))
        return None


def _cents(text: str, problems: list[Promise]) -> int | None:
    if not text.strip():
        return None
    cents = typed_cents(text)
    if cents is None:
        problems.append(_("That is not an amount: write it as 12,50."))
    return cents
