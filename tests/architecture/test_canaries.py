"""Everybody opens every address, and in what they get is nothing of what somebody else has bought.

Planted in the receipts of each buyer are names of products, stores and amounts that are nobody else's; in each answer every byte is
searched for those of all others. The main member of a household is shown the others' stores, days and Bonus purchases, and a data
handler the member of their case; everything else is searched for there, too.
"""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import get_resolver

from kvitto.accounts.models import Account
from kvitto.accounts.types import Kind
from kvitto.assortment import actions as assortment
from kvitto.assortment.types import BonusClass, ProductRow, Settings
from kvitto.households import actions as households
from kvitto.households.types import NewHome, NewPlace, Role
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.members import actions as members
from kvitto.members.types import NewPerson
from kvitto.purchases import actions as purchases
from kvitto.staff import records
from kvitto.staff.types import Reason
from kvitto.stores import actions as stores
from kvitto.stores import network
from kvitto.wiring import faces
from tests import cast as co_op
from tests.crew import browser_of, hire, hire_all, session_of
from tests.doors.addresses import addresses, filled
from tests.doors.at_work import look_up

NOW = datetime.now(UTC)
BOUGHT = (NOW - timedelta(days=1)).replace(microsecond=0)
CARDS = {
    "aino": co_op.AINO_CARD,
    "bjorn": co_op.BJORN_CARD,
    "elis": "9246000000000041",
    "chen": co_op.CHEN_CARD,
}
HOUSEHOLD = ("aino", "bjorn", "elis")  # its main member, a second adult, a minor with an account
MEMBERS = (*CARDS, "nora", "otto")  # a newcomer, and an account that is nobody's
STAFF = ("disa", "elsa", "faruk", "dag", "doris", "alma", "greta", "ines", "nils")  # he has not signed
KINDS = ("shown", "without-bonus", "kept-back")  # each buyer's receipts, each at a store of its own
PRODUCT = re.compile(r'href="(/products/[^"#]+)"')


def cents(buyer, kind, earns):
    """What a line costs: an amount that is no other's, nor a sum of any."""
    return 1_007 + 607 * (list(CARDS).index(buyer) * 6 + KINDS.index(kind) * 2 + earns)


def euros(amount):
    return f"{amount // 100},{amount % 100:02}"


def word(buyer, kind, earns):
    """Part of the name of a product: the one that earns Bonus is in the assortment, the other a text of the till's."""
    return f"{buyer}{'prune' if earns else 'quince'}{KINDS.index(kind)}"


def store(buyer, kind):
    return f"Shop of {buyer} {kind}"


class Planted:
    """What is a buyer's alone."""

    def __init__(self, buyer):
        parts = {kind: [cents(buyer, kind, earns) for earns in (True, False)] for kind in KINDS}
        parts["without-bonus"] = parts["without-bonus"][1:]
        self.names = {word(buyer, kind, earns) for kind in KINDS for earns in (True, False)}
        self.stores = {store(buyer, kind) for kind in KINDS}
        every = {amount for amounts in parts.values() for amount in (*amounts, sum(amounts))}
        self.amounts = {euros(amount) for amount in every | {sum(map(sum, parts.values()))}}
        self.for_the_main_member = {store(buyer, "shown"), euros(parts["shown"][0])}

    def every(self):
        return self.names | self.stores | self.amounts


PLANTED = {buyer: Planted(buyer) for buyer in CARDS}
STORES = set().union(*(planted.stores for planted in PLANTED.values()))
NAMES_STORES = {"/staff/network", "/staff/gaps"}  # every store of the co-op, and those of whose tills numbers came late


def allowed(who):
    """What somebody is shown: their own, what a main member sees of the others, and a data handler of the member of their case."""
    if who == "doris":
        return PLANTED["chen"].every()
    own = PLANTED[who].every() if who in PLANTED else set()
    return own.union(*(PLANTED[mate].for_the_main_member for mate in HOUSEHOLD[1:])) if who == "aino" else own


def found_in(answer, words):
    """Those of the words that an answer has; an amount stands alone, with a comma or a point."""
    body = content_of(answer) + str(answer.headers).encode()
    near = [each for each in words if each.encode() in body or each.replace(",", ".").encode() in body]
    return {each for each in near if re.search(rf"(?<!\d){each.replace(',', '[,.]')}(?!\d)".encode(), body)}


def content_of(answer):
    """What an answer says; the stream of an open page waits, and says nothing of what has come in before."""
    return b"" if answer.streaming else answer.content


@pytest.fixture
def world(cast):
    """A browser of everybody, and what addresses can name."""
    _stock()
    _come_in(cast)
    _buy()
    receipts = _rows(
        "SELECT r.id, r.person_id, s.name FROM purchases_receipt r JOIN stores_store s ON s.id = r.store_id"
    )
    with opened():
        for number, person_id, name in receipts:
            if name.endswith("kept-back"):
                whose = {"person_id": person_id, "day": BOUGHT.date(), "receipt_id": number}
                purchases.keep_back(**whose, kept=True, by=OPERATOR, now=NOW)
    crew = hire_all(NOW - timedelta(days=20), cast.aino)
    with opened():
        nils = hire("Nils Nyman", NOW - timedelta(days=20))
        asked = {"reference": "K-1", "reason": Reason.MEMBER_ASKED, "member_asked": True}
        case = records.open_case(card=CARDS["chen"], **asked, by=crew.doris.by, now=NOW)
    browsers = {"hugo": Client()} | {name: _browser(name) for name in MEMBERS}
    browsers |= {name: browser_of(nils if name == "nils" else getattr(crew, name)) for name in STAFF}
    record = look_up(browsers["disa"], CARDS["bjorn"], "passport")["Location"]
    groups = _rows("SELECT id FROM assortment_group WHERE code IN ('food', 'fruit')")
    known = {
        "group_id": ["other", *(number for (number,) in groups)],
        "case_id": [case, int(record.rpartition("/")[2])],
        "receipt_id": [number for number, _, _ in receipts],
        "day": [BOUGHT.date().isoformat()],
        "period": [f"{BOUGHT:%Y-%m}", f"{BOUGHT:%Y}"],
        "year": [BOUGHT.year],
        "number": [BOUGHT.month],
    }
    return browsers, known


def _stock():
    """The stores and the products that are planted."""
    place = {"town": "Oulu", "company": "north", "chain": "grocer", "tills": 1}
    facts = ", ".join(f"{key} = {json.dumps(value)}" for key, value in place.items())
    shops = "".join(
        f'3{number:02} = {{ name = "{store(buyer, kind)}", {facts} }}\n' for number, (buyer, kind) in enumerate(_each())
    )
    sold = {"group": "fruit", "chain": "grocer", "bonus_class": BonusClass.STANDARD}
    products = [
        ProductRow(number, f"30000{number:02}", {"en": word(buyer, kind, True)}, **sold)
        for number, (buyer, kind) in enumerate(_each())
    ]
    with opened():
        stores.load_network(network=network.parse(co_op.NETWORK + shops.encode()), by=OPERATOR, now=NOW)
        assortment.load(groups=[], products=products, settings=Settings(), by=OPERATOR, now=NOW)


def _come_in(cast):
    """The household with its minor, the newcomer, and everybody's accounts."""
    since, born = NOW - timedelta(days=99), NOW.date() - timedelta(days=16 * 366)
    new = [
        NewPerson("Elis", "Ahonen", "fi", (CARDS["elis"],), since, birth_date=born),
        NewPerson("Nora", "Uusi", "sv", ("9246000000000058",), since),
    ]
    with opened():
        elis, nora = members.register(people=new, by=OPERATOR, now=NOW)
        places = [
            NewPlace(cast.aino, Role.MAIN, since.date()),
            NewPlace(cast.bjorn, Role.ADULT, since.date()),
            NewPlace(elis, Role.MINOR, since.date(), born, cast.aino),
        ]
        households.register(homes=[NewHome(places)], by=OPERATOR, now=NOW)
        people = vars(cast) | {"elis": elis, "nora": nora}
        for name in MEMBERS:
            account = Account.objects.create(username=name, password="!", kind=Kind.MEMBER, created_at=NOW).pk
            if name in people:
                members.link_account(person_id=people[name], account_id=account, by=OPERATOR, now=NOW)


def _rows(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def _each():
    return [(buyer, kind) for buyer in CARDS for kind in KINDS]


def _buy():
    day = {"business_day": BOUGHT.date().isoformat(), "end_time": BOUGHT.isoformat()}
    bodies = []
    for number, (buyer, kind) in enumerate(_each()):
        lines = [
            co_op.line(word(buyer, kind, earns), euros(cents(buyer, kind, earns)).replace(",", "."), **code)
            for earns, code in ((True, {"code": f"30000{number:02}"}), (False, {}))
            if kind != "without-bonus" or not earns
        ]
        bodies.append(co_op.receipt(lines, store=f"3{number:02}", card=CARDS[buyer], sequence=number, **day))
    assert co_op.take(*bodies, now=NOW).recorded == len(bodies)


def _browser(name):
    client = Client()
    client.cookies["kvitto_member"] = session_of(Account.objects.get(username=name))
    client.cookies["kvitto_language"] = "fi"
    return client


def test_the_amounts_are_each_a_persons_own():
    amounts = [amount for planted in PLANTED.values() for amount in planted.amounts]
    assert len(set(amounts)) == len(amounts)


@pytest.mark.slow
def test_nobody_gets_a_byte_of_what_somebody_else_has_bought(world, record_property):
    browsers, known = world
    every = {each for planted in PLANTED.values() for each in planted.every()}
    paths = [path for face in (faces.MEMBER, faces.STAFF) for _, path in addresses(get_resolver(face.urlconf))]
    waiting = sorted({address for path in paths for address in filled(path, known)})
    leaks, seen = [], {who: set() for who in browsers}
    answers = size = 0
    for address in waiting:  # grows by the products that somebody's own pages lead to
        for who, browser in browsers.items():
            answer = browser.get(address)
            answers, size = answers + 1, size + len(content_of(answer))
            seen[who] |= (found := found_in(answer, every))
            told = allowed(who) | (STORES if address in NAMES_STORES else set())
            leaks += [f"{who} {address}: {answer.status_code} shows {each}" for each in sorted(found - told)]
            waiting += sorted(set(PRODUCT.findall(content_of(answer).decode(errors="replace"))) - set(waiting))
    record_property("canary_answers", answers)
    record_property("canary_bytes", size)

    assert leaks == []
    for buyer, planted in PLANTED.items():  # it is found where it may be
        assert (planted.names - {word(buyer, "without-bonus", True)}) | planted.stores | planted.amounts <= seen[buyer]
    assert PLANTED["bjorn"].for_the_main_member <= seen["aino"]
    assert PLANTED["chen"].names & seen["doris"]
