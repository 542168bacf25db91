"""The message catalogues: gathers every text of the pages, keeps kvitto/locale/*/LC_MESSAGES/django.po in step with them.

    python -m tools.messages            bring the catalogues up to date; texts that are no more are kept as `#~`
    python -m tools.messages --prune    the same, without those
    python -m tools.messages --check    change nothing; say what is missing, obsolete, fuzzy or has other placeholders

Babel's catalogues and Django's own template engine do the work: xgettext is not needed.
"""

import argparse
import ast
import io
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "kvitto"
LANGUAGES = ("sv", "fi")  # English texts are their own names
HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals={catalogue.num_plurals}; plural={catalogue.plural_expr};\\n"

"""
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]|%|\{\w*\}")
TEXTUAL = {".html", ".txt", ".svg", ".xml", ".js", ".json", ".webmanifest"}  # what a templates folder may hold


class MessageError(Exception):
    """A text cannot be gathered; the message says where."""


@dataclass(frozen=True)
class Text:
    """A text as it is asked for; `plural` and `context` are empty where there is none. `file` is relative to the checkout."""

    file: str
    singular: str
    plural: str = ""
    context: str = ""


DJANGO = "django"
REWORDED = [  # Django's own texts that our pages show, in better words than Django's (its Finnish lacks one of them)
    Text(DJANGO, "This field is required."),
    Text(DJANGO, "This password is too common."),
    Text(
        DJANGO,
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
    Text(
        DJANGO,
        "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
    ),
]


# --- Python ---------------------------------------------------------------------------------------------------------

FUNCTIONS = {  # Django's name without `_lazy` and `_noop` -> which argument is what
    "gettext": ("singular",),
    "ngettext": ("singular", "plural"),
    "pgettext": ("context", "singular"),
    "npgettext": ("context", "singular", "plural"),
}


def base_name(name: str) -> str:
    """`gettext` for gettext_lazy and gettext_noop."""
    return name.removesuffix("_lazy").removesuffix("_noop")


def python_texts(source: str, file: str) -> Iterator[Text]:
    """The texts of a module: calls of Django's functions under whatever name they were imported."""
    tree = ast.parse(source, file)
    names = {
        alias.asname or alias.name: base_name(alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            function = names.get(node.func.id, "")
        else:  # translation.gettext(…)
            function = base_name(node.func.attr) if isinstance(node.func, ast.Attribute) else ""
        if function not in FUNCTIONS:
            continue
        parts = {}
        for role, argument in zip(FUNCTIONS[function], node.args, strict=False):
            if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                raise MessageError(f"{file}:{node.lineno}: {function} is not given a plain string; {{…}} goes in later")
            parts[role] = argument.value
        yield Text(file, **parts)


# --- Templates ------------------------------------------------------------------------------------------------------


def template_texts(source: str, file: str) -> Iterator[Text]:
    """The texts of a template: {% translate %}, {% blocktranslate %} and `_("…")` wherever an expression may stand."""
    from django.template import Origin, Template, TemplateSyntaxError, engines
    from django.template.base import FilterExpression, Variable, filter_re
    from django.templatetags.i18n import BlockTranslateNode, TranslateNode

    try:
        template = Template(source, Origin(file), engine=engines["django"].engine)
    except TemplateSyntaxError as error:
        raise MessageError(f"{file}: {error}") from error
    for part in parts_of(template.nodelist):
        if isinstance(part, TranslateNode):
            variable = part.filter_expression.var
            if isinstance(variable, Variable) and isinstance(variable.literal, str):
                yield Text(file, percents(variable.literal), context=fixed(part.message_context))
        elif isinstance(part, BlockTranslateNode):
            singular, plural = (part.render_token_list(tokens or [])[0] for tokens in (part.singular, part.plural))
            yield Text(file, singular, plural, fixed(part.message_context))
        elif isinstance(part, FilterExpression):
            for match in filter_re.finditer(part.token):
                constant = match["constant"] or match["constant_arg"] or ""
                if constant.startswith("_("):
                    yield Text(file, percents(Variable(constant).literal))


def percents(text: str) -> str:
    """As Django asks for the text of a template: with doubled percent signs."""
    return str(text).replace("%", "%%")


def fixed(context: object) -> str:
    """The context of a text; a variable one is not allowed."""
    return str(context.resolve({})) if context else ""  # type: ignore[attr-defined]


def parts_of(thing: object) -> Iterator[object]:
    """Everything a compiled template is made of: nodes, and the expressions in them however deep."""
    from django.template.base import FilterExpression, Node, NodeList
    from django.template.smartif import TokenBase

    seen, waiting = set(), [thing]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, FilterExpression):
            yield part
        elif isinstance(part, NodeList | list | tuple):
            waiting.extend(part)
        elif isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, Node | TokenBase) or type(part).__name__ == "TemplateLiteral":
            yield part
            waiting.extend(vars(part).values())


# --- The policy -----------------------------------------------------------------------------------------------------


def policy_texts() -> Iterator[Text]:
    """The words of the table of who may do what, and of its refusals: the table itself is pure and asks no catalogue."""
    from kvitto.staff.rules import POLICY, REASONS
    from kvitto.staff.types import Denial

    for row in POLICY.values():
        yield Text("kvitto/staff/rules.py", row.words)
    for reason in REASONS.values():
        yield Text("kvitto/staff/rules.py", reason.words)
    for denial in Denial:
        yield Text("kvitto/staff/types.py", denial.words)


# --- What is held ---------------------------------------------------------------------------------------------------


def held_texts() -> Iterator[Text]:
    """Why and until when each field about a person is held, and the plain words for it: models and rules are no pages."""
    from kvitto.rights.queries import held
    from kvitto.rights.rules import THINGS
    from kvitto.rights.types import Topic

    for name, said in held().items():
        file = f"kvitto/{name.partition('_')[0]}/models.py"
        yield Text(file, said.why)
        yield Text("kvitto/kernel/privacy.py", said.until.value)
    for thing in THINGS:
        yield Text("kvitto/rights/rules.py", thing.words)
    for topic in Topic:
        yield Text("kvitto/rights/types.py", topic.words)
        yield Text("kvitto/rights/types.py", topic.purpose)


# --- Catalogues -----------------------------------------------------------------------------------------------------


def templates() -> list[Path]:
    """Every template of the program."""
    folders = PACKAGE.glob("**/templates")
    return sorted({path for folder in folders for path in folder.rglob("*") if path.suffix in TEXTUAL})


def texts() -> list[Text]:
    """Every text of the program, in no order."""
    found = [*REWORDED, *policy_texts(), *held_texts()]
    for path in sorted(PACKAGE.rglob("*.py")):
        found.extend(python_texts(path.read_text(), str(path.relative_to(ROOT))))
    for path in templates():
        found.extend(template_texts(path.read_text(), str(path.relative_to(ROOT))))
    return found


def gathered(language: str, found: list[Text]) -> Catalog:
    """An empty catalogue of the texts. One that is asked for with and without a plural is one entry, with its plural."""
    catalogue = Catalog(locale=language)
    for text in sorted(found, key=lambda each: (each.singular, each.context, each.file, not each.plural)):
        entry = catalogue.get(text.singular, text.context or None)
        plural = text.plural or (entry.id[1] if entry is not None and entry.pluralizable else "")
        if entry is not None and plural and not entry.pluralizable:
            entry.id, entry.string = (text.singular, plural), ("", "")
        elif entry is not None and plural and entry.id[1] != plural:
            raise MessageError(f"{text.file}: {text.singular!r} has another plural in {entry.locations[0][0]}")
        places = [*(entry.locations if entry is not None else ()), (text.file, None)]
        identity = (text.singular, plural) if plural else text.singular
        if entry is None:
            catalogue.add(identity, locations=places, context=text.context or None)
        else:
            entry.locations = sorted(set(places))
    return catalogue


def path_of(language: str) -> Path:
    return PACKAGE / "locale" / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    """The catalogue as it is written; an empty one where there is no file yet."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def key_of(message: Message) -> tuple[object, str]:
    return (message.id, message.context or "")


def entries(catalogue: Catalog) -> dict[tuple[object, str], Message]:
    """The entries of a catalogue without its header."""
    return {key_of(message): message for message in catalogue if message.id}


def merged(language: str, found: list[Text], *, prune: bool = False) -> Catalog:
    """The catalogue for the texts there are, with the translations there were; the rest of those as obsolete."""
    catalogue, old = gathered(language, found), read(language)
    known = {key_of(message): message for message in old.obsolete.values()} | entries(old)
    for key, message in entries(catalogue).items():
        before = known.pop(key, None)
        if before is not None:
            message.string, message.user_comments = before.string, before.user_comments
            message.flags |= before.flags & {"fuzzy"}
    for message in known.values():
        if not prune and translated(message):
            catalogue.obsolete[catalogue._key_for(message.id, message.context)] = message  # noqa: SLF001  Babel's own key
    return catalogue


def written(catalogue: Catalog, language: str) -> str:
    """The content of django.po: ordered by text, files without line numbers, nothing that changes by itself."""
    result = io.BytesIO()
    write_po(result, catalogue, width=100, omit_header=True, sort_output=True, include_lineno=False)
    return HEADER.format(language=language, catalogue=catalogue) + result.getvalue().decode().rstrip("\n") + "\n"


# --- Checks ---------------------------------------------------------------------------------------------------------


def translated(message: Message) -> bool:
    """Whether every form there is to be has a text."""
    forms = message.string if isinstance(message.string, tuple | list) else [message.string]
    return all(forms)


def placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


def faults(message: Message, plurals: int) -> Iterator[str]:
    """What is wrong with one entry."""
    if message.fuzzy:
        yield "fuzzy"
    if not message.pluralizable:
        if not message.string:
            yield "missing"
        elif placeholders(message.id) != placeholders(message.string):
            yield f"other placeholders in {message.string!r}"
        return
    singular, plural = (placeholders(text) for text in message.id)
    forms = message.string if isinstance(message.string, tuple | list) else [message.string]
    if len(forms) != plurals or not all(forms):
        yield "missing"
        return
    for place, form in enumerate(forms):
        if placeholders(form) not in ([singular, plural] if place == 0 else [plural]):
            yield f"other placeholders in {form!r}"


def problems(language: str, found: list[Text]) -> list[str]:
    """What keeps a language from being complete, one line each."""
    catalogue = read(language)
    present, wanted = entries(catalogue), entries(gathered(language, found))
    said = []
    for key in sorted(wanted.keys() | present.keys(), key=str):
        if key not in present:
            faulty = ["missing"]
        elif key not in wanted:
            faulty = ["obsolete"]
        else:
            faulty = list(faults(present[key], catalogue.num_plurals))
        said.extend(f"{language}: {fault}: {key[0]!r}{f' ({key[1]})' if key[1] else ''}" for fault in faulty)
    said.extend(f"{language}: obsolete: {message.id!r}" for message in catalogue.obsolete.values())
    return said


def is_as_written(language: str, found: list[Text]) -> bool:
    """Whether the catalogue's file is what `make messages` would write, the places of the texts included."""
    return path_of(language).read_text() == written(merged(language, found), language)


# --- The command ----------------------------------------------------------------------------------------------------


def set_up() -> None:
    """Make Django ready, with a home of its own: settings make keys, and no register's home is to be touched."""
    os.environ["KVITTO_HOME"] = str(ROOT / "build" / "test-home")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kvitto.wiring.settings")
    import django

    django.setup()


def update(found: list[Text], *, prune: bool) -> None:
    """Write the catalogues whose content is another now, and compile them."""
    from kvitto.wiring import catalogues

    for language in LANGUAGES:
        path, content = path_of(language), written(merged(language, found, prune=prune), language)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != content:
            path.write_text(content)
            sys.stderr.write(f"written: {path.relative_to(ROOT)}\n")
    catalogues.compile_changed()


def main() -> int:
    """0 when every language is complete, 1 when not."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    parser.add_argument("--prune", action="store_true", help="drop the texts that are no more")
    options = parser.parse_args()
    set_up()
    try:
        found = texts()
        if not options.check:
            update(found, prune=options.prune)
        said = [line for language in LANGUAGES for line in problems(language, found)]
        said.extend(f"{each}: run `make messages`" for each in LANGUAGES if not is_as_written(each, found))
    except MessageError as error:
        said = [str(error)]
    sys.stdout.writelines(f"{line}\n" for line in said)
    return 1 if said else 0


if __name__ == "__main__":
    raise SystemExit(main())
