"""What a visitor sees of the register, and a member of their own receipts."""

import re
from datetime import date

import pytest

from kvitto.accounts.actions import create_account
from kvitto.accounts.types import Kind
from kvitto.doors.member_web import views
from kvitto.doors.member_web.formats import day, money, number
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.members.models import Person
from kvitto.purchases.types import LevelReason
from kvitto.stores.types import Level
from tests.cast import NOW, receipt, take

PASSWORD = "kvittot i fickan"
SPACE = "\N{NO-BREAK SPACE}"


def text_of(response):
    """The page's words, as somebody reads them; no-break spaces stay."""
    return re.sub("[ \n]+", " ", re.sub("<[^>]+>", " ", response.content.decode())).replace("&#x27;", "'")


def me(client, person_id):
    """The page of a person who signs in with an account that is theirs, or of an account that is nobody's."""
    with opened():
        account_id = create_account(username="somebody", password=PASSWORD, kind=Kind.MEMBER, by=OPERATOR, now=NOW)
        Person.objects.filter(pk=person_id).update(account_id=account_id)
    client.post("/sign-in", {"username": "somebody", "password": PASSWORD})
    return text_of(client.get("/me"))


@pytest.mark.django_db
def test_an_empty_register_is_shown_as_empty(client):
    response = client.get("/")
    assert response.status_code == 200
    assert "No chain is known yet." in text_of(response)
    assert 'href="/sign-in"' in response.content.decode()


def test_everybody_sees_how_finely_each_chain_records(client, cast):
    shown = text_of(client.get("/"))
    for words in (
        "Grocer every product ",
        "Grocer (web shop) every product ",
        "Drugstore product groups ",
        "Hotel the total only ",
        "Stores 3 ",
    ):
        assert words in shown


@pytest.mark.django_db
def test_the_service_goes_by_its_configured_name(client, settings):
    settings.SERVICE_NAME = "Kuitti & Co"
    assert "<title>Kuitti &amp; Co</title>" in client.get("/").content.decode()


@pytest.mark.django_db
def test_a_user_name_of_nobody_is_told_so(client):
    assert "not linked to anyone" in me(client, None)


def test_a_member_without_receipts_is_told_so(client, cast):
    assert "No receipt is recorded for you" in me(client, cast.bjorn)


def test_a_receipt_is_listed_with_its_level_the_reason_and_its_last_day(client, cast):
    take(receipt(), receipt(store="201", sequence=2))
    shown = me(client, cast.aino)
    assert f"Grocer Harbour 2,15{SPACE}€ 20.11.2026" in shown
    assert "Recorded: every product (the chain's level on that day)" in shown
    assert "Drugstore Square" in shown
    assert "Recorded: product groups (the chain's level on that day)" in shown
    assert "Will be deleted on 20.11.2028" in shown


def test_the_ten_latest_receipts_are_listed_newest_first(client, cast):
    take(*[receipt(business_day=f"2026-11-{n:02}", end_time=f"2026-11-{n:02}T17:00:00+02:00") for n in range(5, 17)])
    days = re.findall(r"€ (\d+)\.11\.2026", me(client, cast.aino))
    assert days == [str(n) for n in range(16, 6, -1)]


def test_nobody_sees_a_strangers_receipts(client, cast):
    take(receipt())
    assert "No receipt is recorded for you" in me(client, cast.chen)


def test_the_list_costs_the_same_number_of_queries_for_one_receipt_and_for_ten(
    client, cast, django_assert_max_num_queries
):
    take(*[receipt(sequence=n) for n in range(12)])
    me(client, cast.aino)
    with django_assert_max_num_queries(5):
        client.get("/me")


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/", "/me"])
def test_pages_are_read_only(client, page):
    assert client.post(page).status_code == 405


def test_every_level_and_every_reason_has_words():
    assert set(views.LEVELS) == set(Level)
    assert set(views.REASONS) == set(LevelReason)


def test_days_numbers_and_money_are_written_without_line_breaks():
    assert day(date(2026, 11, 22)) == "22.11.2026"
    assert day(date(2026, 1, 2)) == "2.1.2026"
    assert number(1234567) == f"1{SPACE}234{SPACE}567"
    assert money(123450, "EUR") == f"1{SPACE}234,50{SPACE}€"
    assert money(-5, "EUR") == f"\N{MINUS SIGN}0,05{SPACE}€"
    assert money(0, "NOK") == f"0,00{SPACE}NOK"
