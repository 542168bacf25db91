"""What the pipeline leaves beside receipts: conflicts and decisions on them, unknown cards, refusals; never lines."""

import json

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kvitto.audit.models import Entry
from kvitto.intake import leftovers, queries
from kvitto.intake.models import Conflict, Quarantine, UnknownCard
from kvitto.intake.types import Reason, State
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.members import actions as members
from kvitto.members.types import NewPerson
from kvitto.purchases import queries as purchases
from kvitto.vault.digests import card_digest
from tests.cast import BJORN_CARD, MILK, NOW, TILL, line, receipt, take
from tests.dump import places_of_number, places_of_text

NOBODYS_CARD = "9246000000000777"
FIRST, SECOND, THIRD = (receipt([line(text, price, code=MILK)]) for text, price in
                        (("FIRST", "2.15"), ("SECOND", "9.99"), ("THIRD", "7.77")))  # fmt: skip


def decide(accept, conflict=None):
    number = conflict or queries.open_conflicts()[0]["conflict"]
    with opened():
        leftovers.decide(conflict_id=number, accept=accept, by=OPERATOR, now=NOW)


def state_of(body):
    return take(body).states[0]


def stored():
    """The texts and the totals of everything that is recorded for Aino."""
    from kvitto.members.models import Person

    aino = Person.objects.get(given_name="Aino").pk
    heads = purchases.receipts_of(aino, 9)
    wanted = [(head.business_day, head.receipt_id) for head in heads]
    contents = purchases.contents_of(person_id=aino, receipts=wanted, by=TILL, purpose="test", now=NOW)
    return [(content.lines[0].text, head.total_cents) for head, content in zip(heads, contents, strict=True)]


def test_a_conflict_shows_both_sides_to_decide_by(cast):
    take(FIRST)
    take(SECOND)

    (conflict,) = queries.open_conflicts()
    assert (conflict["store"], conflict["workstation"], conflict["sequence"]) == ("101", "1", 4711)
    assert (conflict["stored_total_cents"], conflict["new_total_cents"]) == (215, 999)
    assert conflict["stored_digest"] != conflict["new_digest"]


def test_a_conflict_seen_again_is_the_same_conflict(cast):
    take(FIRST)
    take(SECOND)
    take(SECOND)
    assert len(queries.open_conflicts()) == 1

    take(THIRD)
    assert len(queries.open_conflicts()) == 2


def test_kept_means_the_stored_one_stands_for_good(cast):
    take(FIRST)
    take(SECOND)
    decide(accept=False)

    assert state_of(SECOND) is State.CONFLICT
    assert stored() == [("FIRST", 215)]
    assert queries.open_conflicts() == []


def test_accepted_lets_one_redelivery_take_the_place(cast):
    take(FIRST)
    take(SECOND)
    decide(accept=True)
    assert stored() == [("FIRST", 215)], "accepting changes nothing yet: the content is with the till"

    assert state_of(SECOND) is State.RECORDED
    assert stored() == [("SECOND", 999)]
    assert state_of(SECOND) is State.SAME


@pytest.mark.parametrize("other", [FIRST, THIRD], ids=["the old content", "a third content"])
def test_after_that_the_next_different_one_is_a_conflict_again(cast, other):
    take(FIRST)
    take(SECOND)
    decide(accept=True)
    take(SECOND)

    assert state_of(other) is State.CONFLICT
    assert stored() == [("SECOND", 999)]
    assert [each["stored_total_cents"] for each in queries.open_conflicts()] == [999]


def test_accepting_one_conflict_leaves_the_others_of_the_batch_alone(cast):
    """One receipt is accepted; another one's conflict comes in the same batch."""
    take(FIRST, FIRST | {"sequence": 1})
    take(SECOND)
    decide(accept=True)

    assert take(SECOND | {"sequence": 1}, SECOND).states == [State.CONFLICT, State.RECORDED]
    assert sorted(stored()) == [("FIRST", 215), ("SECOND", 999)]


def test_doubles_of_several_receipts_in_one_batch_meet_their_own(cast):
    first, second = [body | {"sequence": 1} for body in (FIRST, SECOND)]

    states = take(FIRST, first, first, second, FIRST).states

    assert states == [State.RECORDED, State.RECORDED, State.SAME, State.CONFLICT, State.SAME]


def test_a_conflict_shows_what_is_stored_now(cast):
    """What is stored changed since the third content was first seen."""
    take(FIRST)
    take(THIRD)
    take(SECOND)
    number = next(each["conflict"] for each in queries.open_conflicts() if each["new_total_cents"] == 999)
    decide(accept=True, conflict=number)
    take(SECOND)
    take(THIRD)

    assert [(each["stored_total_cents"], each["new_total_cents"]) for each in queries.open_conflicts()] == [(999, 777)]


def test_accepting_one_content_does_not_accept_another(cast):
    take(FIRST)
    take(SECOND)
    decide(accept=True)

    assert state_of(THIRD) is State.CONFLICT
    assert stored() == [("FIRST", 215)]
    assert state_of(SECOND) is State.RECORDED


def test_accepted_content_that_comes_twice_in_one_batch_is_recorded_once(cast):
    take(FIRST)
    take(SECOND)
    decide(accept=True)

    assert take(SECOND, SECOND).states == [State.RECORDED, State.SAME]
    assert stored() == [("SECOND", 999)]


def test_another_content_in_the_batch_of_the_accepted_one_is_still_a_conflict(cast):
    """A till that is told `recorded` throws the receipt away."""
    take(FIRST)
    take(SECOND)
    decide(accept=True)

    assert take(THIRD, SECOND, THIRD).states == [State.CONFLICT, State.RECORDED, State.CONFLICT]
    assert stored() == [("SECOND", 999)]


def test_a_content_that_was_replaced_can_be_accepted_back_and_forth(cast):
    """Whoever decided wrongly can decide again, as often as it takes: each time there is something open to decide."""
    take(FIRST)
    for body in (SECOND, FIRST, SECOND):
        assert state_of(body) is State.CONFLICT
        decide(accept=True)
        assert state_of(body) is State.RECORDED

    assert stored() == [("SECOND", 999)]


def test_a_conflict_is_decided_once(cast):
    take(FIRST)
    take(SECOND)
    number = queries.open_conflicts()[0]["conflict"]
    decide(accept=False, conflict=number)

    for accept in (True, False):
        with pytest.raises(leftovers.ConflictSettledError, match=str(number)):
            decide(accept=accept, conflict=number)
    assert Conflict.objects.get(pk=number).outcome == "kept"


def test_deciding_what_does_not_exist_is_refused(cast):
    with pytest.raises(leftovers.NoSuchConflictError):
        decide(accept=True, conflict=12345)


def test_deciding_is_recorded_and_needs_the_transaction_of_a_whole_act(committed_cast):
    take(FIRST)
    take(SECOND)
    number = queries.open_conflicts()[0]["conflict"]
    with pytest.raises(transaction.TransactionManagementError):
        leftovers.decide(conflict_id=number, accept=True, by=OPERATOR, now=NOW)

    decide(accept=True)

    assert list(Entry.objects.filter(action__startswith="intake.conflict").values_list("action", "actor_kind")) == [
        ("intake.conflict.accepted", "operator")
    ]


def test_another_card_is_no_conflict(cast):
    """The card is no part of the content; the buyer who was recorded first stays."""
    take(FIRST)

    assert state_of(FIRST | {"card": BJORN_CARD}) is State.SAME
    assert purchases.receipts_of(cast.bjorn, 9) == []


def test_a_conflict_leaves_totals_and_no_lines(committed_cast):
    take(FIRST)
    take(receipt([line("SMOKED REINDEER", "3791.07"), line("WINE", "4.04", code="7310865004703")]))

    assert queries.open_conflicts()[0]["new_total_cents"] == 379_511
    assert {word: places for word in ("reindeer", "3791.07", "7310865004703") if (places := places_of_text(word))} == {}
    assert places_of_number(379_107) == set()


def test_an_unknown_card_leaves_a_digest_and_not_its_number(committed_cast):
    assert state_of(receipt(card=NOBODYS_CARD)) is State.NO_MEMBER

    assert places_of_text(NOBODYS_CARD) == set()
    assert bytes(UnknownCard.objects.get().digest) == card_digest(NOBODYS_CARD)
    assert purchases.register_counts().product == 0


def test_an_unknown_card_seen_again_leaves_one_digest(cast):
    take(receipt(card=NOBODYS_CARD), receipt(card=NOBODYS_CARD))
    take(receipt(card=NOBODYS_CARD))

    assert UnknownCard.objects.count() == 1


def test_a_receipt_without_a_card_leaves_nothing_at_all(cast):
    take(receipt(drop=["card"]))

    assert not UnknownCard.objects.exists()


def test_a_card_registered_in_time_is_found_when_the_receipt_comes_again(cast):
    take(receipt(card=NOBODYS_CARD))
    person = NewPerson("Elsa", "Ek", "sv", (NOBODYS_CARD,), NOW.replace(month=1))
    with opened():
        (elsa,) = members.register(people=[person], by=OPERATOR, now=NOW)

    assert state_of(receipt(card=NOBODYS_CARD)) is State.RECORDED
    assert len(purchases.receipts_of(elsa, 9)) == 1


REFUSED = {
    "sums": {"total": "1.00"},
    "an unknown store": {"store": "555"},
    "an unknown till": {"workstation": "77"},
    "the future": {"end_time": "2027-01-01T00:00:00Z"},
    "a missing field": {"drop": ["currency"]},
}


@pytest.mark.parametrize("fields", REFUSED.values(), ids=REFUSED)
def test_a_refused_receipt_leaves_no_lines(committed_cast, fields):
    take(receipt([line("SMOKED REINDEER", "3791.07", code="7310865004703")], **fields))

    (row,) = Quarantine.objects.all()
    assert row.reason
    words = ("reindeer", "3791.07", "7310865004703", receipt()["card"])
    assert {word for word in words if places_of_text(word) - {"members_card"}} == set()
    assert places_of_number(379_107) == set()


def test_a_refusal_names_the_receipt_and_the_place(cast):
    take(receipt(total="1.00"))

    (row,) = Quarantine.objects.all()
    assert (row.store_code, row.business_day, row.workstation, row.sequence) == ("101", "2026-11-20", "1", 4711)
    assert (row.reason, row.field) == (Reason.SUMS, "$.total")
    assert queries.quarantined() == {"sums": 1}


def test_a_good_redelivery_settles_the_quarantine(cast):
    take(receipt(total="1.00"), receipt(total="1.00", sequence=2))
    assert queries.quarantined() == {"sums": 2}

    assert state_of(receipt()) is State.RECORDED

    assert list(Quarantine.objects.values_list("sequence", flat=True)) == [2]


def test_a_receipt_refused_again_waits_once_with_its_newest_reason(cast):
    take(receipt(total="1.00"))
    take(receipt(total="1.00"))
    take(receipt(workstation="1", end_time="2027-01-01T00:00:00Z"))

    assert queries.quarantined() == {"in_the_future": 1}


def test_a_receipt_of_another_till_settles_nothing(cast):
    take(receipt(total="1.00"))
    take(receipt(workstation="2"))

    assert queries.quarantined() == {"sums": 1}


PLACES = ["store", "business_day", "workstation", "sequence", "end_time", "begin_time", "type", "channel", "currency"]
PLACES += ["total", "rounding", "card", "operator", "sent_at", "lines", "vat", "tenders", "something_new"]
LINE_PLACES = ["type", "text", "quantity", "amount", "vat", "code", "unit", "discount", "bonus", "void"]
MARK = "NURSING PADS"


def with_line(fields, **others):
    """A receipt whose only line is sound but for these fields."""
    return receipt(**others) | {"lines": [line() | fields]}


@pytest.mark.parametrize("place", [place for place in LINE_PLACES if place not in {"text", "code"}])
def test_what_a_till_writes_in_the_wrong_field_is_not_repeated(committed_cast, place):
    """A refusal names the place; a product's name that stood there is not written down with it."""
    assert state_of(with_line({place: MARK})) is State.REFUSED

    assert places_of_text(MARK) == set()


def test_nor_is_a_rate_that_is_none(committed_cast):
    assert state_of(with_line({"vat": "PADS!"})) is State.REFUSED

    assert places_of_text("PADS!") == set()


@pytest.mark.parametrize("place", [place for place in PLACES if place not in {"store", "workstation", "operator"}])
def test_nor_is_what_stands_in_a_wrong_field_of_the_receipt(committed_cast, place):
    assert state_of(receipt() | {place: MARK}) is State.REFUSED

    assert places_of_text(MARK) == set()


@pytest.mark.parametrize("body", [receipt() | {MARK: "1"}, with_line({MARK: "1"})], ids=["receipt", "line"])
def test_nor_is_the_name_of_an_unknown_field(committed_cast, body):
    assert state_of(body) is State.REFUSED

    assert places_of_text(MARK) == set()


ODD = ["\x00", "a\x00b", "\ud800", "²", "٣", "", " ", "\u202e", "1" * 40, "x" * 200, "'; --", "\\", "\x7f", "🧾"]


@pytest.mark.parametrize("value", ODD, ids=ascii)
def test_an_odd_text_in_any_field_never_stops_the_other_receipts(cast, value):
    """Whatever the text is, the receipt is taken in or refused, and its neighbours are recorded."""
    odd = {place: receipt(sequence=900) | {place: value} for place in PLACES}
    odd |= {f"lines.{place}": with_line({place: value}, sequence=901) for place in LINE_PLACES}
    vat = [{"rate": value, "gross": "2.15", "tax": "0.26"}]
    odd["vat.rate"] = with_line({"vat": value}, sequence=902) | {"vat": vat}
    odd["tenders.type"] = receipt(sequence=903, tenders=[{"type": value, "amount": "2.15"}])
    stopped = {}

    for number, (place, body) in enumerate(odd.items()):
        try:
            assert take(json.dumps(body).encode(), receipt(sequence=number)).states[1] is State.RECORDED
        except Exception as error:  # noqa: BLE001  all places in one answer
            stopped[place] = repr(error)

    assert stopped == {}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_bytes_that_are_no_receipt_never_stop_the_other_receipts(cast, body):
    assert take(body, receipt(sequence=1)).states[1] in {State.RECORDED, State.SAME}
