"""Reads: where an account is signed in."""

from datetime import datetime

from kvitto.accounts.models import Session
from kvitto.accounts.rules import public_id
from kvitto.accounts.types import OpenSession


def sessions_of(account_id: int, *, this_key: str | None, now: datetime) -> list[OpenSession]:
    """Where an account is signed in, the last used first. `this_key` is the asking browser's own session key."""
    found = []
    for row in Session.objects.filter(account_id=account_id, expire_date__gt=now).order_by("-seen_at"):
        browser, _, system = row.device.partition(" on ")
        found.append(
            OpenSession(
                public_id=public_id(row.session_key),
                started_at=row.started_at,
                seen_at=row.seen_at,
                browser=browser,
                system=system,
                is_this=row.session_key == this_key,
            )
        )
    return found
