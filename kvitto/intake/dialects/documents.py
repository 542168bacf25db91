"""JSON documents as elements, so that one set of paths reads both: a key is a child's name, a list is the child repeated.

A file holds one receipt a line, or is one receipt over many lines: its first line is a whole object, or it is not. Numbers
keep the text they are written with.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn
from xml.etree.ElementTree import Element

from kvitto.intake.dialects.xml import MAX_DEPTH, RefusedError, refused
from kvitto.intake.formats import MAX_BYTES
from kvitto.intake.types import Reason


def documents(chunks: Iterable[bytes]) -> Iterator[tuple[int, Element | RefusedError]]:
    """Each receipt of a file with the line it begins on, or why it is none."""
    pending, line, many = b"", 1, False
    for chunk in chunks:
        pending += chunk
        if line == 1:
            many = many or _is_one_a_line(pending)
        if many:
            *whole, pending = pending.split(b"\n")
            yield from _lines(whole, line)
            line += len(whole)
        if len(pending) > MAX_BYTES:
            yield (
                line,
                refused(Reason.TOO_LARGE, f"a receipt may have {MAX_BYTES} bytes; nothing from here on was read"),
            )
            return
    if pending.strip():
        yield from _lines(pending.split(b"\n") if many else [pending], line)


def _is_one_a_line(beginning: bytes) -> bool:
    """Whether the first line is a whole object and more follows."""
    line, _, rest = beginning.lstrip().partition(b"\n")
    return bool(rest.strip()) and isinstance(_read(line, 1), Element)


def _lines(bodies: list[bytes], line: int) -> Iterator[tuple[int, Element | RefusedError]]:
    for number, body in enumerate(bodies, start=line):
        if body.strip():
            yield number, _read(body, number)


def _read(body: bytes, line: int) -> Element | RefusedError:
    """One object as an element named `receipt`, or an error with line and column in the file."""
    try:
        value = json.loads(
            body.decode("utf-8-sig"),
            parse_float=str,
            parse_int=str,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
        if not isinstance(value, dict):
            return refused(Reason.NOT_JSON, f"line {line}, column 1: not a JSON object")
        return _element("receipt", value, MAX_DEPTH)
    except json.JSONDecodeError as error:
        place = f"line {line + error.lineno - 1}, column {error.colno}"
        return refused(Reason.NOT_JSON, f"{place}: not JSON: {error.msg}")
    except UnicodeDecodeError as error:
        row, column = body.count(b"\n", 0, error.start), error.start - body.rfind(b"\n", 0, error.start)
        place = f"line {line + row}, column {column}"
        return refused(Reason.NOT_JSON, f"{place}: not JSON: the text is not UTF-8")
    except RecursionError:
        return _too_deep()
    except RefusedError as error:
        return error


def _constant(_: str) -> NoReturn:
    raise refused(Reason.NOT_JSON, "NaN and Infinity are no numbers")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise refused(Reason.DUPLICATE_KEY, "a key stands twice in one object")
    return found


def _too_deep() -> RefusedError:
    return refused(Reason.TOO_LARGE, f"objects may stand {MAX_DEPTH} deep in each other")


def _element(name: str, value: Any, depth: int) -> Element:
    if not depth:
        raise _too_deep()
    element = Element(name)
    if isinstance(value, dict):
        for key, each in value.items():
            for one in each if isinstance(each, list) else [each]:
                element.append(_element(key, one, depth - 1))
    elif isinstance(value, list):
        element.extend([_element(name, one, depth - 1) for one in value])
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None:
        element.text = value
    return element
