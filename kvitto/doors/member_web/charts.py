"""Twelve bars, as shares of the tallest one. Drawn by templates/member/parts/bars.html."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from kvitto.spending.types import LevelShare, MonthSum
from kvitto.stores.types import Level

HEIGHT = 100


@dataclass(frozen=True, slots=True)
class Bar:
    """A month's bar: `top` and `height` in hundredths of the chart's height; `url` is empty where it leads nowhere."""

    month: date
    cents: int
    receipts: int
    top: float
    height: float
    url: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a stacked bar, in hundredths of its width."""

    level: Level
    start: float
    width: float


def bars(months: Sequence[MonthSum], *, chosen: date | None, url: Callable[[date], str] | None = None) -> list[Bar]:
    """Bars for the months; one with more returned than bought has no height."""
    tallest = max((month.cents for month in months), default=0) or 1
    drawn = []
    for month in months:
        height = round(max(month.cents, 0) * HEIGHT / tallest, 1)
        if month.cents > 0:
            height = max(height, 1.0)  # little is not nothing
        drawn.append(
            Bar(
                month.month,
                month.cents,
                month.receipts,
                round(HEIGHT - height, 1),
                height,
                url(month.month) if url else "",
                month.month == chosen,
            )
        )
    return drawn


def segments(shares: Sequence[LevelShare]) -> list[Segment]:
    """How a period's receipts divide among the levels, finest first, by number of receipts."""
    total = sum(share.receipts for share in shares)
    found, start = [], 0.0
    for level in sorted(Level, reverse=True):
        count = sum(share.receipts for share in shares if share.level is level)
        if count:
            width = count * 100 / total
            found.append(Segment(level, round(start, 2), round(width, 2)))
            start += width
    return found
