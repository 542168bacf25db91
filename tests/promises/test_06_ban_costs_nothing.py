"""Forbidding that use never changes the Bonus, the member prices, the offers or any other benefit.

Member prices and offers are the till's: what was paid stands on the receipt when it comes in, and nothing here changes it.
`kvitto bench choices` tries the same with every member of the demo's year.
"""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvitto.assortment.types import Barred, BonusClass, ProductFacts
from kvitto.bonus import queries
from kvitto.bonus.rules import bonus, month_of
from kvitto.bonus.types import Campaign, Earning, Unit
from kvitto.choices import actions, texts
from kvitto.choices.rules import DEFAULTS, NO, YES
from kvitto.choices.types import Channel, Topic
from kvitto.intake.formats import decode
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period
from kvitto.purchases.rules import line_cents, reduce
from kvitto.purchases.types import Key, LevelReason
from kvitto.rights import removal
from kvitto.stores.types import Level, Profile
from tests.architecture.source import imports, modules, strings
from tests.bonus import PLAN, at_home, bought, load_plans, undone
from tests.cast import APPLES, BEER, BJORN_CARD, MILK, NOW, TODAY, keep_out, line, raw, receipt
from tests.households import settle

NOVEMBER = month_of(TODAY.replace(day=1))
MEMBER = Actor(ActorKind.MEMBER, "1")
MIXED = [
    line(code=MILK, amount="120.00"),
    line(code=BEER, text="BEER", amount="8.88"),
    line(code=APPLES, amount="99.99"),
]

# Every level, with every set of categories that can be kept out
FACTS = {
    MILK: ProductFacts(1, (10, 11), BonusClass.STANDARD, ""),
    APPLES: ProductFacts(2, (10, 12), BonusClass.STANDARD, "health"),
    BEER: ProductFacts(3, (20,), BonusClass.NONE, "alcohol"),
    "fuel": ProductFacts(4, (30,), BonusClass.FUEL, ""),
}
BARS = (
    None,
    *(
        Barred(frozenset(classes), wholly=frozenset(), partly=frozenset(partly))
        for classes, partly in (({"alcohol"}, {20}), ({"health"}, {10, 12}), ({"alcohol", "health"}, {10, 12, 20}))
    ),
)
DOUBLE = Campaign("north", BonusClass.STANDARD, 2, Period(TODAY.replace(day=10), TODAY.replace(day=20)), "grocer")


def lines():
    return st.builds(
        lambda code, cents, flag, unit: line(
            code=code, amount=f"{cents / 100:.2f}", unit=unit, **({} if flag is None else {"bonus": flag})
        ),
        st.sampled_from([*FACTS, "unknown"]),
        st.integers(1, 60_000),
        st.sampled_from([None, None, True, False]),
        st.sampled_from(["pcs", "l"]),
    )


purchases = st.tuples(st.integers(1, 3), st.integers(1, 30), st.lists(lines(), min_size=1, max_size=4))


def basis_of(person_id, day, goods, level, barred):
    """What a receipt's Bonus is computed from, when it is recorded so."""
    when = NOVEMBER.start.replace(day=day)
    body = receipt(goods, business_day=when.isoformat(), end_time=f"{when}T12:00:00+02:00")
    found, _ = decode(raw(body)[0])
    stored = reduce(
        found,
        amounts=line_cents(found),
        key=Key(1, when, "1", 1, found.end_time),
        person_id=person_id,
        level=level,
        reason=LevelReason.CHAIN,
        facts=FACTS,
        group_depth=2,
        barred=barred,
        counted=PLAN.classes,
        digest=b"",
    )
    return [Earning(person_id, when, "grocer", *basis) for basis in map(parts, stored.head.bonus_basis)]


def parts(basis):
    return basis.bonus_class, basis.cents, basis.quantity


@given(st.lists(purchases, max_size=6))
def test_the_bonus_is_the_same_at_every_level_and_whatever_is_kept_out(history):
    found = {
        repr(bonus([each for bought in history for each in basis_of(*bought, level, barred)], PLAN, [DOUBLE]))
        for level, barred in product(Level, BARS)
    }

    assert len(found) == 1


# The whole way, with real choices


def of_everybody(cast):
    return [queries.bonus_of(each, NOVEMBER) for each in (cast.aino, cast.bjorn, cast.chen)]


@pytest.fixture
def coop(cast):
    load_plans()
    at_home(cast)
    settle(cast)
    return cast


def decide(person_id, topic, value):
    with opened():
        actions.state(
            person_id=person_id,
            topic=topic,
            value=value,
            channel=Channel.WEB,
            shown=texts.shown(topic, value, "en"),
            by=MEMBER,
            now=NOW.replace(day=1),
        )


def buy():
    bought("", lines=MIXED)
    bought("", BJORN_CARD, lines=MIXED, day="2026-11-21")


SCALES = dict.fromkeys(DEFAULTS[Profile.DEFAULT], (NO, YES)) | {Topic.RECORDING_LEVEL: tuple(Level)}
CHOICES = [(topic, value) for topic, scale in SCALES.items() for value in scale]


@pytest.mark.parametrize("kept_out", [(), ("alcohol",), ("alcohol", "health")])
def test_whatever_the_members_decide_their_bonus_is_to_the_cent_what_it_was(coop, kept_out):
    found = {}
    for choice in (None, *CHOICES):
        with undone():
            if choice:
                for person_id in (coop.aino, coop.bjorn):
                    decide(person_id, *choice)
                    keep_out(person_id, *kept_out, now=NOW.replace(day=1))
            buy()
            found[choice] = of_everybody(coop)

    assert {choice for choice in CHOICES if found[choice] != found[None]} == set()
    assert found[None][0][Unit(household_id=next(iter(found[None][0])).household_id)].cents > 0


def test_a_ban_and_a_removal_afterwards_leave_the_bonus_as_it_was(coop):
    buy()
    before = of_everybody(coop)
    for topic, value in ((Topic.PURCHASE_USE, NO), (Topic.RECORDING_LEVEL, Level.TOTAL)):
        decide(coop.aino, topic, value)
    keep_out(coop.aino, "alcohol", "health")
    with opened():
        removal.remove_recorded(person_id=coop.aino, by=MEMBER, now=NOW)

    assert of_everybody(coop) == before


def test_nothing_that_computes_or_pays_the_bonus_knows_of_a_choice():
    """Neither imports the room of choices, nor names its tables."""
    knowing = {
        module
        for module in modules()
        if module.startswith(("kvitto.bonus", "kvitto.doors.cli.bonus"))
        if any(name.startswith("kvitto.choices") for name in imports(module))
        or any("choices_" in text for text in strings(module))
    }

    assert knowing == set()
