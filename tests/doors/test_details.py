"""What the customer register knows of somebody, as they see it themselves and as a service point does."""

from datetime import timedelta

import pytest
from django.utils.timezone import now as clock

from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.members import changes
from kvitto.members.models import Person
from kvitto.members.types import Address, ContactKind
from tests.cast import CHEN_CARD, TODAY
from tests.crew import browser_of
from tests.doors.at_work import look_up
from tests.doors.reading import signed_in, text_of

EMAIL, PHONE = ContactKind.EMAIL, ContactKind.PHONE


@pytest.fixture
def known(cast):
    """Chen, about whom the register knows all it can."""
    who = {"person_id": cast.chen, "by": OPERATOR, "now": clock()}
    with opened():
        Person.objects.filter(pk=cast.chen).update(number="M-77")
        changes.change_details(
            birth_date=TODAY.replace(1980), address=Address("Exempelgatan 1", "90100", "Uleåborg", "FI"), **who
        )
        changes.set_contact(kind=EMAIL, value="chen@example.org", **who)
        changes.set_contact(kind=PHONE, value="+358401234567", **who)
        changes.verify_contact(kind=PHONE, value="+358401234567", **who)
        changes.move_home(company="north", day=TODAY - timedelta(days=9), **who)


SHOWN = ("M-77", "1980", "Exempelgatan 1", "90100 Uleåborg", "chen@example.org", "+358401234567", "Northern Co-op")


def test_a_member_sees_what_is_known_of_them(known, cast):
    shown = text_of(signed_in(cast.chen).get("/account"))

    assert [each for each in SHOWN if each not in shown] == []
    assert shown.count("not yet shown to be yours") == 1


def test_so_does_a_service_point_under_a_look_up(known, crew):
    disa = browser_of(crew.disa)

    shown = text_of(disa.get(look_up(disa, CHEN_CARD)["Location"]))

    assert [each for each in SHOWN if each not in shown] == []
