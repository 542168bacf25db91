"""A member asks at a service point where their Bonus is: what was booked and paid is told, and nothing of what was bought."""

import re
from datetime import date

import pytest

from kvitto.audit.models import Entry
from kvitto.bonus import actions, closing
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.staff.models import Case
from tests.bonus import at_home, bought, close, load_plans
from tests.cast import BJORN_CARD, CHEN_CARD, NOW
from tests.crew import browser_of
from tests.doors.at_work import look_up, refusals
from tests.doors.reading import signed_in, text_of
from tests.households import settle

OCTOBER = date(2026, 10, 1)


@pytest.fixture
def coop(crew, cast):
    """Aino and Björn share their Bonus, Chen has his own; all of October is closed."""
    load_plans()
    at_home(cast)
    settle(cast)
    bought("600.00", day="2026-10-05")
    bought("250.00", BJORN_CARD, day="2026-10-06")
    bought("850.00", CHEN_CARD, day="2026-10-07")
    close(OCTOBER)
    return cast


def told(crew, card):
    """What Disa is shown about the holder of a card, and the address."""
    disa = browser_of(crew.disa)
    address = f"{look_up(disa, card)['Location']}/bonus"
    return re.sub("[\N{NO-BREAK SPACE} ]+", " ", text_of(disa.get(address))), address


def test_a_service_point_says_what_was_booked_and_paid_and_to_which_account(crew, coop):
    with opened():
        actions.note_accounts(accounts={coop.chen: "FI2112345600000785"}, by=OPERATOR, now=NOW)
    closing.pay(month=OCTOBER, by=OPERATOR, now=NOW)
    bought("50.00", CHEN_CARD, day="2026-10-08")
    close(OCTOBER)
    shown, _ = told(crew, CHEN_CARD)

    assert re.findall(r"October 2026 (-?[0-9,]+ €) (\w+)", shown.replace("\N{MINUS SIGN}", "-")) == [
        ("6,75 €", "Corrected"), ("-38,25 €", "Paid"), ("38,25 €", "Bonus"),
    ]  # fmt: skip
    assert "Not paid yet 6,75 €" in shown
    assert "the account that ends in 0785" in shown
    assert "November 2026 and later" in shown
    assert "day 10 of the month after" in shown


def test_what_was_bought_is_not_on_it_nor_how_the_bonus_is_computed(crew, coop):
    shown, _ = told(crew, CHEN_CARD)

    assert not [word for word in ("850", "4,5", "Grocer", "7.10", "MILK") if word in shown]


def test_whoever_shares_a_bonus_is_told_that_the_main_member_has_it(crew, coop):
    shown, _ = told(crew, BJORN_CARD)

    assert "October 2026 0,00 € Bonus, with the household's main member" in shown
    assert "No account is known: it waits until there is one." in shown


def test_the_member_sees_that_it_was_looked_at(crew, coop):
    told(crew, CHEN_CARD)

    looked = Entry.objects.get(action="staff.view_bonus")
    assert (looked.actor_kind, looked.purpose, looked.case) == (
        "staff", "member_asked", f"case-{Case.objects.get().pk}",
    )  # fmt: skip
    shown = text_of(signed_in(coop.chen, "chen").get("/account/traces"))
    assert "Service point · you asked for it" in shown
    assert "Looked up what Bonus was booked for you and paid to you" in shown


def test_nobody_else_sees_it_and_nobody_after_the_look_up(crew, coop):
    _, address = told(crew, CHEN_CARD)
    for name in ("dag", "elsa", "greta", "ines"):
        assert browser_of(getattr(crew, name)).get(address).status_code == 403
    assert len(refusals()) == 4
    disa = browser_of(crew.disa)
    disa.post(f"{address.replace('look-up', 'cases').removesuffix('/bonus')}/close")

    assert disa.get(address).status_code == 404
