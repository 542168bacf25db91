"""The plan file: TOML text in, the scheme or every problem with its place out.

The format is described in docs/reference/bonus-plans.md. Whether the plans are sound is decided in `rules`, by the network.
"""

import re
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Any

from kvitto.assortment.types import BonusClass
from kvitto.bonus.rules import SchemeRefusedError
from kvitto.bonus.types import Campaign, Plan, Rounding, Scheme, Step
from kvitto.kernel.money import parse_amount
from kvitto.kernel.periods import Period
from kvitto.kernel.toml import NotTomlError, Table, read, shown

MOST_TIMES = 10
_PERCENT = re.compile(r"([0-9]{1,2})(?:\.([0-9]{1,2}))?")


class _Earns(StrEnum):
    """The Bonus classes that can be counted."""

    STANDARD = BonusClass.STANDARD
    FUEL = BonusClass.FUEL


def parse(content: bytes) -> Scheme:
    """The plans and campaigns that a file's bytes describe. Raises SchemeRefusedError with one line per problem."""
    try:
        raw = read(content)
    except NotTomlError as error:
        raise SchemeRefusedError([str(error)]) from None
    problems: list[str] = []
    file = Table("the file", raw, problems)
    plans = [_plan(table) for table in _entries(file, "plan")]
    campaigns = [_campaign(table) for table in _entries(file, "campaign")]
    file.close()
    if problems:
        raise SchemeRefusedError(problems)
    return Scheme(tuple(filter(None, plans)), tuple(filter(None, campaigns)))


def _entries(file: Table, key: str) -> Iterator[Table]:
    values = file.take(key)
    if not isinstance(values, list | None):
        file.refuse(f"entries that begin with [[{key}]] are expected", key)
        return
    for number, value in enumerate(values or [], start=1):
        if table := file.below(f"{key} {number}", value):
            yield table


def _plan(table: Table) -> Plan | None:
    """One plan; None when it has been complained about."""
    company, start = table.text("company", limit=32), table.day("from", needed=True)
    steps, classes = _steps(table), _classes(table)
    rounding, payment_day = table.choice("rounding", Rounding), _number(table, "payment_day", 1, 28)
    table.close()
    if not table.sound or start is None:
        return None
    return Plan(company, start, steps, classes, rounding, payment_day)


def _campaign(table: Table) -> Campaign | None:
    company, chain = table.text("company", limit=32), table.text("chain", limit=32, default="")
    earns, times = table.choice("class", _Earns), _number(table, "times", 2, MOST_TIMES)
    days = _days(table, table.day("from", needed=True), table.day("until", needed=True))
    table.close()
    return Campaign(company, BonusClass(earns), times, days, chain) if table.sound and days else None


def _days(table: Table, start: date | None, end: date | None) -> Period | None:
    if start and end and end <= start:
        table.refuse(f"{end} is not after from, {start}", "until")
        return None
    return Period(start, end) if start else None


def _steps(table: Table) -> tuple[Step, ...]:
    values = table.take("steps")
    if not isinstance(values, list):
        table.refuse(f"a list of steps is expected, not {shown(values)}", "steps")
        return ()
    return tuple(step for number, value in enumerate(values, start=1) if (step := _step(table, number, value)))


def _step(plan: Table, number: int, value: object) -> Step | None:
    table = plan.below(f"{plan.place}, step {number}", value)
    if table is None:
        plan.sound = False
        return None
    least, rate = table.take("from"), _rate(table.take("percent"))
    try:
        cents = parse_amount(least) if isinstance(least, str) else -1
    except ValueError:
        cents = -1
    if cents < 0:
        table.refuse(f'euros such as "50.00", in quotes, are expected, not {shown(least)}', "from")
    if rate is None:
        table.refuse('a percent above zero such as "1.5", in quotes, is expected', "percent")
    table.close()
    plan.sound &= table.sound
    return Step(cents, rate) if table.sound and rate else None


def _rate(value: Any) -> int | None:
    """Hundredths of a percent; None for anything else."""
    found = _PERCENT.fullmatch(value) if isinstance(value, str) and value.isascii() else None
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) or None if found else None


def _classes(table: Table) -> frozenset[BonusClass]:
    value = table.take("classes")
    known = [str(each) for each in _Earns]
    if isinstance(value, list) and value and all(each in known for each in value) and len(set(value)) == len(value):
        return frozenset(map(BonusClass, value))
    table.refuse(f"a list of {', '.join(known)} is expected, each once, not {shown(value)}", "classes")
    return frozenset()


def _number(table: Table, key: str, least: int, most: int) -> int:
    value = table.take(key)
    if type(value) is int and least <= value <= most:  # a boolean is an int, and no number
        return value
    table.refuse(f"a number from {least} to {most} is expected, not {shown(value)}", key)
    return least
