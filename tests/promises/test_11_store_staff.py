"""Store staff cannot see purchases. Only people whose duty it is handle them, and each has signed a confidentiality
agreement.
"""

import re
from datetime import UTC, datetime, timedelta
from itertools import chain, combinations

import pytest
from django.urls import get_resolver

from kvitto.accounts.models import Account
from kvitto.kernel.actor import ActorKind
from kvitto.kernel.db import opened
from kvitto.staff import records
from kvitto.staff.rules import decide
from kvitto.staff.types import Act, AgreementState, Duty, Question, Reason, Relation, Standing
from tests.cast import CHEN_CARD, line, receipt, take
from tests.crew import browser_of
from tests.doors.addresses import addresses
from tests.doors.at_work import look_up
from tests.doors.reading import signed_in, text_of

SECRET = "SOMETHING NOBODY ELSE BOUGHT"
ASKED = {"reference": "K-1", "reason": Reason.MEMBER_ASKED, "member_asked": True}

PURCHASES = [Act.LINES_OPEN, Act.LINES_BREAK_GLASS]


def asked(act, duties, agreement=AgreementState.VALID):
    """A question in which everything but the duties and the agreement is as good as can be."""
    standing = Standing(ActorKind.STAFF, frozenset(duties), agreement, fresh_factor=True)
    reason = Reason.PRODUCT_SAFETY if act is Act.LINES_BREAK_GLASS else Reason.MEMBER_ASKED
    return decide(
        Question(standing, act, reason, has_case=True, relation=Relation.STRANGER, member_asked=True, approved=True)
    )


@pytest.mark.parametrize("act", PURCHASES)
def test_whose_duty_it_is_and_nobody_else(act):
    others = set(Duty) - {Duty.DATA_HANDLER}
    everything_else = chain.from_iterable(combinations(sorted(others), n) for n in range(len(others) + 1))

    assert asked(act, {Duty.DATA_HANDLER}).allowed
    assert not any(asked(act, duties).allowed for duties in everything_else)


@pytest.mark.parametrize("act", PURCHASES)
@pytest.mark.parametrize("agreement", sorted(set(AgreementState) - {AgreementState.VALID}))
def test_nobody_without_a_signed_agreement_that_holds(act, agreement):
    assert not asked(act, set(Duty), agreement).allowed


@pytest.fixture
def secret(crew):
    """A receipt of Chen's with a word that stands on nothing else."""
    bought = (datetime.now(UTC) - timedelta(hours=4)).replace(microsecond=0)
    day = {"business_day": bought.date().isoformat(), "end_time": bought.isoformat()}
    take(receipt([line(text=SECRET)], card=CHEN_CARD, sequence=9, **day), now=datetime.now(UTC))


def pages():
    """Every address of the staff's face that can be looked at, with a case's number where one is asked for."""
    for name, path in addresses(get_resolver("kvitto.wiring.staff_urls")):
        if name not in {"set_language", "theme"}:
            yield re.sub("<[^>]+>", "1", path)


def test_hugo_the_store_clerk_has_no_account_and_sees_nothing(crew, secret, client):
    assert not Account.objects.filter(username__startswith="hugo").exists()
    for page in pages():
        assert SECRET not in client.get(page, follow=True).content.decode()


@pytest.mark.parametrize("name", ["disa", "elsa", "faruk", "greta", "ines"])
def test_whose_duty_it_is_not_sees_no_purchase_on_any_page(crew, secret, name):
    with opened():
        records.open_case(card=CHEN_CARD, **ASKED, by=crew.dag.by, now=datetime.now(UTC))
    client = browser_of(getattr(crew, name))
    if name == "disa":  # a service point looks members up, and sees everything but that
        assert look_up(client)["Location"].startswith("/staff/look-up/")
    for page in pages():
        assert SECRET not in client.get(page).content.decode(), page


def test_a_data_handler_sees_the_one_member_of_their_case_and_the_member_sees_it(crew, secret, cast):
    with opened():
        case = records.open_case(card=CHEN_CARD, **ASKED, by=crew.dag.by, now=datetime.now(UTC))
    day = datetime.now(UTC) - timedelta(hours=4)

    assert SECRET in browser_of(crew.dag).get(f"/staff/cases/{case}/{day.year}/{day.month}").content.decode()
    assert "A member of staff opened what you have bought" in text_of(signed_in(cast.chen).get("/account/traces"))


@pytest.mark.parametrize("page", ["/staff/", "/staff/cases", "/staff/cases/new", "/staff/cases/1", "/staff/approvals"])
def test_a_handler_signs_before_anything_else(nils, page):
    assert browser_of(nils).get(page)["Location"] == f"/staff/agreement?next={page}"
