"""Make, replace and take away keys; ask about a card with one."""

import secrets
from datetime import datetime, timedelta

from django.db import connection

from kvitto.audit import actions as audit
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.db import require_transaction
from kvitto.kernel.errors import ConflictError, InvalidError, KvittoError, NotFoundError
from kvitto.members import queries as members
from kvitto.staff.gate import permit
from kvitto.staff.rules import is_sound_text
from kvitto.staff.types import Act
from kvitto.stores import queries as stores
from kvitto.stores.types import ScopeKind
from kvitto.tills import models, queries
from kvitto.tills.rules import (
    CHECKS_A_MINUTE,
    DAYS,
    LONGEST_LABEL,
    MOST_DAYS,
    MOST_OVERLAP_DAYS,
    OVERLAP_DAYS,
    PREFIX,
    SECRET_BYTES,
    minute_of,
    next_minute,
    state_at,
    token_digest,
)
from kvitto.tills.types import KeyState, NewKey


class LabelError(InvalidError):
    """A label that says nothing, or too much."""


class DaysError(InvalidError):
    """A key would hold longer than a key may, or not at all."""


class NoSuchPlaceError(NotFoundError):
    """No company, chain or store has this code."""


class NoSuchKeyError(NotFoundError):
    """No key has this number."""


class KeyOverError(ConflictError):
    """The key does not hold any more."""


class TooManyChecksError(KvittoError):
    """The key has asked about too many cards; `seconds` until it may again."""

    status = 429

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"a key may ask about {CHECKS_A_MINUTE} cards a minute: wait {seconds} s")


def issue(
    *,
    label: str,
    kind: ScopeKind,
    code: str,
    by: Actor,
    now: datetime,
    days: int = DAYS,
    sandbox: bool = False,
    fresh_factor: bool = False,
) -> NewKey:
    """Make a key for the stores of a company, a chain, or one store, named by its code. Its token is given this once.

    Raises DeniedError, LabelError, DaysError, NoSuchPlaceError.
    """
    require_transaction()
    permit(by=by, act=Act.TILL_KEY_ISSUE, now=now, fresh_factor=fresh_factor)
    if not is_sound_text(label, LONGEST_LABEL):
        raise LabelError(f"a label has 1 to {LONGEST_LABEL} characters, all of them visible")
    if not 1 <= days <= MOST_DAYS:
        raise DaysError(f"a key holds for 1 to {MOST_DAYS} days")
    place_id = stores.place_id(kind, code)
    if place_id is None:
        raise NoSuchPlaceError(f"no {kind} has the code {code!r}; the network file has them")
    made = _make(label, kind, place_id, sandbox=sandbox, days=days, now=now)
    audit.record(by=by, action="tills.issue_key", now=now, count=1, case=str(made.key_id))
    return made


def rotate(
    *, key_id: int, by: Actor, now: datetime, overlap_days: int = OVERLAP_DAYS, fresh_factor: bool = False
) -> NewKey:
    """Make a key in the place of one that holds: as long again, for the same stores. The old one holds on for some days.

    Raises DeniedError, DaysError, NoSuchKeyError, KeyOverError.
    """
    require_transaction()
    permit(by=by, act=Act.TILL_KEY_ISSUE, now=now, fresh_factor=fresh_factor)
    if not 0 <= overlap_days <= MOST_OVERLAP_DAYS:
        raise DaysError(f"a replaced key holds on for at most {MOST_OVERLAP_DAYS} days")
    old = _locked(key_id, now)
    kind = ScopeKind.STORE if old.store_id else ScopeKind.CHAIN if old.chain_id else ScopeKind.COMPANY
    days = max(1, (old.expires_at - old.made_at).days)
    made = _make(old.label, kind, getattr(old, f"{kind}_id"), sandbox=old.sandbox, days=min(days, MOST_DAYS), now=now)
    if overlap_days:
        old.expires_at = min(old.expires_at, now + timedelta(days=overlap_days))
    else:
        old.revoked_at = now
    old.save(update_fields=["expires_at", "revoked_at"])
    audit.record(by=by, action="tills.rotate_key", now=now, count=1, case=str(key_id))
    return made


def revoke(*, key_id: int, by: Actor, now: datetime) -> None:
    """Take a key away: nothing more comes in with it. Raises DeniedError, NoSuchKeyError, KeyOverError."""
    require_transaction()
    permit(by=by, act=Act.TILL_KEY_REVOKE, now=now)
    key = _locked(key_id, now)
    key.revoked_at = now
    key.save(update_fields=["revoked_at"])
    audit.record(by=by, action="tills.revoke_key", now=now, count=1, case=str(key_id))


def check_card(*, key_id: int, number: str, now: datetime) -> bool:
    """Whether a card earns Bonus now, asked by a till. One entry for all that a key asks in a minute, and no number in it.

    Raises NoKeyError, TooManyChecksError.
    """
    require_transaction()
    queries.require(key_id, now=now)
    count = _count_check(key_id, now)
    if count > CHECKS_A_MINUTE:
        raise TooManyChecksError(next_minute(now))
    if count == 1:
        by = Actor(ActorKind.TILL, str(key_id))
        audit.record(by=by, action="tills.check_cards", purpose="recording", now=now, count=1)
    return members.holder_at(number, at=now) is not None


def _make(label: str, kind: ScopeKind, place_id: int, *, sandbox: bool, days: int, now: datetime) -> NewKey:
    token = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    row = models.TillKey.objects.create(
        label=label,
        digest=token_digest(token),
        sandbox=sandbox,
        made_at=now,
        expires_at=now + timedelta(days=days),
        **{f"{kind}_id": place_id},
    )
    return NewKey(row.pk, token, row.expires_at)


def _locked(key_id: int, now: datetime) -> models.TillKey:
    row = models.TillKey.objects.select_for_update(no_key=True).filter(pk=key_id).first()
    if row is None:
        raise NoSuchKeyError(f"there is no key {key_id}; kvitto tills list names them")
    if state_at(now, expires_at=row.expires_at, revoked_at=row.revoked_at) is not KeyState.HOLDS:
        raise KeyOverError(f"key {key_id} does not hold any more: make a new one")
    return row


def _count_check(key_id: int, now: datetime) -> int:
    """How many questions the key has asked in this minute, with this one; one row a key, whatever it asks."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tills_checks AS c (key_id, minute, count) VALUES (%s, %s, 1) ON CONFLICT (key_id) DO UPDATE SET"
            " count = CASE WHEN c.minute = excluded.minute THEN c.count + 1 ELSE 1 END, minute = excluded.minute"
            " RETURNING count",
            [key_id, minute_of(now)],
        )
        return int(cursor.fetchone()[0])
