"""What a till's key is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kvitto.stores.types import Scope, ScopeKind


@dataclass(frozen=True, slots=True)
class TillKey:
    """A key that holds. What comes with a `sandbox` key is checked and answered, and nothing of it is stored."""

    id: int
    scope: Scope
    sandbox: bool
    expires_at: datetime


class KeyState(StrEnum):
    """What can be said of a key on a day."""

    HOLDS = "holds"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key as the administrator sees it: never the key itself."""

    key_id: int
    label: str
    kind: ScopeKind
    code: str  # of the company, chain or store
    name: str
    sandbox: bool
    made_at: datetime
    expires_at: datetime
    state: KeyState


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made. `token` is what the till sends; it is nowhere else, and this is the only time it is seen."""

    key_id: int
    token: str
    expires_at: datetime
