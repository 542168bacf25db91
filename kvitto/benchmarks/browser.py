"""A browser's part of the measurement: a server of its own, a session, requests over one connection at a time."""

import gzip
import http.client
import os
import re
import socket
import subprocess
import time
from collections.abc import Sequence
from http.cookies import SimpleCookie
from typing import NamedTuple, Self
from urllib.parse import urlencode

from kvitto.kernel.errors import KvittoError

PATIENCE_SECONDS = 60
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class NoAnswerError(KvittoError):
    """The measured server does not do what the measurement needs."""


class Answer(NamedTuple):
    """What came back for one request."""

    status: int
    location: str
    body: bytes  # unpacked
    packed_bytes: int  # as sent to a browser that takes gzip
    milliseconds: float


class Server:
    """The web server as `kvitto serve` starts it, on a free port, against the database the environment names."""

    def __init__(self, command: Sequence[str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        # what it says goes to our stderr: stdout is for the figures
        self.process = subprocess.Popen([*command, "--port", str(self.port)], env=dict(os.environ), stdout=2)

    def __enter__(self) -> Self:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return self
        self.__exit__()
        raise NoAnswerError("the web server did not start; its messages are above")

    def __exit__(self, *raised: object) -> None:
        self.process.terminate()
        self.process.wait()


class Browser:
    """One visitor: cookies, and a connection that is kept while requests follow each other."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)

    def connect(self) -> None:
        """Begin a new connection: the server closes one that has been idle."""
        self.connection.close()
        self.connection.connect()

    def get(self, path: str) -> Answer:
        """One page; the time is from the request's first byte to the answer's last."""
        return self._ask("GET", path, None, {})

    def sign_in(self, username: str, password: str) -> None:
        """Through the page, as anybody does."""
        self.connect()
        token = _TOKEN.search(self.get("/sign-in").body.decode())
        form = {"username": username, "password": password, "csrfmiddlewaretoken": token[1] if token else ""}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._ask("POST", "/sign-in", urlencode(form), headers)
        if answer.status != http.HTTPStatus.FOUND:
            raise NoAnswerError(f"signing in was answered with {answer.status}, not with a redirect")

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"Accept-Encoding": "gzip", "Accept": "text/html", "Cookie": cookies} | headers
        started = time.perf_counter()
        self.connection.request(method, path, body, sent)
        response = self.connection.getresponse()
        received = response.read()
        milliseconds = (time.perf_counter() - started) * 1000
        for header in response.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
        packed = response.headers["Content-Encoding"] == "gzip"
        return Answer(
            status=response.status,
            location=response.headers.get("Location", ""),
            body=gzip.decompress(received) if packed else received,
            packed_bytes=len(received if packed else gzip.compress(received)),
            milliseconds=milliseconds,
        )
