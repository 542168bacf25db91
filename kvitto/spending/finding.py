"""Searching entries for words. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date

from kvitto.assortment.types import OnShelf, folded
from kvitto.kernel.collation import sort_key
from kvitto.spending.entries import Entry
from kvitto.spending.rules import HOME_CURRENCY, View, last_bought, listed, times
from kvitto.spending.types import Found, GroupHit, ProductHit

LONGEST_SEARCH = 200  # characters that are looked at
MOST_WORDS, LONGEST_WORD = 8, 40
SHOWN = 50  # products, and receipts; the sums at the top count all

_Place = tuple[int, ...]


def words_of(text: str) -> list[str]:
    """The words of a search in the form they are compared in; the first eight, each cut at 40 characters."""
    return [word[:LONGEST_WORD] for word in folded(text[:LONGEST_SEARCH]).split()[:MOST_WORDS]]


def nothing(words: Sequence[str] = (), currency: str = HOME_CURRENCY) -> Found:
    """What a search finds that finds nothing."""
    return Found(
        words=list(words), currency=currency, this_year=0, cents=0, times=0, groups=[], products=[], receipts=[]
    )


def find(entries: Sequence[Entry], *, words: Sequence[str], currency: str, today: date, view: View) -> Found:
    """The groups and products that have every word, and what they sum to; an entry of several hits counts once.

    A group's hit takes everything below it. A product is hit whole: by its name, its brand and all its texts together.
    """
    hits = _products_with(words, entries, view.language)
    inside = _groups_with(words, {entry.path for entry in entries}, view)
    if not hits and not any(inside.values()):
        return nothing(words, currency)
    found: list[Entry] = []
    products: dict[str, list[Entry]] = {}
    groups: dict[_Place, list[Entry]] = {}  # by the path down to the group
    for entry in entries:
        product = entry.product
        places = inside[entry.path]
        if product is not None and product.key in hits:
            products.setdefault(product.key, []).append(entry)
        elif not places:
            continue
        found.append(entry)
        for place in places:
            groups.setdefault(place, []).append(entry)
    return Found(
        words=list(words),
        currency=currency,
        this_year=_this_year(found, today),
        cents=_cents(found),
        times=times(found),
        groups=_group_hits(groups, today, view),
        products=_product_hits(products, today, view),
        receipts=listed(found, view)[:SHOWN],
    )


def _products_with(words: Sequence[str], entries: Iterable[Entry], language: str) -> set[str]:
    """The keys of the products that have every word."""
    products: dict[str, OnShelf] = {}
    texts: dict[str, set[str]] = {}
    for _, product, _, _, _, _, text, _ in entries:  # unpacked: half the time of asking each entry by name
        if product is not None:
            printed_as = texts.get(product.key)
            if printed_as is None:
                products[product.key] = product
                texts[product.key] = {text}
            else:
                printed_as.add(text)
    hits = set()
    for key, product in products.items():
        left = [word for word in words if word not in product.folded(language)]
        if left:
            printed = folded("\n".join(texts[key]))
            left = [word for word in left if word not in printed]
        if not left:
            hits.add(key)
    return hits


def _groups_with(words: Sequence[str], paths: Iterable[_Place], view: View) -> dict[_Place, list[_Place]]:
    """For each path, the ways from the top to those of its groups that have every word in their name."""
    named: dict[int, bool] = {}

    def has(group: int) -> bool:
        if group not in named:
            name = folded(view.group(group))
            named[group] = all(word in name for word in words)
        return named[group]

    return {path: [path[: at + 1] for at, group in enumerate(path) if has(group)] for path in paths}


def _group_hits(groups: dict[_Place, list[Entry]], today: date, view: View) -> list[GroupHit]:
    hits = [
        GroupHit(
            id=place[-1],
            name=view.group(place[-1]),
            path=view.path(place[:-1]),
            this_year=_this_year(found, today),
            cents=_cents(found),
            times=times(found),
        )
        for place, found in groups.items()
    ]
    return sorted(hits, key=lambda hit: (-hit.this_year, -hit.cents, sort_key(hit.name)))


def _product_hits(products: dict[str, list[Entry]], today: date, view: View) -> list[ProductHit]:
    sums = [(_this_year(found, today), _cents(found), view.product(found[0]), key) for key, found in products.items()]
    sums.sort(key=lambda each: (-each[0], -each[1], sort_key(each[2])))
    return [
        ProductHit(
            key=key,
            name=name,
            this_year=this_year,
            cents=cents,
            times=times(products[key]),
            last=last_bought(products[key], view),
        )
        for this_year, cents, name, key in sums[:SHOWN]
    ]


def _this_year(entries: Iterable[Entry], today: date) -> int:
    year = today.year
    return sum(entry.cents for entry in entries if entry.head.business_day.year == year)


def _cents(entries: Iterable[Entry]) -> int:
    return sum(entry.cents for entry in entries)
