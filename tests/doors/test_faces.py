"""Two faces, one user table: nobody and nothing crosses from one to the other."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import path

from kvitto.accounts.actions import create_account
from kvitto.accounts.models import Account, Session
from kvitto.accounts.types import Kind
from kvitto.doors.member_web import urls as member_urls
from kvitto.kernel import errors
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.wiring import faces
from tests.doors import entering

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PASSWORD = "kvittot i fickan"
DOORS = {"member": "/sign-in", "staff": "/staff/sign-in"}
HOMES = {"member": "/purchases", "staff": "/staff/"}
PEOPLE = {"member": "aino", "staff": "elsa"}
OTHER = {"member": "staff", "staff": "member"}

both_faces = pytest.mark.parametrize("face", ["member", "staff"])


@pytest.fixture(autouse=True)
def accounts(db):
    with opened():
        for kind, username in PEOPLE.items():
            account = create_account(username=username, password=PASSWORD, kind=Kind(kind), by=OPERATOR, now=NOW)
            if kind == "staff":
                entering.works_here(account)


def sign_in(client, face, username=None, password=PASSWORD, **more):
    return entering.sign_in(client, face, username or PEOPLE[face], password, **more)


def is_signed_in(client, face):
    return client.get(HOMES[face]).status_code == 200


@both_faces
def test_an_account_signs_in_at_its_own_door_and_out_again(client, face):
    response = sign_in(client, face)
    assert (response.status_code, response["Location"]) == (302, HOMES[face])
    assert is_signed_in(client, face)
    kept = client.cookies[f"kvitto_{face}"].value
    assert client.post(DOORS[face].replace("sign-in", "sign-out")).status_code == 302
    assert not is_signed_in(client, face)
    assert not Session.objects.exists()
    client.cookies[f"kvitto_{face}"] = kept
    assert not is_signed_in(client, face)


@both_faces
def test_the_other_kind_is_refused_with_the_words_of_a_wrong_password(client, face):
    def refusal(username, password):
        response = sign_in(client, face, username, password)
        body = (
            response.content.decode()
            .replace(f'value="{username}"', "")
            .replace(str(response.context["csrf_token"]), "")
            .replace(str(response.context["csp_nonce"]), "")
        )
        return response.status_code, body

    other = refusal(PEOPLE[OTHER[face]], PASSWORD)
    assert other == refusal(PEOPLE[face], "a wrong password") == refusal("nobody", PASSWORD)
    assert other[0] == 200
    assert "The user name or the password is wrong. Capitals matter in both." in other[1]
    assert not Session.objects.exists()


@both_faces
def test_a_session_under_the_other_faces_cookie_name_is_refused_and_ended(client, face):
    sign_in(client, face)
    stolen = Client()
    stolen.cookies[f"kvitto_{OTHER[face]}"] = client.cookies[f"kvitto_{face}"].value
    assert not is_signed_in(stolen, OTHER[face])
    assert not Session.objects.exists()


@both_faces
def test_a_cookie_is_read_at_its_own_face_only(client, face):
    sign_in(client, face)
    assert not is_signed_in(client, OTHER[face])
    assert is_signed_in(client, face)


@both_faces
def test_django_names_mean_nothing_outside(client, face, settings):
    sign_in(client, face)
    renamed = Client()
    renamed.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[f"kvitto_{face}"].value
    assert not is_signed_in(renamed, face)
    assert settings.SESSION_COOKIE_NAME not in client.cookies


def test_one_browser_can_be_signed_in_at_both_faces(client):
    sign_in(client, "member")
    sign_in(client, "staff")
    client.post("/sign-out")
    assert is_signed_in(client, "staff")
    assert not is_signed_in(client, "member")


@both_faces
def test_signing_in_makes_a_session_and_a_csrf_token_of_its_own(client, face):
    client.get(DOORS[face])
    token = client.cookies[f"kvitto_{face}_csrf"].value
    client.cookies[f"kvitto_{face}"] = planted = "a" * 32
    sign_in(client, face)
    assert client.cookies[f"kvitto_{face}"].value != planted
    assert client.cookies[f"kvitto_{face}_csrf"].value != token


def test_signing_in_as_somebody_else_ends_the_first_session(client):
    with opened():
        create_account(username="chen", password=PASSWORD, kind=Kind.MEMBER, by=OPERATOR, now=NOW)
    sign_in(client, "member")
    before = Client()
    before.cookies["kvitto_member"] = client.cookies["kvitto_member"].value
    sign_in(client, "member", "chen")
    assert is_signed_in(client, "member")
    assert not is_signed_in(before, "member")


@both_faces
def test_a_closed_account_loses_its_session(client, face):
    sign_in(client, face)
    Account.objects.update(is_active=False)
    assert not is_signed_in(client, face)


@pytest.mark.parametrize(("face", "path"), [("member", "/"), ("staff", "/staff/")])
def test_cookies_are_bound_to_the_faces_path(client, face, path):
    client.get(DOORS[face])
    sign_in(client, face)
    for name in (f"kvitto_{face}", f"kvitto_{face}_csrf"):
        assert client.cookies[name]["path"] == path
    assert client.cookies[f"kvitto_{face}"]["httponly"]


@pytest.mark.parametrize(
    ("face", "name"), [("member", "__Host-kvitto_member"), ("staff", "__Secure-kvitto_staff")], ids=["member", "staff"]
)
def test_over_https_cookie_names_carry_the_prefix_and_deletion_is_secure_too(settings, face, name):
    settings.SECURE = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client = Client()
    sign_in(client, face, secure=True)
    assert client.get(HOMES[face], secure=True).status_code == 200
    assert client.cookies[name]["secure"]
    assert client.cookies[f"{name}_csrf"]["secure"]
    gone = client.post(DOORS[face].replace("sign-in", "sign-out"), secure=True).cookies[name]
    assert (gone["max-age"], gone["secure"], gone["path"]) == (0, True, "/" if face == "member" else "/staff/")


@both_faces
@pytest.mark.parametrize("page", ["sign-in", "sign-out"])
def test_a_form_without_its_token_is_refused(face, page):
    client = Client(enforce_csrf_checks=True)
    response = client.post(DOORS[face].replace("sign-in", page), {"username": PEOPLE[face], "password": PASSWORD})
    assert response.status_code == 403
    assert "open for too long" in response.content.decode()


@both_faces
def test_a_form_with_its_token_is_accepted_and_a_token_of_the_other_face_is_not(face):
    client = Client(enforce_csrf_checks=True)
    token, foreign = (client.get(DOORS[one]).context["csrf_token"] for one in (face, OTHER[face]))
    account = {"username": PEOPLE[face], "password": PASSWORD}
    assert client.post(DOORS[face], account | {"csrfmiddlewaretoken": str(foreign)}).status_code == 403
    assert client.post(DOORS[face], account | {"csrfmiddlewaretoken": str(token)}).status_code == 302


@both_faces
def test_sign_out_is_never_a_link(client, face):
    sign_in(client, face)
    assert client.get(DOORS[face].replace("sign-in", "sign-out")).status_code == 405
    assert is_signed_in(client, face)


@both_faces
def test_sign_in_leads_back_to_the_page_asked_for_but_never_to_another_site(client, face):
    asked = client.get(HOMES[face])
    assert asked["Location"] == f"{DOORS[face]}?next={HOMES[face]}"
    response = client.post(
        DOORS[face], {"username": PEOPLE[face], "password": PASSWORD, "next": "https://elsewhere.example/"}
    )
    assert response["Location"] == HOMES[face]


def test_the_staff_face_begins_at_its_path_and_members_have_no_page_there(client):
    assert client.get("/staff")["Location"] == "/staff/"
    assert client.get("/staff/purchases").status_code == 404
    assert client.get("/staffing").status_code == 404


def test_the_staff_home_of_somebody_without_a_duty_says_so(client):
    sign_in(client, "staff")
    assert "You have no duty yet" in client.get("/staff/").content.decode()


@pytest.mark.parametrize("path", ["/", "/sign-in", "/staff/sign-in", "/nowhere", "/static/kvitto.css"])
def test_every_answer_carries_the_security_headers(client, path):
    headers = client.get(path).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_the_stylesheet_is_served_whole_and_then_only_when_it_changed(client):
    response = client.get("/static/kvitto.css")
    assert response.headers["Content-Type"].startswith("text/css")
    assert b"--accent" in response.content
    assert client.get("/static/kvitto.css", HTTP_IF_NONE_MATCH=response.headers["ETag"]).status_code == 304
    assert client.head("/static/kvitto.css").content == b""


@both_faces
def test_pages_of_a_signed_in_person_are_kept_nowhere(client, face):
    assert "Cache-Control" not in client.get("/").headers
    sign_in(client, face)
    assert client.get(HOMES[face])["Cache-Control"] == "private, no-store"


@both_faces
def test_pages_have_nothing_inline_that_the_policy_would_block(client, face):
    sign_in(client, face)
    for page in ("/", DOORS[face], HOMES[face], "/nowhere"):
        body = client.get(page).content.decode()
        assert "<style" not in body
        assert "style=" not in body
        assert not re.search(r"<script(?![^>]* src=)|<[^>]* on[a-z]+=", body)


@pytest.fixture
def failing(monkeypatch):
    """The member face with one page more, which raises what the test gives it."""

    def give(error):
        def fail(request):
            raise error

        urlconf = (path("fails", fail), *member_urls.urlpatterns)
        monkeypatch.setattr(faces, "MEMBER", replace(faces.MEMBER, urlconf=urlconf))
        return Client(raise_request_exception=False).get("/fails")

    return give


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.NotFoundError, 404),
        (errors.RefusedError, 403),
        (errors.ConflictError, 409),
        (errors.InvalidError, 422),
    ],
)
def test_an_expected_error_is_a_page_with_its_status(failing, error, status):
    """What a room says of it is for developers: a member reads a sentence of the pages' own, or the heading alone."""
    response = failing(error("say what failed"))
    assert response.status_code == status
    assert "say what failed" not in response.content.decode()
    assert response.headers["Content-Type"].startswith("text/html")


def test_a_failure_of_the_installation_is_logged_and_not_explained_to_the_public(failing, caplog):
    response = failing(errors.SetupError("the key file is missing"))
    assert response.status_code == 500
    assert "The service failed" in response.content.decode()
    assert "key file" not in response.content.decode()
    assert "the key file is missing" in caplog.text


def test_an_unexpected_error_stays_django_s(failing):
    response = failing(ValueError("surprise"))
    assert response.status_code == 500
    assert "surprise" not in response.content.decode()
