"""Writes docs/reference/till-api.openapi.json: the OpenAPI document of the till API, as the server gives it.

python -m tools.openapi            write it anew
python -m tools.openapi --check    change nothing; exit 1 when it is not up to date
"""

import argparse
import json
import os
import sys
from pathlib import Path

import django

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "till-api.openapi.json"


def text() -> str:
    """The whole document. Django has to be ready."""
    from kvitto.doors.till_api.openapi import document

    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """0 when the document is up to date, or is now."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kvitto.wiring.settings")
    django.setup()
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    if parser.parse_args().check:
        if PAGE.exists() and PAGE.read_text() == text():
            return 0
        sys.stderr.write(f"{PAGE} is not up to date: python -m tools.openapi\n")
        return 1
    PAGE.write_text(text())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
