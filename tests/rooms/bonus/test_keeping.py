"""The ledger tells of purchases as long as receipts are kept, and of money as long as the law asks; then it is gone."""

from datetime import UTC, date, datetime

import pytest

from kvitto.audit.models import Entry
from kvitto.bonus import actions, closing, keeping, models, queries
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.retention import actions as retention
from tests.bonus import at_home, bought, close, load_plans
from tests.cast import BJORN_CARD, CHEN_CARD, NOW
from tests.doors.reading import signed_in, text_of
from tests.households import settle

NOVEMBER = date(2026, 11, 1)


@pytest.fixture
def paid(committed_cast):
    """Aino and Björn have shared a Bonus, which is paid, and corrected since; Chen has no account, and waits for his."""
    load_plans()
    at_home(committed_cast)
    settle(committed_cast)
    for euros, card in (("600.00", None), ("250.00", BJORN_CARD), ("100.00", CHEN_CARD)):
        bought(euros, card)
    close(NOVEMBER)
    with opened():
        actions.note_accounts(accounts={committed_cast.aino: "FI2112345600000785"}, by=OPERATOR, now=NOW)
    closing.pay(month=NOVEMBER, by=OPERATOR, now=NOW)
    return committed_cast


def rows():
    return list(models.Entry.objects.order_by("pk").values_list("person_id", "kind", "cents", "account"))


def figures():
    return models.Entry.objects.exclude(purchases=None, together=None, rate=None, rate_before=None).count()


def test_after_two_years_the_sums_stay_and_what_was_bought_is_gone(paid):
    bought("50.00")
    close(NOVEMBER)  # books the difference
    before, told = rows(), figures()
    assert keeping.reduce(keep_from=NOVEMBER, by=OPERATOR, now=NOW) == 0
    assert figures() == told == 4
    run = retention.run(now=datetime(2028, 11, 2, 12, tzinfo=UTC))

    assert (run.ledger, figures(), rows()) == (4, 0, before)
    assert Entry.objects.get(action="bonus.reduce").count == 4
    assert "Closed months November 2026" in text_of(signed_in(paid.aino, "aino").get("/bonus"))
    assert keeping.reduce(keep_from=date(2026, 11, 3), by=OPERATOR, now=NOW) == 0


def test_after_the_seventh_year_what_is_paid_goes_and_what_is_owed_stays(paid):
    def clear(day):
        return keeping.clear(today=day, by=OPERATOR, now=NOW)

    assert clear(date(2033, 12, 31)) == 0
    assert clear(date(2034, 1, 1)) == 5

    assert [row[:2] for row in rows()] == [(paid.chen, "accrued")]
    assert [queries.balance(each) for each in (paid.aino, paid.bjorn, paid.chen)] == [0, 0, 100]
    assert clear(date(2034, 1, 2)) == 0


def test_of_somebody_who_was_paid_what_came_after_stays(paid):
    bought("50.00")
    close(NOVEMBER)
    keeping.clear(today=date(2034, 1, 1), by=OPERATOR, now=NOW)

    assert queries.balance(paid.aino) == 675
    assert [row[1:3] for row in rows() if row[0] == paid.aino] == [("corrected", 675)]
