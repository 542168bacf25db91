"""A closed month whose receipts change: it is computed again, and the difference is booked in the month that is open."""

from datetime import UTC, date, datetime

import pytest

from kvitto.bonus import closing, models, queries
from kvitto.intake import leftovers
from kvitto.intake import queries as left
from kvitto.intake.actions import take_in
from kvitto.intake.reference import Reference
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from tests.bonus import at_home, bought, close, load_plans
from tests.cast import BJORN_CARD, CHEN_CARD, MILK, TILL, line, raw, receipt, take
from tests.households import settle

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
LATER = datetime(2026, 12, 30, tzinfo=UTC)
KEY = {"business_day": "2026-11-20", "workstation": "1", "sequence": 7}


@pytest.fixture
def coop(cast):
    """The cast in their home co-op, which has a plan; Aino and Björn in one household."""
    load_plans()
    at_home(cast)
    settle(cast)
    return cast


def big(amount="500.00", **fields):
    return receipt([line(code=MILK, amount=amount)], **(KEY | fields))


def restate(body, version):
    with opened():
        batch = [each._replace(version=version) for each in raw(body)]
        return take_in(batch=batch, by=TILL, now=LATER, reference=Reference())


def booked(person_id, month=DECEMBER):
    """The corrections that closing a month books for somebody: cents, steps, and the days of the receipts that made them."""
    close(month)
    return [
        (
            row.cents,
            row.rate_before,
            row.rate,
            [(cause.business_day, cause.person_id) for cause in models.Cause.objects.filter(entry=row)],
        )
        for row in models.Entry.objects.filter(kind="corrected", person_id=person_id, booked_in=month)
    ]


def test_a_receipt_that_is_voided_after_its_month_was_closed_takes_its_part_and_its_step_back(coop):
    take(big(), receipt([line(code=MILK, amount="400.00")], sequence=8), now=LATER)  # in one delivery
    close(NOVEMBER)
    assert queries.balance(coop.aino) == 4500
    voids = {"type": "post_void", "store": "101", **KEY, "sequence": 9, "end_time": "2026-12-05T10:00:00+02:00"}
    take(voids | {"business_day": "2026-12-05", "voids": KEY}, now=LATER)

    assert booked(coop.aino) == [(1000 - 4500, 500, 250, [(date(2026, 11, 20), coop.aino)])]
    assert queries.balance(coop.aino) == 1000
    assert closing.settle_due(by=OPERATOR, now=LATER, today=date(2026, 12, 31), wait_days=3).corrections == 0


def test_a_month_that_is_closed_after_a_void_never_counted_the_receipt(coop):
    take(big(), now=LATER)
    bought("100.00")
    take(
        {"type": "post_void", "store": "101", **KEY, "sequence": 9, "end_time": "2026-11-20T20:00:00+02:00", "voids": KEY},
        now=LATER,
    )  # fmt: skip
    close(NOVEMBER)

    assert queries.balance(coop.aino) == 100


def test_a_version_that_comes_after_its_month_was_closed_books_the_difference(coop):
    restate(big(), 1)
    close(NOVEMBER)
    restate(big("700.00"), 2)

    assert booked(coop.aino) == [(2800 - 1500, 300, 400, [(date(2026, 11, 20), coop.aino)])]


def test_a_return_in_a_closed_month_takes_away_and_names_itself(coop):
    bought("900.00")
    close(NOVEMBER)
    bought("-100.00", BJORN_CARD, day="2026-11-30", type="return")

    assert booked(coop.aino) == [(3600 - 4500, 500, 450, [(date(2026, 11, 30), coop.bjorn)])]


def test_a_receipt_that_an_accepted_correction_gives_to_another_leaves_the_first_ones_month(coop):
    take(big(), now=LATER)
    close(NOVEMBER)
    other = receipt([line("OTHER", "500.00", code=MILK)], **KEY, card=CHEN_CARD)
    take(other, now=LATER)
    with opened():
        leftovers.decide(conflict_id=left.open_conflicts()[0]["conflict"], accept=True, by=OPERATOR, now=LATER)
    take(other, now=LATER)

    assert [cents for cents, *_ in booked(coop.aino)] == [-1500]
    assert [row.cents for row in models.Entry.objects.filter(person_id=coop.chen)] == [1500]
