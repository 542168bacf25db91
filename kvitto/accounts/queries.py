"""Reads: where an account is signed in, and what its second factors are."""

from datetime import datetime

from kvitto.accounts.models import Account, Factor, RecoveryCode, Session
from kvitto.accounts.rules import public_id
from kvitto.accounts.types import FactorKind, Kind, OpenSession, OwnFactor, SealedFactor


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


def factors_of(account_id: int) -> list[OwnFactor]:
    """An account's second factors, the oldest first; recovery codes are none."""
    rows = Factor.objects.filter(account_id=account_id).order_by("added_at", "id")
    return [OwnFactor(row.pk, FactorKind(row.kind), row.name, row.added_at, row.used_at) for row in rows]


def sealed_factors(account_id: int, kind: FactorKind) -> list[SealedFactor]:
    """An account's second factors of a kind, as they are needed to check one; the vault opens them."""
    rows = Factor.objects.filter(account_id=account_id, kind=kind).order_by("id")
    return [SealedFactor(row.pk, bytes(row.sealed)) for row in rows]


def has_factor(account_id: int) -> bool:
    """Whether an account has a second factor; recovery codes are none."""
    return Factor.objects.filter(account_id=account_id).exists()


def recovery_codes_left(account_id: int) -> int:
    """How many recovery codes an account has not used yet."""
    return RecoveryCode.objects.filter(account_id=account_id).count()


def account_named(username: str, kind: Kind) -> int | None:
    """The account of a user name at a face, to the letter; None when there is none, or it is closed."""
    return Account.objects.filter(username=username, kind=kind, is_active=True).values_list("pk", flat=True).first()
