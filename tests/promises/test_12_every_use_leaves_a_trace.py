"""Handling is monitored: access needs a personal user name and password, every use leaves a trace, and looking at one
person is the exception, counted and published.
"""

from datetime import UTC, datetime, timedelta

import pytest

from kvitto.accounts.models import Account
from kvitto.audit.models import Entry
from kvitto.kernel.db import opened
from kvitto.members.queries import audit_id
from kvitto.oversight import watching as oversight
from kvitto.staff.models import Case
from tests.cast import CHEN_CARD
from tests.crew import browser_of
from tests.doors.at_work import look_up
from tests.doors.reading import text_of


def test_the_number_of_look_ups_is_public_by_month_and_reason(crew, client):
    disa = browser_of(crew.disa)
    disa.get(look_up(disa)["Location"])
    with opened():
        oversight.watch(now=datetime.now(UTC))

    client.cookies["kvitto_language"] = "en"
    assert "The member asked for it 1 0" in text_of(client.get("/look-ups"))


def test_staff_get_in_by_a_name_a_password_and_a_second_factor_of_their_own(crew, client):
    assert client.get("/staff/cases")["Location"] == "/staff/sign-in?next=/staff/cases"
    disa = Account.objects.get(username="disa.staff")
    disa.set_password("a long enough password")
    disa.save()

    client.post("/staff/sign-in", {"username": "disa.staff", "password": "a long enough password"})

    assert client.get("/staff/look-up")["Location"] == "/staff/factor?next=/staff/look-up"


def test_looking_at_one_person_takes_a_reason_and_a_case_and_leaves_both_in_the_trace(crew, cast):
    dag = browser_of(crew.dag)
    opened_case = dag.post("/staff/cases/new", {"card": CHEN_CARD, "reason": "member_asked", "reference": "K-17"})
    day = datetime.now(UTC) - timedelta(hours=3)  # when Chen bought milk
    dag.get(f"{opened_case['Location'].partition('?')[0]}/{day.year}/{day.month}")

    subject = audit_id(cast.chen)
    seen = Entry.objects.filter(subject=subject, actor_kind="staff").order_by("pk")
    assert [entry.action for entry in seen] == ["staff.open_case", "vault.open"]
    assert {(entry.purpose, entry.case) for entry in seen} == {("member_asked", f"case-{Case.objects.get().pk}")}


@pytest.mark.parametrize(
    ("who", "page"), [("elsa", "/staff/cases"), ("disa", "/staff/cases/new"), ("dag", "/staff/people")]
)
def test_what_is_refused_leaves_a_trace_too(crew, who, page):
    colleague = getattr(crew, who)

    assert browser_of(colleague).get(page).status_code == 403

    entry = Entry.objects.get(action="access.refused")
    assert (entry.actor_kind, entry.actor_id, entry.purpose) == ("staff", colleague.by.id, "duty")
