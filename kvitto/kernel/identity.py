"""Who asks the database: what every statement carries, and row-level security decides by.

The policies are in `kvitto.wiring.walls`, and `kvitto.kernel.postgres` tells each connection before it is used. Where nobody
has said who asks, nothing of a person is seen.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, replace
from typing import Any

import psycopg

from kvitto.kernel.actor import ActorKind

WEB_FACES = frozenset({ActorKind.VISITOR, ActorKind.MEMBER, ActorKind.STAFF})


@dataclass(frozen=True, slots=True)
class Identity:
    """The settings `kvitto.*` of a connection. 0 and the empty text are nobody's.

    `face` and `account` say who asks. The others say what somebody has presented to be let in, or to be shown one row:
    a session's key, a user name, a card's number, a code's id, the person whose card or code it is, the statement about which a
    letter's code was shown, and the digest of a personal token.
    """

    face: str = ""
    account: int = 0
    session: str = ""
    name: str = ""
    card: str = ""
    code: int = 0
    person: int = 0
    letter: int = 0
    token: str = ""


NOBODY = Identity()
SETTINGS = tuple(f"kvitto.{field.name}" for field in fields(Identity))
_TELL = "SELECT " + ", ".join(f"set_config('{setting}', %s, false)" for setting in SETTINGS)

_process = NOBODY
_current: ContextVar[Identity | None] = ContextVar("kvitto_identity", default=None)


def current() -> Identity:
    """Who asks now."""
    return _current.get() or _process


def process_is(face: ActorKind) -> None:
    """Say who asks in this whole process, where nobody says otherwise: a command is its operator's. Never a web server."""
    global _process  # noqa: PLW0603  one process, one default
    _process = Identity(face)


@contextmanager
def acting(face: ActorKind, *, account: int = 0) -> Iterator[None]:
    """Ask as this face inside; afterwards as before, whatever was presented or proved inside."""
    token = _current.set(Identity(face, account))
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def presenting(**what: Any) -> Iterator[None]:
    """Present something inside, and no longer after it. Machines see what they need without."""
    if current().face not in WEB_FACES:
        yield
        return
    token = _current.set(replace(current(), **what))
    try:
        yield
    finally:
        _current.reset(token)


def present_session(key: str | None) -> None:
    """Present a session's key, for the rest of the request."""
    if current().face in WEB_FACES:
        _current.set(replace(current(), session=key or ""))


def proved(face: ActorKind, account: int) -> None:
    """Somebody on the web is known now: ask as that account for the rest of the request. A machine stays a machine."""
    now = current()
    if now.face in WEB_FACES:
        _current.set(Identity(face, account, session=now.session))


def tell(connection: psycopg.Connection[Any], identity: Identity) -> None:
    """Tell a connection who asks, until it is told otherwise or a rollback takes it back."""
    with psycopg.Cursor(connection) as cursor:  # parameters apart from the SQL: a session's key stands in no log of it
        cursor.execute(_TELL, [str(getattr(identity, field.name)) for field in fields(Identity)])


def forget(connection: psycopg.Connection[Any]) -> None:
    """Make a connection nobody's, as the pool does with each that comes back."""
    tell(connection, NOBODY)
    connection.commit()
