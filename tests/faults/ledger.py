"""Transactions of tills, made from a seed, and what must become of each: the oracle."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from tests.cast import line, receipt

STORES, TILLS, PEOPLE, DAYS = 20, 3, 200, 5
SIZES = (1, 1, 1, 5, 20, 50, 100)  # transactions in a delivery
NOBODY, NO_SALE, ALTERED, REPLAYED = 0.10, 0.05, 0.01, 0.05
SHELF = ("MILK", "BREAD", "APPLES", "COFFEE", "A TORCH", "BATTERIES")
AGAIN = frozenset({"recorded", "same"})

NETWORK = """
profile = "default"
time_zone = "Europe/Helsinki"
[company.north]
name = "Northern Co-op"
business_id = "1234567-1"
kind = "co-op"
[chain.grocer]
name = "Grocer"
levels = [ { channel = "store", level = "product", from = 2012-01-01 } ]
[store]
""" + "\n".join(
    f'{n:03} = {{ name = "Store {n}", town = "Oulu", company = "north", chain = "grocer", tills = {TILLS} }}'
    for n in range(STORES)
)


def card_of(number: int) -> str:
    """The card of one of the members."""
    return f"9246{number:012}"


@dataclass(frozen=True, slots=True)
class Item:
    """One transaction as its till sends it. `altered`: the same with other content, for when it has been acknowledged."""

    body: bytes
    till_day: tuple[str, str, date]  # store, till, business day
    sequence: int
    cents: int  # of a member's receipt, which is stored; 0 for the others
    states: frozenset[str]  # what may be answered
    altered: bytes


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every transaction once, and the deliveries they come in: in no order, some more than once."""

    items: list[Item]
    deliveries: list[list[Item]]

    def cents(self) -> dict[tuple[str, str, date], int]:
        """What members' receipts must come to, by till and day."""
        sums: dict[tuple[str, str, date], int] = {}
        for item in self.items:
            if item.cents:
                sums[item.till_day] = sums.get(item.till_day, 0) + item.cents
        return sums


def made(*, seed: int, transactions: int, today: date) -> Ledger:
    """The same seed, number and day make the same ledger."""
    random = Random(f"{seed}: transactions")
    days = [today - timedelta(days=ago) for ago in range(1, DAYS + 1)]
    places = [
        (f"{store:03}", f"{till}", day) for day in days for store in range(STORES) for till in range(1, TILLS + 1)
    ]
    items = [_item(random, places[n % len(places)], n // len(places) + 1) for n in range(transactions)]
    shuffled = random.sample(items, len(items))
    deliveries = []
    while shuffled:
        size = random.choice(SIZES)
        deliveries.append(shuffled[:size])
        del shuffled[:size]
    for delivery in random.sample(deliveries, int(len(deliveries) * REPLAYED)):
        deliveries.insert(random.randrange(len(deliveries)), random.sample(delivery, len(delivery)))
    return Ledger(items, deliveries)


def _item(random: Random, place: tuple[str, str, date], number: int) -> Item:
    store, till, day = place
    ended = datetime.combine(day, time(8), tzinfo=UTC) + timedelta(seconds=20 * number)
    named = {"store": store, "business_day": f"{day}", "workstation": till, "sequence": number}
    named["end_time"] = ended.isoformat()
    kind = random.random()
    if kind < NO_SALE:
        return Item(_json(named | {"type": "no_sale"}), place, number, 0, AGAIN, b"")
    lines = [_line(random) for _ in range(random.randint(1, 6))]
    if kind < NO_SALE + NOBODY:
        return Item(_json(receipt(lines, drop=["card"], **named)), place, number, 0, frozenset({"no_member"}), b"")
    named["card"] = card_of(random.randrange(PEOPLE))
    body = receipt(lines, **named)
    altered = _json(receipt([*lines, line("FORGOTTEN", "1.00")], **named)) if random.random() < ALTERED else b""
    return Item(_json(body), place, number, round(float(body["total"]) * 100), AGAIN, altered)


def _line(random: Random) -> dict[str, str]:
    return line(
        random.choice(SHELF), f"{random.randint(1, 2_000) / 100:.2f}", code=f"640843{random.randint(0, 999):07}"
    )


def _json(value: dict[str, object]) -> bytes:
    return json.dumps(value).encode()
