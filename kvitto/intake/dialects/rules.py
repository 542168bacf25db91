"""What an element of a dialect nobody knows yet may mean: which sums agree, and where the parts of a receipt may stand.

Candidates for a person to judge, never used to read a receipt. Names and patterns only: no text of a file leaves this module.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from xml.etree.ElementTree import Element

MOST_LABELS = 60  # numeric places of one transaction that are tried against each other
_NUMBER = re.compile(r"[+-]?[0-9]{1,10}(?:[.,][0-9]{0,5})?")
_MONEY = re.compile(r"amount|total|price|sum|belopp|pris|hinta|yht", re.IGNORECASE)
_KIND = re.compile(r"(type|typecode|kind)$", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z][\w:.\-]{0,40}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*")
_CURRENCY = re.compile(r"[A-Z]{3}")
_ANY = re.compile(r".+", re.DOTALL)

# what a receipt needs, by the names it goes by and the form its text has
PARTS: Mapping[str, tuple[re.Pattern[str], re.Pattern[str]]] = {
    "store": (re.compile(r"store|unit_?id|butik|myymala|shop|business_unit", re.IGNORECASE), _ANY),
    "till": (re.compile(r"workstation|register|till|kassa|terminal|recording_system", re.IGNORECASE), _ANY),
    "number": (
        re.compile(r"sequence|receipt_?(nr|no|num)|kvittonr|kuittinro|numero|(^|/)@?n(ro?|o)$", re.IGNORECASE),
        _NUMBER,
    ),
    "business day": (re.compile(r"day|date|time|datum|pvm|aika|tid", re.IGNORECASE), _DAY),
    "time": (re.compile(r"date|time|datum|aika|tid", re.IGNORECASE), _TIME),
    "currency": (re.compile(r"currency|valuta|valuutta", re.IGNORECASE), _CURRENCY),
    "tax rate": (re.compile(r"percent|rate|vat|moms|alv|tax", re.IGNORECASE), _NUMBER),
    "member card": (re.compile(r"loyalty|member|customer_?(id|number)|kund|asiakas|jasen", re.IGNORECASE), _ANY),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """The amounts at `lines`, with those at `other` added or taken off, make the one at `total`.

    So it is in `holds` transactions, of which one has `most` amounts at `lines`.
    """

    lines: str
    other: str
    sign: str
    total: str
    holds: int
    most: int

    def __str__(self) -> str:
        more = f" {self.sign} {self.other}" if self.other else ""
        return f"{self.lines}{more} = {self.total}"


def leaves(element: Element) -> Iterator[tuple[str, str]]:
    """Every text and attribute with its path, kinds as conditions: `Total[@TotalType=TransactionGrandAmount]`."""
    stack: list[tuple[str, Element]] = [("", element)]
    while stack:
        path, each = stack.pop()
        for key, value in each.attrib.items():
            if ":" not in key:
                yield f"{path}{'/' if path else ''}@{key}", value.strip()
        if each.text and (text := each.text.strip()) and not len(each):
            yield path or ".", text
        stack += [(f"{path}{'/' if path else ''}{_labelled(child)}", child) for child in reversed(each)]


def _labelled(element: Element) -> str:
    """An element's name, with what says of which kind it is."""
    for key, value in element.attrib.items():
        if _KIND.search(key) and ":" not in key and _WORD.fullmatch(value):
            return f"{element.tag}[@{key}={value}]"
    kind = element.findtext("type") or ""
    return f"{element.tag}[type={kind}]" if _WORD.fullmatch(kind) else element.tag


def _is_money(path: str) -> bool:
    return bool(_MONEY.search(path.rpartition("/")[2]))


def sums(element: Element) -> dict[str, list[Decimal]]:
    """The numbers of a transaction by their paths."""
    found: dict[str, list[Decimal]] = defaultdict(list)
    for path, text in leaves(element):
        if _NUMBER.fullmatch(text):
            found[path].append(Decimal(text.replace(",", ".").rstrip(".")))
    names = sorted(found, key=lambda path: (not _is_money(path), path))[:MOST_LABELS]
    return {path: found[path] for path in names}


def rules_that_hold(transactions: Sequence[Element]) -> list[Rule]:
    """Which sums make which totals, those that hold most often and are simplest first."""
    held: dict[tuple[str, str, str, str], int] = defaultdict(int)
    counts: dict[str, int] = defaultdict(int)
    for element in transactions:
        numbers = sums(element)
        added = {path: sum(values) for path, values in numbers.items()}
        for path, values in numbers.items():
            counts[path] = max(counts[path], len(values))
        totals = [path for path, values in numbers.items() if len(values) == 1 and added[path] and _is_money(path)]
        for rule in _agreeing(added, totals):
            held[rule] += 1
    rules = [
        Rule(lines, other, sign, total, holds, counts[lines])
        for (lines, other, sign, total), holds in held.items()
        if "/" in lines and lines.count("/") >= total.count("/") - 1
    ]
    return sorted(rules, key=lambda rule: (-rule.holds, bool(rule.other), -rule.most, _rank(rule), str(rule)))


def _agreeing(added: Mapping[str, Decimal | int], totals: Iterable[str]) -> Iterator[tuple[str, str, str, str]]:
    money = [path for path in added if _is_money(path)]
    for total in totals:
        wanted = added[total]
        for lines in money:
            if lines == total:
                continue
            if added[lines] == wanted:
                yield lines, "", "", total
                continue
            for other in money:
                if other in (lines, total) or not added[other]:
                    continue
                if added[lines] + added[other] == wanted:
                    yield lines, other, "+", total
                elif added[lines] - added[other] == wanted:
                    yield lines, other, "-", total


def _rank(rule: Rule) -> int:
    """Lower when the names sound as if they meant it."""
    lines, total = rule.lines.lower(), rule.total.lower()
    return -(("line" in lines) + ("item" in lines) + ("row" in lines) + ("extended" in lines) + ("total" in total))


def places(element: Element) -> dict[str, str]:
    """Where the parts of a receipt may stand; those without a place are left out."""
    found: dict[str, str] = {}
    for path, text in sorted(leaves(element), key=lambda leaf: leaf[0].count("/")):
        for part, (name, form) in PARTS.items():
            if part not in found and name.search(path) and form.fullmatch(text):
                found[part] = path
    return found
