"""A member's own pages: each function is one page for one person, with one opening at most and a fixed number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.timezone import localdate, localtime

from kvitto.assortment import shelf as assortment
from kvitto.assortment.shelf import Shelf
from kvitto.assortment.types import Products
from kvitto.kernel.actor import Actor
from kvitto.kernel.collation import sort_key
from kvitto.kernel.errors import NotFoundError
from kvitto.kernel.periods import Period, month_start
from kvitto.purchases import queries as purchases
from kvitto.purchases.related import related_of
from kvitto.purchases.rules import keep_from, unnamed
from kvitto.purchases.types import (
    Content,
    GroupContent,
    MonthTotal,
    ProductContent,
    ReceiptDetail,
    ReceiptHead,
    Related,
    Replaced,
)
from kvitto.spending import finding, rules
from kvitto.spending.entries import Entry, Shelves, codes, entries
from kvitto.spending.finding import LONGEST_SEARCH
from kvitto.spending.rules import OUTSIDE, View
from kvitto.spending.types import (
    TOTALS_ONLY,
    UNGROUPED,
    Filter,
    Found,
    GroupPage,
    GroupSum,
    Listed,
    Listing,
    Overview,
    Place,
    ProductPage,
    ReceiptLine,
    ReceiptPage,
    RelatedPage,
    RelatedPages,
)
from kvitto.stores import queries as stores
from kvitto.stores.types import Level, StorePlace

__all__ = [
    "LONGEST_SEARCH",
    "arrived",
    "everything",
    "group_page",
    "held",
    "listed",
    "listing",
    "overview",
    "product_page",
    "receipt_head",
    "receipt_page",
    "receipt_pages",
    "search",
    "some",
]

# what the audit entry says the lines were opened for
OWN_VIEW = "own view"
EXPORT = "own export"
OWN_TOOL = "own tool"
NO_RECEIPT = "no such receipt among yours: it may have been deleted after two years"

Receipts = Sequence[tuple[ReceiptHead, Content]]


class NotYoursError(NotFoundError):
    """There is no such group, product or receipt among the member's own: the answer is the same, whatever exists."""


def overview(*, person_id: int, period: Period, language: str, by: Actor, today: date, now: datetime) -> Overview:
    """A period at a glance. Opens the period's receipts; the chart's months come from what needs no opening."""
    page = _page(today, language)
    totals = purchases.month_totals(person_id=person_id, period=_kept(today))
    receipts = purchases.opened_receipts(person_id=person_id, period=period, by=by, purpose=OWN_VIEW, now=now)
    all_heads = [head for head, _ in receipts]
    counts = rules.count_currencies(all_heads)
    for each in totals if not counts else ():  # an empty period: the currency of the other months
        counts[each.currency] += each.receipts
    currency = rules.main_currency(counts)
    heads = [head for head in all_heads if head.currency == currency]
    return Overview(
        period=period,
        currency=currency,
        cents=sum(head.total_cents for head in heads),
        receipts=len(heads),
        months=rules.months_of_totals(totals, currency, rules.chart_months(period, today)),
        groups=rules.group_sums(page.entries(receipts, currency), 0, page.view),
        levels=rules.level_shares(heads),
        others=rules.other_currencies(all_heads, currency),
        earliest=totals[0].month if totals else None,
    )


def group_page(
    *, person_id: int, group_id: int, period: Period, language: str, by: Actor, today: date, now: datetime
) -> GroupPage:
    """One group, or one of those outside of the tree, as UNGROUPED, in a period. Opens the months of its chart and the period.

    TOTALS_ONLY opens nothing. Raises NotYoursError for a group that is none, or below the depth purchases are recorded at.
    """
    page = _page(today, language)
    tree = page.shelf.tree
    path = tree.paths.get(group_id, ())
    if group_id not in OUTSIDE and path[-1:] != (group_id,):
        raise NotYoursError("no such product group: choose one on the page of a month or year")
    months = rules.chart_months(period, today)
    span = rules.spanned(months, period)
    receipts: Receipts
    if group_id == TOTALS_ONLY:
        receipts = [(head, None) for head in purchases.receipts_in(person_id=person_id, period=span)]
    else:
        receipts = purchases.opened_receipts(person_id=person_id, period=span, by=by, purpose=OWN_VIEW, now=now)
    counts = rules.count_currencies(head for head, _ in receipts if head.business_day in period)
    currency = rules.main_currency(counts or rules.count_currencies(head for head, _ in receipts))
    if group_id == TOTALS_ONLY:
        receipts = [receipt for receipt in receipts if receipt[0].level is Level.TOTAL]
    inside = [entry for entry in page.entries(receipts, currency) if group_id in entry.path]
    parts = rules.parts([entry for entry in inside if entry.head.business_day in period], group_id, page.view)
    return GroupPage(
        id=group_id,
        name=page.view.group(group_id),
        path=page.view.path(path[:-1]),
        period=period,
        currency=currency,
        cents=parts.cents,
        months=rules.months_of(inside, months),
        groups=parts.groups,
        products=parts.products,
        undivided=parts.undivided,
        receipts=parts.receipts,
    )


def product_page(*, person_id: int, key: str, language: str, by: Actor, today: date, now: datetime) -> ProductPage:
    """One product over everything that is kept, all of which it opens. Raises NotYoursError when it was never bought."""
    page = _page(today, language)
    receipts = purchases.opened_receipts(person_id=person_id, period=_kept(today), by=by, purpose=OWN_VIEW, now=now)
    every = page.entries(receipts, None)
    mine = [entry for entry in every if entry.product is not None and entry.product.key == key]
    if not mine:
        raise NotYoursError("no such product among your purchases: it was never bought, or too long ago")
    # Of this product's own receipts: one bought abroad only has its page in the money of that country.
    currency = rules.main_currency(rules.count_currencies({id(entry.head): entry.head for entry in mine}.values()))
    mine = [entry for entry in mine if entry.head.currency == currency]
    product = mine[0].product
    return ProductPage(
        key=key,
        name=page.view.product(mine[0]),
        brand=product.brand if product else "",
        path=page.view.path(mine[0].path),
        currency=currency,
        cents=sum(entry.cents for entry in mine),
        this_year=sum(entry.cents for entry in mine if entry.head.business_day.year == today.year),
        months=rules.months_of(mine, rules.last_months(today)),
        bought=rules.bought(mine, page.view),
    )


def search(*, person_id: int, text: str, language: str, by: Actor, today: date, now: datetime) -> Found:
    """The groups and products whose names, brands or texts have all the words. Opens everything kept, without words nothing."""
    words = finding.words_of(text)
    if not words:
        return finding.nothing()
    page = _page(today, language)
    receipts = purchases.opened_receipts(person_id=person_id, period=_kept(today), by=by, purpose=OWN_VIEW, now=now)
    currency = rules.main_currency(rules.count_currencies(head for head, _ in receipts))
    found = page.entries(receipts, currency)
    return finding.find(found, words=words, currency=currency, today=today, view=page.view)


def receipt_page(*, person_id: int, day: date, receipt_id: int, language: str, by: Actor, now: datetime) -> ReceiptPage:
    """One receipt with everything that is recorded of it. Raises NotYoursError when it is not there or not the person's."""
    found = purchases.opened_receipt(
        person_id=person_id, day=day, receipt_id=receipt_id, by=by, purpose=OWN_VIEW, now=now
    )
    if found is None:
        raise NotYoursError(NO_RECEIPT)
    related = related_of(person_id).get((day, receipt_id))
    return _page(localdate(now), language).receipt(*found, related)


def receipt_head(*, person_id: int, day: date, receipt_id: int) -> Listed:
    """One receipt without what was bought. Raises NotYoursError as `receipt_page`; opens nothing."""
    head = purchases.head_of(person_id=person_id, day=day, receipt_id=receipt_id)
    if head is None:
        raise NotYoursError(NO_RECEIPT)
    return Listed(head, _Places(stores.places())[head.store_id], head.total_cents)


def arrived(*, person_id: int, after: int, limit: int) -> list[Listed]:
    """A person's receipts stored after the one with an id, the last first, without what was bought; opens nothing."""
    return listed(purchases.arrived(person_id=person_id, after=after, limit=limit))


def listed(heads: Sequence[ReceiptHead]) -> list[Listed]:
    """Receipts with the places that they were bought at, in the same order."""
    places = _Places(stores.places())
    return [Listed(head, places[head.store_id], head.total_cents) for head in heads]


def receipt_pages(
    found: Sequence[tuple[ReceiptDetail, Content]],
    *,
    language: str,
    today: date,
    related: Mapping[tuple[date, int], Related] | None = None,
) -> list[ReceiptPage]:
    """Opened receipts as they are shown, with what belongs to each where that is asked for."""
    page, beside = _page(today, language), related or {}
    return [
        page.receipt(detail, content, beside.get((detail.head.business_day, detail.head.receipt_id)))
        for detail, content in found
    ]


def everything(*, person_id: int, language: str, by: Actor, today: date, now: datetime) -> list[ReceiptPage]:
    """All of a person's receipts with everything that is recorded of them, newest first, to be taken along. One opening."""
    found = purchases.opened_details(person_id=person_id, period=_kept(today), by=by, purpose=EXPORT, now=now)
    return receipt_pages(found, language=language, today=today, related=related_of(person_id))


def some(
    *, person_id: int, before: tuple[date, int] | None, limit: int, language: str, by: Actor, today: date, now: datetime
) -> list[ReceiptPage]:
    """As `everything`, by days and ids downwards: the first `limit` receipts before (business day, id). One opening."""
    found = purchases.opened_before(person_id=person_id, before=before, limit=limit, by=by, purpose=OWN_TOOL, now=now)
    return receipt_pages(found, language=language, today=today, related=related_of(person_id))


def held(*, person_id: int, today: date) -> list[MonthTotal]:
    """What `everything` comes to, by month and currency, oldest first; opens nothing."""
    return purchases.month_totals(person_id=person_id, period=_kept(today))


def listing(*, person_id: int, filter: Filter, offset: int, limit: int) -> Listing:  # noqa: A002  the word of its callers
    """A page of a person's receipts, newest first, without what was bought: opens nothing, writes no audit entry."""
    places = _Places(stores.places())
    heads, count, ids = purchases.listed(person_id=person_id, wanted=filter, offset=offset, limit=limit)
    return Listing(
        receipts=[Listed(head, places[head.store_id], head.total_cents) for head in heads],
        count=count,
        stores=sorted(((each, places[each].name) for each in ids), key=lambda store: (sort_key(store[1]), store[0])),
    )


def _kept(today: date) -> Period:
    """Everything that can be kept. From the first of the month, so that what is due today goes when it is deleted, not before."""
    return Period(month_start(keep_from(today)))


class _Places(dict[int, Place]):
    """The places of the stores that a page meets."""

    def __init__(self, known: Mapping[int, StorePlace]) -> None:
        super().__init__()
        self._known = known

    def __missing__(self, store_id: int) -> Place:
        known = self._known[store_id]
        place = self[store_id] = Place(known.name, known.town, known.chain, known.company, known.business_id)
        return place


@dataclass(frozen=True, slots=True)
class _Page:
    """What one page reads names, groups and products from: fixed when the page begins."""

    shelf: Shelf
    stores: Mapping[int, StorePlace]
    view: View

    def entries(self, receipts: Receipts, currency: str | None) -> list[Entry]:
        """What the receipts in a currency (None: in any) contribute."""
        if currency is not None:
            receipts = [receipt for receipt in receipts if receipt[0].currency == currency]
        return entries(receipts, chains=self._chains(receipts), products=self._products(receipts), tree=self.shelf.tree)

    def receipt(self, detail: ReceiptDetail, content: Content, related: Related | None) -> ReceiptPage:
        """One receipt with everything that is recorded of it, and what belongs to it."""
        return ReceiptPage(
            head=detail.head,
            place=self.view.places[detail.head.store_id],
            workstation=detail.workstation,
            sequence=detail.sequence,
            begin_time=detail.begin_time,
            channel=detail.channel,
            kind=detail.kind,
            zone=self.stores[detail.head.store_id].zone,
            lines=self.lines(detail.head, content) if isinstance(content, ProductContent) else [],
            groups=self.groups(content) if isinstance(content, GroupContent) else [],
            deposits=content.deposits if isinstance(content, GroupContent) else 0,
            unnamed=unnamed(detail.head.total_cents, content) if content else None,
            paid=content.paid if content else None,
            bonus_basis=detail.bonus_basis,
            related=self.related(related or Related()),
        )

    def related(self, found: Related) -> RelatedPages:
        """What belongs to a receipt, with the names of its stores."""
        return RelatedPages(
            returns=[RelatedPage(each, self.view.places[each.store_id]) for each in found.returns],
            sales=[RelatedPage(each, self.view.places[each.store_id]) for each in found.sales],
            missing=found.missing,
            replaced=[Replaced(localtime(each.at), each.total_cents) for each in found.replaced],
        )

    def lines(self, head: ReceiptHead, content: ProductContent) -> list[ReceiptLine]:
        """The lines of a receipt, in order."""
        shelves, chain = Shelves(self._products([(head, content)])), self.stores[head.store_id].chain_code
        found = []
        for line in content.lines:
            product = shelves.product(line, chain)
            found.append(
                ReceiptLine(
                    type=line.type,
                    code=line.code,
                    text=line.text,
                    name=product.name(self.view.language) if product else "",
                    key=product.key if product else "",
                    quantity=line.quantity,
                    unit=line.unit,
                    unit_cents=rules.unit_cents(line.cents, line.quantity),
                    cents=line.cents,
                    discount_cents=line.discount_cents,
                    vat=line.vat,
                    guarantee=line.guarantee,
                )
            )
        return found

    def groups(self, content: GroupContent) -> list[GroupSum]:
        """The groups of a receipt by their recorded names, each with the id of the page it is on now."""
        paths = self.shelf.tree.paths
        sums = [
            GroupSum(paths[group][-1] if group in paths else UNGROUPED, self.view.group(group), cents, 1)
            for group, cents in content.groups
        ]
        return sorted(sums, key=lambda each: (each.id == UNGROUPED, -each.cents, sort_key(each.name)))

    def _chains(self, receipts: Receipts) -> dict[int, str]:
        return {store_id: self.stores[store_id].chain_code for store_id in {head.store_id for head, _ in receipts}}

    def _products(self, receipts: Receipts) -> Products:
        return self.shelf.products(codes(receipts, self._chains(receipts)))


def _page(today: date, language: str) -> _Page:
    held, known = assortment.shelf(today), stores.places()
    return _Page(held, known, View(held.tree, _Places(known), language))
