"""How people get in: waits after failed tries, sessions that end, the places where somebody is signed in."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connections
from django.test import Client

from kvitto.accounts.models import Account, Session
from kvitto.audit.models import Entry
from tests.doors.entering import (
    DOORS,
    HOMES,
    NEW_PASSWORD,
    PASSWORD,
    PEOPLE,
    PHONE,
    SECURITY,
    activate,
    is_signed_in,
    issue,
    people,
    sign_in,
    time_passes,
    words,
)
from tests.dump import places_of_text

both_faces = pytest.mark.parametrize("face", ["member", "staff"])


@pytest.fixture
def everybody(cast):
    return people(cast)


@pytest.fixture
def committed_everybody(committed_cast):
    return people(committed_cast)


@pytest.fixture
def checks(monkeypatch):
    """One entry for every password that was really checked."""
    seen = []
    real = Argon2PasswordHasher.verify
    monkeypatch.setattr(Argon2PasswordHasher, "verify", lambda self, *args: (seen.append(1), real(self, *args))[1])
    return seen


# waits


@both_faces
@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_after_five_wrong_passwords_nothing_is_checked_for_a_while(client, everybody, checks, face, known):
    name = PEOPLE[face] if known else "nobody"
    for _ in range(5):
        assert sign_in(client, face, name, "a wrong password").status_code == 200
    checked = len(checks)
    response = sign_in(client, face, name)
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) <= 5
    assert re.search(r"Too many tries\. Wait [1-5] seconds?, then try again\.", words(response))
    assert len(checks) == checked
    assert not is_signed_in(client, face)


def test_the_wait_is_said_in_minutes_when_it_is_long(client, everybody):
    for _ in range(12):
        time_passes(minutes=16)
        sign_in(client, password="a wrong password")
    assert "Wait 11 minutes, then try again." in words(sign_in(client))


def test_after_the_wait_the_right_password_is_taken_and_the_failures_are_forgotten(client, everybody):
    for _ in range(5):
        sign_in(client, password="a wrong password")
    time_passes(seconds=6)
    assert sign_in(client).status_code == 302
    assert all(sign_in(Client(), password="a wrong password").status_code == 200 for _ in range(5))


def test_the_owner_gets_in_while_a_stranger_elsewhere_waits(client, everybody):
    stranger = Client(REMOTE_ADDR="198.51.100.9")
    for _ in range(6):
        response = sign_in(stranger, password="a wrong password")
    assert response.status_code == 429
    assert sign_in(client).status_code == 302


def test_a_header_that_names_another_address_changes_nothing(client, everybody):
    for number in range(6):
        response = sign_in(client, password="a wrong password", headers={"X-Forwarded-For": f"198.51.100.{number}"})
    assert response.status_code == 429


def test_passwords_tried_at_the_same_time_are_not_more_than_one_after_the_other(committed_everybody, checks):
    together = Barrier(8)

    def one(_):
        together.wait()
        try:
            return sign_in(Client(), password="a wrong password").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(one, range(8)))

    assert answers == [200] * 5 + [429] * 3
    assert len(checks) == 5


def test_signing_in_and_being_held_up_leave_traces(client, everybody):
    for _ in range(7):
        sign_in(client, password="a wrong password")
    time_passes(minutes=1)
    sign_in(client)
    entries = Entry.objects.filter(action__startswith="accounts.").exclude(action__startswith="accounts.create")
    assert list(entries.order_by("pk").values_list("action", "actor_kind", "actor_id")) == [
        ("accounts.throttled", "visitor", "visitor"),
        ("accounts.sign_in", "member", str(Account.objects.get(username="chen").pk)),
    ]


def test_no_password_address_or_device_is_stored_in_the_clear(committed_everybody):
    client = Client(REMOTE_ADDR="198.51.100.9", HTTP_USER_AGENT=PHONE)
    sign_in(client, username="a.wrong.name", password="a wrong password")
    sign_in(client)
    for text in ("a.wrong.name", "a wrong password", PASSWORD, "198.51.100.9", "rv:131.0"):
        assert places_of_text(text) == set()


STRANGE = {
    "emoji": "\U0001f600" * 20,
    "right to left": "\u202e\u05e0\u05d9\u05d0",
    "10 kB": "x" * 10_240,
    "NUL": "ai\0no",
    "a name and a line": "aino\nchen",
}


@both_faces
@pytest.mark.parametrize("name", STRANGE.values(), ids=STRANGE)
def test_a_strange_user_name_gets_a_plain_sentence(client, everybody, face, name):
    response = sign_in(client, face, name)
    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()


@pytest.mark.parametrize(
    "value", ["\0", "a\0b" * 10, "\U0001f600", "x" * 10_240], ids=["NUL", "NULs", "emoji", "10 kB"]
)
def test_strange_values_in_any_field_are_no_failure_of_the_service(client, everybody, value):
    code = issue(everybody.aino)
    answers = [
        sign_in(client, password=value),
        sign_in(client, password="a wrong password", data={"next": value}),
        client.get("/sign-in", {"next": value, "ended": value}),
        activate(client, card=value),
        activate(client, code=value),
        client.get("/activate", {"again": value}),
    ]
    activate(client, code=code)
    answers += [client.post("/activate/set", {"username": value, "password": value})]
    sign_in(client)
    answers += [
        client.get(SECURITY, {"done": value}),
        client.post(f"{SECURITY}/end", {"session": value}),
        client.post(f"{SECURITY}/password", {"current": value, "password": value}),
    ]
    assert {answer.status_code for answer in answers} <= {200, 302}


@both_faces
def test_a_strange_cookie_is_no_failure_of_the_service(client, everybody, face):
    client.cookies[f"kvitto_{face}"] = "\0" * 32
    assert client.get(HOMES[face]).status_code == 302


# sessions


def test_a_visitor_gets_no_session(client, everybody):
    for page in ("/", "/sign-in", "/activate", "/forgot"):
        client.get(page)
    sign_in(client, password="a wrong password")
    activate(client)
    assert not Session.objects.exists()


@pytest.mark.parametrize(("face", "minutes"), [("member", 30), ("staff", 15)])
def test_an_unused_session_leads_to_the_sign_in_page_which_says_why(client, everybody, face, minutes):
    sign_in(client, face)
    time_passes(minutes=minutes - 1)
    assert is_signed_in(client, face)
    time_passes(minutes=minutes)
    response = client.get(HOMES[face])
    assert response["Location"] == f"{DOORS[face]}?next={HOMES[face]}&ended=idle"
    assert "was not used for a while" in words(client.get(response["Location"]))
    assert "not used" not in words(client.get(DOORS[face]))
    assert sign_in(client, face, data={"next": HOMES[face]})["Location"] == HOMES[face]


@pytest.mark.parametrize(("face", "hours"), [("member", 12), ("staff", 8)])
def test_a_session_in_constant_use_ends_too(client, everybody, face, hours):
    sign_in(client, face)
    for _ in range(hours * 6 - 1):
        time_passes(minutes=10)
        assert is_signed_in(client, face)
    time_passes(minutes=10)
    assert client.get(HOMES[face])["Location"].endswith("&ended=long")


def test_after_a_form_the_way_back_is_the_page_with_the_form(client, everybody):
    response = client.post(f"{SECURITY}/end-all", headers={"Referer": f"http://testserver{SECURITY}?done=session"})
    assert response["Location"] == "/sign-in?next=/account/security%3Fdone%3Dsession"
    for referer in ("https://elsewhere.example/x", "http://[", ""):
        assert client.post(f"{SECURITY}/end-all", headers={"Referer": referer})["Location"] == "/sign-in"


def test_a_part_of_a_page_is_not_answered_with_the_sign_in_page(client, everybody):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/receipts?store=1"}
    response = client.get("/receipts?page=2", headers=headers)
    assert response.status_code == 204
    assert response["HX-Redirect"] == "/sign-in?next=/receipts%3Fstore%3D1"


@both_faces
@pytest.mark.parametrize(
    "elsewhere", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", r"/\e.example"]
)
def test_sign_in_never_leads_to_another_site(client, everybody, face, elsewhere):
    location = sign_in(client, face, data={"next": elsewhere})["Location"]
    assert location == {"member": "/purchases", "staff": "/staff/"}[face]


@both_faces
def test_signing_out_asks_the_browser_to_forget_the_pages(client, everybody, face):
    sign_in(client, face)
    response = client.post(DOORS[face].replace("sign-in", "sign-out"))
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assert not Session.objects.exists()


# the places where somebody is signed in


@pytest.fixture
def two_places(everybody):
    """Chen is signed in on a phone and on something unknown."""
    phone, other = Client(HTTP_USER_AGENT=PHONE), Client()
    sign_in(phone)
    sign_in(other)
    return phone, other


def ids(client):
    return re.findall(r'name="session" value="([0-9a-f]{16})"', client.get(SECURITY).content.decode())


def test_a_member_sees_where_they_are_signed_in(two_places):
    phone, _ = two_places
    shown = words(phone.get(SECURITY))
    assert "Firefox on Android this one" in shown
    assert "Unknown device" in shown
    assert phone.cookies["kvitto_member"].value not in phone.get(SECURITY).content.decode()


def test_a_member_sees_when_they_had_signed_in_before(client, everybody):
    sign_in(client)
    assert "the first time" in words(client.get(SECURITY))
    Account.objects.update(last_login=datetime(2026, 11, 20, 12, 0, tzinfo=UTC))
    sign_in(client)
    assert "You last signed in on 20.11.2026 14.00" in words(client.get(SECURITY))


def test_a_member_signs_out_elsewhere(two_places):
    phone, other = two_places
    (elsewhere,) = ids(phone)
    assert phone.post(f"{SECURITY}/end", {"session": elsewhere})["Location"] == f"{SECURITY}?done=session"
    assert is_signed_in(phone)
    assert not is_signed_in(other)
    assert phone.post(f"{SECURITY}/end", {"session": elsewhere}).status_code == 302


def test_nobody_ends_a_session_of_somebody_else(two_places, everybody):
    phone, other = two_places
    aino = Client()
    activate(aino, code=issue(everybody.aino))
    aino.post("/activate/set", {"username": "aino", "password": NEW_PASSWORD})
    aino.post(f"{SECURITY}/end", {"session": ids(phone)[0]})
    assert is_signed_in(other)


def test_a_member_signs_out_everywhere(two_places):
    phone, other = two_places
    response = phone.post(f"{SECURITY}/end-all")
    assert (response["Location"], response["Clear-Site-Data"]) == ("/", '"cache", "storage"')
    assert not is_signed_in(phone)
    assert not is_signed_in(other)
    assert Entry.objects.get(action="accounts.end_all_sessions").count == 2


def test_a_new_password_ends_the_sessions_elsewhere_and_keeps_this_one(two_places):
    phone, other = two_places
    response = phone.post(f"{SECURITY}/password", {"current": PASSWORD, "password": NEW_PASSWORD})
    assert "Your password is changed" in words(phone.get(response["Location"]))
    assert not is_signed_in(other)
    assert sign_in(Client(), password=NEW_PASSWORD).status_code == 302
    assert sign_in(Client(), password=PASSWORD).status_code == 200


def test_a_new_password_needs_the_current_one_and_few_tries(client, everybody, checks):
    sign_in(client)
    for _ in range(5):
        response = client.post(f"{SECURITY}/password", {"current": "a wrong password", "password": NEW_PASSWORD})
        assert "This is not your current password" in words(response)
    before = len(checks)
    response = client.post(f"{SECURITY}/password", {"current": PASSWORD, "password": NEW_PASSWORD})
    assert (response.status_code, len(checks)) == (429, before)
    assert Account.objects.get(username="chen").check_password(PASSWORD)


@pytest.mark.parametrize("page", ["end", "end-all", "password"])
def test_what_changes_something_is_never_a_link_nor_open_to_visitors(client, everybody, page):
    assert client.post(f"{SECURITY}/{page}")["Location"].startswith("/sign-in")
    sign_in(client)
    assert client.get(f"{SECURITY}/{page}").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.cookies["kvitto_member"] = client.cookies["kvitto_member"].value
    assert strict.post(f"{SECURITY}/{page}").status_code == 403
