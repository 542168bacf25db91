"""The pipeline, a batch at a time, against the real register."""

from kvitto.intake.types import Reason, State
from kvitto.purchases import queries as purchases
from kvitto.stores.types import Level
from tests.cast import CHEN_CARD, line, receipt, take


def levels(person_id):
    return [head.level for head in purchases.receipts_of(person_id, 100)]


def test_a_receipt_is_recorded_for_its_buyer_only(cast):
    assert take(receipt()).states == [State.RECORDED]

    assert levels(cast.aino) == [Level.PRODUCT]
    assert levels(cast.bjorn) == levels(cast.chen) == []


def test_the_same_receipt_again_is_acknowledged_and_not_stored_twice(cast):
    take(receipt())

    assert take(receipt(operator="12", sent_at="2026-11-21T02:00:00Z")).states == [State.SAME]
    assert len(levels(cast.aino)) == 1


def test_other_content_under_the_same_key_is_a_conflict_and_the_stored_one_stands(cast):
    take(receipt())

    assert take(receipt([line(amount="9.99")])).states == [State.CONFLICT]
    assert purchases.receipts_of(cast.aino, 9)[0].total_cents == 215


def test_doubles_within_one_batch_meet_each_other(cast):
    other = receipt([line(amount="9.99")])

    assert take(receipt(), receipt(), other).states == [State.RECORDED, State.SAME, State.CONFLICT]


def test_a_receipt_without_a_card_is_acknowledged_and_leaves_nothing(cast):
    assert take(receipt(drop=["card"])).states == [State.NO_MEMBER]
    assert levels(cast.aino) == []


def test_one_bad_receipt_does_not_stop_the_others(cast):
    result = take(receipt(), b"{", receipt(card=CHEN_CARD, sequence=4712))

    assert result.states == [State.RECORDED, State.REFUSED, State.RECORDED]
    assert [(refused.position, refused.refusal.reason) for refused in result.refused] == [(2, Reason.NOT_JSON)]
