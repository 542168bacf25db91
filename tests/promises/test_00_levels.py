"""Purchases made with the member card are recorded at the level that is set for that chain and sales channel on that
day: every product, product groups, or the receipt's total. A member may choose less. More never reaches back.
"""

from datetime import UTC, date, datetime, timedelta

import pytest

from kvitto.assortment import queries as assortment
from kvitto.choices import actions as choices
from kvitto.choices.types import Channel
from kvitto.intake.types import State
from kvitto.kernel.actor import OPERATOR, Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period
from kvitto.purchases import queries as purchases
from kvitto.purchases.types import GroupContent, LevelReason, ProductContent
from kvitto.stores import actions as stores
from kvitto.stores import network
from kvitto.stores.types import Level
from tests.cast import APPLES, BEER, CHEN_CARD, MILK, NETWORK, NOW, line, receipt, take

MEMBER = Actor(ActorKind.MEMBER, "1")
UNKNOWN = "4006381333931"
NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))


def newest(person_id):
    return purchases.receipts_of(person_id, 1)[0]


def content(person_id):
    """What the newest receipt of a person holds, opened by that person."""
    head = newest(person_id)
    wanted = [(head.business_day, head.receipt_id)]
    return purchases.contents_of(person_id=person_id, receipts=wanted, by=MEMBER, purpose="own view", now=NOW)[0]


def on(day, **fields):
    """A receipt of a business day, at noon."""
    return receipt(business_day=day, end_time=f"{day}T12:00:00+02:00", **fields)


def state(person_id, level, *, at, by=OPERATOR):
    with opened():
        choices.state_levels(levels={person_id: level}, channel=Channel.WEB, stated_at=at, by=by, now=at)


def test_product_level_keeps_every_product(cast):
    take(receipt([line(code=MILK), line("APPLES", "1.80", code=APPLES, quantity="0.612", unit="kg")]))

    kept = content(cast.aino)

    assert newest(cast.aino).level is Level.PRODUCT
    assert isinstance(kept, ProductContent)
    assert [(each.code, each.text, each.quantity, each.cents) for each in kept.lines] == [
        (MILK, "MILK ORGANIC 1.5L", 10_000, 215),
        (APPLES, "APPLES", 6_120, 180),
    ]


def test_group_level_keeps_one_entry_a_group_and_no_product(cast):
    lines = [
        line(code=MILK),
        line("MILK AGAIN", "4.30", code=MILK, quantity="2"),
        line("APPLES", "1.80", code=APPLES),
        line("SOMETHING NEW", "7.77", code=UNKNOWN),
        line("BY HAND", "1.00"),
    ]
    take(on("2026-05-31", lines=lines))

    ids = {group.code: group.id for group in assortment.groups().values()}
    kept = content(cast.aino)

    assert newest(cast.aino).level is Level.GROUP
    assert isinstance(kept, GroupContent)
    assert dict(kept.groups) == {ids["dairy"]: 645, ids["fruit"]: 180, 0: 877}  # 0: unclassified
    assert len(kept.groups) == 3


def test_total_level_keeps_the_total(cast):
    take(receipt([line("ROOM", "129.00")], store="900"))

    assert newest(cast.aino).level is Level.TOTAL
    assert newest(cast.aino).total_cents == 12_900
    assert content(cast.aino) is None


@pytest.mark.parametrize(
    ("day", "level"), [("2026-05-31", Level.GROUP), ("2026-06-01", Level.PRODUCT)], ids=["the day before", "the day"]
)
def test_a_chain_changes_its_level_on_a_day(cast, day, level):
    take(on(day))

    assert newest(cast.aino).level is level


def test_the_business_day_decides_and_not_the_calendar(cast):
    """A till that is closed after midnight still books on the day before."""
    take(receipt(business_day="2026-05-31", end_time="2026-06-01T00:20:00+03:00"))

    assert newest(cast.aino).level is Level.GROUP


def test_each_sales_channel_has_its_own_level(cast):
    take(on("2026-05-31", channel="store"), on("2026-05-31", channel="web", sequence=2))

    assert sorted(head.level for head in purchases.receipts_of(cast.aino, 9)) == [Level.GROUP, Level.PRODUCT]


def test_a_channel_without_a_level_keeps_totals_only(cast):
    take(receipt(store="201", channel="web"))

    assert newest(cast.aino).level is Level.TOTAL


@pytest.mark.parametrize("chosen", [Level.TOTAL, Level.GROUP])
def test_the_members_lower_choice_wins(cast, chosen):
    state(cast.aino, chosen, at=NOW - timedelta(days=30))
    take(receipt(), receipt(card=CHEN_CARD, sequence=2))

    assert (newest(cast.aino).level, newest(cast.aino).level_reason) == (chosen, LevelReason.MEMBER_THEN)
    assert newest(cast.chen).level is Level.PRODUCT, "one member's choice is nobody else's"


def test_a_member_cannot_choose_more_than_the_chains_level(cast):
    state(cast.aino, Level.PRODUCT, at=NOW - timedelta(days=300))
    take(receipt([line("ROOM", "129.00")], store="900"))

    assert (newest(cast.aino).level, newest(cast.aino).level_reason) == (Level.TOTAL, LevelReason.CHAIN)


def test_lowering_holds_for_receipts_that_have_not_come_in_yet(cast):
    state(cast.aino, Level.TOTAL, at=NOW - timedelta(hours=1))  # two days after the purchase
    take(receipt())

    assert (newest(cast.aino).level, newest(cast.aino).level_reason) == (Level.TOTAL, LevelReason.MEMBER_NOW)


def test_raising_never_reaches_back(cast):
    """Neither to what is recorded, nor to a purchase made before, however late its receipt comes in."""
    state(cast.aino, Level.TOTAL, at=NOW - timedelta(days=30))
    take(receipt())
    state(cast.aino, Level.PRODUCT, at=NOW - timedelta(hours=1))

    assert take(receipt()).states == [State.SAME]
    take(receipt(sequence=2))
    assert [head.level for head in purchases.receipts_of(cast.aino, 9)] == [Level.TOTAL, Level.TOTAL]

    later = NOW + timedelta(hours=2)
    take(receipt(sequence=3, business_day="2026-11-22", end_time="2026-11-22T12:30:00Z"), now=later)
    assert newest(cast.aino).level is Level.PRODUCT


def test_a_level_set_afterwards_does_not_change_what_is_recorded(cast):
    take(on("2026-05-31"))
    earlier = NETWORK.replace(b"until = 2026-06-01", b"until = 2026-05-01").replace(
        b'"product", from = 2026-06-01', b'"product", from = 2026-05-01'
    )
    with opened():
        stores.load_network(network=network.parse(earlier), by=OPERATOR, now=NOW)

    assert take(on("2026-05-31")).states == [State.SAME]
    assert newest(cast.aino).level is Level.GROUP


def test_under_the_strict_profile_everybody_starts_at_totals(cast):
    with opened():
        strict = NETWORK.replace(b'profile = "default"', b'profile = "strict"')
        stores.load_network(network=network.parse(strict), by=OPERATOR, now=NOW)
    state(cast.chen, Level.PRODUCT, at=datetime(2026, 11, 1, tzinfo=UTC))
    take(receipt(), receipt(card=CHEN_CARD, sequence=2))

    assert newest(cast.aino).level is Level.TOTAL
    assert newest(cast.chen).level is Level.PRODUCT


def test_the_bonus_counts_the_same_at_every_level(cast):
    """What the Bonus is computed from is fixed when the receipt comes in, whatever else is recorded."""
    lines = [line(code=MILK), line("BEER", "3.00", code=BEER)]
    take(receipt(lines), receipt(lines, store="201", sequence=2), receipt(lines, store="900", sequence=3))

    bases = [basis for _, _, basis in purchases.bonus_bases_of(cast.aino, NOVEMBER)]

    assert sorted(head.level for head in purchases.receipts_of(cast.aino, 9)) == [1, 2, 3]
    assert [[(each.bonus_class, each.cents) for each in basis] for basis in bases] == [[("standard", 215)]] * 3
