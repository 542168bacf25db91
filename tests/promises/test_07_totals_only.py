"""Where only totals are promised, only totals exist: of what was bought at a hotel, a restaurant or a partner, nothing
is written down anywhere, not even sealed, and not even how many things it was.
"""

import pytest
from django.db import IntegrityError, connection, transaction

from kvitto.intake.types import State
from kvitto.purchases import queries as purchases
from kvitto.purchases.types import BonusBasis, Head, TotalReceipt
from kvitto.stores.types import Level
from tests.cast import BJORN_CARD, MILK, NOW, TILL, line, receipt, take
from tests.dump import places_of_number, places_of_text

# Nothing else in the test's database has these names, numbers and amounts: no id gets that far.
LINES = [
    line("SMOKED REINDEER", "3791.07", code="7310865004703", vat="13.5"),
    line("CLOUDBERRY WINE", "41277.31", code="6430012345672", vat="25.5", quantity="3"),
]
TENDERS = [
    {"type": "giftcard", "amount": "6103.77"},
    {"type": "cash", "amount": "40000.00"},
    {"type": "cash", "amount": "-1035.39"},
]


@pytest.fixture
def stay(committed_cast):
    """Aino ate at the hotel, whose chain records totals only."""
    result = take(receipt(LINES, store="900", tenders=TENDERS, operator="WAITER 7731"))
    assert result.states == [State.RECORDED]
    return committed_cast


def test_the_search_finds_what_a_product_level_receipt_leaves_readable(committed_cast):
    """Shows that a search that finds nothing means something: the total is there."""
    take(receipt(LINES, store="900", tenders=TENDERS))

    assert places_of_number(4_506_838) == {"purchases_receipt"}
    assert places_of_text(receipt()["card"]) == {"members_card"}


def test_no_name_code_or_tender_is_written_down(stay):
    words = ["reindeer", "cloudberry", "7310865004703", "6430012345672", "giftcard", "waiter", "7731"]

    assert {word: places for word in words if (places := places_of_text(word))} == {}


def test_no_amount_but_the_total_is_written_down(stay):
    sent = receipt(LINES, tenders=TENDERS)
    amounts = [each["amount"] for each in [*LINES, *TENDERS]] + [row["tax"] for row in sent["vat"]]
    in_cents = {amount: int(amount.replace(".", "").strip("-")) for amount in amounts}
    found = {amount: places_of_text(amount) | places_of_number(cents) for amount, cents in in_cents.items()}

    assert len(found) == 7
    assert found == {amount: set() for amount in amounts}


def test_there_is_nothing_sealed_and_no_key(stay):
    with connection.cursor() as cursor:
        cursor.execute("SELECT level, sealed, (SELECT count(*) FROM vault_key) FROM purchases_receipt")
        assert cursor.fetchall() == [(Level.TOTAL, None, 0)]


def test_one_thing_and_forty_leave_the_same_row(committed_cast):
    """The row does not tell how many things were bought, at which rate they were taxed or how they were paid."""
    one = receipt([line("FEAST", "80.00")], store="900", sequence=1)
    forty = receipt([line(f"DISH {n}", "2.00", vat="25.5") for n in range(40)], store="900", sequence=2)
    take(one, forty)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(DISTINCT to_jsonb(r) - ARRAY['id', 'sequence', 'digest']) FROM purchases_receipt r"
        )
        assert cursor.fetchall() == [(2, 1)]


def test_the_bonus_sum_is_all_that_is_known_of_eligible_goods(committed_cast):
    """Two eligible lines of a class are one sum, so that no single amount can be read from it."""
    take(receipt([line(code=MILK), line("MORE MILK", "4.04", code=MILK), line("BEER", "6.13")], store="900"))

    with connection.cursor() as cursor:
        cursor.execute("SELECT bonus_basis::text, total_cents FROM purchases_receipt")
        assert cursor.fetchall() == [('[["standard", 619, 0]]', 1232)]


def test_the_type_that_is_stored_has_no_place_for_more():
    assert TotalReceipt.__struct_fields__ == ("head",)
    every_level = "key person_id end_time channel kind total_cents currency level_reason bonus_basis digest"
    every_level += " code origins origin_codes version"  # names of receipts, and of which version this is
    assert Head.__struct_fields__ == tuple(every_level.split())
    assert BonusBasis.__struct_fields__ == ("bonus_class", "cents", "quantity")


def test_the_database_refuses_sealed_content_at_total_level(stay):
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="totals_only"), transaction.atomic():
        cursor.execute("UPDATE purchases_receipt SET sealed = 'lines' WHERE level = 1")


def test_the_buyer_cannot_open_what_does_not_exist(stay):
    head = purchases.receipts_of(stay.aino, 1)[0]
    wanted = [(head.business_day, head.receipt_id)]

    assert purchases.contents_of(person_id=stay.aino, receipts=wanted, by=TILL, purpose="own view", now=NOW) == [None]


def test_a_refused_receipt_of_such_a_chain_leaves_no_lines_either(committed_cast):
    result = take(receipt(LINES, store="900", total="1.00"), receipt(LINES, store="900", card="99999999"))

    assert result.states == [State.REFUSED, State.NO_MEMBER]
    assert places_of_text("reindeer") == places_of_text("3791.07") == places_of_number(379_107) == set()


def test_everybody_in_the_household_is_promised_the_same(committed_cast):
    take(receipt(LINES, store="900", card=BJORN_CARD))

    assert purchases.receipts_of(committed_cast.bjorn, 1)[0].level is Level.TOTAL
    assert places_of_text("cloudberry") == set()
