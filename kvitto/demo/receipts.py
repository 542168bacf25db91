"""The source's baskets as receipts on the wire.

A million and a half lines: what depends on the product alone is written once per product, the rest is put between. The
texts hold neither quotation marks nor backslashes, so that nothing needs escaping.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from kvitto.assortment.types import BonusClass
from kvitto.demo import catalogue, source
from kvitto.demo.people import households
from kvitto.demo.rules import buyer, card_number, gtin, store_code, till, town_number
from kvitto.demo.texts import product_name, receipt_text
from kvitto.demo.types import SourceProduct
from kvitto.kernel.money import amount, vat_in

ZONE = ZoneInfo("Europe/Helsinki")
FOOD_VAT = "13.5"
OTHER_VAT = "25.5"
FUEL_UNIT = "mgal"  # thousandths of a US gallon: what the source counts fuel in
FUEL_FROM = 100  # a smaller quantity of fuel counts fillings
FLAGGED = 97  # one line in so many carries the till's word on Bonus

_SOURCE_ZONE = ZoneInfo("America/New_York")  # the source's instants are UTC, its stores on the east coast of the USA
_SENT_AFTER = timedelta(seconds=4)
_EATEN_OUT = frozenset({"RESTAURANT", "CHEF SHOPPE", "SALAD BAR"})


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What a line says by its product alone, by the product's place in `Lines.product_ids`."""

    before: list[str]  # up to the quantity
    food: list[bool]
    fuel: list[bool]
    eaten_out: list[bool]
    earns: list[bool]  # whether the assortment counts it for the Bonus


def receipts(shift_days: int) -> Iterator[bytes]:
    """Every basket of the source as one JSON object on one line (without its end), in the order of their instants.

    `shift_days` moves the days. The same shift gives the same bytes. Each till numbers its receipts through.
    """
    numbers: Counter[tuple[str, int]] = Counter()
    lines = source.lines()
    shelf = _shelf(lines)
    homes = households().adults
    ends = [*lines.starts[1:], len(lines.product)]
    for moment, index in _moments(lines, timedelta(days=shift_days)):
        basket, household = lines.baskets[index], lines.households[index]
        body = _body(lines, shelf, lines.starts[index], ends[index])
        store = _store(lines.stores[index], body)
        card = card_number(household, buyer(basket, homes[household]))
        numbers[place := (store, till(basket))] += 1
        yield _written(place, numbers[place], card, moment.astimezone(ZONE), body)


def receipts_of(
    lines: source.Lines, *, card: str, stores: Sequence[str], moments: Sequence[datetime]
) -> Iterator[bytes]:
    """The same for other lines of the source: basket by basket a receipt of one card, at the store and instant of its place."""
    shelf = _shelf(lines)
    ends = [*lines.starts[1:], len(lines.product)]
    for index, (store, moment) in enumerate(zip(stores, moments, strict=True)):
        body = _body(lines, shelf, lines.starts[index], ends[index])
        basket = lines.baskets[index]
        yield _written((store, till(basket)), basket, card, moment.astimezone(ZONE), body)


def _written(place: tuple[str, int], number: int, card: str, local: datetime, body: "_Body") -> bytes:
    store, workstation = place
    return (
        f'{{"store":"{store}","business_day":"{local.date()}","workstation":"{workstation}","sequence":{number},'
        f'"end_time":"{local.isoformat()}","type":"sale","channel":"store","currency":"EUR",'
        f'"total":"{amount(body.total)}","lines":[{body.lines}],"vat":[{body.vat}],"tenders":[{body.tenders}],'
        f'"card":"{card}","operator":"till {workstation}","sent_at":"{(local + _SENT_AFTER).isoformat()}"}}'
    ).encode()


def _shelf(lines: source.Lines) -> _Shelf:
    by_id = {product.product_id: product for product in source.products()}
    shelf = _Shelf([], [], [], [], [])
    for product_id in lines.product_ids:
        product = by_id.get(product_id) or SourceProduct(product_id, 0, "", "", "", "", "")
        known = catalogue.traits_of(product) if product.department else frozenset[str]()
        text = json.dumps(receipt_text(product_name(product.type, product_id)), ensure_ascii=False)
        vat = FOOD_VAT if "food" in known else OTHER_VAT
        shelf.before.append(f'{{"type":"item","text":{text},"code":"{gtin(product_id)}","vat":"{vat}","quantity":"')
        shelf.food.append("food" in known)
        shelf.fuel.append("fuel" in known)
        shelf.eaten_out.append(product.department in _EATEN_OUT)
        shelf.earns.append(bool(product.department) and catalogue.bonus_class(known) is not BonusClass.NONE)
    return shelf


def _moments(lines: source.Lines, shift: timedelta) -> list[tuple[datetime, int]]:
    """When each basket was bought, moved, and its place; in order.

    The wall clock of the source's stores is taken for that of ours. An hour that the clock here leaps over is the hour
    after it; of one that it goes through twice it is the first.
    """
    moments = []
    for index, seconds in enumerate(lines.seconds):
        wall = datetime.fromtimestamp(seconds, _SOURCE_ZONE).replace(tzinfo=ZONE, fold=0) + shift
        moments.append((wall.astimezone(UTC), index))
    moments.sort()
    return moments


@dataclass(slots=True)
class _Body:
    """What a receipt says of its lines."""

    lines: str
    vat: str
    tenders: str
    total: int
    fuel: int  # cents of fuel
    eaten_out: bool  # nothing but restaurant food


def _body(lines: source.Lines, shelf: _Shelf, start: int, end: int) -> _Body:
    written = []
    sums: dict[bool, int] = {}
    fuel = coupons = 0
    for line in range(start, end):
        product = lines.product[line]
        quantity, cents, discount = lines.quantity[line], lines.amount[line], lines.discount[line]
        unit = "pcs"
        if shelf.fuel[product]:
            fuel += cents
            if quantity >= FUEL_FROM:
                unit = FUEL_UNIT
        food = shelf.food[product]
        sums[food] = sums.get(food, 0) + cents
        coupons += lines.coupon[line]
        more = f',"discount":"{discount // 100}.{discount % 100:02d}"' if discount else ""
        if line % FLAGGED == 0:  # the till's word: special prices earn no Bonus here
            more += ',"bonus":true' if shelf.earns[product] and not discount else ',"bonus":false'
        written.append(
            f'{shelf.before[product]}{quantity}","unit":"{unit}","amount":"{cents // 100}.{cents % 100:02d}"{more}}}'
        )
    total = sum(sums.values())
    eaten_out = all(shelf.eaten_out[lines.product[line]] for line in range(start, end))
    return _Body(",".join(written), _vat(sums), _tenders(total, coupons), total, fuel, eaten_out)


def _vat(sums: dict[bool, int]) -> str:
    """The tax summary, from the sum of the lines that are food and of those that are not."""
    rows = []
    for food, rate in ((True, FOOD_VAT), (False, OTHER_VAT)):
        if food in sums:
            tax = vat_in(sums[food], int(rate.replace(".", "")) * 10)
            rows.append(f'{{"rate":"{rate}","gross":"{amount(sums[food])}","tax":"{amount(tax)}"}}')
    return ",".join(rows)


def _tenders(total: int, coupons: int) -> str:
    """Manufacturers' coupons are vouchers as far as they go, the rest is paid by card; nothing to pay is no tender."""
    vouchers = min(coupons, total)
    paid = (("voucher", vouchers), ("card", total - vouchers))
    return ",".join(f'{{"type":"{type_}","amount":"{amount(cents)}"}}' for type_, cents in paid if cents)


def _store(store: int, body: _Body) -> str:
    """The code of the store: the source's own, unless the receipt is of fuel or restaurant food.

    When more than half of the money went for fuel it is the town's service station, when everything was restaurant food
    the town's restaurant.
    """
    if 2 * body.fuel > body.total:
        return f"B{town_number(store):02d}"
    if body.eaten_out:
        return f"R{town_number(store):02d}"
    return store_code(store)
