"""What may be stored of a receipt, and for how long. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache

import msgspec

from kvitto.assortment.rules import bonus_class, group_at
from kvitto.assortment.types import Barred, BonusClass, ProductFacts
from kvitto.kernel.money import cents
from kvitto.kernel.periods import months_after
from kvitto.purchases.types import (
    BonusBasis,
    Content,
    Existing,
    GroupContent,
    GroupReceipt,
    Guarantee,
    Head,
    Key,
    LevelReason,
    Line,
    Packed,
    Paid,
    ProductContent,
    ProductReceipt,
    Receipt,
    StorableReceipt,
    StoredGuarantee,
    StoredLine,
    TotalReceipt,
    level_of,
)
from kvitto.stores.types import Level

RETENTION_MONTHS = 24
DIGEST_VERSION = 1
UNCLASSIFIED = 0
_NONE = BonusClass.NONE
GOODS = frozenset({"item", "return", "discount"})  # deposits are not purchases: no Bonus, no group

_encode = msgspec.json.Encoder().encode
_pack = msgspec.msgpack.Encoder().encode
Facts = Mapping[str, ProductFacts | None]  # by the code as scanned at this store; None: no such product


def level_for(*, chain: Level, member_then: Level, member_now: Level) -> tuple[Level, LevelReason]:
    """The level to record at and why: the lowest of the chain's and the member's, then and now.

    `chain` is the level of chain and sales channel on the business day. Taking the member's level both when they bought and
    now means that lowering works at once and raising never reaches back.
    """
    level = min(chain, member_then, member_now)
    if level == chain:
        return level, LevelReason.CHAIN
    return level, LevelReason.MEMBER_THEN if level == member_then else LevelReason.MEMBER_NOW


def canonical(receipt: Receipt) -> bytes:
    """The bytes that make two deliveries the same receipt: everything but card, operator and message time."""
    return _encode(msgspec.structs.replace(receipt, card=None, operator=None, sent_at=None))


def restates(head: Head, existing: Existing) -> bool | None:
    """Whether other content under a stored key takes its place; None when nobody here can tell.

    It does when its source may restate and calls it newer, and never moves a receipt to another buyer.
    """
    if head.version is None or existing.version is None or head.person_id != existing.person_id:
        return None
    return None if head.version == existing.version else head.version > existing.version


def deletes_on(business_day: date) -> date:
    """The first day on which a receipt of that business day is no longer kept."""
    return months_after(business_day, RETENTION_MONTHS)


def keep_from(today: date) -> date:
    """The oldest business day still kept on `today`: the first `day` for which `deletes_on(day) > today`."""
    day = months_after(today, -RETENTION_MONTHS)
    while deletes_on(day) <= today:
        day = date.fromordinal(day.toordinal() + 1)
    return day


@lru_cache(maxsize=10_000)
def quantity_units(quantity: str) -> int:
    """Ten-thousandths of a quantity: `"0.452"` is 4520."""
    whole, point, part = quantity.partition(".")
    if not point:
        return int(whole) * 10_000
    units = abs(int(whole)) * 10_000 + int(part.ljust(4, "0"))
    return -units if quantity[0] == "-" else units


def line_cents(receipt: Receipt) -> list[int]:
    """The cents of each line, in order; computed once and handed to what needs them."""
    return [int(line.amount.replace(".", "", 1)) for line in receipt.lines]


def reduce(  # noqa: PLR0913  what was found out about the receipt, each a word of its own
    receipt: Receipt,
    *,
    amounts: list[int],
    key: Key,
    person_id: int,
    level: Level,
    reason: LevelReason,
    facts: Facts,
    group_depth: int,
    barred: Barred | None,
    counted: frozenset[BonusClass] | None,
    digest: bytes,
    version: int | None = None,
) -> StorableReceipt:
    """Keep what the level allows and drop the rest; cannot fail on a receipt that passed the checks.

    `amounts` are the lines' cents (`line_cents`); `group_depth` is the recording depth of the business day; `barred` are the
    categories that the buyer keeps out, None when there are none; `counted` the Bonus classes to keep, None for all of them;
    `version` is the source's own, if it may restate. What leaves here is the only form the register accepts.
    """
    lines = [(line, amount) for line, amount in zip(receipt.lines, amounts, strict=True) if not line.void]
    head = Head(
        key=key,
        person_id=person_id,
        end_time=receipt.end_time,
        channel=receipt.channel,
        kind=receipt.type,
        total_cents=cents(receipt.total),
        currency=receipt.currency,
        level_reason=reason,
        bonus_basis=bonus_basis(lines, facts, counted),
        digest=digest,
        code=receipt.code,
        origins=tuple(receipt.origins or ()),
        origin_codes=tuple(receipt.origin_codes or ()),
        version=version,
    )
    if level is Level.TOTAL:
        return TotalReceipt(head)
    if level is Level.GROUP:
        entries = ((line.type, line.code, amount) for line, amount in lines)
        groups = _group_content(entries, facts, group_depth, paid=_paid(receipt))
        return GroupReceipt(head, groups if barred is None else groups_without(groups, barred))
    stored = [_stored(*line, guarantee_of(line[0], facts, receipt.business_day)) for line in lines]
    content = ProductContent(stored, _paid(receipt))
    return ProductReceipt(head, content if barred is None else lines_without(content, barred, facts))


def total_only(*, key: Key, person_id: int, total_cents: int, currency: str, digest: bytes) -> TotalReceipt:
    """A purchase of which a sum is all that came: at total level, and all of it earns Bonus."""
    return TotalReceipt(
        Head(
            key=key,
            person_id=person_id,
            end_time=key.begin_time,
            channel="store",
            kind="return" if total_cents < 0 else "sale",
            total_cents=total_cents,
            currency=currency,
            level_reason=LevelReason.CHAIN,
            bonus_basis=[BonusBasis(BonusClass.STANDARD.value, total_cents)],
            digest=digest,
        )
    )


def lines_without(content: ProductContent, barred: Barred, facts: Facts) -> ProductContent:
    """The content without the categories, and without what may be of them: goods that no category is known of, deposits.

    Nothing stays from which these lines could be worked out: neither tax, tenders and rounding, nor how many they were.
    """
    kept = [line for line in content.lines if _is_free(line, barred, facts)]
    return ProductContent(kept, None, _kept_out(content, barred))


def groups_without(content: GroupContent, barred: Barred) -> GroupContent:
    """The content without the groups that hold anything of the categories, and without what else `lines_without` drops."""
    kept = [(group, amount) for group, amount in content.groups if group != UNCLASSIFIED and group not in barred.partly]
    return GroupContent(kept, 0, None, _kept_out(content, barred))


def less(content: Content, *, level: Level, barred: Barred | None, facts: Facts, group_depth: int) -> Content:
    """What stays of a stored content that is to be at most at a level, and without categories: also those it is without.

    The same comes out as if the receipt had come in now, as far as it can still be told.
    """
    if content is None or level is Level.TOTAL:
        return None
    if isinstance(content, ProductContent) and level is Level.GROUP:
        entries = ((line.type, line.code, line.cents) for line in content.lines)
        content = _group_content(entries, facts, group_depth, paid=content.paid, kept_out=content.kept_out)
    if barred is None:
        return content
    return (
        lines_without(content, barred, facts)
        if isinstance(content, ProductContent)
        else groups_without(content, barred)
    )


def unnamed(total_cents: int, content: ProductContent | GroupContent) -> int | None:
    """The cents of a receipt that are recorded without a name; None where its buyer keeps nothing out."""
    if not content.kept_out:
        return None
    if isinstance(content, ProductContent):
        return total_cents - sum(line.cents for line in content.lines)
    return total_cents - sum(amount for _, amount in content.groups)


def _is_free(line: StoredLine, barred: Barred, facts: Facts) -> bool:
    product = facts.get(line.code) if line.type in GOODS and line.code else None
    return product is not None and not barred.has(product)


def _kept_out(content: ProductContent | GroupContent, barred: Barred) -> list[str]:
    return sorted(barred.classes.union(content.kept_out))


def pack(receipt: StorableReceipt) -> Packed:
    """A storable receipt in the form it is handed on in: small, and nothing left to decide."""
    if isinstance(receipt, TotalReceipt):
        return Packed(receipt.head, Level.TOTAL, None)
    return Packed(receipt.head, level_of(receipt), pack_content(receipt.content))


def pack_content(content: ProductContent | GroupContent) -> bytes:
    """What is sealed of a receipt, as bytes."""
    return _pack(content)


def bonus_basis(
    lines: list[tuple[Line, int]], facts: Facts, counted: frozenset[BonusClass] | None = None
) -> list[BonusBasis]:
    """What each Bonus class counts of a receipt's lines and their cents, classes in alphabetical order; `counted` ones only.

    The till's flag wins over the assortment's class, which wins over "not eligible". A class that counts by quantity counts
    litres: lines in another unit bring it their cents only.
    """
    sums: dict[str, list[int]] = {}
    last, entry, litres = _NONE, [0, 0], False
    for line, amount in lines:
        product = facts.get(line.code) if line.code else None
        earns = product.bonus_class if product else _NONE
        if line.bonus is not None:
            earns = bonus_class(till_flag=line.bonus, product_class=earns)
        if earns is _NONE or line.type not in GOODS:
            continue
        if earns is not last:
            last, litres = earns, earns.by_quantity
            entry = sums.setdefault(earns.value, [0, 0])
        entry[0] += amount
        if litres and line.unit == "l":
            entry[1] += quantity_units(line.quantity)
    return [BonusBasis(each, *sums[each]) for each in sorted(sums) if counted is None or each in counted]


def guarantee_of(line: Line, facts: Facts, business_day: date) -> StoredGuarantee | None:
    """The longest of the guarantees that a receipt states for goods sold; where it states none, that of their product."""
    if line.type != "item":
        return None
    stated = [(_last_day(each, business_day), each.terms or "") for each in line.guarantees or ()]
    if not stated:
        product = facts.get(line.code) if line.code else None
        if product is None or not product.guarantee_months:
            return None
        stated = [(months_after(business_day, product.guarantee_months), "")]
    until, terms = max(stated, key=lambda each: each[0])
    return StoredGuarantee(until, terms, line.serial or "")


def _last_day(stated: Guarantee, business_day: date) -> date:
    return stated.until or months_after(business_day, stated.months or 0)


def _stored(line: Line, amount: int, guarantee: StoredGuarantee | None) -> StoredLine:
    return StoredLine(
        line.type,
        line.code or "",
        line.text,
        quantity_units(line.quantity),
        line.unit or "",
        amount,
        cents(line.discount) if line.discount else 0,
        line.vat,
        guarantee,
    )


def _paid(receipt: Receipt) -> Paid:
    return Paid(
        [(row.rate, cents(row.gross), cents(row.tax)) for row in receipt.vat],
        [(tender.type, cents(tender.amount)) for tender in receipt.tenders],
        cents(receipt.rounding) if receipt.rounding else 0,
    )


def _group_content(
    entries: Iterable[tuple[str, str | None, int]],
    facts: Facts,
    depth: int,
    *,
    paid: Paid | None,
    kept_out: list[str] | None = None,
) -> GroupContent:
    """Lines, given by type, code and cents, as sums of groups."""
    groups: dict[int, int] = {}
    deposits = 0
    for kind, code, amount in entries:
        if kind not in GOODS:
            deposits += amount
            continue
        product = facts.get(code) if code else None
        group = group_at(product.group_path, depth) if product else UNCLASSIFIED
        groups[group] = groups.get(group, 0) + amount
    return GroupContent(sorted(groups.items()), deposits, paid, kept_out or [])
