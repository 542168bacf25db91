"""Days, months and quarters. Periods are half-open: the first day is in, the last is out."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `start` up to, not including, `end`; None is without end."""

    start: date
    end: date | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end <= self.start:
            raise ValueError(f"the period ends ({self.end}) before it has begun ({self.start})")

    def __contains__(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)


def months_after(day: date, months: int) -> date:
    """The same day `months` later (negative: earlier), or the month's last day when it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def month_start(day: date) -> date:
    """The first day of the month that `day` is in."""
    return day.replace(day=1)


def quarter_of(day: date) -> int:
    """The running number of the day's quarter: year * 4 + (0..3)."""
    return day.year * 4 + (day.month - 1) // 3


def quarter_end(quarter: int) -> date:
    """The first day after the quarter with that running number."""
    year, part = divmod(quarter + 1, 4)
    return date(year, part * 3 + 1, 1)
