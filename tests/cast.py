"""The fixed cast and their small co-op. The same names always mean the same people.

Aino is the main member and Björn an adult of her household; Chen is a stranger to both. Disa (service point), Elsa (analyst),
Faruk (marketer) and Greta (privacy officer) are staff. Hugo is a store clerk: he has no account anywhere.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import msgspec

from kvitto.kernel.actor import Actor, ActorKind

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
TILL = Actor(ActorKind.TILL, "till-key-1")
AINO_CARD, BJORN_CARD, CHEN_CARD = "9246000000000017", "9246000000000025", "9246000000000033"
MILK, APPLES, BEER = "6408430000135", "2000001", "6413600000013"
CATEGORIES = {"alcohol": {"en": "Alcohol"}, "health": {"en": "Health"}}

NETWORK = b"""
profile = "default"
time_zone = "Europe/Helsinki"

[contact]
phone = "010 000 000"
hours = { sv = "vardagar 8-20", fi = "arkisin 8-20", en = "weekdays 8 to 20" }
price = { sv = "gratis", fi = "ilmainen", en = "free of charge" }

[company.north]
name = "Northern Co-op"
business_id = "1234567-1"
kind = "co-op"

[chain.grocer]
name = "Grocer"
levels = [
    { channel = "store", level = "group", from = 2012-01-01, until = 2026-06-01 },
    { channel = "store", level = "product", from = 2026-06-01 },
    { channel = "web", level = "product", from = 2014-05-01 },
]

[chain.drugstore]
name = "Drugstore"
levels = [ { channel = "store", level = "group", from = 2012-01-01 } ]

[chain.hotel]
name = "Hotel"

[store]
101 = { name = "Grocer Harbour", town = "Oulu", company = "north", chain = "grocer", tills = 3, service_point = true }
201 = { name = "Drugstore Square", town = "Oulu", company = "north", chain = "drugstore", tills = 1 }
900 = { name = "Hotel Haparanda", town = "Haparanda", company = "north", chain = "hotel", tills = 1, zone = "Europe/Stockholm" }
"""


@dataclass(frozen=True)
class Cast:
    """Person ids."""

    aino: int
    bjorn: int
    chen: int


def settle() -> Cast:
    """The co-op's network, assortment and people, through the real actions; inside the caller's transaction."""
    from kvitto.assortment import actions as assortment
    from kvitto.assortment.types import BonusClass, GroupRow, ProductRow, Settings
    from kvitto.kernel.actor import OPERATOR
    from kvitto.members import actions as members
    from kvitto.members.types import NewPerson
    from kvitto.stores import actions as stores
    from kvitto.stores import network

    stores.load_network(network=network.parse(NETWORK), by=OPERATOR, now=NOW)
    loaded = assortment.load(
        groups=[
            GroupRow("food", {"en": "Food"}),
            GroupRow("dairy", {"en": "Dairy"}, "food"),
            GroupRow("milk", {"en": "Milk"}, "dairy"),
            GroupRow("fruit", {"en": "Fruit"}, "food"),
            GroupRow("drinks", {"en": "Drinks"}, sensitivity="alcohol"),
        ],
        products=[
            ProductRow(1, MILK, {"en": "Organic milk 1.5 l"}, "milk", bonus_class=BonusClass.STANDARD),
            ProductRow(2, APPLES, {"en": "Apples"}, "fruit", chain="grocer", bonus_class=BonusClass.STANDARD),
            ProductRow(3, BEER, {"en": "Beer"}, "drinks"),
        ],
        settings=Settings(depths=((date(2012, 1, 1), 2),), sensitivities=CATEGORIES),
        by=OPERATOR,
        now=NOW,
    )
    assert not loaded.rejects
    since = NOW - timedelta(days=900)
    return Cast(
        *members.register(
            people=[
                NewPerson("Aino", "Ahonen", "fi", (AINO_CARD,), since),
                NewPerson("Björn", "Ahonen", "sv", (BJORN_CARD,), since),
                NewPerson("Chen", "Chen", "en", (CHEN_CARD,), since),
            ],
            by=OPERATOR,
            now=NOW,
        )
    )


def line(text="MILK ORGANIC 1.5L", amount="2.15", **fields):
    """One line of a receipt, as a dict."""
    return {"type": "item", "text": text, "quantity": "1", "amount": amount, "vat": "13.5"} | fields


def receipt(lines=None, *, drop=(), **fields):
    """A sound receipt of Aino's as a dict: sums, tax and tenders follow from the lines; fields replace what they name."""
    from kvitto.kernel.money import amount, cents, vat_in

    lines = [line(code=MILK)] if lines is None else lines
    rates = {}
    for each in lines:
        if not each.get("void"):
            rates[each["vat"]] = rates.get(each["vat"], 0) + cents(each["amount"])
    total = sum(rates.values())
    body = {
        "store": "101",
        "business_day": "2026-11-20",
        "workstation": "1",
        "sequence": 4711,
        "end_time": "2026-11-20T17:03:11+02:00",
        "type": "sale",
        "channel": "store",
        "currency": "EUR",
        "total": amount(total),
        "lines": lines,
        "vat": [
            {"rate": rate, "gross": amount(gross), "tax": amount(vat_in(gross, round(float(rate) * 100)))}
            for rate, gross in rates.items()
        ],
        "tenders": [{"type": "card", "amount": amount(total)}],
        "card": AINO_CARD,
    } | fields
    return {key: value for key, value in body.items() if key not in drop}


def raw(*bodies):
    """Receipts as a batch of the pipeline; bytes are taken as they are."""
    from kvitto.intake.types import Raw

    return [
        Raw(n, body if isinstance(body, bytes) else msgspec.json.encode(body)) for n, body in enumerate(bodies, start=1)
    ]


def take(*bodies, now=NOW):
    """Take receipts in as a till would; what became of the batch."""
    from kvitto.intake.actions import take_in
    from kvitto.intake.reference import Reference
    from kvitto.kernel.db import opened

    with opened():
        return take_in(batch=raw(*bodies), by=TILL, now=now, reference=Reference())


def keep_out(person_id, *categories, value=0, now=NOW):
    """State on the web that categories are never recorded (value 1: are again), as the member."""
    from kvitto.choices import actions, texts
    from kvitto.choices.types import Channel, Topic
    from kvitto.kernel.db import opened

    with opened():
        for category in categories:
            actions.state_category(
                person_id=person_id,
                category=category,
                value=value,
                channel=Channel.WEB,
                shown=texts.shown(Topic.NOT_RECORDED, value, "en"),
                by=Actor(ActorKind.MEMBER, "1"),
                now=now,
            )
