"""The two kinds of account, how long a sign-in holds, second factors, and what is counted of tries."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """Which face an account belongs to."""

    MEMBER = "member"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Limits:
    """A session ends when it was not used for `idle`, and in any case `whole` after the sign-in."""

    idle: timedelta
    whole: timedelta


class Ended(StrEnum):
    """Why a session is over, as far as it is known."""

    IDLE = "idle"
    LONG = "long"
    STANDING = "standing"  # a duty, or the confidentiality agreement, no longer holds


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A place where an account is signed in. The public id names it on pages; it is not the cookie's value."""

    public_id: str
    started_at: datetime
    seen_at: datetime
    browser: str  # empty when unknown
    system: str  # empty when unknown
    is_this: bool


@dataclass(frozen=True, slots=True)
class OwnToken:
    """A personal token as its owner sees it: what it is was told once."""

    made_at: datetime
    used_at: datetime | None
    ends_at: datetime


class Purpose(StrEnum):
    """What somebody tries to get by knowing a secret."""

    SIGN_IN = "sign-in"
    CODE = "activation code"
    LETTER = "code of a letter"
    PASSWORD = "password change"  # noqa: S105 - a word, not a password
    FACTOR = "second factor"
    LOOK_UP = "look-up by card"
    SINGLE_SIGN_ON = "single sign-on"
    TOKEN = "personal token"  # noqa: S105 - words, not a token


class Scope(StrEnum):
    """By what failed tries are counted. The order is the order in which the rows are locked."""

    BOTH = "name and network"
    NAME = "name"
    NETWORK = "network"


class Subject(NamedTuple):
    """What is counted: only a keyed digest of it is ever stored."""

    scope: Scope
    digest: bytes


class Counted(NamedTuple):
    """A subject after this try was counted: its failures, and the wait that this try brings when it fails."""

    subject: Subject
    failures: int
    wait: timedelta


@dataclass(frozen=True, slots=True)
class Try:
    """A counted try, to be told afterwards whether it failed or passed."""

    purpose: Purpose
    counted: tuple[Counted, ...]


class First(StrEnum):
    """What staff have shown before their second factor; the record of acts says it in these words."""

    PASSWORD = "password"  # noqa: S105 - a word, not a password
    SINGLE_SIGN_ON = "single sign-on"


class FactorKind(StrEnum):
    """What somebody has at hand besides their password."""

    APP = "app"
    PASSKEY = "passkey"


class Given(StrEnum):
    """By what somebody has shown that it is they; the record of acts says it in these words."""

    APP = "one-time code"
    PASSKEY = "passkey"
    RECOVERY = "recovery code"
    DEMO = "the demo's door"


@dataclass(frozen=True, slots=True)
class OwnFactor:
    """A second factor as its owner sees it."""

    id: int
    kind: FactorKind
    name: str
    added_at: datetime
    used_at: datetime


@dataclass(frozen=True, slots=True)
class SealedFactor:
    """A second factor to be checked: what it takes is sealed by the vault for this account and kind."""

    id: int
    sealed: bytes
