"""How entries add up to the figures of a page. Pure; entries come receipt by receipt, newest first."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kvitto.assortment.types import Tree
from kvitto.kernel.collation import sort_key
from kvitto.kernel.periods import Period, month_start, months_after
from kvitto.purchases.types import MonthTotal, ReceiptHead
from kvitto.spending.entries import Entry
from kvitto.spending.types import (
    DEPOSITS,
    NOT_RECORDED,
    TOTALS_ONLY,
    UNGROUPED,
    Bought,
    GroupSum,
    LevelShare,
    Listed,
    MonthSum,
    OtherCurrency,
    Place,
    ProductSum,
)

OUTSIDE = (UNGROUPED, DEPOSITS, NOT_RECORDED, TOTALS_ONLY)  # what is in no group of the tree, in the order of pages
HOME_CURRENCY = "EUR"
CHART = 12  # months


@dataclass(frozen=True, slots=True)
class View:
    """What a page shows names from."""

    tree: Tree
    places: Mapping[int, Place]
    language: str

    def group(self, group_id: int) -> str:
        """A group's name; empty for what is outside of the tree."""
        return self.tree.name(group_id, self.language)

    def product(self, newest: Entry) -> str:
        """The name of an entry's product; what the receipt calls it when the assortment has no name."""
        return (newest.product.name(self.language) if newest.product else "") or newest.text

    def path(self, path: Sequence[int]) -> list[tuple[int, str]]:
        """Ids and names of the groups of a path, but none that are outside of the tree."""
        return [(group, self.group(group)) for group in path if group > 0]


@dataclass(frozen=True, slots=True)
class Parts:
    """One group's entries put apart. `cents` = `groups` + `products` + `undivided` = `receipts`."""

    cents: int
    groups: list[GroupSum]
    products: list[ProductSum]
    undivided: int
    receipts: list[Listed]


# Currencies and months


def main_currency(receipts: Mapping[str, int]) -> str:
    """Of currency -> how many receipts, the one with most; euro when that is a tie, and when there is none."""
    return max(receipts, key=lambda code: (receipts[code], code == HOME_CURRENCY, code), default=HOME_CURRENCY)


def count_currencies(heads: Iterable[ReceiptHead]) -> Counter[str]:
    """How many receipts are in each currency."""
    return Counter(head.currency for head in heads)


def other_currencies(heads: Iterable[ReceiptHead], currency: str) -> list[OtherCurrency]:
    """What the figures in `currency` leave out, the most used first."""
    sums: dict[str, list[int]] = {}
    for head in heads:
        if head.currency != currency:
            entry = sums.setdefault(head.currency, [0, 0])
            entry[0] += head.total_cents
            entry[1] += 1
    return [OtherCurrency(code, *sums[code]) for code in sorted(sums, key=lambda code: (-sums[code][1], code))]


def last_months(today: date) -> list[date]:
    """The first days of the last 12 months, this one last."""
    return [months_after(month_start(today), back) for back in range(1 - CHART, 1)]


def chart_months(period: Period, today: date) -> list[date]:
    """The months of a chart beside a period: the last 12 for one of them, else those of the year it begins in."""
    recent = last_months(today)
    if period.start in recent and period.end == months_after(period.start, 1):
        return recent
    return [date(period.start.year, month, 1) for month in range(1, CHART + 1)]


def spanned(months: Sequence[date], period: Period | None = None) -> Period:
    """The days of consecutive months, and those of a period that begins in one of them."""
    end: date | None = months_after(months[-1], 1)
    if period is not None and end is not None:
        end = max(end, period.end) if period.end else None
    return Period(months[0], end)


def months_of_totals(totals: Iterable[MonthTotal], currency: str, months: Iterable[date]) -> list[MonthSum]:
    """The bars of whole receipts."""
    sums = {each.month: (each.cents, each.receipts) for each in totals if each.currency == currency}
    return [MonthSum(month, *sums.get(month, (0, 0))) for month in months]


def months_of(entries: Iterable[Entry], months: Iterable[date]) -> list[MonthSum]:
    """The bars of entries."""
    sums: dict[tuple[int, int], list[int]] = {}
    for head, cents in _by_receipt(entries):
        entry = sums.setdefault((head.business_day.year, head.business_day.month), [0, 0])
        entry[0] += cents
        entry[1] += 1
    return [MonthSum(month, *sums.get((month.year, month.month), (0, 0))) for month in months]


# Sums


def level_shares(heads: Iterable[ReceiptHead]) -> list[LevelShare]:
    """How much is recorded at which level and why, the finest first."""
    sums: dict[tuple[int, int], list[int]] = {}
    shown: dict[tuple[int, int], ReceiptHead] = {}
    for head in heads:
        key = -head.level, int(head.level_reason)
        shown.setdefault(key, head)
        entry = sums.setdefault(key, [0, 0])
        entry[0] += head.total_cents
        entry[1] += 1
    return [LevelShare(shown[key].level, shown[key].level_reason, *sums[key]) for key in sorted(sums)]


def group_sums(entries: Iterable[Entry], depth: int, view: View) -> list[GroupSum]:
    """The entries by the group at a depth of their paths (0 is the top), greatest first, those outside of the tree last."""
    cents: dict[int, int] = {}
    receipts: dict[int, int] = {}
    seen: dict[int, ReceiptHead] = {}
    for entry in entries:
        group = entry.path[depth]
        cents[group] = cents.get(group, 0) + entry.cents
        if seen.get(group) is not entry.head:
            seen[group] = entry.head
            receipts[group] = receipts.get(group, 0) + 1
    sums = [GroupSum(group, view.group(group), cents[group], receipts[group]) for group in cents]
    return sorted(sums, key=_group_order)


def _group_order(each: GroupSum) -> tuple[int, int, str]:
    return (OUTSIDE.index(each.id) + 1 if each.id in OUTSIDE else 0), -each.cents, sort_key(each.name)


def parts(entries: Iterable[Entry], group_id: int, view: View) -> Parts:
    """A group's entries by the groups and products below it; others are passed over."""
    inside = [entry for entry in entries if group_id in entry.path]
    deeper: list[Entry] = []
    products: dict[str, list[Entry]] = {}
    undivided = 0
    at = inside[0].path.index(group_id) if inside else 0  # a group has one place in the tree
    for entry in inside:
        if len(entry.path) > at + 1:
            deeper.append(entry)
        elif entry.product is not None:
            products.setdefault(entry.product.key, []).append(entry)
        else:
            undivided += entry.cents
    sums = [_product_sum(key, found, view) for key, found in products.items()]
    return Parts(
        cents=sum(entry.cents for entry in inside),
        groups=group_sums(deeper, at + 1, view),
        products=sorted(sums, key=lambda each: (-each.cents, sort_key(each.name))),
        undivided=undivided,
        receipts=listed(inside, view),
    )


def _product_sum(key: str, found: Sequence[Entry], view: View) -> ProductSum:
    return ProductSum(
        key=key,
        name=view.product(found[0]),
        cents=sum(entry.cents for entry in found),
        times=times(found),
        last=last_bought(found, view),
    )


def times(entries: Iterable[Entry]) -> int:
    """How many lines are purchases: a discount is none."""
    return sum(not entry.discount for entry in entries)


def listed(entries: Iterable[Entry], view: View) -> list[Listed]:
    """The receipts of entries, in their order, each with what the entries on it sum to."""
    return [Listed(head, view.places[head.store_id], cents) for head, cents in _by_receipt(entries)]


def _by_receipt(entries: Iterable[Entry]) -> list[tuple[ReceiptHead, int]]:
    heads: list[ReceiptHead] = []
    sums: list[int] = []
    for entry in entries:
        if heads and heads[-1] is entry.head:
            sums[-1] += entry.cents
        else:
            heads.append(entry.head)
            sums.append(entry.cents)
    return list(zip(heads, sums, strict=True))


# Products


@dataclass(slots=True)
class _Row:
    """A purchase that discounts may still come to."""

    head: ReceiptHead
    cents: int
    quantity: int
    unit: str
    only_discounts: bool


def bought(entries: Iterable[Entry], view: View) -> list[Bought]:
    """One product's entries as purchases, in their order; together they sum to the entries.

    A discount goes to the line before it on the same receipt, or to the one that follows; alone on its receipt it is a
    purchase of nothing.
    """
    rows: list[_Row] = []
    for entry in entries:
        quantity = 0 if entry.discount else entry.quantity
        row = rows[-1] if rows and rows[-1].head is entry.head else None
        if row is None or not (entry.discount or row.only_discounts):
            rows.append(_Row(entry.head, entry.cents, quantity, entry.unit, entry.discount))
            continue
        row.cents += entry.cents
        if not entry.discount:
            row.quantity, row.unit, row.only_discounts = quantity, entry.unit, False
    return [
        Bought(
            head=row.head,
            place=view.places[row.head.store_id],
            cents=row.cents,
            quantity=row.quantity,
            unit=row.unit,
            unit_cents=unit_cents(row.cents, row.quantity),
        )
        for row in rows
    ]


def last_bought(entries: Sequence[Entry], view: View) -> Bought:
    """The newest purchase of one product's entries."""
    return bought([entry for entry in entries if entry.head is entries[0].head], view)[0]


def unit_cents(cents: int, quantity: int) -> int | None:
    """The cents of one unit, without sign, half away from zero; `quantity` is in ten-thousandths."""
    if quantity == 0:
        return None
    whole = abs(quantity)
    return (2 * abs(cents) * 10_000 + whole) // (2 * whole)
