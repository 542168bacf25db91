"""The shipped text of the confidentiality agreement, in three languages; published by `kvitto staff agreement publish`."""

from pathlib import Path

from kvitto.staff.rules import LANGUAGES


def texts() -> dict[str, str]:
    """Language -> text in Markdown."""
    folder = Path(__file__).parent
    return {language: (folder / f"{language}.md").read_text(encoding="utf-8") for language in LANGUAGES}
