"""The network file: TOML text in, a sound `Network` or every problem with its place out.

The format is described in docs/reference/network-file.md. Nothing is guessed: an unknown key, a wrong type or an
unknown name refuses the file.
"""

from enum import StrEnum
from typing import Any
from zoneinfo import available_timezones

from kvitto.kernel.toml import CODE, NotTomlError, Table, read, shown
from kvitto.stores import rules
from kvitto.stores.types import (
    ACCOUNT_AGE,
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

LEAST_AGE, MOST_AGE = 7, 18
MOST_TILLS = 999
LANGUAGES = ("sv", "fi", "en")


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
        raw = read(content)
    except NotTomlError as error:
        raise rules.NetworkRefusedError([str(error)]) from None
    problems: list[str] = []
    network = _network(Table("the file", raw, problems))
    # stand-ins and refused entries count as known: what refers to them has been complained about already
    problems += rules.network_problems(
        network, more_companies={"", *_codes(raw, "company")}, more_chains={"", *_codes(raw, "chain")}
    )
    if problems:
        raise rules.NetworkRefusedError(problems)
    return network


def _codes(raw: dict[str, Any], key: str) -> set[str]:
    group = raw.get(key)
    return {code for code in group if CODE.fullmatch(code)} if isinstance(group, dict) else set()


def _zone(table: Table, key: str, zones: set[str], default: str | None = None) -> str:
    name = table.text(key, default=default)
    if name and name != default and name not in zones:
        table.refuse(f'"{name}" is no time zone; write for example "Europe/Helsinki"', key)
    return name


def _network(file: Table) -> Network:
    zones = available_timezones()
    profile = file.choice("profile", Profile)
    zone = _zone(file, "time_zone", zones)
    companies = {code: _company(table) for code, table in file.tables("company")}
    chains = {code: _chain(table) for code, table in file.tables("chain")}
    stores = {code: _store(table, zone, zones) for code, table in file.tables("store")}
    contact = _contact(file)
    age = _account_age(file)
    file.close()
    return Network(profile, companies, chains, stores, contact, age)


def _account_age(file: Table) -> int:
    value = file.take("account_age")
    if value is None:
        return ACCOUNT_AGE
    if type(value) is int and LEAST_AGE <= value <= MOST_AGE:
        return value
    file.refuse(f"an age from {LEAST_AGE} to {MOST_AGE} is expected, not {shown(value)}", "account_age")
    return ACCOUNT_AGE


def _contact(file: Table) -> Contact | None:
    values = file.take("contact")
    table = None if values is None else file.below("contact", values)
    if table is None:
        return None
    contact = Contact(table.text("phone", limit=40), _by_language(table, "hours"), _by_language(table, "price"))
    table.close()
    return contact


def _by_language(table: Table, key: str) -> dict[str, str]:
    """A text in each language of the pages."""
    inner = table.below(f"{table.place}, {key}", table.take(key))
    if inner is None:
        return {}
    found = {language: inner.text(language, limit=200) for language in LANGUAGES}
    inner.close()
    return found


def _company(table: Table) -> Company:
    company = Company(table.text("name"), table.text("business_id", limit=32), table.choice("kind", CompanyKind))
    table.close()
    return company


def _chain(table: Table) -> Chain:
    name = table.text("name")
    values = table.take("levels")
    if not isinstance(values, list | None):
        table.refuse(f"a list of levels is expected, not {shown(values)}", "levels")
        values = []
    table.close()
    levels = [_level(table, number, value) for number, value in enumerate(values or [], start=1)]
    sound = [level for level in levels if level]
    return Chain(name, tuple(sound) if len(sound) == len(levels) else ())  # some alone would seem to have holes


def _level(chain: Table, number: int, value: object) -> LevelPeriod | None:
    table = chain.below(f"{chain.place}, level {number}", value)
    if table is None:
        return None
    channel = table.choice("channel", Channel)
    level = Level[table.choice("level", _LevelName).name]
    start, end = table.day("from", needed=True), table.day("until")
    note = table.text("note", limit=200, default="")
    table.close()
    return LevelPeriod(channel, level, start, end, note) if table.sound and start else None


def _store(table: Table, zone: str, zones: set[str]) -> Store:
    store = Store(
        name=table.text("name"),
        town=table.text("town"),
        company=table.text("company"),
        chain=table.text("chain"),
        zone=_zone(table, "zone", zones, default=zone),
        tills=_tills(table),
        opened=table.day("opened"),
        closed=table.day("closed"),
        service_point=table.yes("service_point"),
    )
    table.close()
    return store


def _tills(table: Table) -> frozenset[str]:
    value = table.take("tills")
    if type(value) is int and 1 <= value <= MOST_TILLS:  # a boolean is an int, and no count
        return frozenset(str(number) for number in range(1, value + 1))
    if isinstance(value, list) and value:
        wrong = [code for code in value if not isinstance(code, str) or not CODE.fullmatch(code)]
        if not wrong and len(set(value)) == len(value):
            return frozenset(value)
        table.refuse(f"{shown(wrong[0])} is no till code" if wrong else "a till code is given twice", "tills")
        return frozenset()
    table.refuse(
        f'how many (1 to {MOST_TILLS}), or codes such as ["1", "K2"], is expected, not {shown(value)}', "tills"
    )
    return frozenset()
