"""The staff's second factor: nothing is seen before it, nothing is taken twice, and what matters asks again."""

import base64
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import get_resolver

from kvitto.accounts import factors, queries, rules
from kvitto.accounts.actions import create_account
from kvitto.accounts.models import Account, Factor, Session
from kvitto.accounts.sessions import SessionStore
from kvitto.accounts.types import Kind
from kvitto.audit.models import Entry
from kvitto.doors.staff_web import access
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from tests.cast import NOW
from tests.doors.entering import (
    NEW_PASSWORD,
    PASSWORD,
    SECRET,
    give_factor,
    people,
    sign_in,
    time_passes,
    words,
)
from tests.dump import dump, places_of_text

FACTOR, NEW, APP, HOME, SECURITY = (
    f"/staff/{page}" for page in ("factor", "factor/new", "factor/new/app", "", "security")
)


@pytest.fixture
def everybody(cast):
    return people(cast)


@pytest.fixture
def half(client, everybody):
    """A browser in which Elsa's password was given."""
    half_way(client)
    return client


@pytest.fixture
def whole(client, everybody):
    """A browser in which Elsa is signed in; she has an app with SECRET."""
    sign_in(client, "staff")
    return client


def half_way(client, username="elsa"):
    response = client.post("/staff/sign-in", {"username": username, "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, HOME)


def code(secret=SECRET, off=0):
    return rules.one_time_code(secret, int(datetime.now(UTC).timestamp()) // rules.STEP_SECONDS + off)


def wrong_code(secret=SECRET):
    near = {code(secret, off) for off in range(-2, 4)}
    return next(text for text in (f"{n:06}" for n in range(10)) if text not in near)


def shown_secret(client):
    """The secret on the page that sets an app up, as a person would type it into the app."""
    return base64.b32decode(re.search(r'id="key">([^<]+)<', client.get(APP).content.decode()).group(1).replace(" ", ""))


def set_up_app(client):
    """The way of somebody new; the secret, and the page that comes then."""
    secret = shown_secret(client)
    response = client.post(APP, {"name": "phone", "code": code(secret)})
    assert response.status_code == 200, response
    return secret, response


def shown_codes(response):
    return re.findall(r"<li>([a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4})</li>", response.content.decode())


def factor_goes_stale(client):
    session = SessionStore(client.cookies["kvitto_staff"].value)
    session[access.FACTOR_AT] = (datetime.now(UTC) - access.FRESH - timedelta(seconds=1)).isoformat()
    session.save()


def entries():
    found = Entry.objects.filter(actor_kind="staff", action__startswith="accounts.").order_by("id")
    return [(entry.action, entry.purpose) for entry in found]


def is_in(client):
    return client.get(HOME).status_code == 200


# the way in


def test_with_the_password_alone_no_staff_page_is_seen(half):
    named = {(pattern.name, "/" + str(pattern.pattern)) for pattern in walked(get_resolver("kvitto.wiring.staff_urls"))}
    shut = {(name, path) for name, path in named if name not in access.OPEN | access.HALF_WAY}
    assert {"front", "security", "factor-remove", "factor-codes"} <= {name for name, _ in shut}
    for _name, path in shut:
        address = re.sub("<[^>]+>", "1", path)
        for method in (half.get, half.post):
            response = method(address)
            if response.status_code == 404:  # an example of an address that is no page
                continue
            assert (response.status_code, response["Location"].partition("?")[0]) == (302, FACTOR), address


def walked(resolver):
    for each in resolver.url_patterns:
        yield from walked(each) if hasattr(each, "url_patterns") else [each]


def test_somebody_without_a_factor_is_led_to_set_one_up(half):
    assert half.get(HOME)["Location"] == f"{FACTOR}?next={HOME}"
    assert half.get(FACTOR)["Location"] == NEW
    assert "nothing else can be seen before" in words(half.get(NEW))


def test_an_app_is_set_up_and_then_asked_for_at_each_sign_in(client, half):
    secret, page = set_up_app(half)
    assert len(shown_codes(page)) == 10
    assert is_in(half)
    half.post("/staff/sign-out")
    half_way(half)
    assert not is_in(half)
    answer = half.post(FACTOR, {"code": code(secret, off=1), "next": SECURITY})
    assert (answer.status_code, answer["Location"]) == (302, SECURITY)
    assert is_in(half)
    assert entries() == [
        ("accounts.password_given", ""),
        ("accounts.factor_added", "app"),
        ("accounts.recovery_codes", ""),
        ("accounts.sign_in", "password and one-time code"),
        ("accounts.password_given", ""),
        ("accounts.sign_in", "password and one-time code"),
    ]


def test_a_wrong_code_sets_nothing_up_and_the_secret_stays_the_same(half):
    secret = shown_secret(half)
    response = half.post(APP, {"name": "phone", "code": wrong_code(secret)})
    assert "This code is not right" in words(response)
    assert shown_secret(half) == secret
    assert not Factor.objects.exists()


def test_the_picture_has_black_squares_and_white_around(half):
    page = half.get(APP).content.decode()
    assert re.search(r'<svg viewBox="-4 -4 (\d+) \1" role="img"', page)
    assert page.count("M0 0h7v1h-7z") == 1


def test_another_password_only_session_cannot_add_a_factor_beside_the_first(half):
    stranger = Client()
    half_way(stranger)
    secret = shown_secret(stranger)
    set_up_app(half)
    response = stranger.post(APP, {"name": "mine", "code": code(secret)})
    assert response["Location"].startswith(FACTOR)
    assert stranger.get(NEW)["Location"].startswith(FACTOR)
    assert Factor.objects.count() == 1


def test_the_cookie_of_the_half_sign_in_is_worth_nothing_later(half):
    before = Client()
    before.cookies["kvitto_staff"] = half.cookies["kvitto_staff"].value
    give_factor(half)
    assert is_in(half)
    assert not is_in(before)


def test_a_members_cookie_opens_nothing_at_the_staff_face(client, everybody):
    sign_in(client)
    client.cookies["kvitto_staff"] = client.cookies["kvitto_member"].value
    for page in (HOME, FACTOR, NEW, APP):
        assert client.get(page)["Location"].startswith("/staff/sign-in")


@pytest.mark.parametrize("page", ["factor", "factor/new", "factor/new/app", "factor/new/passkey", "", "security"])
def test_a_visitor_is_led_to_the_sign_in_page(client, everybody, page):
    assert client.get(f"/staff/{page}")["Location"] == f"/staff/sign-in?next=/staff/{page}"


@pytest.mark.parametrize(
    "to", ["https://elsewhere.example/", "//elsewhere.example", "/purchases", "javascript:alert(1)"]
)
def test_the_way_on_never_leads_out_of_the_staff_face(whole, to):
    assert whole.post(FACTOR, {"code": code(), "next": to})["Location"] == HOME


def test_a_part_of_a_page_is_not_replaced_by_the_question(half):
    response = half.get(HOME, HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL="http://testserver/staff/security?a=1")
    assert response.status_code == 204
    assert response["HX-Redirect"] == f"{FACTOR}?next=/staff/security%3Fa%3D1"


# what is taken once


def test_a_used_code_is_refused_in_its_own_window(whole):
    given = code(off=1)
    assert whole.post(FACTOR, {"code": given}).status_code == 302
    thief = Client()
    half_way(thief)
    response = thief.post(FACTOR, {"code": given})
    assert "it was used before" in words(response)
    assert "it was used before" in words(thief.post(FACTOR, {"code": code(off=0)})), "an earlier one neither"
    assert not is_in(thief)
    refused = Entry.objects.filter(action="access.refused").values_list("case", "purpose")
    assert list(refused) == [("staff.second_factor", "wrong one-time code")] * 2


def test_a_code_that_set_the_app_up_does_not_sign_in(half):
    secret = shown_secret(half)
    given = code(secret)
    half.post(APP, {"name": "phone", "code": given})
    half.post("/staff/sign-out")
    half_way(half)
    assert half.post(FACTOR, {"code": given}).status_code == 200
    assert not is_in(half)


def test_a_wrong_code_is_not_repeated_on_the_page(half):
    give_factor(half)
    wrong = wrong_code()
    response = half.post(FACTOR, {"code": wrong})
    assert "This code is not right" in words(response)
    assert f'value="{wrong}"' not in response.content.decode()


def test_a_recovery_code_lets_in_once(half):
    _, page = set_up_app(half)
    first = shown_codes(page)[0]
    for expected in (302, 200):
        browser = Client()
        half_way(browser)
        assert browser.post(FACTOR, {"recovery": first}).status_code == expected
        assert is_in(browser) == (expected == 302)
    assert entries().count(("accounts.sign_in", "password and recovery code")) == 1


def test_somebody_elses_code_is_wrong(whole):
    with opened():
        create_account(username="greta", password=PASSWORD, kind=Kind.STAFF, by=OPERATOR, now=NOW)
    hers = Client()
    half_way(hers, "greta")
    secret, page = set_up_app(hers)
    thief = Client()
    half_way(thief)
    for given in ({"code": code(secret, off=1)}, {"recovery": shown_codes(page)[0]}):
        assert thief.post(FACTOR, given).status_code == 200
    assert not is_in(thief)


def test_a_secret_that_is_moved_to_another_account_opens_nothing(whole, caplog):
    with opened():
        create_account(username="greta", password=PASSWORD, kind=Kind.STAFF, by=OPERATOR, now=NOW)
    hers = Client()
    half_way(hers, "greta")
    secret, _ = set_up_app(hers)
    elsa, greta = (Account.objects.get(username=name).pk for name in ("elsa", "greta"))
    sealed = bytes(Factor.objects.get(account_id=greta).sealed)
    Factor.objects.filter(account_id=elsa).update(sealed=sealed)
    thief = Client(raise_request_exception=False)
    half_way(thief)
    assert thief.post(FACTOR, {"code": code(secret, off=1)}).status_code == 500
    assert "does not belong to this account" in caplog.text
    assert not is_in(thief)


# waits


def test_after_five_wrong_codes_nothing_is_checked_for_a_while(whole):
    for _ in range(5):
        assert whole.post(FACTOR, {"code": wrong_code()}).status_code == 200
    response = whole.post(FACTOR, {"code": code(off=1)})
    assert response.status_code == 429
    assert re.search(r"Wait [1-5] seconds?", words(response))
    assert whole.post(FACTOR, {"recovery": "k7qf-2m9d-x4ht"}).status_code == 429, "the ways count together"
    assert list(Entry.objects.filter(action="accounts.throttled").values_list("purpose", flat=True)) == [
        "second factor"
    ]
    time_passes(minutes=1)
    assert whole.post(FACTOR, {"code": code(off=1)}).status_code == 302


# what matters asks again


@pytest.mark.parametrize(("address", "data"), [("factor/remove", {"factor": "1"}), ("factor/codes", {})])
def test_what_matters_asks_for_the_factor_again(whole, address, data):
    factor_goes_stale(whole)
    asked = whole.post(f"/staff/{address}", data, HTTP_REFERER="http://testserver/staff/security")
    assert asked["Location"] == f"{FACTOR}?next={SECURITY}"
    assert "asks for it once more" in words(whole.get(asked["Location"]))
    assert whole.post(FACTOR, {"code": code(), "next": SECURITY})["Location"] == SECURITY
    assert whole.post(f"/staff/{address}", data).status_code in {200, 302}
    assert ("accounts.factor_given", "one-time code") in entries()
    assert [action for action, _ in entries()].count("accounts.sign_in") == 1


def test_another_factor_is_added_with_a_fresh_one_only(whole):
    factor_goes_stale(whole)
    for page in (NEW, APP, "/staff/factor/new/passkey"):
        assert whole.get(page)["Location"] == f"{FACTOR}?next={page}"
    whole.post(FACTOR, {"code": code()})
    secret = shown_secret(whole)
    assert whole.post(APP, {"name": "tablet", "code": code(secret)})["Location"] == f"{SECURITY}?done=added"
    assert {factor.name for factor in queries.factors_of(Account.objects.get(username="elsa").pk)} == {
        "phone",
        "tablet",
    }


def test_a_factor_is_removed_but_never_the_last(whole):
    first = Factor.objects.get()
    assert whole.post("/staff/factor/remove", {"factor": first.pk})["Location"] == f"{SECURITY}?done=last"
    secret = shown_secret(whole)
    whole.post(APP, {"name": "tablet", "code": code(secret)})
    assert whole.post("/staff/factor/remove", {"factor": first.pk})["Location"] == f"{SECURITY}?done=removed"
    assert [factor.name for factor in Factor.objects.all()] == ["tablet"]
    assert ("accounts.factor_removed", "app") in entries()


@pytest.mark.parametrize("factor", ["", "0", "-1", "1e9", "9" * 30, "²", "null"])
def test_removing_what_is_no_factor_removes_nothing(whole, factor):
    shown_secret(whole)
    assert whole.post("/staff/factor/remove", {"factor": factor}).status_code == 302
    assert Factor.objects.count() == 1


def test_new_recovery_codes_are_shown_once(whole):
    codes = shown_codes(whole.post("/staff/factor/codes"))
    assert len(set(codes)) == 10
    page = whole.get(SECURITY).content.decode()
    assert not any(each in page for each in codes)
    assert "10 codes left" in page


# the page about signing in


def test_one_ends_a_sign_in_elsewhere_and_then_all(whole):
    other = Client()
    sign_in(other, "staff")
    page = whole.get(SECURITY)
    assert len(page.context["sessions"]) == 2
    elsewhere = next(each for each in page.context["sessions"] if not each.is_this)
    assert whole.post("/staff/security/end", {"session": elsewhere.public_id})["Location"] == f"{SECURITY}?done=session"
    assert not is_in(other)
    response = whole.post("/staff/security/end-all")
    assert response["Location"] == "/staff/sign-in"
    assert "Clear-Site-Data" in response.headers
    assert not Session.objects.exists()


def test_the_password_is_changed_by_who_knows_it_and_this_sign_in_stays(whole):
    other = Client()
    sign_in(other, "staff")
    address = "/staff/security/password"
    wrong = whole.post(address, {"current": "not this one", "password": NEW_PASSWORD})
    assert "This is not your current password." in words(wrong)
    assert (
        whole.post(address, {"current": PASSWORD, "password": NEW_PASSWORD})["Location"] == f"{SECURITY}?done=password"
    )
    assert is_in(whole)
    assert not is_in(other)


def test_the_pages_have_nothing_inline_that_the_policy_would_block(half):
    pages = [half.get(NEW), half.get(APP), half.get("/staff/factor/new/passkey", headers={"host": "localhost"})]
    _, codes = set_up_app(half)
    pages += [codes, half.get(FACTOR), half.get(SECURITY)]
    for page in pages:
        body = page.content.decode()
        assert page.status_code == 200
        assert "style=" not in body
        assert not re.search(r"<script(?![^>]* src=)|<[^>]* on[a-z]+=", body)


# what is stored


def test_neither_secrets_nor_codes_are_in_the_clear_in_the_database(client, committed_cast):
    people(committed_cast)
    half_way(client)
    pending = shown_secret(client)
    assert_nowhere(pending)
    secret, page = set_up_app(client)
    assert secret == pending
    assert_nowhere(secret)
    for each in shown_codes(page):
        assert not places_of_text(each)
        assert not places_of_text(each.replace("-", ""))


def assert_nowhere(secret):
    texts = [base64.b32encode(secret).decode(), base64.b64encode(secret).decode(), secret.hex()]
    assert not any(places_of_text(text) for text in texts)
    assert not any(secret in content for content in dump("BINARY").values())
    for row in Session.objects.all():
        noted = str(row.get_decoded())
        assert not any(text in noted for text in texts)


def test_an_operators_reset_signs_out_and_starts_anew(whole):
    with opened():
        factors.reset(account_id=Account.objects.get(username="elsa").pk, by=OPERATOR, now=NOW)
    assert whole.get(HOME)["Location"].startswith("/staff/sign-in")
    half_way(whole)
    assert whole.get(FACTOR)["Location"] == NEW
