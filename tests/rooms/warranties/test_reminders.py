"""Reminders before a guarantee ends: at 90, 30 and 7 days, each once, by mail a fact and a link, whatever the mail server does."""

from datetime import timedelta

import pytest

from kvitto.choices.types import Topic
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.members import changes
from kvitto.members.types import ContactKind
from kvitto.notices import queries as notices
from kvitto.notices.mail import send_due
from kvitto.warranties import actions, queries
from kvitto.warranties.reminding import remind_due
from kvitto.warranties.rules import reminded
from tests.cast import NOW, TODAY
from tests.guarantees import MEMBER, buy, stock, turn, washer
from tests.mail_server import SITE, free_port, running, use

ENDS = TODAY + timedelta(days=100)


@pytest.mark.parametrize(("left", "last"), [(91, None), (90, 90), (31, 90), (30, 30), (8, 30), (7, 7), (0, 7)])
def test_which_reminder_was_the_last(left, last):
    assert reminded(TODAY + timedelta(days=left), TODAY) == last


def with_washer(person_id, ends=ENDS):
    stock()
    turn(Topic.WARRANTY_RECEIPTS, person_id=person_id, now=NOW - timedelta(hours=1))
    buy(washer(guarantees=[{"until": ends.isoformat()}]))


def told(person_id):
    return [each.number for each in reversed(notices.inbox(person_id))]


def test_each_comes_once_on_its_day(cast):
    with_washer(cast.aino)
    days = [day for day in range(101) if remind_due(now=NOW + timedelta(days=day))]

    assert days == [10, 70, 93]
    assert told(cast.aino) == [90, 30, 7]


def test_after_days_without_a_run_only_the_last_one_comes(cast):
    with_washer(cast.aino)
    remind_due(now=NOW + timedelta(days=75))

    assert told(cast.aino) == [30]


def test_what_is_over_when_it_is_bought_is_not_reminded_of(cast):
    with_washer(cast.aino, ends=TODAY + timedelta(days=20))
    assert remind_due(now=NOW) == 0
    assert remind_due(now=NOW + timedelta(days=13)) == 1


def test_a_corrected_end_is_reminded_of_anew(cast):
    with_washer(cast.aino)
    remind_due(now=NOW + timedelta(days=10))
    (found,) = queries.of_person(person_id=cast.aino, by=MEMBER, now=NOW)
    later = {"ends_on": ENDS + timedelta(days=200), "item": "x", "note": ""}
    with opened():
        actions.correct(person_id=cast.aino, warranty_id=found.warranty_id, **later, by=MEMBER, now=NOW)
    remind_due(now=NOW + timedelta(days=11))
    remind_due(now=NOW + timedelta(days=210))

    assert told(cast.aino) == [90, 90]


def test_a_mail_server_that_is_down_loses_nothing_and_doubles_nothing(committed_cast, settings):
    aino = committed_cast.aino
    mine = {"kind": ContactKind.EMAIL, "value": "aino@home.example", "by": OPERATOR, "now": NOW}
    with opened():
        changes.set_contact(person_id=aino, **mine)
        changes.verify_contact(person_id=aino, **mine)
    with_washer(aino, ends=TODAY + timedelta(days=90) + timedelta(days=1))
    then = NOW + timedelta(days=1)
    use(settings, free_port())  # nobody listens
    assert remind_due(now=then) == 1
    assert send_due(now=then).failed == 1
    with running(settings) as box:
        for minutes in (0, 5, 10, 15):
            send_due(now=then + timedelta(minutes=minutes))
            remind_due(now=then + timedelta(minutes=minutes))

    (mail,) = box.mails
    body = mail.get_content()
    assert "90" in body
    assert f"{SITE}/account/notices" in body
    for unsaid in ("WASHING", "Grocer", "649", "Ahonen"):
        assert unsaid not in str(mail)
