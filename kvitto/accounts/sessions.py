"""The sessions of both faces: Django's database sessions with an account, a device and an end by our own limits."""

import re
from datetime import UTC, datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DBStore

from kvitto.accounts.models import Session
from kvitto.accounts.rules import MEMBER_LIMITS, SEEN_EVERY, ends_at, why_ended
from kvitto.accounts.types import Ended, Limits
from kvitto.kernel import identity

_KEY = re.compile(r"[a-z0-9]{32}")  # as Django makes them; anything else in a cookie is not worth a query


class SessionStore(DBStore):
    """One request's session. The middleware says whose limits hold and what the device is called."""

    limits: Limits = MEMBER_LIMITS
    device: str = ""
    ended: Ended | None = None  # set when the cookie named a session of somebody's that is over
    _started: datetime | None = None
    _seen: datetime | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Our own table."""
        return Session

    def _validate_session_key(self, key: str | None) -> bool:
        return key is not None and _KEY.fullmatch(key) is not None

    def load(self) -> dict[str, Any]:
        """The session's data; empty when there is none, or it is over."""
        identity.present_session(self.session_key)
        row = Session.objects.filter(session_key=self.session_key).first()
        if row is None:
            self._session_key = None
            return {}
        if row.expire_date <= datetime.now(UTC):
            if row.account_id is not None:
                self.ended = why_ended(row.started_at, row.expire_date, self.limits)
            self._session_key = None
            return {}
        self._started, self._seen = row.started_at, row.seen_at
        return dict(self.decode(row.session_data))

    async def aload(self) -> dict[str, Any]:
        """See load()."""
        return await sync_to_async(self.load)()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row to store."""
        self._seen = now = datetime.now(UTC)
        self._started = self._started or now
        key = self._get_or_create_session_key()  # type: ignore[attr-defined]  # the stubs lack it
        identity.present_session(key)
        return Session(
            session_key=key,
            session_data=self.encode(data),
            expire_date=ends_at(self._started, now, self.limits),
            account_id=data.get(SESSION_KEY),
            started_at=self._started,
            seen_at=now,
            device=self.device,
        )

    async def acreate_model_instance(self, data: dict[str, Any]) -> Session:
        """See create_model_instance()."""
        return await sync_to_async(self.create_model_instance)(data)

    def get_session_cookie_age(self) -> int:
        """How long a browser keeps the cookie at most; the row may end sooner."""
        return int(self.limits.whole.total_seconds())

    def begin(self) -> None:
        """Count the session's whole time from now: somebody has just signed in."""
        self._started = None
        self.modified = True

    def delete(self, session_key: str | None = None) -> None:
        """End the session of this key, or this session."""
        identity.present_session(session_key or self.session_key)
        super().delete(session_key)

    def flush(self) -> None:
        """End the session; what follows in this request is a new one."""
        super().flush()
        self._started = self._seen = None

    def touch(self, now: datetime) -> None:
        """Note that the session is in use, at most once a minute."""
        if self._seen is None or self._started is None or now - self._seen < SEEN_EVERY:
            return
        identity.present_session(self.session_key)
        Session.objects.filter(session_key=self.session_key).update(
            seen_at=now, expire_date=ends_at(self._started, now, self.limits)
        )
        self._seen = now
