"""Categories that are kept out, at the till: what held when the receipt ended and what holds when it comes in, in one query."""

from datetime import UTC, datetime, timedelta

import pytest

from kvitto.intake.types import State
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.periods import Period
from kvitto.purchases import queries as purchases
from kvitto.purchases.types import GroupContent
from tests.cast import BEER, BJORN_CARD, MILK, NOW, TODAY, keep_out, line, receipt, take
from tests.counting import statements

AINO = Actor(ActorKind.MEMBER, "1")
END = datetime(2026, 11, 20, 15, 3, 11, tzinfo=UTC)  # of the receipts of the tests
BEFORE, BETWEEN, AFTER = END - timedelta(days=9), END + timedelta(hours=1), NOW + timedelta(hours=1)
LINES = [line("MILK", "2.15", code=MILK), line("BEER", "3.00", code=BEER)]


def contents(person_id):
    span = Period(TODAY - timedelta(days=700), TODAY + timedelta(days=1))
    found = purchases.opened_receipts(person_id=person_id, period=span, by=AINO, purpose="test", now=NOW)
    return [content for _, content in found]


@pytest.mark.parametrize(
    ("said", "texts"),
    [
        ([(BEFORE, 0)], ["MILK"]),
        ([(BETWEEN, 0)], ["MILK"]),  # a receipt that comes in late is recorded as its buyer wants it now
        ([(END, 0)], ["MILK"]),
        ([(BEFORE, 0), (BETWEEN, 1)], ["MILK"]),  # letting in again never reaches back
        ([(BEFORE, 0), (END - timedelta(hours=1), 1)], ["MILK", "BEER"]),
        ([(AFTER, 0)], ["MILK", "BEER"]),
        ([], ["MILK", "BEER"]),
    ],
)
def test_what_was_kept_out_then_or_is_now_is_not_recorded(cast, said, texts):
    for instant, value in said:
        keep_out(cast.aino, "alcohol", value=value, now=instant)

    take(receipt(LINES))

    (content,) = contents(cast.aino)
    assert [each.text for each in content.lines] == texts
    assert (content.paid is None) == (texts == ["MILK"])


def test_categories_of_then_and_of_now_add_up(cast):
    keep_out(cast.aino, "alcohol", now=BEFORE)
    keep_out(cast.aino, "alcohol", value=1, now=BETWEEN)
    keep_out(cast.aino, "health", now=BETWEEN)

    take(receipt(LINES))

    assert contents(cast.aino)[0].kept_out == ["alcohol", "health"]


def test_at_group_level_the_group_goes(cast):
    keep_out(cast.aino, "alcohol", now=BEFORE)
    take(receipt(LINES, store="201"))

    (content,) = contents(cast.aino)
    assert isinstance(content, GroupContent)
    assert [cents for _, cents in content.groups] == [215]


def test_a_receipt_that_is_there_stays_as_it_is_and_the_next_one_is_without(cast):
    take(receipt(LINES))
    keep_out(cast.aino, "alcohol")

    assert take(receipt(LINES)).states == [State.SAME]
    assert [each.text for each in contents(cast.aino)[0].lines] == ["MILK", "BEER"]
    take(receipt([*LINES, line("BEER", "4.00", code=BEER)], sequence=4712))
    assert [each.text for each in contents(cast.aino)[0].lines] == ["MILK"]


def test_what_one_keeps_out_is_recorded_for_the_others(cast):
    keep_out(cast.aino, "alcohol", now=BEFORE)
    take(receipt(LINES), receipt(LINES, sequence=4712, card=BJORN_CARD))

    assert [len(contents(person)[0].lines) for person in (cast.aino, cast.bjorn)] == [1, 2]


def test_a_batch_asks_once_whatever_it_holds(cast):
    """Without categories no statement more than before; with them, two that read where they are, for all of the batch."""
    batch = [receipt(LINES, sequence=number, card=card) for number, card in enumerate([None, BJORN_CARD] * 5)]
    batch = [{key: value for key, value in each.items() if value is not None} for each in batch]
    with statements() as without:
        take(*batch)
    keep_out(cast.bjorn, "alcohol", now=BEFORE)
    with statements() as with_them:
        take(*[each | {"workstation": "2"} for each in batch])

    asked = [each for each in without if "choices_statement" in str(each)]
    assert len(asked) == 1
    assert len([each for each in with_them if "choices_statement" in str(each)]) == 1
    more = [each for each in with_them if "sensitivity" in str(each) and "assortment_group" in str(each)]
    assert len(more) <= 2
    assert len(with_them) <= len(without) + 2
