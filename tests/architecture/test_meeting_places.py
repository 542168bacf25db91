"""The customer register and the purchase register meet in listed modules only.

A module is on a side when it belongs to one of the side's rooms, imports from one, or names one of its tables in SQL. A
module on both sides is a meeting place; a new one is a decision, and is written down here with its reason.
"""

import re

import pytest

from tests.architecture.source import floors, imports, modules, room_of, strings

CUSTOMER, PURCHASE = {"members", "choices"}, {"purchases", "vault", "archive", "warranties", "spending"}
LEADS_TO_A_PERSON = "kvitto.doors.member_web.visit"  # who imports it knows whose page it is

MEETING_PLACES = {
    "kvitto.intake.actions": "a receipt's card leads to its holder, and the holder's choice to the level",
    "kvitto.intake.claims": "a member's claim waits for a receipt of theirs",
    "kvitto.intake.leftovers": "a card that was nobody's and is found to have been somebody's: the receipt is asked for again",
    "kvitto.doors.member_web.claims": "the member says which receipt is theirs",
    "kvitto.intake.services": "a buyer's own services, by their choices, take what they keep of a receipt",
    "kvitto.archive.models": "an archived receipt's foreign key to its buyer",
    "kvitto.archive.actions": "the buyer's choice, asked once more, decides whether a receipt is archived; entries name them",
    "kvitto.archive.queries": "opening an archived receipt names its owner's audit id in the entry",
    "kvitto.warranties.models": "a warranty receipt's foreign key to its owner",
    "kvitto.warranties.actions": "`keep`: the buyer's choice, asked once more, decides whether a guaranteed line is copied",
    "kvitto.warranties.queries": "opening a warranty receipt names its owner's audit id in the entry",
    "kvitto.doors.member_web.archive": "the member's own archive",
    "kvitto.doors.member_web.warranties": "the member's own warranty receipts",
    "kvitto.purchases.models": "a receipt's foreign key to its buyer",
    "kvitto.purchases.queries": "opening a receipt names its buyer's audit id in the entry",
    "kvitto.vault.models": "a key's foreign key to the person whose lines it opens",
    "kvitto.spending.cases": "a data handler's case: one member's purchases, for a reason, with an entry that names both",
    "kvitto.spending.household": "what a main member sees of the others: day, store and one figure a receipt",
    "kvitto.purchases.actions": "keeping a receipt back names its buyer's audit id in the entry",
    "kvitto.doors.member_web.own": "the member's own view: an account leads to its person, and on to their receipts",
    "kvitto.doors.member_web.live": "an open page of the member's own, told which of their receipts have come in",
    "kvitto.doors.member_web.export": "the member's own receipts as files",
    "kvitto.doors.member_web.api": "the member's own receipts for their own tools: a token's account leads to its person",
    "kvitto.doors.member_web.removal": "the member removes what one of their own receipts holds",
    "kvitto.doors.member_web.household": "the household's page: its people's given names, and the others' one figure a receipt",
    "kvitto.doors.member_web.choices": "the member's own choice of a level, and how many of their own receipts it has limited",
    "kvitto.bonus.queries": "a household's Bonus: the home co-op says which plan, the receipts' Bonus bases what it earns",
    "kvitto.bonus.summing": "the same for a whole co-op, summed where the rows are",
    "kvitto.bonus.view": "a member's own Bonus, and to a main member one sum a person, with an entry for each",
    "kvitto.rights.inspection": "a member gets all that is held about them, of both registers",
    "kvitto.rights.removal": "a person's choices decide what is taken out of their own receipts",
    "kvitto.purchases.rewriting": "what opens and replaces a person's lines names their audit id in the entry",
    "kvitto.doors.member_web.errors": "the sentence for each room's refusal; no data",
    "kvitto.retention.actions": "one run of every room's own rule about time",
    "kvitto.rights.rules": "the list of what every column about a person is, in plain words",
    "kvitto.wiring.grants": "the list of what the web role may do with every table",
    "kvitto.wiring.walls": "the list of which rows of every table each face reaches",
}
INVENTED = {"demo", "benchmarks"}  # rooms whose people are all invented


def sides(module):
    """The rooms of either side that a module belongs to, imports from or names a table of."""
    imported = {name.split(".")[1] for name in imports(module) if name.startswith("kvitto.")}
    named = {
        match.group(1)
        for text in strings(module)
        for match in re.finditer(rf"\b({'|'.join(CUSTOMER | PURCHASE)})_[a-z]", text)
    }
    if LEADS_TO_A_PERSON in imports(module):
        imported.add("members")
    return (imported | named | {room_of(module)}) & (CUSTOMER | PURCHASE)


def is_meeting_place(module):
    return bool(sides(module) & CUSTOMER) and bool(sides(module) & PURCHASE)


def test_both_sides_are_rooms_of_the_house():
    assert floors().keys() >= CUSTOMER | PURCHASE | INVENTED


def test_the_registers_meet_nowhere_else():
    found = {module for module in modules() if is_meeting_place(module) and room_of(module) not in INVENTED}

    assert found - MEETING_PLACES.keys() == set()


@pytest.mark.parametrize("module", MEETING_PLACES)
def test_a_listed_meeting_place_is_one(module):
    assert is_meeting_place(module), "the registers no longer meet here: take it off the list"


def test_the_purchase_register_never_learns_a_name():
    """Of the customer register, purchases and vault import foreign keys and the audit id, not people."""
    allowed = {"kvitto.members", "kvitto.members.models", "kvitto.members.models.Person", "kvitto.members.queries"}
    of_a_choice = {"archive", "warranties"}  # which are there for whoever has chosen them
    imported = {
        (module, name)
        for module in modules()
        for name in imports(module)
        if room_of(module) in PURCHASE and room_of(name) in CUSTOMER
        if not (room_of(module) in of_a_choice and room_of(name) == "choices")
    }

    assert {pair for pair in imported if pair[1] not in allowed} == set()
