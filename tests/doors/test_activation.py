"""Setting up a sign-in, or a new password, with a code."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from kvitto.accounts.models import Account, Session
from kvitto.accounts.sessions import SessionStore
from kvitto.members.models import Card, Code, Person
from tests.cast import AINO_CARD, CHEN_CARD, NOW
from tests.doors.entering import (
    NEW_PASSWORD,
    PASSWORD,
    activate,
    is_signed_in,
    issue,
    people,
    sign_in,
    time_passes,
    words,
)


@pytest.fixture
def everybody(cast):
    return people(cast)


def test_a_code_makes_a_sign_in_for_somebody_who_had_none(client, everybody):
    code = issue(everybody.aino)
    assert activate(client, "9246 0000 0000 0017", code.lower().replace("-", " "))["Location"] == "/activate/set"
    assert 'autocomplete="new-password"' in client.get("/activate/set").content.decode()
    response = client.post("/activate/set", {"username": "aino", "password": NEW_PASSWORD})
    assert response["Location"] == "/purchases"
    assert is_signed_in(client)
    client.post("/sign-out")
    assert sign_in(client, username="aino", password=NEW_PASSWORD).status_code == 302
    assert Person.objects.get(pk=everybody.aino).account.username == "aino"


def test_a_code_gives_a_new_password_to_somebody_who_forgot_theirs(client, everybody):
    before = Client()
    sign_in(before)
    activate(client, CHEN_CARD, issue(everybody.chen))
    assert 'value="chen"' in client.get("/activate/set").content.decode()
    client.post("/activate/set", {"password": NEW_PASSWORD})
    assert is_signed_in(client)
    assert not is_signed_in(before)
    assert Session.objects.count() == 1
    assert "The user name or the password is wrong" in words(sign_in(Client(), password=PASSWORD))


def test_every_wrong_code_gets_the_same_answer(client, everybody):
    used, expired, good = issue(everybody.chen), issue(everybody.aino), issue(everybody.bjorn)
    activate(client, CHEN_CARD, used)
    client.post("/activate/set", {"password": NEW_PASSWORD})
    Code.objects.filter(person_id=everybody.aino).update(expires_at=NOW)
    card_of_nobody = "99999999"

    def answer(card, code):
        response = activate(Client(), card, code)
        secrets = (card, code, str(response.context["csrf_token"]), str(response.context["csp_nonce"]))
        body = response.content.decode()
        for each in secrets:
            body = body.replace(each, "")
        return response.status_code, body

    answers = {
        answer(CHEN_CARD, used),
        answer(AINO_CARD, expired),
        answer(card_of_nobody, good),
        answer(AINO_CARD, good),
        answer("no card", good),
        answer(AINO_CARD, "no code"),
    }
    ((status, body),) = answers
    assert status == 200
    assert "A code works once" in body


def test_codes_cannot_be_tried_out(client, everybody):
    code = issue(everybody.aino)
    for _ in range(5):
        activate(client)
    response = activate(client, code=code)
    assert response.status_code == 429
    assert "Too many tries" in words(response)
    time_passes(seconds=6)
    assert activate(client, code=code).status_code == 302


def test_the_second_step_needs_the_first_in_the_same_browser_a_moment_ago(client, everybody):
    code = issue(everybody.aino)
    assert client.get("/activate/set")["Location"] == "/activate?again=1"
    activate(client, code=code)
    assert Client().post("/activate/set", {"username": "aino", "password": NEW_PASSWORD}).status_code == 302
    session = SessionStore(client.cookies["kvitto_member"].value)
    code_id, until = session["activation"]
    session["activation"] = [code_id, (datetime.fromisoformat(until) - timedelta(minutes=15)).isoformat()]
    session.save()
    response = client.post("/activate/set", {"username": "aino", "password": NEW_PASSWORD})
    assert response["Location"] == "/activate?again=1"
    assert "nothing was changed" in words(client.get("/activate?again=1"))
    assert not Account.objects.filter(username="aino").exists()


def test_a_code_that_a_newer_one_replaced_in_between_changes_nothing(client, everybody):
    activate(client, code=issue(everybody.aino))
    issue(everybody.aino)
    assert (
        client.post("/activate/set", {"username": "aino", "password": NEW_PASSWORD})["Location"] == "/activate?again=1"
    )
    assert not Account.objects.filter(username="aino").exists()


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"username": "chen"}, "username", "This user name is taken"),
        ({"username": "aino ahonen"}, "username", "letters, digits and the signs"),
        ({"username": ""}, "username", "required"),
        ({"password": "kort"}, "password", "at least 10 characters"),
        ({"password": "1234567890"}, "password", "too common"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_the_code_stays_usable(client, everybody, given, field, sentence):
    activate(client, code=issue(everybody.aino))
    body = client.post("/activate/set", {"username": "aino", "password": NEW_PASSWORD} | given).content.decode()
    said = re.search(rf'<div id="id_{field}_error">(.*?)</div>', body, re.DOTALL)
    assert sentence in said.group(1)
    assert f"id_{field}_error" in re.search(rf'<input[^>]*name="{field}"[^>]*>', body).group(0)
    assert client.post("/activate/set", {"username": "aino", "password": NEW_PASSWORD})["Location"] == "/purchases"


def test_the_session_before_the_code_is_not_the_one_after(client, everybody):
    activate(client, code=issue(everybody.aino))
    before = client.cookies["kvitto_member"].value
    client.post("/activate/set", {"username": "aino", "password": NEW_PASSWORD})
    assert client.cookies["kvitto_member"].value != before
    assert list(Session.objects.values_list("session_key", flat=True)) == [client.cookies["kvitto_member"].value]


def test_a_code_used_in_somebody_elses_browser_signs_them_out(client, everybody):
    sign_in(client)
    activate(client, code=issue(everybody.aino))
    client.post("/activate/set", {"username": "aino", "password": NEW_PASSWORD})
    assert Session.objects.get().account.username == "aino"


def test_the_pages_speak_the_members_language_afterwards(client, everybody):
    activate(client, code=issue(everybody.aino))
    client.post("/activate/set", {"username": "aino", "password": NEW_PASSWORD})
    assert client.cookies["kvitto_language"].value == "fi"


def test_the_way_to_a_code_is_found_from_the_sign_in_page(client, everybody):
    assert {"/activate", "/forgot"} <= set(re.findall('href="([^"]+)"', client.get("/sign-in").content.decode()))
    assert 'href="/activate"' in client.get("/forgot").content.decode()
    assert "/activate" not in client.get("/staff/sign-in").content.decode()


def test_a_card_that_is_lost_leads_nowhere(client, everybody):
    code = issue(everybody.aino)
    card = Card.objects.get(number=AINO_CARD)
    card.period, card.state = (card.period.lower, datetime.now(UTC)), "lost"
    card.save()
    assert activate(client, code=code).status_code == 200
