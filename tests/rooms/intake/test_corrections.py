"""What a till says of a receipt afterwards: goods came back, it was taken back, this is the corrected one."""

from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from kvitto.bonus.actions import CLOSING
from kvitto.intake import queries
from kvitto.intake.actions import take_in
from kvitto.intake.models import NonSale
from kvitto.intake.reference import Reference
from kvitto.intake.types import Form, State
from kvitto.kernel import database
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period, month_start
from kvitto.purchases import queries as purchases
from kvitto.purchases.models import Superseded
from kvitto.purchases.related import related_of
from kvitto.purchases.types import LevelReason
from kvitto.rights import removal
from tests.cast import BJORN_CARD, MILK, NOW, TILL, TODAY, line, raw, receipt, take

AINO = Actor(ActorKind.MEMBER, "1")
SALE = receipt()
NAMED = {each: SALE[each] for each in ("store", "business_day", "workstation", "sequence")}
BACK = {
    "lines": [line(code=MILK, type="return", quantity="-1", amount="-2.15")],
    "business_day": "2026-11-21",
    "end_time": "2026-11-21T10:12:00+02:00",
    "sequence": 88,
    "type": "return",
}


def back(**fields):
    """The milk comes back the next day."""
    return receipt(**(BACK | fields))


def related(person_id):
    """Of each receipt, oldest first: the totals of its returns and of its sales, and how many are missing."""
    found = related_of(person_id)
    heads = sorted(purchases.receipts_of(person_id, 9), key=lambda head: head.end_time)
    keys = [(head.business_day, head.receipt_id) for head in heads]
    return [
        ([each.total_cents for each in of.returns], [each.total_cents for each in of.sales], of.missing)
        if (of := found.get(key))
        else None
        for key in keys
    ]


# Returns


def test_a_return_and_its_sale_lead_to_each_other(cast):
    take(SALE)
    take(back(origins=[NAMED]))

    assert related(cast.aino) == [([-215], [], 0), ([], [215], 0)]


def test_a_return_that_comes_first_finds_its_sale_when_that_comes(cast):
    take(back(origins=[NAMED]))
    assert related(cast.aino) == [([], [], 1)]

    take(SALE)
    assert related(cast.aino) == [([-215], [], 0), ([], [215], 0)]


def order(part, hour, **fields):
    """A part of a web order: a delivery, or what fields make of it."""
    made = receipt(drop=["workstation", "sequence", "channel"], **fields)
    numbered = {"part": part, "order": "W-17", "ordered_at": "2026-11-19T20:00:00+02:00"}
    return made | numbered | {"end_time": f"2026-11-20T{hour}:00:00+02:00"}


def take_orders(*parts):
    with opened():
        batch = [each._replace(form=Form.ORDER) for each in raw(*parts)]
        return take_in(batch=batch, by=TILL, now=NOW, reference=Reference()).states


def test_a_refund_of_a_web_order_and_the_deliveries_before_it_lead_to_each_other(cast):
    refund = order(3, 12, **{name: BACK[name] for name in ("lines", "type")})
    take_orders(refund)
    assert related(cast.aino) == [([], [], 1)]

    take_orders(order(1, 10), order(2, 11), order(4, 13), order(1, 10, card=BJORN_CARD) | {"order": "W-18"})
    assert related(cast.aino) == [([-215], [], 0), ([-215], [], 0), ([], [215, 215], 0), None]
    assert related_of(cast.bjorn) == {}


def test_a_refund_leads_to_nobody_elses_delivery(cast):
    take_orders(order(1, 10, card=BJORN_CARD), order(2, 12, **{name: BACK[name] for name in ("lines", "type")}))

    assert related(cast.aino) == [([], [], 1)]
    assert related_of(cast.bjorn) == {}


def test_a_return_in_another_store_names_the_sale_by_its_code(cast):
    take(receipt(code="1281111260543493"))
    take(back(store="201", origin_codes=["1281111260543493", "no such code"]))

    assert related(cast.aino) == [([-215], [], 0), ([], [215], 1)]


def test_a_return_leads_to_nobody_elses_sale(cast):
    take(receipt(card=BJORN_CARD, code="17"))
    take(back(origins=[NAMED], origin_codes=["17"]))

    assert related(cast.aino) == [([], [], 2)]
    assert related(cast.bjorn) == [None]


def test_a_return_of_a_store_that_nobody_knows_is_recorded_without_it(cast):
    assert take(back(origins=[NAMED | {"store": "elsewhere"}])).states == [State.RECORDED]
    assert related(cast.aino) == [None]


def test_a_link_is_part_of_the_content_and_a_corrected_receipt_brings_its_own(cast):
    take(SALE)
    restate(back(origin_codes=["17"]), 1)
    restate(back(origins=[NAMED]), 2)

    assert related(cast.aino) == [([-215], [], 0), ([], [215], 0)]


# Numbers that begin anew


def test_a_number_that_comes_again_on_another_day_or_at_another_time_is_another_receipt(cast):
    again = {"business_day": "2026-11-21", "end_time": "2026-11-21T09:00:00+02:00"}
    later = {"end_time": "2026-11-20T20:00:00+02:00"}

    assert take(SALE, SALE | again, SALE | later).states == [State.RECORDED] * 3


def test_a_return_of_a_number_that_was_used_twice_means_the_last_before_it_or_the_time_it_names(cast):
    morning = receipt([line(code=MILK, amount="1.00")], end_time="2026-11-20T08:00:00+02:00")
    take(morning, SALE, back(origins=[NAMED]), back(sequence=89, origins=[NAMED | {"begin_time": morning["end_time"]}]))

    assert sorted(sale for each in related(cast.aino) if each for sale in each[1]) == [100, 215]


def test_a_good_receipt_settles_no_refusal_of_another_day(cast):
    take(receipt(total="1.00"))
    take(receipt(business_day="2026-11-21", end_time="2026-11-21T09:00:00+02:00"))
    assert queries.quarantined() == {"sums": 1}

    take(receipt(sequence=5, business_day="2026-11-22", end_time="2026-11-25T09:00:00+02:00"))
    take(receipt(sequence=5))
    assert queries.quarantined() == {"sums": 1}, "a day that was wrong itself was another"


# Post-voids


def void(**fields):
    voids = {each: SALE[each] for each in ("business_day", "workstation", "sequence")} | fields.pop("voids", {})
    header = {each: SALE[each] for each in ("store", "business_day", "workstation")}
    return (
        header
        | {"type": "post_void", "sequence": 4800, "end_time": "2026-11-20T18:00:00+02:00", "voids": voids}
        | fields
    )


def counting(person_id):
    """The cents that count, that the list shows, and that are the Bonus basis."""
    month = Period(month_start(TODAY))
    return (
        sum(each.cents for each in purchases.month_totals(person_id=person_id, period=month)),
        sum(head.total_cents for head in purchases.receipts_of(person_id, 9)),
        sum(basis.cents for each in purchases.bonus_receipts([person_id], period=month) for basis in each.bonus_basis),
    )


@pytest.mark.parametrize(
    "batches", [[[SALE], [void()]], [[void()], [SALE]], [[SALE, void()]], [[void(), SALE]]],
    ids=["after", "before", "with it, after", "with it, before"],
)  # fmt: skip
def test_a_voided_receipt_stays_and_counts_nothing_in_whatever_order_it_comes(cast, batches):
    take(SALE | {"sequence": 1})
    for batch in batches:
        assert take(*batch).states == [State.RECORDED] * len(batch)

    assert counting(cast.aino) == (215, 430, 215)
    (voided,) = [head for head in purchases.receipts_of(cast.aino, 9) if head.voided_at]
    assert voided.voided_at.isoformat() == "2026-11-20T16:00:00+00:00"
    assert take(void(), SALE).states == [State.SAME, State.SAME]


def test_a_till_voids_receipts_of_its_own_store_only_and_what_ended_before(cast):
    take(SALE)
    take(void(store="201"), void(sequence=2, end_time="2026-11-20T17:00:00+02:00"))

    assert counting(cast.aino) == (215, 215, 215)


def test_a_void_of_a_number_that_was_used_twice_means_the_last_one(cast):
    take(receipt([line(code=MILK, amount="1.00")], end_time="2026-11-20T08:00:00+02:00"), SALE)
    take(void())

    assert counting(cast.aino)[0] == 100


def test_a_void_without_what_it_voids_is_refused_and_its_number_is_no_gap_else(cast):
    assert take({key: value for key, value in void().items() if key != "voids"}).states == [State.REFUSED]
    take(void())
    assert NonSale.objects.get().kind == "post_void"


def test_no_receipt_comes_in_beside_a_void_that_could_miss_it(cast):
    """Whoever stores receipts shares a lock that a delivery with a void has for itself."""
    with psycopg.connect(database.url("web"), dbname=connection.settings_dict["NAME"], autocommit=True) as other:

        def may_come_in():
            return other.execute("SELECT pg_try_advisory_xact_lock_shared(%s)", [CLOSING]).fetchone()[0]

        take(SALE)
        assert may_come_in()
        take(void())
        assert not may_come_in()


# Corrected versions


def restate(body, version, now=NOW):
    """Take a receipt in as of a dialect whose tills may restate."""
    with opened():
        batch = [each._replace(version=version) for each in raw(body)]
        return take_in(batch=batch, by=TILL, now=now, reference=Reference()).states[0]


def dearer(**fields):
    return receipt([line("DEARER", "3.00", code=MILK)], **fields)


def test_a_newer_version_takes_the_place_of_an_older_and_leaves_what_it_came_to(cast):
    restate(SALE, 1)
    assert restate(dearer(), 2, NOW + timedelta(days=1)) is State.RECORDED

    assert counting(cast.aino) == (300, 300, 300)
    assert [(row.total_cents, row.version) for row in Superseded.objects.all()] == [(215, 1)]
    (of,) = related_of(cast.aino).values()
    assert [(each.total_cents, each.at) for each in of.replaced] == [(215, NOW + timedelta(days=1))]
    assert queries.open_conflicts() == []


def test_an_older_version_that_comes_later_changes_nothing(cast):
    restate(dearer(), 2)

    assert restate(SALE, 1) is State.SAME
    assert counting(cast.aino)[0] == 300
    assert not Superseded.objects.exists()


@pytest.mark.parametrize(("first", "then"), [(None, 2), (1, None), (1, 1)])
def test_without_versions_or_with_equal_ones_somebody_decides(cast, first, then):
    restate(SALE, first)

    assert restate(dearer(), then) is State.CONFLICT
    assert counting(cast.aino)[0] == 215


def test_a_version_with_another_buyer_is_a_conflict(cast):
    restate(SALE, 1)

    assert restate(dearer(card=BJORN_CARD), 2) is State.CONFLICT
    assert purchases.receipts_of(cast.bjorn, 9) == []


def test_a_version_brings_nothing_back_that_its_buyer_had_removed(cast):
    restate(SALE, 1)
    (head,) = purchases.receipts_of(cast.aino, 9)
    with opened():
        removal.remove_receipt(person_id=cast.aino, day=head.business_day, receipt_id=head.receipt_id, by=AINO, now=NOW)
    restate(dearer(), 2)

    (head,) = purchases.receipts_of(cast.aino, 9)
    assert (head.total_cents, head.level_reason) == (300, LevelReason.REMOVED)
    wanted = [(head.business_day, head.receipt_id)]
    assert purchases.contents_of(person_id=cast.aino, receipts=wanted, by=AINO, purpose="test", now=NOW) == [None]


def test_a_voided_receipt_stays_voided_whatever_version_comes(cast):
    restate(SALE, 1)
    take(void())
    restate(dearer(), 2)

    assert counting(cast.aino) == (0, 300, 0)


def test_the_own_form_has_no_version_to_restate_with(cast):
    assert take(SALE | {"version": 2}).states == [State.REFUSED]
