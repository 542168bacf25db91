"""A receipt of an element, by the rules of its dialect: what a line is, which count, what they add to the total."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

import msgspec

from kvitto.intake.dialects import links
from kvitto.intake.dialects.paths import Paths
from kvitto.intake.dialects.types import DepositRule, Other, Profile, VoidRule
from kvitto.intake.dialects.xml import RefusedError, refused
from kvitto.intake.forms import NON_SALES, POST_VOID
from kvitto.intake.scrub import scrubbed
from kvitto.intake.types import Raw, Reason, Refusal
from kvitto.kernel.money import amount, vat_in

TEXT = 200  # characters the wire format has room for; a longer text is cut, as on paper
_NUMBER = re.compile(r"([+-]?)([0-9]{0,12})(?:\.([0-9]{0,12}))?")
_TENDER = re.compile(r"[a-z_]{1,20}")


@dataclass(slots=True)
class Item:
    """A line of goods or a deposit, signed. Cents, ten-thousandths of the unit."""

    number: str
    code: str
    text: str
    unit: str
    rate: str
    links: list[str]
    quantity: int
    cents: int
    priced: bool  # whether an amount stands there
    off: int  # taken off already
    returned: bool
    deposit: bool
    void: bool
    bonus: bool | None
    serial: str = ""
    guarantees: tuple[dict[str, str], ...] = ()


class Translator:
    """Turns elements of one dialect into receipts of the own wire format; `zones` are the time zones of stores by code."""

    def __init__(self, profile: Profile, zones: Mapping[str, str]) -> None:
        self.profile = profile
        self.zones = zones

    def translate(self, position: int, element: Element) -> Raw | Other:
        """One transaction; what cannot be made a receipt comes out as a refused one, with its place in the source."""
        kind = self._kind(element)
        if kind:
            return self._other(position, kind, element)
        try:
            head = self._head(element)
            if voids := links.voided(element, self.profile, head["store"], self._time):
                return Raw(position, msgspec.json.encode(head | {"type": POST_VOID, "voids": voids}))
            receipt = self._receipt(element, head)
            return Raw(position, msgspec.json.encode(receipt), version=links.version(element, self.profile))
        except RefusedError as error:
            return Raw(position, b"", error.refusal)
        except UnicodeEncodeError:  # JSON can write half a pair of surrogates
            return Raw(position, b"", Refusal(Reason.NOT_VALID, "$", "a text holds half a character"))

    def _receipt(self, element: Element, head: dict[str, Any]) -> dict[str, Any]:
        """The receipt as the wire format has it. RefusedError with the place of what is missing or makes no sense."""
        rules = self.profile
        items = self.counting(element)
        lines = sum([item.cents for item in items])
        tenders = self._tenders(element)
        stated = self._stated(element, lines)
        paid = sum([cents for _, cents in tenders]) if stated is None else stated
        if rules.totals.thin and items and not any(item.priced for item in items):
            items, lines = [self._thin(paid)], paid
        rounding = paid - lines if abs(paid - lines) <= rules.totals.rounding else 0
        receipt = head | {
            "type": "return" if items and all(item.returned for item in items) else "sale",
            "channel": rules.channel,
            "currency": _needed(rules.currency, element),
            "total": amount(paid - rounding),
            "lines": [_line(item) for item in items],
            "vat": self._vat(element, items),
            "tenders": [{"type": name, "amount": amount(cents)} for name, cents in tenders],
        }
        if rounding:
            receipt["rounding"] = amount(rounding)
        if card := self._card(element):
            receipt["card"] = card
        return receipt | links.links(element, rules, head["store"], self._time)

    def counting(self, element: Element) -> list[Item]:
        """The lines that count, with deposits apart and discounts taken off."""
        rules = self.profile
        items = _without_void(self._items(element), rules.lines.void_rule)
        _rates_of_deposits(items, rules.tax.rate)
        if rules.lines.deposit_rule is DepositRule.INCLUDED:
            _take_deposits_out(items)
        if rules.discounts:
            for place, discount in _numbered(rules.discounts.each, element):
                with _at(rules.discounts.each, place):
                    off = abs(self._number(rules.discounts.amount, discount, 2) or 0)
                    _take_off(items, off, rules.discounts.links.texts(discount))
        return items

    def _kind(self, element: Element) -> str:
        """Why it is no sale; nothing when it is one."""
        for kind, paths in self.profile.others.items():
            if paths.there(element):
                return kind
        return "other" if self.profile.sale and not self.profile.sale.there(element) else ""

    def _other(self, position: int, kind: str, element: Element) -> Other:
        try:
            header = msgspec.json.encode({"type": kind if kind in NON_SALES else "other"} | self._head(element))
        except (RefusedError, UnicodeEncodeError):
            header = b""
        return Other(position, kind, header)

    def _head(self, element: Element) -> dict[str, Any]:
        rules = self.profile.key
        store = _needed(rules.store, element)
        store = rules.store_codes.get(store, store)
        till = _needed(rules.workstation, element)
        sequence = _needed(rules.sequence, element)
        if not (sequence.isascii() and sequence.isdigit() and len(sequence) < 20):
            raise _misfit(rules.sequence, "a whole number is expected")
        head = {
            "store": store,
            "business_day": _needed(rules.business_day, element)[:10],
            "workstation": rules.workstation_codes.get(till, till),
            "sequence": int(sequence),
            "end_time": self._time(rules.end_time, _needed(rules.end_time, element), store),
        }
        if begin := rules.begin_time.first(element):
            head["begin_time"] = self._time(rules.begin_time, begin, store)
        return head

    def _time(self, paths: Paths, text: str, store: str) -> str:
        """A time with its offset; one without is of the profile's zone."""
        try:
            time = datetime.fromisoformat(text) if len(text) > len("2026-11-20") else None
        except ValueError:
            time = None
        if time is None:
            raise _misfit(paths, "a day and time such as 2026-11-20T17:03:11 is expected")
        if time.tzinfo is None:
            zone = self.profile.zone
            time = time.replace(tzinfo=_zone(self.zones.get(store, "UTC") if zone == "store" else zone))
        return time.isoformat()

    def _items(self, element: Element) -> list[Item]:
        rules = self.profile.lines
        items = []
        for place, line in _numbered(rules.each, element):
            if rules.left_out.there(line):
                continue
            goods, returned = rules.goods.element(line), False
            if goods is None:
                goods, returned = rules.returns.element(line), True
            if goods is not None:
                try:  # costs nothing, unlike `_at`, until something is refused
                    items.append(self._item(line, goods, returned=returned))
                except RefusedError as error:
                    raise _placed(error, rules.each, place) from None
        return items

    def _item(self, line: Element, goods: Element, *, returned: bool) -> Item:
        rules = self.profile.lines
        cents = self._number(rules.amount, goods, 2)
        priced = cents is not None
        if cents is None:
            if not self.profile.totals.thin:
                raise _misfit(rules.amount, "the line has no amount")
            cents = 0
        quantity, unit = self._quantity(goods)
        returned = returned or cents < 0 or quantity < 0 or rules.subtracted.there(goods)
        sign = -1 if returned else 1
        code = rules.code.first(goods) or ""
        bonus = rules.bonus.first(goods)
        return Item(
            number=rules.number.first(line) or "",
            code=_in_store(code, rules.in_store_digits) if rules.in_store_digits else code,
            text=scrubbed(rules.text.first(goods) or code)[:TEXT],
            unit=unit,
            rate=self._rate(rules.rate, goods),
            links=rules.link.texts(goods),
            quantity=sign * abs(quantity),
            cents=sign * abs(cents),
            priced=priced,
            off=sum([abs(self._read(text, 2, rules.discount)) for text in rules.discount.texts(goods)]),
            returned=returned,
            deposit=rules.deposit.there(goods),
            void=rules.void.there(line),
            bonus=None if bonus is None else bonus.lower() == "true",
            serial=rules.serial.first(goods) or "",
            guarantees=self._guarantees(goods),
        )

    def _guarantees(self, goods: Element) -> tuple[dict[str, str], ...]:
        """Each with its last day, of which the time of day says nothing."""
        rules = self.profile.lines
        found = []
        for place, each in _numbered(rules.guarantees, goods):
            with _at(rules.guarantees, place):
                guarantee = {"until": _needed(rules.guarantee_until, each)[:10]}
            if terms := rules.guarantee_terms.first(each):
                guarantee["terms"] = scrubbed(terms)[:TEXT]
            found.append(guarantee)
        return tuple(found)

    def _quantity(self, goods: Element) -> tuple[int, str]:
        """Ten-thousandths and the unit; one where nothing is said."""
        rules = self.profile.lines
        measure = rules.measure.element(goods)
        quantity = None if measure is None else self._number(rules.quantity, measure, 4)
        if measure is None or quantity is None:
            return 10_000, ""
        if units := rules.units.first(measure):
            quantity, rest = divmod(quantity * self._read(units, 4, rules.measure), 10_000)
            if rest:
                raise _misfit(rules.measure, "the quantity has more than four decimals")
        unit = rules.unit.first(measure) or ""
        return quantity, rules.unit_names.get(unit, unit)

    def _rate(self, paths: Paths, element: Element) -> str:
        """The rate as the wire format writes it: `25.` and `25.00` are `25`. Nothing where there is none."""
        hundredths = self._number(paths, element, 2)
        return "" if hundredths is None else _rate_text(hundredths)

    def _number(self, paths: Paths, element: Element, decimals: int) -> int | None:
        """A number as a count of its last decimal; None where there is none."""
        text = paths.first(element)
        return None if text is None else self._read(text, decimals, paths)

    def _read(self, text: str, decimals: int, paths: Paths) -> int:
        value = _value(text, decimals, self.profile.decimal)
        if value is None:
            raise _misfit(paths, f"a number with at most {decimals} decimals is expected")
        return value

    def _stated(self, element: Element, lines: int) -> int | None:
        """The stated total, with the sign of the lines: some dialects state what was paid back without one."""
        paths = self.profile.totals.stated
        if not paths:
            return None
        total = self._number(paths, element, 2)
        if total is None:
            raise _misfit(paths, "the receipt states no total")
        return -abs(total) if lines < 0 else total

    def _thin(self, cents: int) -> Item:
        return Item(
            number="",
            code="",
            text=self.profile.totals.thin,
            unit="",
            rate=self.profile.tax.rate,
            links=[],
            quantity=-10_000 if cents < 0 else 10_000,
            cents=cents,
            priced=True,
            off=0,
            returned=cents < 0,
            deposit=False,
            void=False,
            bonus=None,
        )

    def _vat(self, element: Element, items: Sequence[Item]) -> list[dict[str, str]]:
        """The tax summary: the sums of the lines by their printed rates, with the stated tax where a profile trusts it."""
        rules = self.profile.tax
        gross: dict[str, int] = {}
        for item in items:
            gross[item.rate] = gross.get(item.rate, 0) + item.cents
        tax = {rate: vat_in(sum_, round(100 * float(rate))) for rate, sum_ in gross.items()}
        for place, row in _numbered(rules.each, element):
            with _at(rules.each, place):
                rate, stated = self._rate(rules.each_rate, row), self._number(rules.each_amount, row, 2)
            if rate in gross and stated is not None:
                tax[rate] = -abs(stated) if gross[rate] < 0 else stated
        return [{"rate": rate, "gross": amount(sum_), "tax": amount(tax[rate])} for rate, sum_ in gross.items()]

    def _tenders(self, element: Element) -> list[tuple[str, int]]:
        rules = self.profile.tenders
        found = []
        for place, line in _numbered(rules.each, element):
            back = rules.returned.element(line)
            tender = rules.paid.element(line) if back is None else back
            if tender is None or rules.void.there(line):
                continue
            with _at(rules.each, place):
                cents = self._number(rules.amount, tender, 2)
            if cents:
                name = rules.type.first(tender) or "other"
                name = rules.names.get(name, name.lower())
                name = name if _TENDER.fullmatch(name) else "other"
                found.append((name, cents if back is None else -abs(cents)))
        return found

    def _card(self, element: Element) -> str:
        """The member card's number without spaces and without what it is filled up with."""
        number = (self.profile.card.first(element) or "").replace(" ", "").replace("-", "")
        digits = self.profile.card_digits
        if digits and len(number) > digits:
            filling, number = number[:-digits], number[-digits:]
            if filling.strip("0"):
                raise _misfit(self.profile.card, f"a number of {digits} digits, filled up with zeros, is expected")
        return number


def _line(item: Item) -> dict[str, Any]:
    kind = ("deposit" if item.deposit else "item", "deposit_return" if item.deposit else "return")[item.returned]
    line: dict[str, Any] = {
        "type": kind,
        "text": item.text,
        "quantity": _quantity_text(item.quantity),
        "amount": amount(item.cents),
        "vat": item.rate,
    }
    if item.code:
        line["code"] = item.code
    if item.unit:
        line["unit"] = item.unit
    if item.off:
        line["discount"] = amount(item.off)
    if item.bonus is not None:
        line["bonus"] = item.bonus
    if item.serial:
        line["serial"] = item.serial
    if item.guarantees:
        line["guarantees"] = item.guarantees
    return line


def _without_void(items: list[Item], rule: VoidRule) -> list[Item]:
    """The lines that are left when those marked as cancelled have done their work."""
    gone = set()
    for index, item in enumerate(items):
        if not item.void:
            continue
        gone.add(index)
        if rule is VoidRule.ITSELF:
            continue
        cancelled = [
            earlier
            for earlier in range(index)
            if earlier not in gone and _cancels(item, items[earlier], linked=rule is VoidRule.LINKED)
        ]
        if not cancelled:
            raise refused(Reason.NOT_VALID, "a cancelled line names no line before it", f"line {index + 1}")
        gone.add(cancelled[-1])
    return [item for index, item in enumerate(items) if index not in gone]


def _cancels(void: Item, item: Item, *, linked: bool) -> bool:
    if linked:
        return bool(item.number) and item.number in void.links
    return item.code == void.code and abs(item.cents) == abs(void.cents)


def _rates_of_deposits(items: list[Item], missing: str) -> None:
    """A deposit without a rate has that of the goods it is for; what still has none has the profile's."""
    by_number = {item.number: item for item in items if item.number}
    for item in items:
        if not item.rate and item.deposit:
            item.rate = next((by_number[link].rate for link in item.links if link in by_number), "")
    for index, item in enumerate(items, start=1):
        item.rate = item.rate or missing
        if not item.rate:
            raise refused(Reason.NOT_VALID, "the line has no tax rate, and the profile none for it", f"line {index}")


def _take_deposits_out(items: list[Item]) -> None:
    """Goods whose amount has the deposit in it lose it to the deposit's own line."""
    by_number = {item.number: item for item in items if item.number and not item.deposit}
    for item in items:
        if item.deposit:
            for link in item.links:
                if goods := by_number.get(link):
                    goods.cents -= item.cents
                    break


def _take_off(items: list[Item], off: int, links: list[str]) -> None:
    """Spread a discount over the goods it names, or over all, by their amounts; the largest remainders get the odd cents."""
    goods = [item for item in items if item.cents > 0 and not item.deposit]
    goods = [item for item in goods if item.number in links] or goods
    whole = sum([item.cents for item in goods])
    if off > whole:
        raise refused(Reason.SUMS, "more is taken off than the goods cost")
    if not off:
        return
    shares = [divmod(off * item.cents, whole) for item in goods]
    odd = off - sum([share for share, _ in shares])
    by_remainder = sorted(range(len(goods)), key=lambda index: -shares[index][1])[:odd]
    for index, item in enumerate(goods):
        share = shares[index][0] + (index in by_remainder)
        item.cents -= share
        item.off += share


def _in_store(code: str, digits: int) -> str:
    """A short number that was filled up with zeros to look like a GTIN, as it was."""
    short = code.lstrip("0")
    return short if code.startswith("0") and code.isdigit() and 0 < len(short) <= digits else code


@contextmanager
def _at(paths: Paths, place: int) -> Iterator[None]:
    """What is refused inside is refused at a numbered element."""
    try:
        yield
    except RefusedError as error:
        raise _placed(error, paths, place) from None


def _placed(error: RefusedError, paths: Paths, place: int) -> RefusedError:
    what, inner = error.refusal, error.refusal.field.removeprefix("$")
    return refused(what.reason, what.message, f"{paths.written}[{place}]{inner and '/'}{inner}")


def _numbered(paths: Paths, element: Element) -> Iterator[tuple[int, Element]]:
    return enumerate([each for path in paths.each for each in path.elements(element)], start=1)


def _needed(paths: Paths, element: Element) -> str:
    text = paths.first(element)
    if text is None:
        raise _misfit(paths, "this is missing, and so is what could stand for it")
    return text


def _misfit(paths: Paths, message: str) -> RefusedError:
    return refused(Reason.NOT_VALID, message, paths.written)


@lru_cache(maxsize=10_000)
def _value(text: str, decimals: int, point: str) -> int | None:
    """A number as a count of its last decimal; None when it is none, or has more decimals that are not zeros."""
    if point == ",":
        text = text.replace(".", "x").replace(",", ".")
    match = _NUMBER.fullmatch(text)
    if not match:
        return None
    sign, whole, part = match[1], match[2], match[3] or ""
    if not (whole or part) or part[decimals:].strip("0"):
        return None
    value = int(whole + part[:decimals].ljust(decimals, "0"))
    return -value if sign == "-" else value


@lru_cache(maxsize=1_000)
def _rate_text(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02d}".rstrip("0").rstrip(".")


@lru_cache(maxsize=10_000)
def _quantity_text(units: int) -> str:
    whole, part = divmod(abs(units), 10_000)
    text = f"{whole}.{part:04d}".rstrip("0").rstrip(".") if part else str(whole)
    return f"-{text}" if units < 0 else text


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
