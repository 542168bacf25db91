"""Whatever of a door that is not the member's own leads to data about members is listed here, with the entry it leaves.

Pages of staff, commands, the tills' API and jobs. One that is new, or comes to reach such data, fails until it stands here, and so
does one that leaves no entry and says no reason. That no statement is run before its entry is watched by `tools.reconcile`;
that members reach what is theirs and nothing else is held by the walls of the database.
"""

import ast
import re
from functools import cache

import pytest
from django.apps import apps

from kvitto.kernel.privacy import FieldClass, Held
from tests.architecture.calls import FUNCTIONS, definitions, led_to, named_by, table_of
from tests.architecture.source import floors, room_of

DOORS = ("kvitto.doors.staff_web.", "kvitto.doors.cli.", "kvitto.doors.till_api.", "kvitto.wiring.jobs.")
TELLING = {FieldClass.IDENTIFIER, FieldClass.IDENTITY, FieldClass.PURCHASE, FieldClass.CHOICE, FieldClass.KEY}
NOT_OF_MEMBERS = {"audit", "accounts", "staff", "oversight"}  # rooms: who signs in, who works here, and what they did
WRITES = {"kvitto.audit.actions.record", "kvitto.audit.actions.record_each"}
AN_ENTRY = re.compile(rf"({'|'.join(floors())})\.[a-z_.]*")  # what may follow is put in as it runs: `staff.…`

REACHED = {  # what leads to data about members: the entries that tell of it
    "doors.cli.bonus.accounts": "bonus.note_accounts",
    "doors.cli.bonus.settle": "bonus.settle bonus.correct",
    "doors.cli.bonus.pay": "bonus.pay",
    "doors.cli.members.import_": "members.register members.take_cards members.change_cards choices.state",
    "doors.cli.members.sync": "members.register members.change_details members.change_cards members.end_membership",
    "doors.cli.members.code": "members.issue_code",
    "doors.cli.members.death": "households.note_death members.end_membership",
    "doors.cli.members.main": "households.change_main",
    "doors.cli.receipts.import_": "intake.deliver",
    "doors.cli.receipts.decide": "intake.conflict.",
    "doors.cli.retention.run": "purchases.purge archive.purge warranties.purge vault.destroy audit.prune",
    "doors.cli.staff.add": "staff.add",
    "doors.staff_web.claims.claim": "intake.claim",
    "doors.staff_web.cases.open_case": "staff.",
    "doors.staff_web.cases.case": "staff.view_record",
    "doors.staff_web.cases.month": "vault.open purchases.view",
    "doors.staff_web.cases.glass": "staff.break_glass",
    "doors.staff_web.members.look_up": "staff.",
    "doors.staff_web.members.record": "staff.view_record",
    "doors.staff_web.members.bonus": "staff.view_bonus",
    "doors.staff_web.members.code": "members.issue_code",
    "doors.staff_web.members.choices": "staff.view_record",
    "doors.staff_web.members.decide": "choices.state",
    "doors.staff_web.members.removal": "vault.open rights.remove",
    "doors.staff_web.members.letter": "choices.letter",
    "doors.staff_web.oversight.answer": "oversight.answer",
    "doors.staff_web.people.approve_case": "staff.",
    "doors.staff_web.receipts.decide": "intake.conflict.",
    "doors.till_api.app.TillApi": "intake.deliver intake.deliver_minute tills.check_cards",
    "doors.till_api.apart.Apart": "intake.deliver intake.deliver_minute",
    "doors.till_api.apart.serve": "intake.deliver intake.deliver_minute",
    "doors.till_api.committing.Committer": "intake.deliver intake.deliver_minute",
    "doors.till_api.taking.Here": "intake.deliver intake.deliver_minute",
    "wiring.jobs.bonus": "bonus.settle bonus.correct",
    "wiring.jobs.categories": "vault.open rights.remove rights.sweep",
    "wiring.jobs.look_ups": "oversight.watch",
    "wiring.jobs.retention": "purchases.purge archive.purge warranties.purge vault.destroy audit.prune",
    "wiring.jobs.warranties": "warranties.remind",
}
WITHOUT = {  # what leaves no entry, and why
    "doors.cli.notices.unsent": "numbers of notices whose mail failed: no name, no address, nothing of what was told",
    "doors.cli.processors.load": "the names of columns, which processors get; nothing of what is in them",
    "doors.cli.receipts.conflicts": "two contents of a receipt as digests, times and totals; not whose it is",
    "doors.cli.receipts.refused": "which receipts were refused and why; nothing of what was bought, and not by whom",
    "doors.staff_web.processing.processing": "the names of columns, in plain words; nothing of what is in them",
    "doors.staff_web.receipts.conflicts": "as the command",
    "wiring.jobs.cards": "digests of unknown cards against cards; the receipt that comes again leaves its entry",
    "wiring.jobs.mail": "an address gets what its own member was told; the notice says when",
    "wiring.jobs.register": "queues the others",
}


@cache
def of_members():
    """The tables that tell something of members."""
    return {
        model._meta.db_table
        for model in apps.get_models()
        if model.__module__.startswith("kvitto.") and room_of(model.__module__) not in NOT_OF_MEMBERS
        if {held.field_class for held in vars(model.Privacy).values() if isinstance(held, Held)} & TELLING
    }


@cache
def texts(name):
    nodes = ast.walk(definitions()[name])
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@cache
def own_tables(name):
    """The tables about members that a definition is, or names in SQL."""
    named = {table for text in texts(name) for table in re.findall(r"\w+_\w+", text)}
    return (named | {table_of(name)}) & of_members()


def tables(name):
    """The same of everything that it leads to."""
    return set().union(*map(own_tables, led_to(name)))


@cache
def writers():
    """Functions that write entries, and those beside them that say which."""
    direct = {name for name in definitions() if named_by(name) & WRITES}
    beside = {name for name in definitions() if _module(name) in {_module(each) for each in named_by(name) & direct}}
    return direct | beside


def entries(name):
    """What the entries may say that something leads to."""
    said = set()
    for each in led_to(name) & writers():
        constants = {used for used in named_by(each) if not isinstance(definitions()[used], (*FUNCTIONS, ast.ClassDef))}
        said |= {text for one in {each, *constants} for text in texts(one) if AN_ENTRY.fullmatch(text)}
    return said


def _module(name):
    return name.rpartition(".")[0]


@cache
def found():
    """Everything of those doors that others can call, and that leads to data about members; without the package's name."""
    return {
        name.removeprefix("kvitto.")
        for name, node in definitions().items()
        if name.startswith(DOORS) and isinstance(node, (*FUNCTIONS, ast.ClassDef)) and not node.name.startswith("_")
        if tables(name)
    }


def test_whatever_reaches_data_about_members_is_listed():
    assert found() - REACHED.keys() - WITHOUT.keys() == set()


@pytest.mark.parametrize("name", REACHED)
def test_what_is_listed_leaves_its_entries(name):
    assert name in found(), "it reaches nothing about members any more: take it off the list"
    assert set(REACHED[name].split()) - entries(f"kvitto.{name}") == set()


@pytest.mark.parametrize("name", WITHOUT)
def test_what_leaves_no_entry_still_reaches_something(name):
    assert name in found(), "it reaches nothing about members any more: take it off the list"


def test_a_way_to_what_was_bought_is_followed_to_its_tables():
    """From a page over three rooms to the keys and the receipts; and the page of who works here reaches no member."""
    assert {"vault_key", "purchases_receipt", "members_person"} <= tables("kvitto.doors.staff_web.cases.month")
    assert tables("kvitto.doors.staff_web.people.people") == set()
