"""The personal token: lets a member's own tools read their receipts, and does nothing else. One an account, told once.

256 random bits cannot be guessed, so what is stored is a plain digest, and a token is looked up before anything is counted. How
often it is used is limited by one column: `free_at` moves on by `EVERY` with each use, and may be `BURST` ahead of the clock.
"""

import math
import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from kvitto.accounts.models import Account, Token
from kvitto.accounts.types import Kind, OwnToken
from kvitto.audit import actions as audit
from kvitto.kernel import identity
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import batch_cursor, require_transaction

PREFIX = "kvitto_"  # so that whoever finds one knows what it is
LASTS = timedelta(days=365)
EVERY = timedelta(seconds=1)
BURST = timedelta(seconds=30)  # as many uses at once


def token_of(account_id: int, *, now: datetime) -> OwnToken | None:
    """An account's token, without what it is; None when there is none, or its time is over."""
    row = Token.objects.filter(account_id=account_id, made_at__gt=now - LASTS).first()
    return OwnToken(row.made_at, row.used_at, row.made_at + LASTS) if row else None


def make(*, account_id: int, by: Actor, now: datetime) -> str:
    """A new token for an account, in the place of the one before; it is told once, and stored as a digest."""
    require_transaction()
    Account.objects.select_for_update(no_key=True).get(pk=account_id)
    text = PREFIX + secrets.token_urlsafe(32)
    Token.objects.filter(account_id=account_id).delete()
    Token.objects.create(account_id=account_id, digest=_digest(text), made_at=now, free_at=now)
    audit.record(by=by, action="accounts.token_made", now=now, count=1)
    return text


def revoke(*, account_id: int, by: Actor, now: datetime) -> None:
    """End an account's token; one that is gone already is as well."""
    require_transaction()
    if Token.objects.filter(account_id=account_id).delete()[0]:
        audit.record(by=by, action="accounts.token_revoked", now=now, count=1)


def find(text: str, *, now: datetime) -> int | None:
    """The account that a token opens; None when it is none, or its time is over."""
    digest = _digest(text)
    with identity.presenting(token=digest):
        return Token.objects.filter(digest=digest, made_at__gt=now - LASTS).values_list("account_id", flat=True).first()


def use(*, account_id: int, now: datetime) -> int:
    """Note a use of an account's token, as that account: 0, or how many seconds it has to wait, and then nothing is noted.

    -1 when the token is gone, or its account cannot sign in. Uses from several places count together.
    """
    require_transaction()
    if not Account.objects.filter(pk=account_id, kind=Kind.MEMBER, is_active=True).exists():
        return -1
    with batch_cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_token SET used_at = %(now)s, free_at = greatest(free_at, %(now)s) + %(every)s"
            " WHERE account_id = %(account)s AND free_at <= %(now)s + %(burst)s",
            {"now": now, "every": EVERY, "burst": BURST - EVERY, "account": account_id},
        )
        if cursor.rowcount:
            return 0
    free_at = Token.objects.filter(account_id=account_id).values_list("free_at", flat=True).first()
    return -1 if free_at is None else max(1, math.ceil((free_at - BURST + EVERY - now).total_seconds()))


def forget(*, now: datetime) -> int:
    """Delete the tokens whose time is over; how many."""
    require_transaction()
    return int(Token.objects.filter(made_at__lte=now - LASTS).delete()[0])


def _digest(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()
