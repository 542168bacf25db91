"""Writes about second factors and recovery codes. What a factor is checked against comes here sealed by the vault.

Everything that may be used once is used by one statement that finds it unused: two tries at the same time are one after
the other.
"""

import secrets
from datetime import datetime

from django.db.models import Q
from django.utils.crypto import salted_hmac

from kvitto.accounts.models import Account, Factor, RecoveryCode, Session
from kvitto.accounts.rules import RECOVERY_ALPHABET, RECOVERY_CODES, RECOVERY_LENGTH, read_recovery, written_recovery
from kvitto.accounts.types import FactorKind, Given
from kvitto.audit import actions as audit
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import require_transaction
from kvitto.kernel.errors import ConflictError, NotFoundError, RefusedError

MOST_FACTORS = 6


class TooManyFactorsError(ConflictError):
    """An account has as many second factors as it may."""


class NotFirstFactorError(RefusedError):
    """The account has a second factor already: another one takes that one first."""


class LastFactorError(ConflictError):
    """The only second factor of an account stays until there is another."""


class NoFactorError(NotFoundError):
    """The account has no such second factor, or no longer."""


def add(
    *,
    account_id: int,
    kind: FactorKind,
    name: str,
    sealed: bytes,
    counter: int,
    as_first: bool,
    by: Actor,
    now: datetime,
) -> int:
    """Give an account a second factor; its id. `counter` is what was used when it was set up: a one-time code's half minute.

    `as_first` says that nothing but the password was given: then NotFirstFactorError when there is a factor already.
    Raises TooManyFactorsError.
    """
    require_transaction()
    _lock(account_id)
    count = Factor.objects.filter(account_id=account_id).count()
    if as_first and count:
        raise NotFirstFactorError("a second factor has been set up for this account: give it first")
    if count >= MOST_FACTORS:
        raise TooManyFactorsError(f"an account has at most {MOST_FACTORS} second factors: remove one first")
    factor = Factor.objects.create(
        account_id=account_id, kind=kind, name=name, sealed=sealed, counter=counter, added_at=now, used_at=now
    )
    audit.record(by=by, action="accounts.factor_added", now=now, purpose=kind, count=1)
    return int(factor.pk)


def use(*, account_id: int, factor_id: int, counter: int, now: datetime) -> bool:
    """Whether a factor that was found right may be taken: not when this use of it, or a later one, was seen before.

    Passkeys that count nothing say 0 each time. Who asked for the factor writes the entry.
    """
    require_transaction()
    unused = Q(counter__lt=counter)
    if counter == 0:
        unused |= Q(kind=FactorKind.PASSKEY, counter=0)
    found = Factor.objects.filter(unused, pk=factor_id, account_id=account_id)
    return found.update(counter=counter, used_at=now) == 1


def note_given(*, given: Given, by: Actor, now: datetime) -> None:
    """Leave the trace of a second factor that was asked for again."""
    require_transaction()
    audit.record(by=by, action="accounts.factor_given", now=now, purpose=given, count=1)


def remove(*, account_id: int, factor_id: int, by: Actor, now: datetime) -> None:
    """Take a second factor from an account. Raises NoFactorError, and LastFactorError for the only one."""
    require_transaction()
    _lock(account_id)
    kinds = dict(Factor.objects.filter(account_id=account_id).values_list("id", "kind"))
    if factor_id not in kinds:
        raise NoFactorError("this second factor is gone already")
    if len(kinds) == 1:
        raise LastFactorError("the only second factor cannot be removed: add another one first")
    Factor.objects.filter(pk=factor_id).delete()
    audit.record(by=by, action="accounts.factor_removed", now=now, purpose=kinds[factor_id], count=1)


def reset(*, account_id: int, by: Actor, now: datetime) -> int:
    """Take all second factors and recovery codes from an account, and sign it out; how many factors it had.

    For somebody who has lost everything: at the next sign-in a factor is set up anew.
    """
    require_transaction()
    _lock(account_id)
    count = int(Factor.objects.filter(account_id=account_id).delete()[0])
    RecoveryCode.objects.filter(account_id=account_id).delete()
    Session.objects.filter(account_id=account_id).delete()
    audit.record(by=by, action="accounts.factors_reset", now=now, count=count)
    return count


def new_recovery_codes(*, account_id: int, by: Actor, now: datetime) -> list[str]:
    """Ten new recovery codes, as people get them; the ones before are over. They are told once: digests are stored."""
    require_transaction()
    _lock(account_id)
    codes = ["".join(secrets.choice(RECOVERY_ALPHABET) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.filter(account_id=account_id).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(account_id=account_id, digest=_digest(account_id, code)) for code in codes
    )
    audit.record(by=by, action="accounts.recovery_codes", now=now, count=len(codes))
    return [written_recovery(code) for code in codes]


def use_recovery_code(*, account_id: int, text: str) -> bool:
    """Whether this is an unused recovery code of the account; it is used now. Who asked for it writes the entry."""
    require_transaction()
    code = read_recovery(text)
    if code is None:
        return False
    return RecoveryCode.objects.filter(account_id=account_id, digest=_digest(account_id, code)).delete()[0] == 1


def _digest(account_id: int, code: str) -> bytes:
    return salted_hmac("kvitto.accounts.factors", f"{account_id}:{code}", algorithm="sha256").digest()


def _lock(account_id: int) -> None:
    Account.objects.select_for_update(no_key=True).get(pk=account_id)
