"""XML as a stream of elements, with caps: expat from the standard library builds each transaction's tree and forgets it.

The tree builder's own methods are expat's handlers, so that no Python runs for an element; a completed child of the root is
picked up after each piece, which keeps memory flat. A DOCTYPE ends it at once: without one there are no entities to expand.
"""

import pyexpat
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from xml.etree.ElementTree import Element, TreeBuilder

from kvitto.intake.formats import MAX_BYTES
from kvitto.intake.types import Reason, Refusal

PIECE_BYTES = 16 * 1024  # what the processor's cache holds: larger pieces take up to twice the time
MAX_TAG_BYTES = 64 * 1024  # with its attributes; also a comment
MAX_DEPTH = 32
MAX_ATTRIBUTES = 64
MAX_TEXT = 1024 * 1024  # characters of one element


class RefusedError(Exception):
    """What is read is refused; expected, and caught where it can be named."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Root:
    """The outermost element: its name without prefix, and the namespaces it declares."""

    name: str
    namespaces: tuple[str, ...]


def refused(reason: Reason, message: str, place: str = "$") -> RefusedError:
    """An error to raise."""
    return RefusedError(Refusal(reason, place, message))


def local(name: str) -> str:
    """A name without its namespace's prefix: dialects of one standard differ in those."""
    return name.rpartition(":")[2]


def root_of(head: bytes) -> Root | None:
    """The root of a document that begins so; None when the beginning is not enough or no XML."""
    found: list[Root] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if not found:
            spaces = [value for key, value in attributes.items() if key == "xmlns" or key.startswith("xmlns:")]
            found.append(Root(local(name), tuple(spaces)))

    parser = _parser()
    parser.StartElementHandler = start
    with suppress(
        pyexpat.ExpatError, RefusedError, LookupError, ValueError
    ):  # whoever reads the whole of it says what is wrong
        parser.Parse(head, False)
    return found[0] if found else None


def elements(chunks: Iterable[bytes], *, name: str) -> Iterator[Element]:
    """The root's children of a name, for `*` all of them, or for `.` the root itself.

    RefusedError with line and column when the document is not XML or breaks a cap; what came before is good.
    """
    parser = _parser()
    builder = TreeBuilder()
    roots: list[Element] = []

    def first(tag: str, attributes: dict[str, str]) -> None:
        roots.append(builder.start(tag, attributes))
        parser.StartElementHandler = builder.start

    parser.StartElementHandler = first
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    fed = waiting = 0
    try:
        for piece in _pieces(chunks):
            _feed(parser, piece)
            fed += len(piece)
            waiting += len(piece)
            if roots and name != "." and len(roots[0]) > 1:
                waiting = 0
                yield from _taken(roots[0], name, keep=1)
            _check_sizes(parser, unfinished=fed - max(parser.CurrentByteIndex, 0) - len(piece), waiting=waiting)
        _feed(parser, b"", last=True)
    except RefusedError:
        if roots and name != ".":
            yield from _taken(roots[0], name, keep=_is_open_below(roots[0], builder))
        raise
    if name == ".":
        yield roots[0]
    else:
        yield from _taken(roots[0], name, keep=0)


def normalised(element: Element) -> Element:
    """The element with names that have no prefix, all the way down. RefusedError where it breaks a cap."""
    level = [element]
    for _ in range(MAX_DEPTH):
        below: list[Element] = []
        for each in level:
            if ":" in each.tag:
                each.tag = local(each.tag)
            if keys := each.keys():  # unlike `attrib`, makes no dictionary where there is none
                _check_attributes(each, keys)
            if each.text and len(each.text) > MAX_TEXT:
                raise refused(Reason.TOO_LARGE, f"a text may have {MAX_TEXT} characters", each.tag)
            below.extend(each)
        if not below:
            return element
        level = below
    raise refused(Reason.TOO_LARGE, f"elements may stand {MAX_DEPTH} deep in each other", element.tag)


def _check_attributes(element: Element, keys: Collection[str]) -> None:
    if len(keys) > MAX_ATTRIBUTES:
        raise refused(Reason.TOO_LARGE, f"an element may have {MAX_ATTRIBUTES} attributes", element.tag)
    for key in keys:
        if ":" in key:
            element.attrib.setdefault(local(key), element.attrib[key])


def _parser() -> pyexpat.XMLParserType:
    parser = pyexpat.ParserCreate()
    parser.buffer_text = True

    def doctype(*_: object) -> None:
        raise _at(parser, Reason.NOT_XML, "a DOCTYPE is not accepted")

    parser.StartDoctypeDeclHandler = doctype
    return parser


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), PIECE_BYTES):
            yield chunk[start : start + PIECE_BYTES]


def _is_open_below(root: Element, builder: TreeBuilder) -> bool:
    """Whether a child of the root has not come to its end: what the builder closes next is not the root."""
    try:
        return builder.end("") is not root
    except IndexError:  # the root is closed, too
        return False


def _check_sizes(parser: pyexpat.XMLParserType, *, unfinished: int, waiting: int) -> None:
    if unfinished > MAX_TAG_BYTES:
        raise _at(parser, Reason.TOO_LARGE, f"a tag or comment may have {MAX_TAG_BYTES} bytes")
    if waiting > MAX_BYTES:
        raise _at(parser, Reason.TOO_LARGE, f"a transaction may have {MAX_BYTES} bytes")


def _feed(parser: pyexpat.XMLParserType, piece: bytes, *, last: bool = False) -> None:
    try:
        parser.Parse(piece, last)
    except pyexpat.ExpatError as error:
        place = f"line {error.lineno}, column {error.offset + 1}"
        raise refused(Reason.NOT_XML, f"{place}: not XML: {pyexpat.ErrorString(error.code)}") from None
    except (LookupError, ValueError):  # one that Python does not know either, or of several bytes a character
        raise refused(Reason.NOT_XML, "line 1, column 1: not XML: an encoding that cannot be read") from None


def _at(parser: pyexpat.XMLParserType, reason: Reason, what: str) -> RefusedError:
    return refused(reason, f"line {parser.CurrentLineNumber}, column {parser.CurrentColumnNumber + 1}: {what}")


def _taken(root: Element, name: str, *, keep: int) -> Iterator[Element]:
    """Take the complete children out of the root: all but the last `keep`, which may still be open."""
    complete = root[: len(root) - keep]
    del root[: len(complete)]
    for each in complete:
        if name == "*" or local(each.tag) == name:
            yield each
