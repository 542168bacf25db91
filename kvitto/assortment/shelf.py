"""The assortment in the memory of a process that shows pages: the tree of groups, and the products met so far.

One tiny query a page tells whether a load changed anything; then all is forgotten. Threads share a shelf: its tree never
changes, and what is learned is only ever added to its products or dropped with them.
"""

from collections.abc import Collection, Mapping
from datetime import date

from kvitto.assortment import queries
from kvitto.assortment.rules import identify
from kvitto.assortment.types import DepthTable, GroupView, Key, Names, OnShelf, Products, Tree

COUNTRY = "FI"  # whose rules read numbers of goods sold by weight or price
MAX_PRODUCTS = 60_000  # codes remembered before all are forgotten: about 50 MB


class Shelf:
    """What one version of the assortment shows at one recording depth."""

    def __init__(self, stamp: tuple[int, str], depths: DepthTable, depth: int, groups: Mapping[int, GroupView]) -> None:
        self.stamp = stamp
        self.depths = depths
        self.tree = Tree(depth, groups, _paths(groups, depth))
        self._products: dict[str, dict[str, OnShelf | None]] = {}

    def products(self, codes: Mapping[str, Collection[str]]) -> Products:
        """The products that codes as scanned name (chain -> codes), and any others met before.

        No query when all have been met before, else two at most, however many are new.
        """
        if sum(map(len, self._products.values())) > MAX_PRODUCTS:
            self._products = {}
        products = self._products  # another thread may begin anew meanwhile
        new: set[tuple[str, str]] = set()
        for chain, scanned in codes.items():
            known = products.setdefault(chain, {})
            new.update((chain, code) for code in scanned if code not in known)
        if new:
            self._learn(products, new)
        return products

    def _learn(self, products: dict[str, dict[str, OnShelf | None]], new: set[tuple[str, str]]) -> None:
        # A code whose 14 digits are a known GTIN is that product; only the others need to be taken apart.
        gtins = queries.shown({("", code.zfill(14)) for _, code in new if code.isdigit()})
        rest: dict[tuple[str, str], Key] = {}
        for chain, code in new:
            row = gtins.get(("", code.zfill(14)))
            if row is None:
                rest[chain, code] = identify(code, chain=chain, country=COUNTRY).key
            else:
                products[chain][code] = self._put(*row)
        others = queries.shown(set(rest.values())) if rest else {}
        for (chain, code), key in rest.items():
            row = others.get(key)
            products[chain][code] = self._put(*row) if row else None

    def _put(self, product_id: int, names: Names, brand: str, group_id: int) -> OnShelf:
        # A load between the reading of the tree and of the product may have brought its group: the next page knows it.
        return OnShelf(str(product_id), names, brand, self.tree.paths.get(group_id, ()))


_held: list[Shelf | None] = [None]


def shelf(today: date) -> Shelf:
    """The shelf as it is now, cut at the recording depth of `today`. One tiny query when nothing has changed."""
    stamp = queries.stamp()  # before what it guards
    held = _held[0]
    if held is not None and held.stamp == stamp and held.depths.depth(today) == held.tree.depth:
        return held
    depths = queries.recording_depths()
    held = _held[0] = Shelf(stamp, depths, depths.depth(today), queries.groups())
    return held


def _paths(groups: Mapping[int, GroupView], depth: int) -> dict[int, tuple[int, ...]]:
    paths: dict[int, tuple[int, ...]] = {}
    for group in sorted(groups.values(), key=lambda group: group.depth):
        above = paths[group.parent_id] if group.parent_id is not None else ()
        paths[group.id] = above if group.depth > depth else (*above, group.id)
    return paths
