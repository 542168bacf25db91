"""What a visitor and a member without receipts see."""

from datetime import UTC, date, datetime

import pytest
from django.core.cache import cache

from kvitto.accounts.actions import create_account
from kvitto.accounts.types import Kind
from kvitto.doors.member_web import views
from kvitto.doors.member_web.formats import day, money, number
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.members.actions import register
from kvitto.members.types import NewPerson
from kvitto.purchases.types import LevelReason
from kvitto.stores.types import Level

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PASSWORD = "kvittot i fickan"


@pytest.fixture(autouse=True)
def counted_anew():
    cache.clear()
    yield
    cache.clear()


def create_aino():
    return create_account(username="aino", password=PASSWORD, kind=Kind.MEMBER, by=OPERATOR, now=NOW)


def me(client):
    client.post("/sign-in", {"username": "aino", "password": PASSWORD})
    return client.get("/me").content.decode()


@pytest.mark.django_db
def test_an_empty_register_is_shown_as_empty(client):
    response = client.get("/")
    body = response.content.decode()
    assert response.status_code == 200
    assert "No receipt has come in yet." in body
    assert "Last business day" not in body
    assert 'href="/sign-in"' in body


@pytest.mark.django_db
def test_the_service_goes_by_its_configured_name(client, settings):
    settings.SERVICE_NAME = "Kuitti & Co"
    assert "<title>Kuitti &amp; Co</title>" in client.get("/").content.decode()


@pytest.mark.django_db
def test_a_user_name_of_nobody_is_told_so(client):
    with opened():
        create_aino()
    assert "not linked to anyone" in me(client)


@pytest.mark.django_db
def test_a_member_without_receipts_is_told_so(client):
    with opened():
        aino = NewPerson("Aino", "Virtanen", "sv", cards=(), since=NOW, account_id=create_aino())
        register(people=[aino], by=OPERATOR, now=NOW)
    assert "No receipt is recorded for you" in me(client)


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
    assert number(1234567) == "1\u00a0234\u00a0567"
    assert money(123450, "EUR") == "1\u00a0234,50\u00a0€"
    assert money(-5, "EUR") == "\u22120,05\u00a0€"
    assert money(0, "NOK") == "0,00\u00a0NOK"
