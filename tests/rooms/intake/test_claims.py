"""Purchases without the card that a member says are theirs, and cards that are known only afterwards."""

from datetime import UTC, date, datetime, timedelta

import pytest

from kvitto.intake import claims, leftovers
from kvitto.intake.models import Claim, UnknownCard
from kvitto.intake.types import Claimed, State
from kvitto.kernel.actor import OPERATOR, Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.members import actions as members
from kvitto.members.types import NewPerson
from kvitto.purchases import queries as purchases
from kvitto.stores import queries as stores
from tests.cast import BJORN_CARD, MILK, NOW, TODAY, keep_out, line, receipt, take
from tests.dump import places_of_text

NOBODYS_CARD = "9246000000000777"
BARE = receipt(drop=["card"])
DAY = date(2026, 11, 20)


def claim(person_id, now=NOW, **fields):
    """Somebody says that the cast's receipt is theirs."""
    named = {"workstation": "1", "sequence": 4711} | fields
    if "code" in named:
        named |= {"workstation": None, "sequence": None}
    store = stores.stores_by_code({"101"})["101"].id
    claimed = Claimed(store, named.pop("day", DAY), named.pop("cents", 215), **named)
    with opened():
        claims.claim(person_id=person_id, claimed=claimed, by=Actor(ActorKind.MEMBER, "1"), now=now)


def totals(person_id):
    return [head.total_cents for head in purchases.receipts_of(person_id, 9)]


def test_the_receipt_becomes_the_members_when_the_till_sends_it_again(cast):
    assert take(BARE).states == [State.NO_MEMBER]
    claim(cast.aino)
    assert take(BARE).states == [State.RECORDED]

    assert totals(cast.aino) == [215]
    assert claims.own_claims(person_id=cast.aino, now=NOW) == []
    assert take(BARE).states == [State.NO_MEMBER], "the till may forget it"


def test_it_is_recorded_as_if_the_card_had_been_shown(cast):
    keep_out(cast.aino, "alcohol")
    claim(cast.aino)
    take(BARE)

    (head,) = purchases.receipts_of(cast.aino, 9)
    (content,) = purchases.contents_of(
        person_id=cast.aino, receipts=[(DAY, head.receipt_id)], by=OPERATOR, purpose="test", now=NOW
    )
    assert content.kept_out == ["alcohol"]
    assert [each.code for each in content.lines] == [MILK]


def test_a_code_names_it_too(cast):
    claim(cast.aino, code="1281111260543493")
    assert take(BARE, BARE | {"sequence": 5, "code": "1281111260543493"}).states == [State.NO_MEMBER, State.RECORDED]


def test_a_wrong_total_is_nobodys_proof_nothing_is_kept_and_the_till_is_asked_once(committed_cast):
    claim(committed_cast.aino, cents=214)

    assert take(receipt([line("REINDEER", "2.15", code=MILK)], drop=["card"])).states == [State.NO_MEMBER]
    assert places_of_text("REINDEER") == set()
    assert Claim.objects.get().answered_at == NOW
    assert len(claims.own_claims(person_id=committed_cast.aino, now=NOW)) == 1, "the page says no more than before"


def test_a_receipt_with_a_card_stays_its_holders(cast):
    claim(cast.aino)
    assert take(receipt(card=BJORN_CARD)).states == [State.RECORDED]

    assert (totals(cast.aino), totals(cast.bjorn)) == ([], [215])
    assert len(claims.own_claims(person_id=cast.aino, now=NOW)) == 1


def test_a_receipt_that_is_recorded_stays_where_it_is(cast):
    take(receipt(card=BJORN_CARD))
    claim(cast.aino)
    assert take(BARE).states == [State.SAME]
    assert (totals(cast.aino), totals(cast.bjorn)) == ([], [215])


def test_who_said_so_first_has_it(cast):
    claim(cast.bjorn)
    claim(cast.aino)
    take(BARE)

    assert (totals(cast.aino), totals(cast.bjorn)) == ([], [215])


def test_a_card_that_was_shown_after_all_ends_the_claim(cast):
    claim(cast.aino)
    take(receipt())
    assert not Claim.objects.exists()


@pytest.mark.parametrize(
    ("error", "fields"),
    [
        (claims.ClaimDayError, {"day": TODAY + timedelta(days=1)}),
        (claims.ClaimDayError, {"day": date(2024, 11, 1)}),
        (claims.ClaimDayError, {"day": date(2020, 11, 1)}),
        (claims.AlreadyYoursError, {}),
    ],
)
def test_what_cannot_be_theirs_is_refused(cast, error, fields):
    take(receipt())
    with pytest.raises(error):
        claim(cast.aino, **fields)


def test_ten_are_open_at_once_and_the_same_again_is_none_more(cast):
    for number in range(9):
        claim(cast.aino, sequence=number)
    claim(cast.aino, sequence=8)
    claim(cast.aino, sequence=9)
    with pytest.raises(claims.TooManyClaimsError):
        claim(cast.aino, sequence=10)
    claim(cast.bjorn)


def test_a_claim_ends(cast):
    claim(cast.aino)
    late = NOW + timedelta(days=30)

    assert take(BARE, now=late).states == [State.NO_MEMBER]
    assert claims.own_claims(person_id=cast.aino, now=late) == []
    assert leftovers.forget(now=late, keep_from=date(2025, 1, 1)) == 1


def test_a_claim_is_taken_back_by_its_own_member_only(cast):
    claim(cast.aino)
    number, by = Claim.objects.get().pk, Actor(ActorKind.MEMBER, "1")
    with pytest.raises(claims.NoClaimError), opened():
        claims.withdraw(person_id=cast.bjorn, claim_id=number, by=by, now=NOW)
    with opened():
        claims.withdraw(person_id=cast.aino, claim_id=number, by=by, now=NOW)
    assert take(BARE).states == [State.NO_MEMBER]


# Cards that are known afterwards


def register(since):
    with opened():
        (elsa,) = members.register(people=[NewPerson("Elsa", "Ek", "sv", (NOBODYS_CARD,), since)], by=OPERATOR, now=NOW)
        return elsa


def found():
    with opened():
        return leftovers.want_found_cards(now=NOW)


def test_a_card_that_was_somebodys_is_asked_for_until_its_receipt_is_here(cast):
    take(receipt(card=NOBODYS_CARD))
    assert found() == 0
    elsa = register(datetime(2026, 11, 19, tzinfo=UTC))
    assert (found(), found()) == (1, 0)

    take(receipt(card=NOBODYS_CARD))
    assert totals(elsa) == [215]
    assert not UnknownCard.objects.exists()


def test_a_card_that_is_somebodys_from_later_on_is_not_asked_for(cast):
    take(receipt(card=NOBODYS_CARD))
    register(datetime(2026, 11, 21, tzinfo=UTC))

    assert found() == 0
