"""The record of acts: written in the act's own transaction, and only there."""

from datetime import date
from uuid import UUID

import pytest
from django.db import transaction

from kvitto.audit import actions as audit
from kvitto.audit.models import Entry
from kvitto.kernel.actor import SYSTEM, Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period
from tests.cast import NOW

SUBJECT = UUID("0b7b2f5e-6f0f-4b53-9a2b-5d3b8f5ab001")


def test_an_entry_says_who_did_what_why_and_to_how_many(db):
    by = Actor(ActorKind.STAFF, "31")
    with opened():
        audit.record(
            by=by,
            action="vault.open",
            now=NOW,
            purpose="complaint",
            subject=SUBJECT,
            period=Period(date(2026, 11, 1), date(2026, 12, 1)),
            count=3,
            case="K-7",
            digest=b"\x01\x02",
        )
        number = audit.last_number()

    entry = Entry.objects.get(pk=number)
    assert (entry.actor_kind, entry.actor_id, entry.action, entry.purpose) == ("staff", "31", "vault.open", "complaint")
    assert (entry.at, entry.subject, entry.count, entry.case) == (NOW, SUBJECT, 3, "K-7")
    assert (entry.period.lower, entry.period.upper) == (date(2026, 11, 1), date(2026, 12, 1))
    assert bytes(entry.digest) == b"\x01\x02"


def test_a_period_without_end_stays_without(db):
    with opened():
        audit.record(by=SYSTEM, action="x", now=NOW, period=Period(date(2026, 11, 1)))

    assert Entry.objects.get().period.upper is None


def test_what_is_not_said_is_empty(db):
    with opened():
        audit.record(by=SYSTEM, action="retention", now=NOW)

    entry = Entry.objects.get()
    assert (entry.purpose, entry.subject, entry.period, entry.count, entry.case) == ("", None, None, 0, "")
    assert bytes(entry.digest) == b""


def test_entries_are_numbered_in_the_order_they_were_written(db):
    with opened():
        numbers = []
        for action in ("one", "two", "three"):
            audit.record(by=SYSTEM, action=action, now=NOW)
            numbers.append(audit.last_number())

    assert numbers == sorted(set(numbers))
    assert [Entry.objects.get(pk=number).action for number in numbers] == ["one", "two", "three"]


def test_no_transaction_no_entry(committed):
    """An entry on its own would say that something happened which then did not."""
    with pytest.raises(transaction.TransactionManagementError):
        audit.record(by=SYSTEM, action="x", now=NOW)

    assert not Entry.objects.exists()


def test_an_act_that_is_an_entry_alone_is_durable_at_once_and_never_within_another(committed):
    audit.record(by=SYSTEM, action="alone", now=NOW, alone=True)
    with pytest.raises(RuntimeError), opened():
        audit.record(by=SYSTEM, action="within", now=NOW, alone=True)

    assert list(Entry.objects.values_list("action", flat=True)) == ["alone"]


def test_act_and_entry_are_undone_together(committed):

    def act_that_fails():
        audit.record(by=SYSTEM, action="x", now=NOW)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), opened():
        act_that_fails()
    assert not Entry.objects.exists()
