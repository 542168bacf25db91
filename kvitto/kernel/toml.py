"""Files in TOML that people write by hand: every value is asked for by name and kind, and what nobody asked for is refused.

Nothing is guessed, and reading goes on after a problem: whoever mends the file sees all of them at once, each with its place.
"""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from kvitto.kernel.errors import InvalidError

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")

Choice = TypeVar("Choice", bound=StrEnum)


class NotTomlError(InvalidError):
    """The text is no TOML at all; the message says where."""


def read(content: bytes) -> dict[str, Any]:
    """The values of a file. NotTomlError with line and column; a code or key given twice is such a case."""
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        raise NotTomlError(f"byte {error.start}: the text is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise NotTomlError(f"not TOML: {error}{_twice(str(error))}") from None


def _twice(error: str) -> str:
    """A plain sentence for the three ways in which the TOML reader says that something is there twice."""
    return ": a code or key is given twice" if re.search(r"overwrite|twice|[Dd]uplicate", error) else ""


class Table:
    """One TOML table: each key is taken once, what is left at the end is unknown.

    What cannot be taken is added to `problems` and answered with a stand-in: reading goes on to the next problem.
    """

    def __init__(self, place: str, values: dict[str, Any], problems: list[str]) -> None:
        self.place = place
        self.values = values
        self.sound = True
        self._problems = problems
        self._known: list[str] = []

    def refuse(self, problem: str, key: str = "") -> None:
        """Note a problem with the table or with one of its keys."""
        self.sound = False
        self._problems.append(f"{self.place}{key and ', '}{key}: {problem}")

    def take(self, key: str) -> Any:
        """The raw value of a key, or None."""
        self._known.append(key)
        return self.values.get(key)

    def text(self, key: str, *, limit: int = 100, default: str | None = None) -> str:
        """A text of one line; `default` where there is none."""
        value = self.take(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            self.refuse(f"a text is expected, not {shown(value)}", key)
            return ""
        if not value.strip() or value != value.strip() or not value.isprintable() or len(value) > limit:
            self.refuse(f"a text of 1 to {limit} printable characters without outer spaces is expected", key)
        return value

    def choice(self, key: str, choices: type[Choice]) -> Choice:
        """One of a few words."""
        value = self.take(key)
        if isinstance(value, str) and value in set(choices):
            return choices(value)
        known = ", ".join(f'"{choice}"' for choice in choices)
        self.refuse(f"one of {known} is expected, not {shown(value)}", key)
        return next(iter(choices))

    def day(self, key: str, *, needed: bool = False) -> date | None:
        """A day."""
        value = self.take(key)
        if type(value) is date:  # a TOML date with a time is a subclass, and no day
            return value
        if value is None and not needed:
            return None
        self.refuse(f"a day such as 2016-09-01, without quotes, is expected, not {shown(value)}", key)
        return None

    def yes(self, key: str) -> bool:
        """True or false; false when it is not there."""
        value = self.take(key)
        if not isinstance(value, bool | None):
            self.refuse(f"true or false is expected, not {shown(value)}", key)
        return value is True

    def below(self, place: str, values: object) -> "Table | None":
        """A table inside this one, with the same list of problems; None when it is no table."""
        if isinstance(values, dict):
            return Table(place, values, self._problems)
        self._problems.append(f"{place}: a table is expected, not {shown(values)}")
        return None

    def tables(self, key: str) -> Iterator[tuple[str, "Table"]]:
        """Code and table of each entry under a key."""
        group = self.below(key, {} if (values := self.take(key)) is None else values)
        for code, entry in group.values.items() if group else ():
            if not CODE.fullmatch(code):
                self._problems.append(f"{key}: {shown(code)} is no code: 1 to 32 of A-Z a-z 0-9 . _ -, no sign first")
            elif table := self.below(f"{key} {code}", entry):
                yield code, table

    def close(self) -> None:
        """Refuse the keys that nobody took."""
        for key in self.values:
            if key not in self._known:
                self.refuse(f"{shown(key)} is an unknown key (known: {', '.join(self._known)})")


def shown(value: object) -> str:
    """A value in a sentence about it."""
    return "nothing" if value is None else repr(value)[:40]
