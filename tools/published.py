"""Writes what is made from the code and published beside the documents: the export's JSON Schema, the API's OpenAPI document.

python -m tools.published            write them anew
python -m tools.published --check    change nothing; exit 1 when one is not up to date
"""

import argparse
import json
import os
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"


def published() -> dict[str, str]:
    """The files by name."""
    from kvitto.doors.member_web.api import openapi
    from kvitto.spending.export import json_schema

    documents = {"receipts-export.schema.json": json_schema(), "api.openapi.json": openapi()}
    return {name: json.dumps(content, indent=2, ensure_ascii=False) + "\n" for name, content in documents.items()}


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kvitto.wiring.settings")
    import django

    django.setup()
    stale = 0
    for name, text in published().items():
        path = FOLDER / name
        if path.exists() and path.read_text() == text:
            continue
        stale += 1
        if check:
            sys.stderr.write(f"{path} is not up to date: run python -m tools.published\n")
        else:
            path.write_text(text)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
