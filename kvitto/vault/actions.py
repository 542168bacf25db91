"""Seal, open, destroy.

Blob: version (1 byte) | key id (8) | nonce (12) | ciphertext and tag. AES-256-GCM with a random 96-bit nonce: a key seals one
member's quarter, far below the 2**32 messages that are safe under one key.

Sealing and destroying exclude each other by an advisory lock that each holds to the end of its transaction, so no blob is
ever committed under a key that is already gone.
"""

import os
import struct
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection

from kvitto.audit import actions as audit
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import batch_cursor, require_transaction
from kvitto.kernel.errors import KvittoError, NotFoundError
from kvitto.kernel.periods import Period
from kvitto.vault.keyring import keyring
from kvitto.vault.types import Compartment, ToOpen, ToSeal

VERSION = 1
_HEAD = struct.Struct(">BQ")  # version, key id
_SLOT = struct.Struct(">QHi")  # person, compartment, quarter: what a wrapped key is bound to
_SECRET = struct.Struct(">BQ")  # version, account: what a small secret is bound to, with its purpose
_NONCE, _TAG = 12, 16
_LOCK = "hashtext('kvitto.vault.keys')"


class KeyDestroyedError(NotFoundError):
    """The key is gone: what was sealed under it is erased."""


class TamperedError(KvittoError):
    """A blob or a wrapped key does not belong where it is found, or was changed."""


def ready() -> None:
    """Make the key files on the first start; later check them. SetupError when one is missing, foreign or exposed."""
    keyring()


def seal(*, items: Sequence[ToSeal], compartment: Compartment) -> list[bytes]:
    """Seal a batch inside the caller's transaction, making keys where a (member, quarter) has none; blobs in order."""
    require_transaction()
    with batch_cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock_shared({_LOCK})")
    keys = _keys_for(sorted({(item.person_id, item.quarter) for item in items}), compartment)
    nonces = os.urandom(_NONCE * len(items))
    blobs = []
    for number, item in enumerate(items):
        key_id, cipher = keys[item.person_id, item.quarter]
        head = _HEAD.pack(VERSION, key_id)
        nonce = nonces[number * _NONCE : (number + 1) * _NONCE]
        blobs.append(head + nonce + cipher.encrypt(nonce, item.plaintext, head + item.bound_to))
    return blobs


def open_sealed(
    *,
    items: Sequence[ToOpen],
    by: Actor,
    purpose: str,
    subject: UUID | None,
    period: Period | None,
    now: datetime,
    case: str = "",
) -> list[bytes]:
    """Open a batch: one audit entry, committed, then the plaintexts in order.

    Is its own outermost transaction: called inside another one it fails, because then a rollback could take the entry back
    after the lines were seen. KeyDestroyedError when a key is gone, TamperedError when a blob does not fit; the entry stays.
    """
    audit.record(
        by=by,
        action="vault.open",
        now=now,
        purpose=purpose,
        subject=subject,
        period=period,
        count=len(items),
        case=case,
        alone=True,
    )
    return _opened(items)


def stop_sealing() -> None:
    """Let nobody else seal or destroy until the caller's transaction ends: what it finds sealed then is everything."""
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")


def open_to_replace(
    *, items: Sequence[ToOpen], by: Actor, purpose: str, subject: UUID, period: Period | None, now: datetime
) -> list[bytes]:
    """Open what the caller's transaction puts less in the place of; as `open_sealed`, but the entry commits with that act.

    For acts that show nothing of it: when they are rolled back, nobody has seen anything. Call `stop_sealing` before reading
    the blobs, and after this `replace_keys`.
    """
    require_transaction()
    audit.record(by=by, action="vault.open", now=now, purpose=purpose, subject=subject, period=period, count=len(items))
    return _opened(items)


def replace_keys(
    *,
    person_id: int,
    compartment: Compartment,
    quarters: Collection[int],
    by: Actor,
    subject: UUID,
    now: datetime,
) -> int:
    """Destroy one person's keys of a compartment and some quarters; how many. What stays is sealed anew, under keys made then.

    With the caller's transaction the old blobs no longer open, wherever they are; taken back, all is as it was.
    """
    stop_sealing()
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM vault_key WHERE person_id = %s AND compartment = %s AND quarter = ANY(%s)",
            [person_id, compartment, list(quarters)],
        )
        destroyed = int(cursor.rowcount)
    audit.record(by=by, action="vault.destroy", now=now, purpose="removal", subject=subject, count=destroyed)
    return destroyed


def destroy_compartment(*, person_id: int, compartment: Compartment, by: Actor, subject: UUID, now: datetime) -> int:
    """Destroy all of one person's keys of a compartment, which is no longer wanted; how many. Irreversible, also in backups."""
    stop_sealing()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM vault_key WHERE person_id = %s AND compartment = %s", [person_id, compartment])
        destroyed = int(cursor.rowcount)
    audit.record(by=by, action="vault.destroy", now=now, purpose="choice", subject=subject, count=destroyed)
    return destroyed


def destroy_quarters(*, compartment: Compartment, before: int, by: Actor, now: datetime) -> int:
    """Destroy everybody's keys of a compartment and quarters before the given one; how many. Irreversible, also in backups."""
    stop_sealing()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM vault_key WHERE quarter < %s AND compartment = %s", [before, compartment])
        destroyed = int(cursor.rowcount)
    if destroyed:
        audit.record(by=by, action="vault.destroy", now=now, purpose="retention", count=destroyed)
    return destroyed


def seal_secret(*, account_id: int, purpose: str, plaintext: bytes) -> bytes:
    """Seal a small secret of an account, such as the seed of its one-time codes, under the master key itself.

    It opens for the same account and the same purpose only: a blob that is copied to another row is of no use there.
    """
    nonce = os.urandom(_NONCE)
    return bytes([VERSION]) + nonce + keyring().master.encrypt(nonce, plaintext, _secret_slot(account_id, purpose))


def open_secret(*, account_id: int, purpose: str, blob: bytes) -> bytes:
    """Open what `seal_secret` gave. TamperedError when it belongs to another account or purpose, or was changed.

    Nothing is recorded here: such a secret says nothing about anybody, and the act that needs it leaves its own entry.
    """
    blob = bytes(blob)
    if blob[:1] != bytes([VERSION]):
        raise TamperedError(f"a sealed secret is not of the version this program knows, {VERSION}")
    try:
        return keyring().master.decrypt(blob[1 : 1 + _NONCE], blob[1 + _NONCE :], _secret_slot(account_id, purpose))
    except (InvalidTag, ValueError):  # ValueError: too short to be one
        raise TamperedError("a sealed secret does not belong to this account, or was changed") from None


def _secret_slot(account_id: int, purpose: str) -> bytes:
    """Longer than any `_SLOT`, so that a secret can never pass for a wrapped key, nor a key for a secret."""
    return b"kvitto.vault.secret\0" + _SECRET.pack(VERSION, account_id) + purpose.encode()


def _opened(items: Sequence[ToOpen]) -> list[bytes]:
    keys = _keys_by_id({_key_id(item.blob) for item in items})
    return [_decrypt(item, keys) for item in items]


def _keys_for(slots: Sequence[tuple[int, int]], compartment: Compartment) -> dict[tuple[int, int], tuple[int, AESGCM]]:
    found = _fetch_slots(slots, compartment)
    missing = [slot for slot in slots if slot not in found]
    if missing:
        _make_keys(missing, compartment)
        found |= _fetch_slots(missing, compartment)
    return found


def _fetch_slots(
    slots: Sequence[tuple[int, int]], compartment: Compartment
) -> dict[tuple[int, int], tuple[int, AESGCM]]:
    wanted = set(slots)
    with batch_cursor() as cursor:
        cursor.execute(
            "SELECT person_id, quarter, id, wrapped FROM vault_key"
            " WHERE person_id = ANY(%s) AND compartment = %s AND quarter = ANY(%s)",
            [list({person for person, _ in slots}), int(compartment), list({quarter for _, quarter in slots})],
            binary=True,
        )
        rows = cursor.fetchall()
    return {
        (person, quarter): (key_id, _unwrap(wrapped, _SLOT.pack(person, compartment, quarter)))
        for person, quarter, key_id, wrapped in rows
        if (person, quarter) in wanted
    }


def _make_keys(slots: Iterable[tuple[int, int]], compartment: Compartment) -> None:
    """Insert new keys, in the slots' order, so that two batches that make the same keys wait instead of deadlocking."""
    master = keyring().master
    people, quarters, wrapped = [], [], []
    for person, quarter in slots:
        nonce = os.urandom(_NONCE)
        people.append(person)
        quarters.append(quarter)
        wrapped.append(nonce + master.encrypt(nonce, os.urandom(32), _SLOT.pack(person, compartment, quarter)))
    with batch_cursor() as cursor:
        cursor.execute(
            "INSERT INTO vault_key (person_id, compartment, quarter, wrapped)"
            " SELECT s.person_id, %s, s.quarter, s.wrapped"
            " FROM unnest(%s::bigint[], %s::int[], %s::bytea[]) AS s (person_id, quarter, wrapped)"
            " ON CONFLICT (person_id, compartment, quarter) DO NOTHING",
            [int(compartment), people, quarters, wrapped],
        )


def _keys_by_id(key_ids: set[int]) -> dict[int, AESGCM]:
    with batch_cursor() as cursor:
        cursor.execute(
            "SELECT id, person_id, compartment, quarter, wrapped FROM vault_key WHERE id = ANY(%s)",
            [list(key_ids)],
            binary=True,
        )
        rows = cursor.fetchall()
    return {
        key_id: _unwrap(wrapped, _SLOT.pack(person, compartment, quarter))
        for key_id, person, compartment, quarter, wrapped in rows
    }


def _unwrap(wrapped: bytes, slot: bytes) -> AESGCM:
    try:
        return AESGCM(keyring().master.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], slot))
    except InvalidTag:
        raise TamperedError(
            "a wrapped key does not belong to its row: restore the keys' table from its backup"
        ) from None


def _key_id(blob: bytes) -> int:
    if len(blob) < _HEAD.size + _NONCE + _TAG:
        raise TamperedError("a sealed blob is too short to be one")
    version, key_id = _HEAD.unpack_from(blob)
    if version != VERSION:
        raise TamperedError(f"a sealed blob has version {version}; this program knows {VERSION}")
    return int(key_id)


def _decrypt(item: ToOpen, keys: dict[int, AESGCM]) -> bytes:
    blob = bytes(item.blob)
    cipher = keys.get(_key_id(blob))
    if cipher is None:
        raise KeyDestroyedError("the key has been destroyed: this content is erased")
    head, nonce, body = blob[: _HEAD.size], blob[_HEAD.size : _HEAD.size + _NONCE], blob[_HEAD.size + _NONCE :]
    try:
        return cipher.decrypt(nonce, body, head + item.bound_to)
    except InvalidTag:
        raise TamperedError("a sealed blob does not belong to this receipt, or was changed") from None
