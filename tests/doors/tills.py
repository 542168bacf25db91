"""A till at the API: a real event loop in a thread, the real application, real commits. No network."""

import asyncio
import json
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Thread

from kvitto.doors.till_api.app import TillApi
from kvitto.doors.till_api.taking import Here
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.stores.types import ScopeKind
from kvitto.tills import actions


def issue(kind=ScopeKind.STORE, code="101", now=None, **fields):
    """A new key, made at the machine."""
    with opened():
        made = {"label": "Test", "kind": kind, "code": code, "by": OPERATOR, "now": now or datetime.now(UTC)}
        return actions.issue(**(made | fields))


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def items(self):
        return [item["state"] for item in self.json["items"]]


class Api:
    """The application, asked as an HTTP server asks it."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.app = TillApi(secure=False, lists=Here)
        self.thread = Thread(target=self.loop.run_forever)
        self.thread.start()

    def close(self):
        asyncio.run_coroutine_threadsafe(self.app.close(), self.loop).result(30)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def ask(self, method, path, body=b"", key=None, **headers):
        return self.begin(method, path, body, key, **headers).result(30)

    def begin(self, method, path, body=b"", key=None, **headers):
        """A request under way: its answer is the future's result."""
        if key is not None:
            headers["authorization"] = f"Bearer {getattr(key, 'token', key)}"
        named = [(name.replace("_", "-").encode(), str(value).encode()) for name, value in headers.items()]
        return asyncio.run_coroutine_threadsafe(self._ask(method, path, body, named), self.loop)

    def post(self, path, value, key=None, **headers):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.ask("POST", f"/api/v1{path}", body, key, **headers)

    def get(self, path, key=None):
        return self.ask("GET", f"/api/v1{path}", key=key)

    async def _ask(self, method, path, body, headers):
        scope = {"type": "http", "method": method, "path": path, "headers": headers}
        parts = [body[at : at + 50_000] for at in range(0, len(body), 50_000)] or [b""]
        sent = []

        async def receive():
            part = parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(parts)}

        async def send(message):
            sent.append(message)

        await self.app(scope, receive, send)
        start, answer = sent
        named = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], named, answer["body"])


@contextmanager
def serving():
    api = Api()
    try:
        yield api
    finally:
        api.close()
