"""Which keys hold."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q, QuerySet

from kvitto.kernel.db import batch_cursor
from kvitto.kernel.errors import KvittoError
from kvitto.stores.types import Scope, ScopeKind
from kvitto.tills import models
from kvitto.tills.rules import state_at
from kvitto.tills.types import ListedKey, TillKey


class NoKeyError(KvittoError):
    """No key, or one that does not hold."""

    status = 401


def by_digest(*, now: datetime) -> dict[bytes, TillKey]:
    """Every key that holds, by its digest. One query."""
    rows = _holding(now).values_list(
        "digest", "id", "company_id", "chain_id", "store_id", "sandbox", "expires_at", named=True
    )
    return {
        bytes(row.digest): TillKey(
            row.id, _scope(row.company_id, row.chain_id, row.store_id), row.sandbox, row.expires_at
        )
        for row in rows
    }


def still_hold(key_ids: Collection[int], *, now: datetime) -> set[int]:
    """Those of the keys that hold now: asked in the transaction that their receipts come in with. One query."""
    with batch_cursor() as cursor:
        cursor.execute(
            "SELECT id FROM tills_key WHERE id = ANY(%s) AND expires_at > %s AND (revoked_at IS NULL OR revoked_at > %s)",
            [list(key_ids), now, now],
            binary=True,
        )
        return {key_id for (key_id,) in cursor.fetchall()}


def require(key_id: int, *, now: datetime) -> None:
    """Pass when a key holds now. Raises NoKeyError."""
    if not still_hold([key_id], now=now):
        raise NoKeyError("this key does not hold any more")


def listed(*, now: datetime) -> list[ListedKey]:
    """Every key that was ever made, the newest first."""
    rows = models.TillKey.objects.select_related("company", "chain", "store").order_by("-pk")
    return [_listed(row, now) for row in rows]


def _holding(now: datetime) -> QuerySet[models.TillKey]:
    return models.TillKey.objects.filter(Q(revoked_at=None) | Q(revoked_at__gt=now), expires_at__gt=now)


def _scope(company_id: int | None, chain_id: int | None, store_id: int | None) -> Scope:
    if store_id is not None:
        return Scope(ScopeKind.STORE, store_id)
    if chain_id is not None:
        return Scope(ScopeKind.CHAIN, chain_id)
    return Scope(ScopeKind.COMPANY, company_id or 0)  # the table holds that it is there


def _listed(row: models.TillKey, now: datetime) -> ListedKey:
    kind = _scope(row.company_id, row.chain_id, row.store_id).kind
    place = getattr(row, kind)
    return ListedKey(
        row.pk,
        row.label,
        kind,
        place.code,
        place.name,
        row.sandbox,
        row.made_at,
        row.expires_at,
        state_at(now, expires_at=row.expires_at, revoked_at=row.revoked_at),
    )
