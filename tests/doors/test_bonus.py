"""The Bonus page: what can be computed again with pencil and paper, and whose figures are on it."""

import re
from datetime import date

import pytest

from kvitto.bonus import actions, closing
from kvitto.households import actions as households
from kvitto.kernel.actor import OPERATOR, Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.purchases import actions as purchases
from kvitto.purchases import queries as receipts
from tests.bonus import at_home, bought, close, load_plans
from tests.cast import APPLES, BEER, BJORN_CARD, MILK, NOW, line
from tests.doors.reading import signed_in, text_of
from tests.households import do, settle


@pytest.fixture
def coop(committed_cast, casts_day):
    load_plans()
    at_home(committed_cast)
    return committed_cast


def page(person_id, name="aino", address="/bonus"):
    return re.sub("\N{NO-BREAK SPACE}", " ", text_of(signed_in(person_id, name).get(address)))


def test_the_month_so_far_says_what_is_missing_and_how_it_is_computed(coop):
    bought("850.00")
    text = page(coop.aino)

    assert "38,25 €" in text
    assert "850,00 € of Bonus purchases, at 4,5%" in text
    assert "50,00 € more this month, and all of it earns 5%." in text
    assert "850,00 € × 4,5%" in text
    assert "It is paid by 10.12.2026." in text


def test_what_does_not_count_is_said_receipt_by_receipt_also_where_only_the_total_is_recorded(coop):
    goods = [line(code=MILK, amount="60.00"), line(code=BEER, text="BEER", amount="8.88")]
    bought("", lines=goods)
    bought("", lines=[{**each, "bonus": each["text"] != "BEER"} for each in goods], store="900", day="2026-11-21")
    bought("70.00", store="900", currency="SEK")
    text = page(coop.aino)

    assert len(re.findall("60,00 € [0-9.]+ · 8,88 € does not count", text)) == 2
    assert "70,00 kr: only euros count" in text
    assert "120,00 € of Bonus purchases, at 1%" in text


def test_fuel_is_computed_by_litres(coop):
    bought("", lines=[line(code=MILK, amount="100.00")])
    with opened():
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("""UPDATE purchases_receipt SET bonus_basis = '[["fuel", 10000, 400000]]'""")

    assert "100,00 €; 40 l × 0,01 €/l 0,40 €" in page(coop.aino)


def test_the_main_member_sees_each_persons_sum_and_what_is_kept_back_without_a_name(coop):
    settle(coop)
    bought("400.00")
    bought(
        "",
        BJORN_CARD,
        lines=[line(code=APPLES, text="APPLES", amount="300.00"), line(code=BEER, text="BEER", amount="9.99")],
    )
    bought("100.00", BJORN_CARD, day="2026-11-19")
    (kept,) = [each for each in receipts.receipts_of(coop.bjorn, 9) if each.total_cents == 10_000]
    whose = {"person_id": coop.bjorn, "day": kept.business_day, "receipt_id": kept.receipt_id}
    with opened():
        purchases.keep_back(**whose, kept=True, by=Actor(ActorKind.MEMBER, "2"), now=NOW)
    text = page(coop.aino)

    assert (
        "You 400,00 € 18,00 € Björn 300,00 € 13,50 € Other purchases 100,00 € 4,50 € Together 800,00 € 36,00 €" in text
    )
    assert re.findall("APPLES|BEER|Apples|309,99|9,99|19.11", text) == []
    assert "saw what your purchases have brought" in page(coop.bjorn, "bjorn", "/account/traces")


def test_everybody_else_sees_their_own_part_and_the_step_and_no_sum_of_the_others(coop):
    settle(coop)
    bought("400.00")
    bought("100.00", BJORN_CARD)
    text = page(coop.bjorn, "bjorn")

    assert "Your part: 100,00 € of Bonus purchases. With the household's other purchases the step is 3%." in text
    assert "It is paid to the household's main member." in text
    assert (
        re.findall("400,00|500,00|more this month|15,00", text.replace("400,00 € 2,5%", "").replace("500,00 € 3%", ""))
        == []
    )


def test_who_leaves_within_the_month_sees_both_parts_of_it(coop):
    settle(coop)
    bought("60.00", BJORN_CARD, day="2026-11-03")
    do(households.leave, coop.bjorn)
    bought("200.00", BJORN_CARD, day="2026-11-22")
    text = page(coop.bjorn, "bjorn")

    assert "On the days in the household 0,60 €" in text
    assert "On the days alone 3,00 €" in text


def test_closed_months_corrections_and_payments_are_told_with_the_receipt(coop):
    bought("850.00", day="2026-10-20")
    close(date(2026, 10, 1))
    with opened():
        actions.note_accounts(accounts={coop.aino: "FI2112345600000785"}, by=OPERATOR, now=NOW)
    closing.pay(month=date(2026, 10, 1), by=OPERATOR, now=NOW)
    bought("50.00", day="2026-10-31")
    close(date(2026, 10, 1))
    text = page(coop.aino)

    assert "October 2026 6,75 € Corrected · step 4,5%, now 5% · receipt of 31.10.2026" in text
    assert "October 2026 −38,25 € Paid" in text
    assert "October 2026 38,25 € Your purchases have brought · 850,00 € · 4,5%" in text
    assert "Not paid yet 6,75 €" in text


def test_a_member_without_a_home_co_op_is_told_so(committed_cast, casts_day):
    load_plans()
    bought("100.00")

    assert "No Bonus: no regional co-op of yours has a Bonus plan" in page(committed_cast.aino)


@pytest.mark.parametrize("address", ["/bonus/2026", "/bonus/2027-01", "/bonus/2026-13", "/bonus/2019-01"])
def test_a_month_that_is_none_or_not_kept_is_no_page(coop, address):
    assert signed_in(coop.aino, "aino").get(address).status_code == 404


def test_a_month_can_be_kept_as_a_tagged_pdf_by_whom_it_is_about(coop):
    settle(coop)
    bought("400.00", day="2026-10-05")
    bought("60.00", BJORN_CARD, day="2026-10-06")
    close(date(2026, 10, 1))

    for person_id, name in ((coop.aino, "aino"), (coop.bjorn, "bjorn"), (coop.chen, "chen")):
        client = signed_in(person_id, name)
        answer = client.get("/bonus/2026-10/pdf")
        assert answer["Content-Type"] == "application/pdf"
        assert b"/MarkInfo" in answer.content
        assert answer.content.startswith(b"%PDF-1.7")
        assert client.get("/bonus/2026/pdf").status_code == 404
        assert client.get("/bonus/2027-01/pdf").status_code == 404
