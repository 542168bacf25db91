"""The worked examples of docs/explanation/bonus.md, computed."""

import re
from datetime import date

import pytest

from kvitto.assortment.types import BonusClass
from kvitto.bonus.rules import bonus, by_unit, month_of, payee
from kvitto.bonus.types import Campaign, Earning, Unit
from kvitto.households.types import Role, Stay
from kvitto.kernel.money import cents
from kvitto.kernel.periods import Period
from kvitto.purchases.rules import quantity_units
from tests.architecture.source import ROOT
from tests.bonus import PLAN

PEOPLE = {"Aino": 1, "Björn": 2}
NAMES = {number: name for name, number in PEOPLE.items()}
NOVEMBER = month_of(date(2026, 11, 1))
HOME = 7
EXAMPLES = re.findall(
    r"^```bonus\n(.+?)^```", (ROOT / "docs" / "explanation" / "bonus.md").read_text(), re.MULTILINE | re.DOTALL
)


def day(text):
    number, month = text.rstrip(".").split(".")
    return date(2026, int(month), int(number))


def read(example):
    earnings, stays, campaigns, expected = [], [], [], []
    for line in example.splitlines():
        words = line.split()
        if line.startswith("home:"):
            stays.append(Stay(HOME, PEOPLE[words[1]], Role(words[2]), days(words)))
        elif line.startswith("campaign:"):
            campaigns.append(Campaign(PLAN.company, BonusClass(words[3]), int(words[1]), days(words)))
        elif line.startswith(("=", "  ")):
            expected.append(line)
        else:
            litres = quantity_units(words[4]) if len(words) > 4 else 0
            earnings.append(Earning(PEOPLE[words[0]], day(words[1]), "grocer", words[2], cents(words[3]), litres))
    return earnings, stays, campaigns, expected


def days(words):
    end = day(words[words.index("until") + 1]) if "until" in words else None
    return Period(day(words[words.index("from") + 1]), end)


def computed(earnings, stays, campaigns):
    lines = []
    found = by_unit(earnings, stays)
    for unit in sorted(found, reverse=True):
        month = bonus(found[unit], PLAN, campaigns)
        who = NAMES[payee(unit, stays, NOVEMBER)]
        head = f"home of {who}" if unit == Unit(household_id=HOME) else f"{who} alone"
        lines.append(f"= {head}: {money(month.purchases)} at {money(month.rate)} % is {money(month.cents)}")
        if unit.household_id:
            lines += [f"  {NAMES[person]} {money(part.cents)}" for person, part in sorted(month.parts.items())]
    return lines


def money(value):
    return f"{value / 100:.2f}"


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_documents_examples_are_what_the_program_computes(example):
    earnings, stays, campaigns, expected = read(example)

    assert computed(earnings, stays, campaigns) == expected


def test_the_document_has_the_examples_that_were_promised():
    together = "\n".join(EXAMPLES)

    assert len(EXAMPLES) >= 10
    assert "850.00 at 4.50 % is 38.25" in together
    assert "900.00 at 5.00 % is 45.00" in together
