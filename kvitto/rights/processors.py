"""The processors file: TOML text in, a sound list or every problem with its place out.

The format is described in docs/reference/processors-file.md. Nothing is guessed: an unknown key, a wrong type or an unknown field
refuses the file.
"""

from collections.abc import Mapping

from babel import Locale

from kvitto.kernel.privacy import Held
from kvitto.kernel.toml import NotTomlError, Table, read, shown
from kvitto.rights.rules import LANGUAGES, ProcessorsRefusedError, place, processor_problems
from kvitto.rights.types import Processor

LONGEST_PURPOSE = 300


def parse(content: bytes, held: Mapping[str, Held]) -> list[Processor]:
    """The processors that a file's bytes describe. `held`: the fields about people that there are.

    Raises ProcessorsRefusedError with one line per problem.
    """
    try:
        raw = read(content)
    except NotTomlError as error:
        raise ProcessorsRefusedError([str(error)]) from None
    problems: list[str] = []
    file = Table("the file", raw, problems)
    entries = file.take("processor")
    file.close()
    if not isinstance(entries, list | None):
        file.refuse("entries that begin with [[processor]] are expected", "processor")
        entries = []
    found: dict[str, Processor] = {}
    for number, values in enumerate(entries or [], start=1):
        name = values.get("name") if isinstance(values, dict) else None
        table = file.below(place(number, name if isinstance(name, str) else ""), values)
        if table and (one := _processor(table)):
            found[table.place] = one
    problems += processor_problems(found, held)
    if problems:
        raise ProcessorsRefusedError(problems)
    return list(found.values())


def _processor(table: Table) -> Processor | None:
    """One entry; None when it has been complained about."""
    name, purpose, country, names = table.text("name"), _purpose(table), _country(table), _names(table)
    start, end = table.day("from", needed=True), table.day("until")
    table.close()
    return Processor(name, purpose, country, start, end, names) if table.sound and start else None


def _purpose(table: Table) -> dict[str, str]:
    below = table.below(f"{table.place}, what_for", table.take("what_for"))
    found = {}
    if below is not None:
        found = {language: below.text(language, limit=LONGEST_PURPOSE) for language in LANGUAGES}
        below.close()
    table.sound &= below is not None and below.sound
    return found


def _country(table: Table) -> str:
    value = table.take("country")
    if isinstance(value, str) and value.isalpha() and len(value) == 2 and value in Locale("en").territories:
        return value
    table.refuse(f'a country by its two letters, such as "FI", is expected, not {shown(value)}', "country")
    return ""


def _names(table: Table) -> tuple[str, ...]:
    value = table.take("fields")
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    table.refuse(f'a list such as ["members_person.given_name"] is expected, not {shown(value)}', "fields")
    return ()
