"""Everything about one person: every column that is theirs to have, of every table, and no row of anybody else."""

import pytest

from kvitto.accounts.models import Account
from kvitto.audit.models import Entry
from kvitto.households.types import Role
from kvitto.kernel import identity
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.kernel.privacy import FieldClass
from kvitto.members import changes
from kvitto.members.types import ContactKind
from kvitto.purchases import actions as purchases
from kvitto.purchases import queries as receipts
from kvitto.rights import inspection, queries
from kvitto.wiring.walls import TABLES
from tests.cast import AINO_CARD, BJORN_CARD, CHEN_CARD, MILK, NOW, keep_out, line, receipt, take
from tests.doors.reading import signed_in
from tests.households import settle


def about(person_id, account="1"):
    by = Actor(ActorKind.MEMBER, str(account))
    with identity.acting(ActorKind.MEMBER, account=int(account)):
        found = inspection.everything_about(person_id=person_id, language="en", by=by, now=NOW)
    return {holding.table: holding for holding in found}


@pytest.fixture
def accounts(cast):
    """Aino's and Chen's accounts; both have something in many tables, and Aino shares a household with Björn."""
    settle(cast)
    take(
        receipt([line("AINOSLINE", code=MILK)]),
        receipt([line("BJORNSLINE", code=MILK)], card=BJORN_CARD, sequence=2),
        receipt([line("CHENSLINE", code=MILK)], card=CHEN_CARD, sequence=3),
    )
    made = {}
    for name in ("aino", "chen"):
        person = getattr(cast, name)
        signed_in(person, name)
        made[name] = Account.objects.get(username=name).pk
        who = {"by": Actor(ActorKind.MEMBER, str(made[name])), "now": NOW}
        keep_out(person, "alcohol")
        with opened():
            changes.set_contact(person_id=person, kind=ContactKind.EMAIL, value=f"{name}@example.org", **who)
            (head,) = receipts.receipts_of(person, 9)
            purchases.keep_back(person_id=person, day=head.business_day, receipt_id=head.receipt_id, kept=True, **who)
    return made


def test_every_column_that_is_to_be_given_is_given(cast, accounts):
    given = {
        f"{table}.{column.name}"
        for table, held in about(cast.aino, accounts["aino"]).items()
        for column in held.columns
    }

    assert given == {name for name, held in queries.held().items() if held.exported}
    walled = {name for name in given if name.partition(".")[0] in TABLES}
    assert walled == given  # and no table about people is without a wall
    assert all(
        column.words and column.why for held in about(cast.aino, accounts["aino"]).values() for column in held.columns
    )


def test_nothing_that_lets_somebody_in_or_opens_a_seal_is_given():
    secret = {FieldClass.CREDENTIAL, FieldClass.KEY}
    given = {name for name, held in queries.held().items() if held.exported and held.field_class in secret}

    assert given == {"accounts_factor.kind"}  # whether it is an app or a passkey


def test_rows_have_what_the_columns_say(cast, accounts):
    for held in about(cast.aino, accounts["aino"]).values():
        assert all(list(row) == [column.name for column in held.columns] for row in held.rows)


def test_what_was_bought_is_in_it_and_the_opening_leaves_an_entry(cast, accounts):
    (bought,) = about(cast.aino, accounts["aino"])["purchases_receipt"].rows

    assert bought["sealed"]["lines"][0]["text"] == "AINOSLINE"
    assert bought["store_id"] == "Grocer Harbour"
    assert Entry.objects.filter(purpose=inspection.PURPOSE).count() == 1


def test_no_row_is_anybody_elses(cast, accounts):
    hers, his = (str(about(getattr(cast, name), accounts[name])) for name in ("aino", "chen"))

    for mine, other, word in ((hers, his, "aino@"), (hers, his, "AINOSLINE"), (hers, his, AINO_CARD)):
        assert word in mine
        assert word not in other
    for word in ("CHENSLINE", "BJORNSLINE", CHEN_CARD, BJORN_CARD, "chen@"):
        assert word not in hers
    home = about(cast.aino, accounts["aino"])["households_place"].rows
    assert [(row["person_id"], row["role"]) for row in home] == [(cast.aino, Role.MAIN)]
    assert about(cast.chen, accounts["chen"])["households_household"].rows == []


def test_also_asked_by_a_machine_it_is_one_persons(cast, accounts):
    found = inspection.everything_about(person_id=cast.aino, language="sv", by=Actor(ActorKind.SYSTEM, "test"), now=NOW)

    assert "AINOSLINE" in str(found)
    for word in ("CHENSLINE", "BJORNSLINE", CHEN_CARD, "chen@"):
        assert word not in str(found)
