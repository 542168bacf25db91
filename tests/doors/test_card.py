"""The page with the member's card: whose it is, which cards it shows, and what marks it for the worker."""

from datetime import timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from kvitto.accounts.actions import create_account
from kvitto.accounts.types import Kind
from kvitto.doors.member_web.card import QUIET, drawn
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.members.actions import link_account
from kvitto.members.models import Card
from kvitto.members.queries import cards_of
from kvitto.members.types import CardState, HeldCard
from tests.cast import AINO_CARD, NOW

PASSWORD = "kvittot i fickan"
SPACE = "\N{NO-BREAK SPACE}"
BEFORE = NOW - timedelta(days=400)


@pytest.fixture
def aino(client, cast):
    with opened():
        account_id = create_account(username="aino", password=PASSWORD, kind=Kind.MEMBER, by=OPERATOR, now=NOW)
        link_account(person_id=cast.aino, account_id=account_id, by=OPERATOR, now=NOW)
    client.cookies["kvitto_language"] = "en"
    client.post("/sign-in", {"username": "aino", "password": PASSWORD})
    return cast.aino


def issue(person_id, number, *, days_ago, state=CardState.ACTIVE, until=None):
    Card.objects.create(
        number=number, person_id=person_id, state=state, period=DateTimeTZRange(NOW - timedelta(days=days_ago), until)
    )


def end_cards(person_id):
    Card.objects.filter(person_id=person_id).update(state=CardState.LOST, period=DateTimeTZRange(BEFORE, NOW))


def test_the_card_is_for_its_holder_only(client, cast):
    assert client.get("/card")["Location"] == "/sign-in?next=/card"
    assert client.post("/card").status_code == 405


def test_the_number_stands_below_the_bars_in_fours_with_the_holders_name(client, aino):
    page = client.get("/card").content.decode()
    assert f"9246{SPACE}0000{SPACE}0000{SPACE}0017" in page
    assert "Aino Ahonen" in page
    assert "Show this at the till" in page
    assert page.count("data-wake") == 1


def test_every_card_that_holds_is_shown_with_the_newest_first_and_no_other(client, aino):
    issue(aino, "9246000000000108", days_ago=10)
    issue(aino, "9246000000000207", days_ago=20, state=CardState.LOST, until=NOW - timedelta(days=5))
    page = client.get("/card").content.decode()
    assert page.index(f"0000{SPACE}0108") < page.index(f"0000{SPACE}0017")
    assert f"0000{SPACE}0207" not in page


def test_without_a_card_that_holds_the_page_says_so_and_the_worker_keeps_nothing(client, aino):
    assert client.get("/card")["Kvitto-Keep"] == "card"
    end_cards(aino)
    response = client.get("/card")
    assert "You have no valid card now" in response.content.decode()
    assert "<rect" not in response.content.decode()
    assert "Kvitto-Keep" not in response.headers


def test_only_the_card_itself_is_marked_for_the_worker(client, aino):
    for path in ("/", "/receipts", "/account", "/offline"):
        assert "Kvitto-Keep" not in client.get(path).headers
    client.post("/sign-out")
    assert "Kvitto-Keep" not in client.get("/card").headers


def test_the_page_needs_two_reads_beyond_the_session(client, aino, django_assert_max_num_queries):
    issue(aino, "9246000000000108", days_ago=10)
    with django_assert_max_num_queries(4):  # the session and its account are two
        client.get("/card")


def test_cards_of_tells_which_hold_now(cast):
    issue(cast.aino, "9246000000000108", days_ago=10, until=NOW - timedelta(days=1))
    issue(cast.aino, "9246000000000207", days_ago=-3)
    held = {card.number: card.active for card in cards_of(cast.aino, now=NOW)}
    assert held == {"9246000000000207": False, "9246000000000108": False, AINO_CARD: True}
    assert {card.holder for card in cards_of(cast.aino, now=NOW)} == {"Aino Ahonen"}


@pytest.mark.parametrize("number", ["12345678", AINO_CARD, "123456789012345", "1234567890123456789"])
def test_bars_keep_to_the_quiet_zones_and_fit_a_phone_with_two_pixels_each(number):
    card = drawn(HeldCard(number, "Aino Ahonen", NOW, active=True))
    assert card.bars[0] == (QUIET, 2)  # every Code 128 begins with two modules of black, and ends so
    assert card.bars[-1] == (card.width - QUIET - 2, 2)
    assert card.width * 2 <= 358  # a phone of 390 with the page's margins
    assert card.digits.replace(SPACE, "") == number


def test_an_account_of_nobody_is_told_so(client, cast):
    with opened():
        create_account(username="nobody", password=PASSWORD, kind=Kind.MEMBER, by=OPERATOR, now=NOW)
    client.post("/sign-in", {"username": "nobody", "password": PASSWORD})
    response = client.get("/card")
    assert "not linked to anyone" in response.content.decode()
    assert "Kvitto-Keep" not in response.headers
