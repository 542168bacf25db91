"""One row of a table that somebody sent: its values, or what is wrong with it. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

Row = Mapping[str, str] | str  # values by column, or what is wrong with the row as a whole
TEXT_LIMIT = 200  # characters in a value
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

_Choice = TypeVar("_Choice", bound=StrEnum)


class BadValueError(Exception):
    """A value of a row: its column, and why it is not taken; what stands there, where that is nobody's secret to tell."""

    def __init__(self, column: str, reason: str, wrote: str = "") -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason
        self.wrote = wrote

    @property
    def told(self) -> str:
        """Why, with what stands there: for tables of things, never for people's."""
        return f"{self.reason}: {self.wrote!r}" if self.wrote else self.reason


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was not taken: which, in which column, and why."""

    row: int
    column: str  # empty when it is the row as a whole
    reason: str

    def __str__(self) -> str:
        return f"row {self.row}{self.column and ', '}{self.column}: {self.reason}"


def clean(row: Row) -> Mapping[str, str]:
    """The values without the spaces around them. Raises BadValueError for what no column may hold."""
    if isinstance(row, str):
        raise BadValueError("", row)
    values = {column: value.strip() for column, value in row.items()}
    for column, value in values.items():
        if len(value) > TEXT_LIMIT:
            raise BadValueError(column, f"longer than {TEXT_LIMIT} characters")
        if not value.isprintable() and _CONTROL.search(value):
            raise BadValueError(column, "holds a line break, a tab or another control character")
    return values


def needed(values: Mapping[str, str], column: str) -> str:
    """A value that has to be there."""
    if not values[column]:
        raise BadValueError(column, "missing")
    return values[column]


def one_of(kind: type[_Choice], column: str, text: str) -> _Choice:
    """A value that is a word of an enumeration."""
    try:
        return kind(text)
    except ValueError:
        raise BadValueError(column, f"none of {', '.join(kind)}", text) from None


def day(values: Mapping[str, str], column: str) -> date | None:
    """A day; None where there is none."""
    text = values.get(column)
    if not text:
        return None
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise BadValueError(column, "not a day like 2026-01-31", text)
