"""Where something stands in an element: `RetailTransaction/Total[@TotalType=TransactionGrandAmount]`.

Steps are child names, without a namespace's prefix; `.` is the element itself; `@name` at the end is an attribute. A
condition in brackets keeps the elements of which some text at a path of its own has a value, or, without `=`, that have
anything there; `!` in front turns it round, `|` stands between values of which any will do. Values are not quoted.

Paths become functions once, when their profile is read, the usual shapes quicker ones: a file asks each a million times.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import methodcaller
from typing import TypeVar
from xml.etree.ElementTree import Element

_NAME = r"[\w.\-]+"
_STEP = re.compile(rf"({_NAME})((?:\[[^\]]*\])*)(?:/|$)")
_CONDITION = re.compile(r"\[(!?)([^\]=]+)(?:=([^\]]*))?\]")
_END = re.compile(rf"(?:^|/)@({_NAME})$")

Elements = Callable[[Element], list[Element]]
Text = Callable[[Element], str | None]
Texts = Callable[[Element], list[str]]
Holds = Callable[[Element], bool]
Found = TypeVar("Found", str, Element)


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled path; `written` is how the profile writes it. Texts have no outer spaces and are not empty."""

    written: str
    elements: Elements  # in document order
    texts: Texts
    first: Text  # of the texts
    there: Holds  # whether it leads to anything


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths in the order in which they are tried; none of them is in order too."""

    each: tuple[Path, ...]
    first: Text  # of all texts
    there: Holds  # whether any leads to anything
    element: Callable[[Element], Element | None]  # the first of all

    def texts(self, element: Element) -> list[str]:
        """All texts of the first path that has any."""
        for path in self.each:
            if path.there(element) and (texts := path.texts(element)):
                return texts
        return []

    def __bool__(self) -> bool:
        return bool(self.each)

    @property
    def written(self) -> str:
        """How the profile writes the first."""
        return self.each[0].written


def paths(written: Sequence[str]) -> Paths:
    """Compiled paths. ValueError names one that is none."""
    each = tuple(_compiled(one) for one in written)
    if not each:
        return Paths(each, lambda _: None, lambda _: False, lambda _: None)
    if len(each) == 1:
        return Paths(each, each[0].first, each[0].there, _element(each[0]))
    return Paths(
        each,
        _tried([one.first for one in each]),
        _any([one.there for one in each]),
        _tried([_element(one) for one in each]),
    )


def _tried(each: list[Callable[[Element], Found | None]]) -> Callable[[Element], Found | None]:
    def found(element: Element) -> Found | None:
        for one in each:
            if (some := one(element)) is not None:
                return some
        return None

    return found


def _any(each: list[Holds]) -> Holds:
    def holds(element: Element) -> bool:
        for one in each:  # noqa: SIM110  a generator costs three times as much
            if one(element):
                return True
        return False

    return holds


def _compiled(written: str) -> Path:
    rest, attribute = written, None
    if end := _END.search(rest):
        rest, attribute = rest[: end.start()], end[1]
    steps: list[tuple[str, list[Holds]]] = []
    place = 0
    while place < len(rest):
        match = _STEP.match(rest, place)
        conditions = [_condition(*each) for each in _CONDITION.findall(match[2])] if match else []
        if not match or len(conditions) != match[2].count("["):
            raise ValueError(f"not a path: {written!r}")
        steps.append((match[1], conditions))
        place = match.end()
    if rest.endswith("/") or not (steps or attribute):
        raise ValueError(f"not a path: {written!r}")
    elements = _elements(steps)
    texts = _texts(elements, attribute)
    first = _first(texts)
    if written == ".":
        first = _own_text
    elif not steps and attribute:
        first = methodcaller("get", attribute)
    elif attribute is None and _plain(*steps[-1]):
        first = _first_of_child(_elements(steps[:-1]) if steps[:-1] else None, steps[-1][0])
    return Path(
        written, elements, texts, first, _there(steps, texts if attribute else elements, whole=attribute is None)
    )


def _there(steps: list[tuple[str, list[Holds]]], some: Elements | Texts, *, whole: bool) -> Holds:
    name, conditions = steps[0] if len(steps) == 1 and whole else ("", [])
    if name == "." and conditions:
        return _all_hold(conditions)
    if name and not conditions:
        return lambda element: element.find(name) is not None
    return lambda element: bool(some(element))


def _all_hold(conditions: list[Holds]) -> Holds:
    one, *more = conditions
    if not more:
        return one
    rest = _all_hold(more)
    return lambda element: one(element) and rest(element)


def _plain(name: str, conditions: list[Holds]) -> bool:
    return name != "." and not conditions


def _condition(negated: str, path: str, value: str) -> Holds:
    below = _compiled(path)
    values = set(value.split("|"))
    if not value:
        found = below.there
    elif path.startswith("@"):
        name = path[1:]

        def found(element: Element) -> bool:
            return element.get(name) in values
    else:

        def found(element: Element) -> bool:
            return not values.isdisjoint(below.texts(element))

    return (lambda element: not found(element)) if negated else found


def _elements(steps: list[tuple[str, list[Holds]]]) -> Elements:
    if not steps:
        return lambda element: [element]
    *before, (name, conditions) = steps
    last = _step(name, conditions)
    if not before:
        return last
    outer = _elements(before)

    def found(element: Element) -> list[Element]:
        return [child for each in outer(element) for child in last(each)]

    return found


def _step(name: str, conditions: list[Holds]) -> Elements:
    if not conditions:
        return (lambda element: [element]) if name == "." else methodcaller("findall", name)
    holds = _all_hold(conditions)
    if name == ".":
        return lambda element: [element] if holds(element) else []
    return lambda element: [each for each in element.findall(name) if holds(each)]


def _element(path: Path) -> Callable[[Element], Element | None]:
    if re.fullmatch(_NAME, path.written) and path.written != ".":
        return methodcaller("find", path.written)

    def found(element: Element) -> Element | None:
        some = path.elements(element)
        return some[0] if some else None

    return found


def _texts(elements: Elements, attribute: str | None) -> Texts:
    def texts(element: Element) -> list[str]:
        return [text for each in elements(element) if (raw := each.text) and (text := raw.strip())]

    def values(element: Element) -> list[str]:
        return [text for each in elements(element) if (raw := each.get(attribute or "")) and (text := raw.strip())]

    return texts if attribute is None else values


def _own_text(element: Element) -> str | None:
    return (element.text or "").strip() or None


def _first(texts: Texts) -> Text:
    def found(element: Element) -> str | None:
        some = texts(element)
        return some[0] if some else None

    return found


def _first_of_child(outer: Elements | None, name: str) -> Text:
    def below(element: Element) -> str | None:
        for child in element.findall(name):
            if (raw := child.text) and (text := raw.strip()):
                return text
        return None

    if outer is None:
        return below

    def found(element: Element) -> str | None:
        for each in outer(element):
            if (text := below(each)) is not None:
                return text
        return None

    return found
