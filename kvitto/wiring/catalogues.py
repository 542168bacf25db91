"""Compiles the message catalogues: each kvitto/locale/*/LC_MESSAGES/django.po to the django.mo that Django reads.

On installing (hatch_build.py), before tests (tests/conftest.py) and when a server starts in debug, so that the compiled
texts are never older than the written ones. This file imports nothing of Kvitto: it is loaded before that is installed.
"""

import io
import os
from datetime import UTC, datetime
from pathlib import Path

LOCALE = Path(__file__).resolve().parent.parent / "locale"


def compiled(source: Path) -> bytes:
    """The content of django.mo for a django.po; the same on every machine and every day."""
    from babel.messages.mofile import write_mo  # a tool of installing and of testing, not of running
    from babel.messages.pofile import read_po

    with source.open("rb") as text:
        catalogue = read_po(text, locale=source.parent.parent.name)
    catalogue.creation_date = datetime(2000, 1, 1, tzinfo=UTC)  # Babel would take now
    result = io.BytesIO()
    write_mo(result, catalogue)
    return result.getvalue()


def compile_changed(locale: Path = LOCALE) -> list[Path]:
    """Write each django.mo whose content is not its django.po's; those that were written.

    Contents are compared, not times: a checkout or a copy may set these as it likes.
    """
    written = []
    for source in sorted(locale.glob("*/LC_MESSAGES/django.po")):
        target, content = source.with_suffix(".mo"), compiled(source)
        if not target.exists() or target.read_bytes() != content:
            half = target.with_suffix(f".{os.getpid()}.half")  # replaced in one step: a server may be reading
            half.write_bytes(content)
            half.replace(target)
            written.append(target)
    return written
