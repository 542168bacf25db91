"""What a visitor sees: the front page, what is recorded where, and pages that do not exist."""

import pytest

from kvitto.doors.member_web import words
from kvitto.purchases.types import LevelReason
from kvitto.spending.types import DEPOSITS, NOT_RECORDED, TOTALS_ONLY, UNGROUPED
from kvitto.stores.types import Channel, Level
from tests.doors.reading import text_of


@pytest.mark.django_db
def test_a_visitor_is_led_to_sign_in_and_to_their_code(client):
    page = client.get("/").content.decode()
    assert 'href="/sign-in"' in page
    assert 'href="/activate"' in page


@pytest.mark.django_db
def test_an_empty_register_says_so(client):
    response = client.get("/levels")
    assert response.status_code == 200
    assert "No chain is known yet." in text_of(response)


def test_everybody_sees_how_finely_each_chain_records_and_since_when(client, cast):
    shown = text_of(client.get("/levels"))
    for words_ in (
        "Grocer every product since 1.6.2026",
        "Grocer (web shop) every product since 1.5.2014",
        "Drugstore product groups since 1.1.2012",
        "Hotel the total only ",
    ):
        assert words_ in shown


@pytest.mark.django_db
def test_the_service_goes_by_its_configured_name(client, settings):
    settings.SERVICE_NAME = "Kuitti & Co"
    assert "<title>Kuitti &amp; Co</title>" in client.get("/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/", "/levels", "/purchases", "/receipts", "/search", "/account", "/account/traces"])
def test_pages_are_read_only(client, page):
    assert client.post(page).status_code == 405


@pytest.mark.django_db
def test_the_page_of_parts_exists_in_debug_only(client, settings):
    assert client.get("/design").status_code == 404
    settings.DEBUG = True
    assert "Paper, as a roll" in text_of(client.get("/design"))


def test_every_code_has_words():
    assert set(words.LEVELS) == set(Level)
    assert set(words.REASONS) == set(LevelReason)
    assert set(words.CHANNELS) == {str(channel) for channel in Channel}
    assert set(words.OUTSIDE) == {UNGROUPED, DEPOSITS, NOT_RECORDED, TOTALS_ONLY}
