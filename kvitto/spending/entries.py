"""Every receipt as entries that sum to its total, whatever its level: what all figures are made of. Pure."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import NamedTuple

from kvitto.assortment.types import OnShelf, Products, Tree
from kvitto.purchases.rules import unnamed
from kvitto.purchases.types import Content, GroupContent, ProductContent, ReceiptHead, StoredLine
from kvitto.spending.types import DEPOSITS, NOT_RECORDED, TOTALS_ONLY, UNGROUPED

NO_GROUP, DEPOSIT, TOTAL, UNNAMED = (UNGROUPED,), (DEPOSITS,), (TOTALS_ONLY,), (NOT_RECORDED,)
DEPOSIT_LINES = frozenset({"deposit", "deposit_return"})


class Entry(NamedTuple):
    """A part of a receipt's total. A tuple, because a page can have ten thousand of them."""

    head: ReceiptHead
    product: OnShelf | None  # None for deposits, discounts on a whole receipt, and where no product is recorded
    path: tuple[int, ...]  # groups from the top; one of those outside of the tree, as UNGROUPED, has itself
    cents: int
    quantity: int
    unit: str
    text: str
    discount: bool  # takes money off and is nothing bought


class Shelves:
    """Which product a line of a chain's receipt is about, on one page. Products that nobody knows are made up once."""

    def __init__(self, products: Products) -> None:
        self._products = products
        self._made: dict[tuple[str, str, str], OnShelf] = {}

    def known(self, chain: str) -> Mapping[str, OnShelf | None]:
        """The products of a chain's codes."""
        return self._products.get(chain, {})

    def product(self, line: StoredLine, chain: str) -> OnShelf | None:
        """The product of a line; None for deposits and for what has neither a code nor a name."""
        if line.type in DEPOSIT_LINES:
            return None
        code = line.code
        if code:
            return self.known(chain).get(code) or self._unknown(chain, code, "")
        return None if line.type == "discount" or not line.text.strip() else self._unknown(chain, "", line.text)

    def _unknown(self, chain: str, code: str, text: str) -> OnShelf:
        """A product without a name of its own: pages call it what the receipt calls it."""
        made = self._made.get((chain, code, text))
        if made is None:
            digest = blake2b(f"{chain}\0{code}\0{text}".encode(), digest_size=6)
            made = self._made[chain, code, text] = OnShelf(f"x{digest.hexdigest()}", {}, "", NO_GROUP)
        return made


def entries(
    receipts: Iterable[tuple[ReceiptHead, Content]], *, chains: Mapping[int, str], products: Products, tree: Tree
) -> list[Entry]:
    """What each receipt contributes, in order: a line, a recorded group, the total, what has no name. `chains`: store -> chain.

    A discount with a product's code belongs to that product; one without belongs to no group.
    """
    shelves = Shelves(products)
    found: list[Entry] = []
    for head, content in receipts:
        if isinstance(content, ProductContent):
            _add_lines(found, head, content, shelves, chains[head.store_id])
        elif isinstance(content, GroupContent):
            found += [
                Entry(head, None, tree.paths.get(group, NO_GROUP), cents, 0, "", "", False)
                for group, cents in content.groups
            ]
            if content.deposits:
                found.append(Entry(head, None, DEPOSIT, content.deposits, 0, "", "", False))
        else:
            found.append(Entry(head, None, TOTAL, head.total_cents, 0, "", "", False))
        if content is not None and (rest := unnamed(head.total_cents, content)):
            found.append(Entry(head, None, UNNAMED, rest, 0, "", "", False))
    return found


def _add_lines(found: list[Entry], head: ReceiptHead, content: ProductContent, shelves: Shelves, chain: str) -> None:
    known = shelves.known(chain)
    new, add = tuple.__new__, found.append  # NamedTuple's own way takes twice as long, and this runs for every line
    for line in content.lines:
        kind = line.type
        product = known.get(line.code) if kind not in DEPOSIT_LINES else None
        if product is None:
            product = shelves.product(line, chain)
        if product is not None:
            path = product.path or NO_GROUP
        else:
            path = DEPOSIT if kind in DEPOSIT_LINES else NO_GROUP
        add(new(Entry, (head, product, path, line.cents, line.quantity, line.unit, line.text, kind == "discount")))


def codes(receipts: Iterable[tuple[ReceiptHead, Content]], chains: Mapping[int, str]) -> dict[str, set[str]]:
    """The codes on receipts, by the chain whose numbers they are."""
    found: dict[str, set[str]] = {}
    for head, content in receipts:
        if isinstance(content, ProductContent):
            found.setdefault(chains[head.store_id], set()).update([line.code for line in content.lines if line.code])
    return found
