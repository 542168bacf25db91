"""Which lines have a guarantee, when somebody is reminded, and what an owner can correct. Pure."""

from collections.abc import Iterator
from datetime import date, timedelta

from kvitto.assortment.types import LONGEST_GUARANTEE
from kvitto.kernel.periods import months_after
from kvitto.purchases.types import ProductContent, StoredGuarantee, StoredLine
from kvitto.warranties.types import Nearness, Warranty

REMINDERS = (90, 30, 7)  # days before the end
RETURN_KEPT = timedelta(days=90)  # how long it is told that the goods came back
SALE_AWAITED = timedelta(days=30)  # how long a sale may come in after its return
LONGEST_ITEM, LONGEST_NOTE = 200, 1000  # characters
ONE_PIECE = 10_000
MOST_PIECES = 1_000


def guaranteed(content: ProductContent) -> Iterator[tuple[int, StoredLine, StoredGuarantee]]:
    """The lines with a guarantee, each with its place."""
    return ((place, line, line.guarantee) for place, line in enumerate(content.lines) if line.guarantee is not None)


def pieces(line: StoredLine) -> int:
    """How many pieces a line is of; what is weighed or measured is one."""
    whole, part = divmod(abs(line.quantity), ONE_PIECE)
    return min(whole, MOST_PIECES) if whole and not part else 1


def goods(line: StoredLine) -> str:
    """What tells goods from others of the same chain: the code, or else the text."""
    return line.code or line.text


def reminded(ends_on: date, today: date) -> int | None:
    """The last of the reminders whose day has come; None before the first."""
    left = (ends_on - today).days
    return min((days for days in REMINDERS if left <= days), default=None)


def nearness(warranty: Warranty, today: date) -> Nearness:
    """How near the end is."""
    if warranty.returned_on is not None:
        return Nearness.ENDED
    last = reminded(warranty.ends_on, today)
    return Nearness.FAR if last is None else Nearness.NEAR if last == REMINDERS[0] else Nearness.SOON


def sort_key(warranty: Warranty) -> tuple[bool, date, int]:
    """What ends first comes first; what has ended already comes last."""
    return warranty.returned_on is not None, warranty.ends_on, warranty.warranty_id


def is_sound(*, item: str, note: str, ends_on: date, business_day: date, today: date) -> bool:
    """Whether an owner's correction can be: it has a name, and ends neither in the past nor after the longest guarantee."""
    named = 0 < len(item) <= LONGEST_ITEM and len(note) <= LONGEST_NOTE and "\0" not in item + note
    return named and today <= ends_on <= months_after(business_day, LONGEST_GUARANTEE)
