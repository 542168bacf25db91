"""What some of the invented people keep for themselves, and goods with a guarantee, which the source sells to nobody.

Aino has turned warranty receipts on, and has bought a washing machine and headphones; Henrik, of whom product groups are
recorded, has turned the receipt archive on. Chen has decided nothing, and has bought a coffee maker with a guarantee.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from kvitto.choices import actions as choices
from kvitto.choices import texts
from kvitto.choices.rules import YES
from kvitto.choices.types import Channel, Topic
from kvitto.demo.people import GROUPS_ONLY, households
from kvitto.demo.receipts import OTHER_VAT, ZONE
from kvitto.demo.rules import FIRST_DAY, LAST_DAY, card_number
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.money import amount, vat_in

STORE = "00292"  # of a chain that records products
TURNED_ON = {"aino": Topic.WARRANTY_RECEIPTS, GROUPS_ONLY[1]: Topic.RECEIPT_ARCHIVE}
MAKERS = "Maker's guarantee; terms in the box"


def turn_on(*, people: Mapping[str, tuple[int, int, str]], shift: int) -> None:
    """State on the web, at noon of the first day, what is turned on; person id, account id and language by user name."""
    noon = datetime.combine(FIRST_DAY + timedelta(days=shift), time(12), ZONE)
    for username, topic in TURNED_ON.items():
        person_id, account_id, language = people[username]
        choices.state(
            person_id=person_id,
            topic=topic,
            value=YES,
            channel=Channel.WEB,
            shown=texts.shown(topic, YES, language),
            by=Actor(ActorKind.MEMBER, str(account_id)),
            now=noon,
        )


def receipts(shift_days: int) -> list[bytes]:
    """The goods with a guarantee as receipts on the wire, each alone on one."""
    homes, move = households(), timedelta(days=shift_days)
    aino, chen = card_number(homes.aino, 1), card_number(homes.chen, 1)
    last = LAST_DAY + move
    return [
        _receipt(1, aino, last - timedelta(days=340), "HEADPHONES HK 20", 89_00, 12, "HK20-118834"),
        _receipt(2, aino, last - timedelta(days=3), "WASHING MACHINE W7 8KG", 649_00, 24, "W7-0042-1187"),
        _receipt(3, chen, last - timedelta(days=2), "COFFEE MAKER KK 4", 59_90, 24, "KK4-77120"),
    ]


def _receipt(number: int, card: str, day: date, text: str, cents: int, months: int, serial: str) -> bytes:
    cost = amount(cents)
    line = {
        "type": "item",
        "text": text,
        "quantity": "1",
        "amount": cost,
        "vat": OTHER_VAT,
        "bonus": True,
        "guarantees": [{"months": months, "terms": MAKERS}],
        "serial": serial,
    }
    tax = amount(vat_in(cents, int(OTHER_VAT.replace(".", "")) * 10))
    return json.dumps(
        {
            "store": STORE,
            "business_day": day.isoformat(),
            "workstation": "1",
            "sequence": number,
            "end_time": datetime.combine(day, time(17, 30), ZONE).isoformat(),
            "type": "sale",
            "channel": "store",
            "currency": "EUR",
            "total": cost,
            "lines": [line],
            "vat": [{"rate": OTHER_VAT, "gross": cost, "tax": tax}],
            "tenders": [{"type": "card", "amount": cost}],
            "card": card,
        }
    ).encode()
