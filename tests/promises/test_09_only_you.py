"""Only you see your product lines. The main member of a household sees the others' Bonus purchases as one sum a
receipt, nothing more.
"""

import re
from dataclasses import fields

import pytest

from kvitto.households import actions
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period
from kvitto.purchases import actions as purchases
from kvitto.purchases import queries as receipts
from kvitto.spending import household
from kvitto.spending.household import OthersReceipt
from tests.cast import APPLES, BEER, BJORN_CARD, CHEN_CARD, NOW, TODAY, line, receipt, take
from tests.doors.reading import signed_in, text_of
from tests.households import child, do, settle

NOVEMBER = Period(TODAY.replace(day=1), TODAY.replace(month=12, day=1))
MIXED = [
    line(code=APPLES, text="APPLES", amount="3.10"),
    line(code=BEER, text="BEER", amount="8.88"),
]  # no Bonus on beer


def seen_by(person_id, month=NOVEMBER):
    by = Actor(ActorKind.MEMBER, "1")
    return household.others(person_id=person_id, month=month, by=by, today=TODAY, now=NOW)


def figures(person_id):
    found = seen_by(person_id)
    return [(each.given_name, each.cents) for each in found.receipts], [cents for cents, _ in found.other]


def test_the_main_member_sees_one_sum_a_receipt_its_bonus_purchases(committed_cast):
    settle(committed_cast)
    take(receipt(MIXED, card=BJORN_CARD))

    assert figures(committed_cast.aino) == ([("Björn", 310)], [])
    assert {field.name for field in fields(OthersReceipt)} == {"given_name", "day", "store", "cents", "currency"}


def test_a_receipt_without_bonus_purchases_does_not_appear(committed_cast):
    settle(committed_cast)
    take(receipt([line(code=BEER, text="BEER", amount="8.88")], card=BJORN_CARD))

    assert figures(committed_cast.aino) == ([], [])


def test_nobody_but_the_main_member_sees_anything_of_the_others(committed_cast):
    settle(committed_cast)
    elis = child(committed_cast.aino)
    take(receipt(), receipt(card=CHEN_CARD, sequence=2))

    assert [seen_by(each) for each in (committed_cast.bjorn, committed_cast.chen, elis)] == [None] * 3


def test_a_receipt_that_is_kept_back_is_part_of_the_months_other_purchases(committed_cast):
    settle(committed_cast)
    take(receipt(MIXED, card=BJORN_CARD), receipt(card=BJORN_CARD, sequence=2))
    (kept,) = [each for each in receipts.receipts_of(committed_cast.bjorn, 9) if each.total_cents == 1198]
    whose = {"person_id": committed_cast.bjorn, "day": kept.business_day, "receipt_id": kept.receipt_id}
    for hidden, found in ((True, ([("Björn", 215)], [310])), (False, ([("Björn", 215), ("Björn", 310)], []))):
        with opened():
            purchases.keep_back(**whose, kept=hidden, by=Actor(ActorKind.MEMBER, "2"), now=NOW)
        shown, other = figures(committed_cast.aino)
        assert (sorted(shown), other) == found


def test_of_whoever_has_left_no_day_and_no_store_is_shown_and_what_came_later_is_not_there(committed_cast):
    settle(committed_cast)
    do(actions.leave, committed_cast.bjorn)
    take(receipt(card=BJORN_CARD), receipt(MIXED, card=BJORN_CARD, sequence=2, business_day="2026-11-22"))
    elis = child(committed_cast.aino)

    assert elis
    assert figures(committed_cast.aino) == ([], [215])


def test_a_new_main_member_sees_nothing_of_the_time_before(committed_cast):
    settle(committed_cast)
    take(receipt(), receipt(card=BJORN_CARD, sequence=2))
    do(actions.offer_main, committed_cast.aino, other_id=committed_cast.bjorn)
    do(actions.accept_main, committed_cast.bjorn)

    assert figures(committed_cast.bjorn) == ([], [])
    assert seen_by(committed_cast.aino) is None


def test_whose_figures_were_shown_reads_of_it_among_their_traces(committed_cast, casts_day):
    settle(committed_cast)
    take(receipt(card=BJORN_CARD))
    assert "Grocer Harbour" in text_of(signed_in(committed_cast.aino, "aino").get("/household"))

    assert "household's main member" in text_of(signed_in(committed_cast.bjorn, "bjorn").get("/account/traces"))


def test_the_page_of_the_main_member_holds_no_word_of_a_line_and_no_total(committed_cast, casts_day):
    settle(committed_cast)
    take(receipt(MIXED, card=BJORN_CARD))
    page = signed_in(committed_cast.aino, "aino").get("/household").content.decode()

    assert "3,10" in page
    assert re.findall("APPLES|BEER|Apples|Beer|8,88|11,98|17:03", page) == []


@pytest.mark.parametrize("page", ["/purchases", "/purchases/2026", "/receipts", "/search?q=milk"])
def test_no_page_of_anybody_else_shows_your_lines(committed_cast, casts_day, page):
    settle(committed_cast)
    take(receipt())
    shown = {
        name: text_of(signed_in(getattr(committed_cast, name), name).get(page)) for name in ("aino", "bjorn", "chen")
    }

    assert "2,15" in shown["aino"]
    assert "2,15" not in shown["bjorn"]
    assert "2,15" not in shown["chen"]
