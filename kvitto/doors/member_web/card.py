"""The member's card for the till: its number as Code 128, which scanners read from a screen."""

from dataclasses import dataclass
from itertools import groupby

from barcode.codex import Code128  # type: ignore[import-untyped]
from django.http import HttpResponse
from django.shortcuts import render

from kvitto.doors.member_web.formats import SPACE
from kvitto.doors.member_web.visit import MemberRequest, Visit, own
from kvitto.members import queries as members
from kvitto.members.types import HeldCard

QUIET = 10  # modules of white that a scanner needs on either side


@dataclass(frozen=True, slots=True)
class DrawnCard:
    """A card as the page shows it; places and widths in modules, the width of the thinnest bar."""

    holder: str
    digits: str
    width: int
    bars: list[tuple[int, int]]  # where each begins, and how wide it is


def drawn(card: HeldCard) -> DrawnCard:
    """The bars of a card's number with the quiet zones, and its digits in fours."""
    modules = Code128(card.number).build()[0]
    bars, place = [], QUIET
    for black, run in groupby(modules):
        width = len(list(run))
        if black == "1":
            bars.append((place, width))
        place += width
    fours = (card.number[start : start + 4] for start in range(0, len(card.number), 4))
    return DrawnCard(card.holder, SPACE.join(fours), place + QUIET, bars)


@own
def card(request: MemberRequest, visit: Visit) -> HttpResponse:
    """The member's valid cards, newest first. Marked for the worker, which keeps this one page on the device."""
    cards = [drawn(each) for each in members.cards_of(visit.person_id, now=visit.now) if each.active]
    response = render(request, "member/card.html", {"cards": cards})
    if cards:
        response["Kvitto-Keep"] = "card"
    return response
