"""What a file is, for a person who has it in hand: which dialect, whether its sums agree and by which rule, what is missing.

Reads any file and records nothing. Names of elements, amounts' rules and counts are said; no text that stands in the file.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

import msgspec

from kvitto.intake.dialects import rules
from kvitto.intake.dialects.documents import documents
from kvitto.intake.dialects.paths import Paths
from kvitto.intake.dialects.reading import recognised, syntax_of
from kvitto.intake.dialects.translation import Translator
from kvitto.intake.dialects.types import Other, Profile, Syntax
from kvitto.intake.dialects.xml import RefusedError, elements, normalised, root_of
from kvitto.intake.formats import decode, peek
from kvitto.intake.forms import POST_VOID
from kvitto.intake.reader import blocks_of
from kvitto.intake.rules import check_sums
from kvitto.intake.types import Raw, Refusal
from kvitto.purchases.rules import line_cents
from kvitto.purchases.types import Receipt

SAMPLE = 200  # transactions of which rules and places are looked for
MOST_PROBLEMS = 20
MOST_NAMES = 50  # of the root's children that are looked into
ENOUGH_PARTS = 3  # of a receipt's key and its like, to take an element for a transaction
_STAND_INS = {  # what stands in for parts of a receipt that a file does not have
    "begin time": "the end stands in",
    "business day": "the day of the time stands in",
    "member card": "nothing is recorded of these receipts",
}

Chunks = Callable[[], Iterable[bytes]]


@dataclass(slots=True)
class Findings:
    """Three sentences, and the rest of it for whoever wants to know."""

    recognised: str = ""
    reconciles: str = ""
    missing: str = ""
    valid: bool = True
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def sentences(self) -> list[str]:
        """What a person reads first."""
        return [self.recognised, self.reconciles, self.missing]


def inspect(head: bytes, chunks: Chunks, *, profile: Profile | None = None) -> Findings:
    """Look into a file that begins so; `chunks` gives its bytes from the start, each time it is called."""
    profile = profile or recognised(head)
    syntax = syntax_of(head)
    if profile is not None:
        return _known(profile, chunks)
    if syntax is Syntax.XML:
        return _unknown_xml(head, chunks)
    if syntax is Syntax.JSON:
        return _json(chunks)
    return _not_valid(
        "line 1, column 1: neither XML nor JSON" if head.strip() else "line 1, column 1: nothing is in it"
    )


def _not_valid(problem: str, *, what: str = "Not valid") -> Findings:
    return Findings(
        f"{what}: {problem}.",
        "Nothing was added up.",
        "Mend the file where it is made; it is never guessed what was meant.",
        valid=False,
        details={"problems": [problem]},
    )


def _known(profile: Profile, chunks: Chunks) -> Findings:
    translator = Translator(profile, {})
    seen = _Seen()
    problems: list[str] = []
    valid = True
    unit = "line" if profile.syntax is Syntax.JSON else "transaction"
    position = 0
    try:
        for position, element in _elements(profile, chunks):
            what = translator.translate(position, element)
            if isinstance(what, Other):
                seen.others[what.kind] += 1
                continue
            if peek(what).type == POST_VOID:
                seen.others[POST_VOID] += 1
                continue
            seen.add(element)
            if problem := seen.receipt(what):
                problems.append(f"{unit} {position}: {problem}")
    except RefusedError as error:
        valid = False
        problems.append(error.refusal.message)
    return Findings(
        f"{profile.about}, read as {profile.name}: {_count(seen.receipts, 'receipt')}, {_others(seen.others)}"
        f"{'' if valid else f'; not valid: {problems[-1]}'}.",
        f"Lines and total agree in {seen.agree} of {seen.receipts}: {_rule(profile)}.",
        _missing(profile, seen.sample),
        valid=valid,
        details={
            "profile": profile.name,
            "receipts": seen.receipts,
            "agree": seen.agree,
            "others": dict(seen.others),
            "rules": [str(rule) for rule in rules.rules_that_hold(seen.sample)[:5]],
            "problems": problems[:MOST_PROBLEMS],
            "problems_in_all": len(problems),
        },
    )


@dataclass(slots=True)
class _Seen:
    """What was counted so far."""

    receipts: int = 0
    agree: int = 0
    others: Counter[str] = field(default_factory=Counter)
    sample: list[Element] = field(default_factory=list)

    def add(self, element: Element) -> None:
        if len(self.sample) < SAMPLE:
            self.sample.append(element)

    def receipt(self, raw: Raw) -> str:
        """Count a receipt; what is wrong with it, or nothing."""
        self.receipts += 1
        if raw.refusal:
            return f"{raw.refusal.field}: {raw.refusal.message}"
        decoded = decode(raw)
        if isinstance(decoded, Refusal):  # a code that is too long says nothing about the sums
            named = msgspec.json.encode(msgspec.json.decode(raw.body) | {"store": "-", "workstation": "-"})
            self._add_up(decode(Raw(raw.position, named)))
            return f"{decoded.field}: {decoded.message}"
        off = self._add_up(decoded)
        return f"{off.field}: {off.message}" if off else ""

    def _add_up(self, decoded: tuple[Receipt, bytes] | Refusal) -> Refusal | None:
        off = decoded if isinstance(decoded, Refusal) else check_sums(decoded[0], line_cents(decoded[0]))
        self.agree += off is None
        return off


def _elements(profile: Profile, chunks: Chunks) -> Iterable[tuple[int, Element]]:
    if profile.syntax is Syntax.XML:
        for position, element in enumerate(elements(chunks(), name=profile.receipt), start=1):
            yield position, normalised(element)
        return
    for line, found in documents(chunks()):
        if isinstance(found, RefusedError):
            raise found
        yield line, found


def _rule(profile: Profile) -> str:
    """The rule that makes the total, in the words of the profile."""
    less = f" less {profile.discounts.each.written}" if profile.discounts else ""
    total = (
        profile.totals.stated.written if profile.totals.stated else f"what was paid ({profile.tenders.each.written})"
    )
    deposits = " with deposits inside" if profile.lines.deposit_rule == "included" else ""
    return f"{profile.lines.amount.written}{deposits}{less} against {total}"


def _missing(profile: Profile, sample: Sequence[Element]) -> str:
    if not sample:
        return "No receipt is there to say what is missing."
    rules_of: dict[str, Paths] = {
        "store": profile.key.store,
        "till": profile.key.workstation,
        "number": profile.key.sequence,
        "business day": profile.key.business_day,
        "begin time": profile.key.begin_time,
        "time": profile.key.end_time,
        "currency": profile.currency,
        "member card": profile.card,
    }
    lacking = []
    for part, paths in rules_of.items():
        without = sum(paths.first(element) is None for element in sample)
        if without:
            lacking.append(f"{part} in {without} of {len(sample)} ({_STAND_INS.get(part, 'these are refused')})")
    return f"Missing: {', '.join(lacking)}." if lacking else "Nothing that a receipt needs is missing."


def _unknown_xml(head: bytes, chunks: Chunks) -> Findings:
    root = root_of(head)
    kept: dict[str, list[Element]] = {}
    counted: Counter[str] = Counter()
    try:
        for element in elements(chunks(), name="*"):
            normalised(element)
            counted[element.tag] += 1
            if counted[element.tag] <= SAMPLE and (element.tag in kept or len(kept) < MOST_NAMES):
                kept.setdefault(element.tag, []).append(element)
    except RefusedError as error:
        return _not_valid(error.refusal.message)
    whole = Element("root")
    whole.extend([each for some in kept.values() for each in some])
    groups = {".": [whole]} | kept
    return _candidates(f"XML with the root {root.name if root else 'unknown'}", groups, counted)


def _json(chunks: Chunks) -> Findings:
    """Own receipts a line when the first line is one, else a dialect that nobody knows."""
    first: Element | None = None
    sample: list[Element] = []
    own = 0
    for block in blocks_of(chunks()):
        for raw in block.receipts():
            decoded = decode(raw)
            if isinstance(decoded, Refusal) and not own:
                break
            if isinstance(decoded, Refusal):
                place = f"line {raw.position}, {_column(raw.body) or decoded.field}"
                return _not_valid(
                    f"{place}: {decoded.message}", what=f"Kvitto's own format up to receipt {own}, then not valid"
                )
            own += 1
        if not own:
            break
    if own:
        done = "Nothing that a receipt needs is missing."
        return Findings(
            f"Kvitto's own format: {_count(own, 'receipt')}.",
            "Sums are checked when they come in.",
            done,
            details={"receipts": own},
        )
    for _, found in documents(chunks()):
        if isinstance(found, RefusedError):
            return _not_valid(found.refusal.message)
        first = first if first is not None else found
        sample.append(found)
        if len(sample) == SAMPLE:
            break
    return _candidates("JSON", {".": sample}, Counter({".": len(sample)}))


def _column(body: bytes) -> str:
    """Where JSON breaks off, when that is what is wrong."""
    try:
        json.loads(body)
    except json.JSONDecodeError as error:
        return f"column {error.colno}"
    except (UnicodeDecodeError, RecursionError):
        return "column 1"
    return ""


def _candidates(what: str, groups: dict[str, list[Element]], counted: Counter[str]) -> Findings:
    """What a dialect nobody knows may mean, of the group of elements for which most agrees."""
    found = {name: rules.rules_that_hold(sample) for name, sample in groups.items()}

    def share(name: str) -> tuple[bool, bool, bool, int, int]:
        best = found[name][0] if found[name] else None
        named = name != "." and len(rules.places(groups[name][0])) >= ENOUGH_PARTS
        if best is None:
            return named, False, False, 0, counted[name]
        return named, not best.other, best.most > 1, best.holds, counted[name]

    name = max(groups, key=share)
    sample = groups[name]
    places = rules.places(sample[0]) if sample else {}
    best = found[name][0] if found[name] else None
    lacking = [part for part in rules.PARTS if part not in places]
    where = "the whole" if name == "." else f"{name} ({counted[name]} of them)"
    return Findings(
        f"{what}: no profile knows it; a transaction may be {where}.",
        f"{best} in {best.holds} of {len(sample)}." if best else "No sum of amounts was found that makes a total.",
        f"For a profile nothing was found that looks like: {', '.join(lacking)}."
        if lacking
        else "Everything a profile names may be there; see the places.",
        details={
            "profile": None,
            "transaction": name,
            "transactions": counted[name] or 1,
            "rules": [str(rule) for rule in found[name][:5]],
            "places": places,
            "missing": lacking,
            "problems": [],
        },
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _others(others: Counter[str]) -> str:
    named = ", ".join(f"{kind} {number}" for kind, number in others.items() if kind != "other")
    return f"{_count(others.total(), 'transaction')} that {'is' if others.total() == 1 else 'are'} no sale{named and f' ({named})'}"
