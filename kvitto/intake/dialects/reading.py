"""Files of a dialect as receipts of the own wire format, some at a time; which dialect a file is of."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from kvitto.intake.dialects import profiles
from kvitto.intake.dialects.documents import documents
from kvitto.intake.dialects.translation import Translator
from kvitto.intake.dialects.types import Format, Other, Profile, Syntax, Translated
from kvitto.intake.dialects.xml import RefusedError, Root, elements, normalised, root_of
from kvitto.intake.types import Raw
from kvitto.kernel.errors import InvalidError

AT_ONCE = 1_000  # receipts handed on together
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class UnknownDialectError(InvalidError):
    """No profile knows the file, or the one that was asked for does not fit it."""


def syntax_of(head: bytes) -> Syntax | None:
    """How a file that begins so is written; None when it is neither."""
    beginning = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if beginning.startswith((b"<", *_UTF_16)):
        return Syntax.XML
    return Syntax.JSON if beginning.startswith((b"{", b"[")) else None


def recognised(head: bytes) -> Profile | None:
    """The profile that knows a file that begins so: the one that asks for most, this installation's own before others."""
    root = root_of(head) if syntax_of(head) is Syntax.XML else None
    known = [profile for profile in map(profiles.named, profiles.names()) if _knows(profile, head, root)]
    return max(known, key=lambda profile: len(profile.recognised.namespace) if profile.recognised else 0, default=None)


def _knows(profile: Profile, head: bytes, root: Root | None) -> bool:
    rules = profile.recognised
    if rules is None:
        return False
    if profile.syntax is Syntax.JSON:
        return syntax_of(head) is Syntax.JSON and all(f'"{key}"'.encode() in head for key in rules.keys)
    if root is None or root.name != rules.root:
        return False
    return any(space.startswith(rules.namespace) for space in (*root.namespaces, ""))


def dialect_of(head: bytes, *, said: Format, profile: Profile | None) -> Profile | None:
    """The dialect to read a file as; None is the own wire format. UnknownDialectError says what to do.

    `said` and `profile` are what the person said of it. With `auto` and no profile, what begins with `<` is XML, JSON with
    the keys of a profile is of that dialect, and everything else is the own format.
    """
    if profile is not None:
        if said not in (Format.AUTO, profile.syntax):
            raise UnknownDialectError(f"the profile {profile.name} is for {profile.syntax}, not for {said}")
        return profile
    if said is Format.KVITTO:
        return None
    syntax = syntax_of(head) if said is Format.AUTO else Syntax(said)
    found = recognised(head)
    if found is not None and found.syntax is syntax:
        return found
    if said is Format.AUTO and syntax is not Syntax.XML:
        return None
    raise UnknownDialectError(
        "no profile knows this dialect; kvitto receipts inspect FILE says what a profile of your own has to name,"
        " --profile NAME or FILE takes one"
    )


def translated(chunks: Iterable[bytes], *, profile: Profile, zones: Mapping[str, str]) -> Iterator[Translated]:
    """The receipts of a file, with the number of the transaction or the line as their position.

    `zones` are the time zones of stores by their code. What cannot be read is the last receipt, refused with line and column.
    """
    translator = Translator(profile, zones)
    stream = _documents(chunks, translator) if profile.syntax is Syntax.JSON else _transactions(chunks, translator)
    while some := list(islice(stream, AT_ONCE)):
        yield Translated(
            [each for each in some if isinstance(each, Raw)], [each for each in some if isinstance(each, Other)]
        )


def _documents(chunks: Iterable[bytes], translator: Translator) -> Iterator[Raw | Other]:
    for position, found in documents(chunks):
        if isinstance(found, RefusedError):
            yield Raw(position, b"", found.refusal)
        else:
            yield translator.translate(position, found)


def _transactions(chunks: Iterable[bytes], translator: Translator) -> Iterator[Raw | Other]:
    position = 0
    try:
        for element in elements(chunks, name=translator.profile.receipt):
            position += 1
            try:
                normalised(element)
            except RefusedError as error:
                yield Raw(position, b"", error.refusal)
                continue
            yield translator.translate(position, element)
    except RefusedError as error:
        yield Raw(position + 1, b"", error.refusal)
