"""Parts of addresses. What does not parse is no page: 404."""

from datetime import date

from kvitto.kernel.periods import Period, month_start, months_after
from kvitto.spending.types import DEPOSITS, NOT_RECORDED, TOTALS_ONLY, UNGROUPED


class PeriodConverter:
    """A calendar month `2026-11` or a calendar year `2026`."""

    regex = r"20[0-9]{2}(?:-[0-9]{2})?"

    def to_python(self, value: str) -> Period:
        """The period; ValueError for a thirteenth month."""
        if len(value) == 4:
            return Period(date(int(value), 1, 1), date(int(value) + 1, 1, 1))
        return month(date.fromisoformat(f"{value}-01"))

    def to_url(self, value: Period) -> str:
        """The address of a month or a year."""
        return f"{value.start:%Y-%m}" if is_month(value) else f"{value.start:%Y}"


class GroupConverter:
    """A product group's id, or a word for what is in no group."""

    regex = r"[1-9][0-9]{0,17}|other|deposits|not-recorded|totals"
    words = {"other": UNGROUPED, "deposits": DEPOSITS, "not-recorded": NOT_RECORDED, "totals": TOTALS_ONLY}

    def to_python(self, value: str) -> int:
        """The id."""
        return self.words[value] if value in self.words else int(value)

    def to_url(self, value: int) -> str:
        """The id, or its word."""
        return next((word for word, group_id in self.words.items() if group_id == value), str(value))


class RowConverter:
    """An id that fits into the database."""

    regex = r"[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        """The id."""
        return int(value)

    def to_url(self, value: int) -> str:
        """The id."""
        return str(value)


class DayConverter:
    """A day, `2026-11-22`."""

    regex = r"20[0-9]{2}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        """The day; ValueError when the calendar has none such."""
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        """The day as ISO 8601 writes it."""
        return value.isoformat()


def month(day: date) -> Period:
    """The calendar month that a day is in."""
    first = month_start(day)
    return Period(first, months_after(first, 1))


def is_month(period: Period) -> bool:
    """Whether it is a month, and not a year."""
    return period.end == months_after(period.start, 1)
