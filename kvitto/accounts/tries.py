"""Waits after failed tries, in the database: no try is checked before it is counted.

A try is begun in a transaction of its own, which commits before the secret is looked at: tries at the same time cannot be
more than tries one after the other. Whoever has to wait is not counted again, so that a wait always ends.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.utils.crypto import salted_hmac

from kvitto.accounts.models import Failure
from kvitto.accounts.rules import ALLOWANCES, FORGET_AFTER, network_of, wait_after
from kvitto.accounts.types import Counted, Purpose, Scope, Subject, Try
from kvitto.audit import actions as audit
from kvitto.kernel.actor import VISITOR
from kvitto.kernel.db import require_transaction
from kvitto.kernel.errors import KvittoError


class TooManyTriesError(KvittoError):
    """Nothing was checked: too many tries failed before."""

    status = 429

    def __init__(self, wait: timedelta) -> None:
        self.seconds = max(1, math.ceil(wait.total_seconds()))
        super().__init__(f"too many tries: wait {self.seconds} seconds, then try again")


def subjects(*, purpose: Purpose, name: str, address: str) -> tuple[Subject, ...]:
    """What a try counts against: the name from its network, the name from anywhere, the network with any name."""
    network = network_of(address)
    return (
        Subject(Scope.BOTH, _digest(purpose, name, network)),
        Subject(Scope.NAME, _digest(purpose, name)),
        Subject(Scope.NETWORK, _digest(network)),
    )


def _digest(*parts: str) -> bytes:
    text = "".join(f"{len(part)}:{part}" for part in parts)  # the lengths: no two lists of parts are one text
    return salted_hmac("kvitto.accounts.tries", text.encode(errors="replace"), algorithm="sha256").digest()


def begin(*, purpose: Purpose, counts: Sequence[Subject], now: datetime) -> Try:
    """Count a try as failed until it is told to have passed. Raises TooManyTriesError, and then counts nothing.

    The caller commits before the secret is checked.
    """
    require_transaction()
    return Try(purpose, tuple(_count(subject, now) for subject in counts))


def _count(subject: Subject, now: datetime) -> Counted:
    with connection.cursor() as cursor:
        # A wait is there when free_at is after last_at. Clocks of tries at the same time may differ by a moment: without
        # a wait, the clock is not asked.
        cursor.execute(
            "INSERT INTO accounts_failure AS was (digest, failures, last_at, free_at)"
            " VALUES (%(digest)s, 1, %(now)s, %(now)s)"
            " ON CONFLICT (digest) DO UPDATE SET"
            " failures = 1 + greatest(0, was.failures"
            " - greatest(0, floor(extract(epoch FROM %(now)s - was.last_at) / %(fades)s))::int),"
            " last_at = greatest(was.last_at, %(now)s), free_at = greatest(was.last_at, %(now)s)"
            " WHERE was.free_at <= was.last_at OR was.free_at <= %(now)s"
            " RETURNING failures, last_at",
            {"digest": subject.digest, "now": now, "fades": ALLOWANCES[subject.scope].fades.total_seconds()},
        )
        row = cursor.fetchone()
        if row is None:
            raise TooManyTriesError(Failure.objects.get(digest=subject.digest).free_at - now)
        failures, last_at = row
    wait = wait_after(failures, subject.scope)
    if wait:
        Failure.objects.filter(digest=subject.digest).update(free_at=last_at + wait)
    return Counted(subject, failures, wait)


def fail(*, tried: Try, now: datetime) -> None:
    """A counted try failed: when that brings a wait, it is recorded, once for each wait."""
    require_transaction()
    if any(each.wait for each in tried.counted):
        failures = max(each.failures for each in tried.counted if each.wait)
        audit.record(by=VISITOR, action="accounts.throttled", now=now, purpose=tried.purpose, count=failures)


def succeed(*, tried: Try) -> None:
    """A counted try passed: forget the name's failures from this network, and take this try's count back elsewhere."""
    require_transaction()
    for subject, failures, _ in tried.counted:
        if subject.scope is Scope.BOTH:
            Failure.objects.filter(digest=subject.digest).delete()
            continue
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE accounts_failure SET failures = failures - 1,"
                # a wait that another try has brought since then stays
                " free_at = CASE WHEN failures = %(counted)s THEN last_at ELSE free_at END"
                " WHERE digest = %(digest)s AND failures > 0",
                {"digest": subject.digest, "counted": failures},
            )
        Failure.objects.filter(digest=subject.digest, failures=0).delete()


def forget(*, now: datetime) -> int:
    """Delete what was last tried a day ago; how many."""
    require_transaction()
    return int(Failure.objects.filter(last_at__lt=now - FORGET_AFTER, free_at__lt=now).delete()[0])
