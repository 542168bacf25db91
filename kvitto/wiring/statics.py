"""The stylesheet, the script and their like, from the same process: named by their content, and kept by browsers for good."""

import gzip
import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

from kvitto.kernel.errors import SetupError

FOR_GOOD = "public, max-age=31536000, immutable"
COMPRESSED = re.compile(r"text/|application/(javascript|json)|image/svg\+xml")
TAKES_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))")


class StaticFileMissingError(SetupError):
    """A template names a static file that is not installed."""


@lru_cache(maxsize=256)
def _version(path: str, _changed: int) -> str:
    return sha256(Path(path).read_bytes()).hexdigest()[:12]


@lru_cache(maxsize=256)
def _compressed(path: str, _changed: int) -> bytes:
    return gzip.compress(Path(path).read_bytes(), mtime=0)


def _changed(path: str) -> int:
    """When the file was last written; it is part of the caches' keys, so that work in progress is seen."""
    return Path(path).stat().st_mtime_ns


class VersionedStorage(StaticFilesStorage):
    """`{% static %}` gives `/static/kvitto.css?v=…`: another content has another address."""

    _urls: dict[str, str]

    def url(self, name: str | None) -> str:
        """The address of a file with the version of its content. StaticFileMissingError when no such file is found."""
        if settings.DEBUG:
            return self._versioned(name or "")
        self._urls = getattr(self, "_urls", {})
        if name not in self._urls:
            self._urls[name or ""] = self._versioned(name or "")
        return self._urls[name or ""]

    def _versioned(self, name: str) -> str:
        path = finders.find(name)
        if not isinstance(path, str):
            raise StaticFileMissingError(f"there is no static file {name}: install the package anew")
        return f"{super().url(name)}?v={_version(path, _changed(path))}"


class StaticMiddleware(WhiteNoiseMiddleware):
    """WhiteNoise, answering with whole files (streaming them from an ASGI server makes Django warn), compressed once."""

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        """The answer for a file that was found; ours have a few kilobytes each."""
        path = static_file.alternatives[0][1]
        asked = dict(request.META)
        if "HTTP_IF_NONE_MATCH" in asked:  # a compressed answer's tag is weak; WhiteNoise compares letter by letter
            asked["HTTP_IF_NONE_MATCH"] = asked["HTTP_IF_NONE_MATCH"].removeprefix("W/")
        found = static_file.get_response(request.method, asked)
        body = b""
        if found.file is not None:
            with found.file as file:
                body = file.read()
        response = HttpResponse(body, status=int(found.status), headers=dict(found.headers))
        if request.GET.get("v") == _version(path, _changed(path)):
            response["Cache-Control"] = FOR_GOOD
        if COMPRESSED.match(response.get("Content-Type", "")):
            _compress(response, path, request)
        return response


def _compress(response: HttpResponse, path: str, request: HttpRequest) -> None:
    """Put the compressed file in place of the whole one, when that is asked for; parts of a file stay as they are."""
    patch_vary_headers(response, ["Accept-Encoding"])
    if response.status_code != 200 or not response.content:
        return
    if TAKES_GZIP.search(request.headers.get("Accept-Encoding", "")):
        response.content = _compressed(path, _changed(path))
        response["Content-Encoding"] = "gzip"
        response["Content-Length"] = str(len(response.content))
        response["ETag"] = f"W/{response['ETag']}"
