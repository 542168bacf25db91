"""The network file: TOML text in, a sound `Network` or every problem with its place out.

The format is described in docs/reference/network-file.md. Nothing is guessed: an unknown key, a wrong type or an
unknown name refuses the file.
"""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar
from zoneinfo import available_timezones

from kvitto.stores import rules
from kvitto.stores.types import (
    Chain,
    Channel,
    Company,
    CompanyKind,
    Contact,
    Level,
    LevelPeriod,
    Network,
    Profile,
    Store,
)

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
MOST_TILLS = 999
LANGUAGES = ("sv", "fi", "en")

Choice = TypeVar("Choice", bound=StrEnum)


class _LevelName(StrEnum):
    """Levels as the file writes them."""

    TOTAL = "total"
    GROUP = "group"
    PRODUCT = "product"


def parse(content: bytes) -> Network:
    """The network that a file's bytes describe.

    Raises NetworkRefusedError with one line per problem. Text that is not TOML at all has one problem, with line and
    column; a code or key given twice is such a case.
    """
    try:
        raw = tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        raise rules.NetworkRefusedError([f"byte {error.start}: the text is not UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        raise rules.NetworkRefusedError([f"not TOML: {error}{_twice(str(error))}"]) from None
    problems: list[str] = []
    network = _network(_Table("the file", raw, problems))
    # stand-ins and refused entries count as known: what refers to them has been complained about already
    problems += rules.network_problems(
        network, more_companies={"", *_codes(raw, "company")}, more_chains={"", *_codes(raw, "chain")}
    )
    if problems:
        raise rules.NetworkRefusedError(problems)
    return network


def _twice(error: str) -> str:
    """A plain sentence for the three ways in which the TOML reader says that something is there twice."""
    return ": a code or key is given twice" if re.search(r"overwrite|twice|[Dd]uplicate", error) else ""


def _codes(raw: dict[str, Any], key: str) -> set[str]:
    group = raw.get(key)
    return {code for code in group if CODE.fullmatch(code)} if isinstance(group, dict) else set()


class _Table:
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
        value = self.take(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            self.refuse(f"a text is expected, not {_shown(value)}", key)
            return ""
        if not value.strip() or value != value.strip() or not value.isprintable() or len(value) > limit:
            self.refuse(f"a text of 1 to {limit} printable characters without outer spaces is expected", key)
        return value

    def choice(self, key: str, choices: type[Choice]) -> Choice:
        value = self.take(key)
        if isinstance(value, str) and value in set(choices):
            return choices(value)
        known = ", ".join(f'"{choice}"' for choice in choices)
        self.refuse(f"one of {known} is expected, not {_shown(value)}", key)
        return next(iter(choices))

    def day(self, key: str, *, needed: bool = False) -> date | None:
        value = self.take(key)
        if type(value) is date:  # a TOML date with a time is a subclass, and no day
            return value
        if value is None and not needed:
            return None
        self.refuse(f"a day such as 2016-09-01, without quotes, is expected, not {_shown(value)}", key)
        return None

    def yes(self, key: str) -> bool:
        """True or false; false when it is not there."""
        value = self.take(key)
        if not isinstance(value, bool | None):
            self.refuse(f"true or false is expected, not {_shown(value)}", key)
        return value is True

    def zone(self, key: str, zones: set[str], default: str | None = None) -> str:
        name = self.text(key, default=default)
        if name and name != default and name not in zones:
            self.refuse(f'"{name}" is no time zone; write for example "Europe/Helsinki"', key)
        return name

    def below(self, place: str, values: object) -> "_Table | None":
        """A table inside this one, with the same list of problems; None when it is no table."""
        if isinstance(values, dict):
            return _Table(place, values, self._problems)
        self._problems.append(f"{place}: a table is expected, not {_shown(values)}")
        return None

    def tables(self, key: str) -> Iterator[tuple[str, "_Table"]]:
        """Code and table of each entry under a key."""
        group = self.below(key, {} if (values := self.take(key)) is None else values)
        for code, entry in group.values.items() if group else ():
            if not CODE.fullmatch(code):
                self._problems.append(f"{key}: {_shown(code)} is no code: 1 to 32 of A-Z a-z 0-9 . _ -, no sign first")
            elif table := self.below(f"{key} {code}", entry):
                yield code, table

    def close(self) -> None:
        """Refuse the keys that nobody took."""
        for key in self.values:
            if key not in self._known:
                self.refuse(f"{_shown(key)} is an unknown key (known: {', '.join(self._known)})")


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value)[:40]


def _network(file: _Table) -> Network:
    zones = available_timezones()
    profile = file.choice("profile", Profile)
    zone = file.zone("time_zone", zones)
    companies = {code: _company(table) for code, table in file.tables("company")}
    chains = {code: _chain(table) for code, table in file.tables("chain")}
    stores = {code: _store(table, zone, zones) for code, table in file.tables("store")}
    contact = _contact(file)
    file.close()
    return Network(profile, companies, chains, stores, contact)


def _contact(file: _Table) -> Contact | None:
    values = file.take("contact")
    table = None if values is None else file.below("contact", values)
    if table is None:
        return None
    contact = Contact(table.text("phone", limit=40), _by_language(table, "hours"), _by_language(table, "price"))
    table.close()
    return contact


def _by_language(table: _Table, key: str) -> dict[str, str]:
    """A text in each language of the pages."""
    inner = table.below(f"{table.place}, {key}", table.take(key))
    if inner is None:
        return {}
    found = {language: inner.text(language, limit=200) for language in LANGUAGES}
    inner.close()
    return found


def _company(table: _Table) -> Company:
    company = Company(table.text("name"), table.text("business_id", limit=32), table.choice("kind", CompanyKind))
    table.close()
    return company


def _chain(table: _Table) -> Chain:
    name = table.text("name")
    values = table.take("levels")
    if not isinstance(values, list | None):
        table.refuse(f"a list of levels is expected, not {_shown(values)}", "levels")
        values = []
    table.close()
    levels = [_level(table, number, value) for number, value in enumerate(values or [], start=1)]
    sound = [level for level in levels if level]
    return Chain(name, tuple(sound) if len(sound) == len(levels) else ())  # some alone would seem to have holes


def _level(chain: _Table, number: int, value: object) -> LevelPeriod | None:
    table = chain.below(f"{chain.place}, level {number}", value)
    if table is None:
        return None
    channel = table.choice("channel", Channel)
    level = Level[table.choice("level", _LevelName).name]
    start, end = table.day("from", needed=True), table.day("until")
    note = table.text("note", limit=200, default="")
    table.close()
    return LevelPeriod(channel, level, start, end, note) if table.sound and start else None


def _store(table: _Table, zone: str, zones: set[str]) -> Store:
    store = Store(
        name=table.text("name"),
        town=table.text("town"),
        company=table.text("company"),
        chain=table.text("chain"),
        zone=table.zone("zone", zones, default=zone),
        tills=_tills(table),
        opened=table.day("opened"),
        closed=table.day("closed"),
        service_point=table.yes("service_point"),
    )
    table.close()
    return store


def _tills(table: _Table) -> frozenset[str]:
    value = table.take("tills")
    if type(value) is int and 1 <= value <= MOST_TILLS:  # a boolean is an int, and no count
        return frozenset(str(number) for number in range(1, value + 1))
    if isinstance(value, list) and value:
        wrong = [code for code in value if not isinstance(code, str) or not CODE.fullmatch(code)]
        if not wrong and len(set(value)) == len(value):
            return frozenset(value)
        table.refuse(f"{_shown(wrong[0])} is no till code" if wrong else "a till code is given twice", "tills")
        return frozenset()
    table.refuse(
        f'how many (1 to {MOST_TILLS}), or codes such as ["1", "K2"], is expected, not {_shown(value)}', "tills"
    )
    return frozenset()
