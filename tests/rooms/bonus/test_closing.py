"""Closing months, correcting them and paying, in the real ledger."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kvitto.assortment.types import BonusClass
from kvitto.bonus import actions, closing, models, queries
from kvitto.bonus.rules import SchemeRefusedError, month_of
from kvitto.bonus.types import Campaign, EntryKind, Rounding, Scheme
from kvitto.households import actions as households
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period
from kvitto.purchases import queries as purchases
from tests.bonus import PLAN, at_home, bought, close, load_plans, undone
from tests.cast import AINO_CARD, BJORN_CARD, CHEN_CARD, NOW
from tests.households import do, settle

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
NUMBERS = count(1)
WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)  # an example of the database takes its time
IBANS = ("FI2112345600000785", "SE4550000000058398257466")


@pytest.fixture
def coop(cast):
    """The cast in their home co-op, which has a plan; Aino and Björn in one household."""
    load_plans()
    at_home(cast)
    settle(cast)
    return cast


@pytest.fixture
def second_connection(coop):
    """Another process, at the same database."""
    from kvitto.kernel import database

    with psycopg.connect(database.url("web"), dbname=connection.settings_dict["NAME"], autocommit=True) as other:
        yield other


def ledger(person_id):
    rows = models.Entry.objects.filter(person_id=person_id).order_by("pk")
    return [(row.kind, str(row.month)[:7], row.cents) for row in rows]


def test_a_closed_month_is_booked_to_the_cent_and_brought_together_with_the_main_member(coop):
    bought("450.50")
    bought("399.50", BJORN_CARD)
    bought("60.00", CHEN_CARD)
    assert close(NOVEMBER).units == 2

    assert ledger(coop.aino) == [("accrued", "2026-11", 2027), ("settled", "2026-11", 1798)]
    assert ledger(coop.bjorn) == [("accrued", "2026-11", 1798), ("settled", "2026-11", -1798)]
    assert ledger(coop.chen) == [("accrued", "2026-11", 60)]
    assert [queries.balance(each) for each in (coop.aino, coop.bjorn, coop.chen)] == [3825, 0, 60]


def test_the_ledger_names_the_households_sum_with_the_main_member_only(coop):
    bought("100.00")
    bought("100.00", BJORN_CARD)
    close(NOVEMBER)

    assert {row.person_id: row.together for row in models.Entry.objects.filter(kind="accrued")} == {
        coop.aino: 20_000,
        coop.bjorn: None,
    }


def test_a_main_member_who_bought_nothing_is_paid_what_the_others_brought(coop):
    bought("100.00", BJORN_CARD)
    close(NOVEMBER)

    assert ledger(coop.aino) == [("accrued", "2026-11", 0), ("settled", "2026-11", 100)]


def test_closing_again_books_nothing_and_months_are_closed_one_after_the_other_when_they_are_over(coop):
    bought("100.00")
    close(NOVEMBER)
    assert close(NOVEMBER).units == 0
    assert ledger(coop.aino) == [("accrued", "2026-11", 100)]
    with pytest.raises(closing.NotOverError, match="2026-12 is not closed yet"):
        close(date(2027, 1, 1), today=date(2027, 2, 1))
    with pytest.raises(closing.NotOverError, match="2026-12 is not over yet"):
        close(DECEMBER, today=date(2026, 12, 31))


def test_a_closing_that_was_broken_off_goes_on_and_books_nothing_twice(coop, monkeypatch):
    bought("100.00", AINO_CARD)
    bought("60.00", CHEN_CARD)
    bought("70.00", BJORN_CARD)
    upto = closing._upto
    steps = iter([upto])

    def broken(cursor, key, batch):
        return next(steps, dies)(cursor, key, batch)

    def dies(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(closing, "_upto", broken)
    with pytest.raises(KeyboardInterrupt):
        close(NOVEMBER, batch=1)
    assert models.Entry.objects.filter(kind="accrued").count() in {1, 2}
    assert models.Close.objects.get().done_at is None
    monkeypatch.setattr(closing, "_upto", upto)
    bought("500.00")  # in between: it is late now, or counted, and never both

    close(NOVEMBER, batch=1)
    assert [queries.balance(each) for each in (coop.aino, coop.bjorn, coop.chen)] == [2345, 0, 60]
    assert models.Close.objects.get().done_at


def test_only_one_process_works_on_the_ledger(coop, second_connection):
    second_connection.execute("SELECT pg_advisory_lock(%s)", [closing.LEDGER])

    with pytest.raises(closing.BusyError, match="another process"):
        close(NOVEMBER)
    assert models.Close.objects.count() == 0


def test_the_table_itself_refuses_to_book_a_month_twice_and_the_web_role_to_change_a_row(coop):
    bought("100.00")
    close(NOVEMBER)
    row = models.Entry.objects.get()
    row.pk = None
    with pytest.raises(IntegrityError, match="bonus_entry_once"), transaction.atomic():
        row.save(force_insert=True)
    for statement in (
        "UPDATE bonus_entry SET cents = 1",
        "DELETE FROM bonus_entry",
        "UPDATE bonus_plan SET payment_day = 1",
    ):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_a_plan_by_which_a_month_was_closed_stays(coop):
    bought("100.00")
    close(NOVEMBER)
    with pytest.raises(SchemeRefusedError, match="closed"), opened():
        actions.load(scheme=Scheme(), by=OPERATOR, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM bonus_plan; SET CONSTRAINTS ALL IMMEDIATE")
    assert queries.scheme().plans == (PLAN,)


# What comes later


def test_a_late_receipt_books_the_difference_in_the_open_month_and_names_itself_and_the_steps(coop):
    bought("850.00")
    close(NOVEMBER)
    bought("50.00", day="2026-11-30")
    assert ledger(coop.aino) == [("accrued", "2026-11", 3825)]
    assert close(DECEMBER).corrections == 1

    corrected = models.Entry.objects.get(kind=EntryKind.CORRECTED)
    assert (corrected.cents, corrected.rate_before, corrected.rate) == (675, 450, 500)
    assert (corrected.month, corrected.booked_in, corrected.together) == (NOVEMBER, DECEMBER, 90_000)
    assert models.Cause.objects.get(entry=corrected).business_day == date(2026, 11, 30)
    assert queries.balance(coop.aino) == 4500
    assert close(DECEMBER).corrections == 0
    assert models.Late.objects.count() == 0


def test_a_late_return_makes_the_next_payment_smaller_and_nothing_is_asked_back(coop):
    bought("900.00")
    close(NOVEMBER)
    note(coop.aino, IBANS[0])
    assert [each.cents for each in pay(NOVEMBER)] == [4500]
    bought("-850.00", day="2026-11-30", type="return")
    close(DECEMBER)
    assert queries.balance(coop.aino) == -4450
    assert pay(DECEMBER) == []


def test_what_a_late_receipt_of_another_brings_goes_to_the_main_member(coop):
    bought("100.00")
    close(NOVEMBER)
    bought("100.00", BJORN_CARD)
    close(DECEMBER)

    assert ledger(coop.aino)[-1] == ("corrected", "2026-11", 200)
    assert models.Cause.objects.get().person_id == coop.bjorn


def test_a_first_receipt_that_is_late_is_booked_whole(coop):
    close(NOVEMBER)
    bought("100.00", CHEN_CARD)
    close(DECEMBER)

    assert ledger(coop.chen) == [("corrected", "2026-11", 100)]


def test_the_job_closes_what_is_over_and_books_what_is_late(coop):
    bought("850.00")

    def nightly(day):
        return closing.settle_due(by=OPERATOR, now=NOW, today=day, wait_days=3)

    assert nightly(date(2026, 12, 3)).units == 0
    assert nightly(date(2026, 12, 4)).units == 1
    bought("50.00", day="2026-11-30")
    assert nightly(date(2026, 12, 5)).corrections == 1
    assert nightly(date(2027, 2, 4)).units == 0
    assert queries.closed_until() == date(2027, 2, 1)
    assert queries.balance(coop.aino) == 4500


def test_a_receipt_keeps_the_classes_that_the_plan_of_its_day_counts(coop):
    goods = replace(PLAN, classes=frozenset({BonusClass.FUEL}))
    bought("10.00", day="2026-11-19")
    load_plans(goods)
    bought("20.00", day="2026-11-20")
    kept = [basis for _, _, basis in purchases.bonus_bases_of(coop.aino, month_of(NOVEMBER))]

    assert [[each.cents for each in basis] for basis in kept] == [[1000], []]


# The boundary of a month


@pytest.mark.parametrize(
    ("day", "ended", "found"),
    [
        ("2026-11-30", "2026-11-30T23:59:59+02:00", 200),
        ("2026-11-30", "2026-12-01T00:00:00+02:00", 200),  # a till that closes its day after midnight
        ("2026-12-01", "2026-12-01T00:00:00+02:00", 0),
        ("2026-11-30", "2026-12-01T00:30:00+02:00", 200),
    ],
)
@pytest.mark.parametrize("store", ["101", "900"])
def test_the_business_day_decides_in_the_zone_of_every_store(coop, day, ended, found, store):
    bought("200.00", day=day, end_time=ended, store=store, now=datetime(2026, 12, 2, tzinfo=UTC))
    close(NOVEMBER)

    assert queries.balance(coop.aino) == found + found // 2


# Paying


def note(person_id, iban):
    with opened():
        actions.note_accounts(accounts={person_id: iban}, by=OPERATOR, now=NOW)


def pay(month):
    return closing.pay(month=month, by=OPERATOR, now=NOW)


def test_a_payment_is_account_sum_and_reference_and_again_the_same(coop):
    bought("850.00")
    bought("100.00", CHEN_CARD)
    close(NOVEMBER)
    note(coop.aino, IBANS[0])
    (paid,) = pay(NOVEMBER)

    assert (paid.account, paid.cents) == (IBANS[0], 3825)
    assert queries.balance(coop.aino) == 0
    note(coop.chen, IBANS[1])
    assert pay(NOVEMBER) == [paid]  # who had no account waits for the next month
    close(DECEMBER)
    assert [(each.account, each.cents) for each in pay(DECEMBER)] == [(IBANS[1], 100)]
    assert pay(NOVEMBER) == [paid]


def test_only_the_last_closed_month_is_paid(coop):
    with pytest.raises(closing.NotClosedError, match="is not closed yet"):
        pay(NOVEMBER)
    close(NOVEMBER)
    close(DECEMBER)
    with pytest.raises(closing.NotClosedError, match="pay the last one, 2026-12"):
        pay(NOVEMBER)


def test_an_account_that_is_none_is_refused(coop):
    with pytest.raises(actions.NoAccountError):
        note(coop.aino, "FI2112345600000786")


# The one pass over a month says what the rule says


bases = st.lists(
    st.tuples(st.sampled_from(["standard", "fuel"]), st.integers(-9_000, 60_000), st.integers(-90_000, 900_000)),
    min_size=1,
    max_size=2,
)
receipts = st.tuples(st.integers(0, 2), st.integers(1, 30), st.sampled_from(["101", "900"]), bases)
PUT = """
INSERT INTO purchases_receipt (business_day, store_id, workstation, sequence, begin_time, end_time, person_id, delivery_id,
    level, level_reason, channel, kind, total_cents, currency, bonus_basis, digest, digest_version)
SELECT %s, id, '1', %s, now(), now(), %s, %s, 1, 1, 'store', 'sale', 1, 'EUR', %s, '', 1 FROM stores_store WHERE code = %s
"""
DOUBLE = Campaign(PLAN.company, BonusClass.STANDARD, 2, Period(date(2026, 11, 20), date(2026, 11, 23)), "grocer")


def put(people, history, delivery):
    """Receipts with any bases, as deliveries of now store them."""
    with opened(), connection.cursor() as cursor:
        closed = actions.await_closing()
        for person, day, store, found in history:
            values = [date(2026, 11, day), next(NUMBERS), people[person], delivery, json.dumps(found), store]
            cursor.execute(PUT, values)
        late = [(people[person], date(2026, 11, day)) for person, day, _, _ in history]
        actions.note_late(receipts=[(*each, delivery) for each in late], closed_until=closed)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], phases=WITHOUT_SHRINKING)
@given(
    st.lists(receipts, min_size=4, max_size=8), st.lists(receipts, max_size=3), st.booleans(), st.sampled_from(Rounding)
)
def test_a_closed_month_is_what_the_rule_computes(coop, history, late, moved, rounding):
    """Whatever was bought, whoever moves within the month, whatever is late: every unit to the cent, and every person."""
    people = [coop.aino, coop.bjorn, coop.chen]
    with undone():
        load_plans(replace(PLAN, rounding=rounding), campaigns=(DOUBLE,))
        if moved:
            do(households.leave, coop.bjorn, days=-8)
        put(people, history, 1)
        computed = {
            unit: bonus for each in people for unit, bonus in queries.bonus_of(each, month_of(NOVEMBER)).items()
        }
        close(NOVEMBER, batch=1)
        for unit, bonus in computed.items():
            rows = models.Entry.objects.filter(kind="accrued", household_id=unit.household_id or None)
            rows = rows if unit.household_id else rows.filter(person_id=unit.person_id)
            assert {row.person_id: (row.purchases, row.cents) for row in rows if row.purchases} == {
                who: (part.purchases, part.cents) for who, part in bonus.parts.items() if part.purchases
            }
            assert {row.rate for row in rows} <= {bonus.rate}
        assert sum(models.Entry.objects.filter(kind="settled").values_list("cents", flat=True)) == 0

        put(people, late, 2)
        close(DECEMBER)
        for person in people:
            for unit, bonus in queries.bonus_of(person, month_of(NOVEMBER)).items():
                found = queries.booked(unit, NOVEMBER)
                assert (found.cents, found.together) == (bonus.cents, bonus.purchases)
