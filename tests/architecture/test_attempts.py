"""Everybody tries what is not theirs, at every address: other people's ids, fields that name them, and acts of other duties.

The attempts are generated: each member of the cast at each page of both faces, with ids of rows that are others' and with fields
that a careless page might believe. Afterwards nobody has read a word that only somebody else may read, and no row of anybody else
has changed. First everybody tries each page with each id, looking and doing; then at random, with any method. `make attempts` makes
many more of these; KVITTO_ATTEMPTS says how many, KVITTO_SEED which.
"""

import os
import random
from datetime import UTC, datetime, timedelta
from itertools import product
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.urls import get_resolver

from kvitto.accounts.models import Account
from kvitto.accounts.types import Kind
from kvitto.choices.types import Topic
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.members import actions as members
from kvitto.members.types import CodeChannel
from kvitto.purchases.models import Receipt
from kvitto.staff import actions, cases, records
from kvitto.staff.types import Act, Duty, Reason
from kvitto.warranties.models import Warranty
from kvitto.wiring import faces
from tests.cast import AINO_CARD, BJORN_CARD, CHEN_CARD, MILK, line, receipt, take
from tests.crew import browser_of, hire_all, session_of
from tests.doors.addresses import addresses, filled
from tests.guarantees import turn

ATTEMPTS = int(os.environ.get("KVITTO_ATTEMPTS") or 500)  # at random
SEED = int(os.environ.get("KVITTO_SEED") or 20_261_124)
NOW = datetime.now(UTC)
WORDS = {"aino": "ainosword", "bjorn": "bjornsword", "chen": "chensword"}  # on a line of a receipt of each
NAMES = {"aino": "Aino Ahonen", "bjorn": "Björn Ahonen", "chen": "Chen Chen"}
CARDS = {"aino": AINO_CARD, "bjorn": BJORN_CARD, "chen": CHEN_CARD}
MEMBERS, STAFF = tuple(WORDS), ("disa", "elsa", "faruk", "dag", "greta", "ines")
VISITOR = "hugo"  # the store clerk: no account anywhere
# what is somebody's duty, and so no attempt at another's; everything else at every address is one
DUTY = {
    "disa": {"look-up"},
    "dag": {"case-open", "glass", "approve-case"},  # he may approve Doris's case, and open his own
    "greta": {
        "agreement-publish",
        "duty-propose",
        "duty-end",
        "glass-review",
        "approve-case",
        "approve-duty",
        "approve-change",
    },
    "ines": {
        "duty-propose",
        "duty-end",
        "approve-duty",
        "approve-change",
        "till-key-new",
        "till-key-rotate",
        "till-key-revoke",
    },
}
OWN = {  # what somebody does to themselves alone
    "sign-out", "set_language", "theme", "agreement", "security-end-all", "security-password", "factor-new", "factor-app",
    "factor-passkey", "factor-remove", "factor-codes", "factor", "activate", "activate-set", "sign-in", "sso",
    "sso-back", "choice", "choice-confirm", "confirm",
}  # fmt: skip
WATCHED = {  # rows that nobody's attempt may change, and what of them
    "members_person": "*", "members_card": "*", "members_contact": "*",
    "members_membership": "*", "members_code": "id, person_id, digest, used_at", "choices_statement": "*",
    "purchases_receipt": "*", "archive_receipt": "*", "warranties_warranty": "*", "vault_key": "*",
    "staff_person": "*", "staff_duty": "*", "staff_signature": "*",
    "staff_case": "*", "staff_change": "*", "staff_glass": "*", "staff_agreement": "*", "tills_key": "*",
    "accounts_account": "id, username, password, kind, is_active", "accounts_factor": "id, account_id",
}  # fmt: skip
METHODS = ("get", "get", "post", "post", "post", "put", "patch", "delete", "head", "options")
FIELDS = (
    "person", "person_id", "member", "member_id", "account", "account_id", "user", "user_id", "username", "owner", "id", "by",
    "actor", "as", "face", "kind", "household", "household_id", "case", "case_id", "staff", "staff_id", "duty", "reason",
    "finding", "approved", "approved_by", "member_asked", "level", "fields", "include", "expand", "session", "factor", "version",
    "limit", "offset", "page", "store", "first", "q", "next", "done", "all", "format", "purpose", "subject",
)  # fmt: skip


PAGES = {face.kind: sorted(set(addresses(get_resolver(face.urlconf)))) for face in (faces.MEMBER, faces.STAFF)}


@pytest.fixture
def world(cast):
    """Everybody with something of theirs in every table; what each attempt can name, by what it is."""
    bought = (NOW - timedelta(days=1)).replace(microsecond=0)
    day = {"business_day": bought.date().isoformat(), "end_time": bought.isoformat()}
    guaranteed = {"guarantees": [{"months": 24}]}
    for name in MEMBERS:
        turn(Topic.WARRANTY_RECEIPTS, person_id=getattr(cast, name), now=NOW - timedelta(days=2))
    take(
        *(
            receipt(
                [line(text=word, code=MILK), line(text=f"{word} too", **guaranteed)],
                card=CARDS[name],
                sequence=number,
                **day,
            )
            for number, (name, word) in enumerate(WORDS.items())
        ),
        now=NOW,
    )
    crew = hire_all(NOW - timedelta(days=20), None)
    with opened():
        for name in MEMBERS:
            made = Account.objects.create(username=name, password="!", kind=Kind.MEMBER, created_at=NOW).pk
            members.link_account(person_id=getattr(cast, name), account_id=made, by=OPERATOR, now=NOW)
            members.issue_code(person_id=getattr(cast, name), channel=CodeChannel.LETTER, by=OPERATOR, now=NOW)
        about = {"reference": "K-1", "reason": Reason.CLAIM, "member_asked": False}
        asked = {"reference": "K-2", "reason": Reason.MEMBER_ASKED, "member_asked": True}
        waits = records.open_case(card=CHEN_CARD, **about, by=crew.doris.by, now=NOW)
        opened_by_doris = records.open_case(card=CHEN_CARD, **asked, by=crew.doris.by, now=NOW)
        glass, _ = cases.break_glass(
            person_ids=[cast.chen], reference="R-1", fresh_factor=True, by=crew.doris.by, now=NOW
        )
        with_greta = actions.propose_duty(
            staff_id=crew.elsa.staff_id, duty=Duty.AUDITOR, period=_today(), by=crew.greta.by, now=NOW
        )
        change = actions.propose_change(
            act=Act.KEYS_DESTROY, payload={"quarter": 1}, fresh_factor=True, by=crew.ines.by, now=NOW
        )
    ids = {
        "case_id": [waits, opened_by_doris, 10**6],
        "glass_id": [glass, 10**6],
        "duty_id": [with_greta, *range(1, 4)],
        "change_id": [change, 10**6],
        "receipt_id": _column("SELECT id FROM purchases_receipt"),
        "warranty_id": _column("SELECT id FROM warranties_warranty"),
        "group_id": [-1, 0, 10**9],
        "person": [cast.aino, cast.bjorn, cast.chen],
        "account": _column("SELECT id FROM accounts_account"),
    }
    return crew, ids, bought.date().isoformat()


def _today():
    from django.utils.timezone import localdate

    from kvitto.kernel.periods import Period

    return Period(localdate(NOW))


def _column(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [row[0] for row in cursor.fetchall()]


def clients(crew):
    """A browser of everybody's, each anew: a session may have been ended meanwhile."""
    found = {VISITOR: Client()}
    for name in MEMBERS:
        found[name] = Client()
        found[name].cookies["kvitto_member"] = session_of(Account.objects.get(username=name))
    found |= {name: browser_of(getattr(crew, name)) for name in STAFF}
    return found


class Attempts:
    """Makes one up after the other."""

    def __init__(self, ids, day):
        self.random = random.Random(SEED)  # noqa: S311  the same attempts each time
        self.ids, self.day = ids, day

    def value(self):
        """Something a careless page might take for whoever or whatever it names."""
        every = [*self.ids["person"], *self.ids["account"], *self.ids["case_id"], *self.ids["receipt_id"]]
        choice = self.random.choice
        return choice(
            [*map(str, every), "chen", "greta", "*", "all", "true", "1 OR 1=1", "../..", "-1", "", "justified"]
        )

    def fields(self):
        return {name: self.value() for name in self.random.sample(FIELDS, self.random.randint(1, 9))}

    def each(self):
        """(who, page, method, address): everybody at every page with every id; then at random, any method."""
        everybody = (VISITOR, *MEMBERS, *STAFF)
        dated = {
            "day": [self.day],
            "year": [NOW.year],
            "number": [NOW.month],
            "period": [self.day[:7]],
            "key": ["2000001"],
        }
        listed = [
            (page, address)
            for face in PAGES
            for page, path in PAGES[face]
            for address in filled(path, self.ids | dated)
        ]
        for (page, address), method, who in product(listed, ("get", "post"), everybody):
            yield who, page, method, address
        for _ in range(ATTEMPTS):
            page, address = self.random.choice(listed)
            yield self.random.choice(everybody), page, self.random.choice(METHODS), address


def everything():
    """The rows that are watched, and whose session lives: an attempt ends at most the attempter's own."""
    found = {}
    with connection.cursor() as cursor:
        for table, columns in WATCHED.items():
            cursor.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2")
            found[table] = cursor.fetchall()
    return found


def secrets_from(name):
    """Words that only others may read: of members' receipts, their cards' numbers, their names."""
    return [word for whose in MEMBERS if whose != name for word in (WORDS[whose], CARDS[whose], NAMES[whose])]


def is_own(who, page, method, address, mine):
    """Whether it is somebody's duty, or about themselves: no attempt at what is not theirs."""
    duty = page in DUTY.get(who, ()) and method == "post" and address not in mine.get(who, ())
    of_receipt = page in {"receipt-remove-do", "warranty-keep"} and is_own_receipt(who, address)
    of_warranty = page in {"warranty-correct", "warranty-delete"} and is_own_warranty(who, address)
    return page in OWN or duty or of_receipt or of_warranty


def is_own_receipt(who, address):
    """Whether the receipt of an address, with its id fourth, is somebody's own."""
    receipt_id = address.split("/")[3]
    return receipt_id.isdecimal() and Receipt.objects.filter(id=receipt_id, person__account__username=who).exists()


def is_own_warranty(who, address):
    """Whether the warranty receipt of an address, with its id third, is somebody's own."""
    return Warranty.objects.filter(id=address.split("/")[2], person__account__username=who).exists()


def test_nobody_gets_at_what_is_not_theirs(world, record_property):
    crew, ids, day = world
    attempts, browsers, before = Attempts(ids, day), clients(crew), everything()
    mine = {  # what they proposed themselves, and so cannot approve
        "greta": {f"/staff/approvals/duty/{ids['duty_id'][0]}"},
        "ines": {f"/staff/approvals/change/{ids['change_id'][0]}"},
    }
    read, made = [], 0
    for who, page, method, address in attempts.each():
        if is_own(who, page, method, address, mine):
            continue
        query = urlencode(attempts.fields())
        data = attempts.fields() if method in {"get", "post", "head"} else "x"
        response = getattr(browsers[who], method)(f"{address}?{query}", data)  # a failure of the service is raised here
        made += 1
        content = b"" if response.streaming else response.content  # the stream of an open page begins with nothing
        words = [word for word in secrets_from(who) if word.encode() in content]
        read += [f"{who} {method} {address}: {response.status_code} shows {word}" for word in words]
        if made % 300 == 0:
            browsers = clients(crew)
    record_property("attempts", made)

    assert read == []
    after = everything()
    assert {table for table, rows in before.items() if after[table] != rows} == set()
