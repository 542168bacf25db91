"""`kvitto bench choices`: every member of the demo's year, under every recording level and every set of categories kept out.

Not a measurement of time: it counts in how many months of how many members the Bonus is another than without any choice.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from itertools import combinations, product
from pathlib import Path
from typing import Any

from backports import zstd

from kvitto.assortment.types import Barred
from kvitto.bonus import queries
from kvitto.bonus.rules import bonus
from kvitto.bonus.types import Earning
from kvitto.intake.formats import decode, peek
from kvitto.intake.reference import Reference
from kvitto.intake.types import Raw, Refusal
from kvitto.kernel.periods import month_start
from kvitto.purchases.rules import line_cents, reduce
from kvitto.purchases.types import Key, LevelReason, Receipt
from kvitto.stores.types import Level, StoreInfo

STEP = 20_000  # receipts between two words of progress
Months = dict[tuple[str, date], list[Earning]]  # by card and month


def run(file: Path, *, progress: Callable[[str], None]) -> dict[str, Any]:
    """Reduce each of the file's receipts in every way, and compute each member's months by each co-op's plan."""
    reference = Reference()
    reference.refresh()
    first, *others = product(Level, _bars(reference))
    months: Months = defaultdict(list)
    deviating: list[Months] = [
        defaultdict(list) for _ in others
    ]  # of each way, the months in which a receipt is another
    receipts = 0
    for receipt, store in _receipts(file, reference):
        receipts += 1
        key = receipt.card or "", month_start(receipt.business_day)
        wanted = _earnings(receipt, store, *first, reference)
        months[key] += wanted
        for found, way in zip(deviating, others, strict=True):
            if (earned := _earnings(receipt, store, *way, reference)) != wanted:
                found[key] += [*earned, *(_taken_back(each) for each in wanted)]
        if receipts % STEP == 0:
            progress(f"{receipts:,} receipts in {len(others) + 1} ways")
    plans = queries.scheme().plans
    return {
        "members": len({card for card, _ in months}),
        "months": len(months),
        "receipts": receipts,
        "ways": len(others) + 1,
        "compared": len(months) * (len(others) + 1) * len(plans),
        "differences": sum(
            bonus(months[key] + more, plan) != bonus(months[key], plan)
            for found in deviating
            for key, more in found.items()
            for plan in plans
        ),
    }


def _receipts(file: Path, reference: Reference) -> Iterator[tuple[Receipt, StoreInfo]]:
    """The file's receipts with a card, and the stores they are from."""
    with zstd.ZstdFile(file) as lines:
        for position, text in enumerate(lines, start=1):
            raw = Raw(position, text.rstrip(b"\n"))
            decoded = decode(raw)
            if not isinstance(decoded, Refusal) and decoded[0].card and (store := reference.store(decoded[0].store)):
                reference.learn_products([peek(raw)])
                yield decoded[0], store


def _taken_back(earning: Earning) -> Earning:
    return earning._replace(cents=-earning.cents, quantity=-earning.quantity)


def _bars(reference: Reference) -> list[Barred | None]:
    """Every set of categories that can be kept out."""
    from kvitto.assortment.queries import class_groups, classes

    names = sorted(classes())
    reference.classes = class_groups()
    sets = [frozenset(each) for size in range(len(names) + 1) for each in combinations(names, size)]
    return [reference.barred(each) for each in sets]


def _earnings(
    receipt: Receipt, store: StoreInfo, level: Level, barred: Barred | None, reference: Reference
) -> list[Earning]:
    """What is stored for the Bonus, when the receipt is recorded so."""
    stored = reduce(
        receipt,
        amounts=line_cents(receipt),
        key=Key(store.id, receipt.business_day, receipt.workstation, receipt.sequence, receipt.end_time),
        person_id=0,
        level=level,
        reason=LevelReason.CHAIN,
        facts=reference.facts[store.chain_code],
        group_depth=reference.depths.depth(receipt.business_day),
        barred=barred,
        counted=reference.counted(receipt.business_day),
        digest=b"",
    )
    return [
        Earning(0, receipt.business_day, store.chain_code, each.bonus_class, each.cents, each.quantity)
        for each in stored.head.bonus_basis
    ]
