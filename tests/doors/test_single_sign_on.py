"""Single sign-on of staff, at a provider of the tests' own: whoever it names gets as far as a password would, nobody else."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from django.test import Client

from kvitto.accounts.actions import create_account
from kvitto.accounts.models import Account, Session
from kvitto.accounts.sessions import SessionStore
from kvitto.accounts.types import Kind
from kvitto.audit.models import Entry
from kvitto.doors.staff_web import single_sign_on
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from tests.cast import NOW
from tests.doors.entering import PASSWORD, give_factor, time_passes, words
from tests.doors.openid_provider import CLIENT, MINUTE, SECRET
from tests.doors.signing_on import BACK, FACTOR, HOME, SIGN_IN, START, answer, asked, assert_refused, come, refusals

LINK = "Sign in with the co-op's sign-in"


def entries():
    found = Entry.objects.filter(actor_kind="staff", action__startswith="accounts.").order_by("id")
    return [(entry.action, entry.purpose) for entry in found]


# the way in


def test_elsa_comes_by_the_providers_word_and_gives_her_second_factor(elsa):
    response = come(elsa)
    assert (response.status_code, response["Location"]) == (302, HOME)
    assert elsa.get(HOME)["Location"].startswith(FACTOR), "nothing is seen before the second factor"
    give_factor(elsa)
    assert elsa.get("/staff/security").status_code == 200
    assert entries() == [
        ("accounts.single_sign_on_given", ""),
        ("accounts.sign_in", "single sign-on and recovery code"),
    ]
    assert refusals() == []


def test_a_password_after_it_is_a_password_on_record(elsa):
    come(elsa)
    elsa.post("/staff/sign-out")
    elsa.post(SIGN_IN, {"username": "elsa", "password": PASSWORD})
    give_factor(elsa)
    assert entries()[-1] == ("accounts.sign_in", "password and recovery code")


def test_it_leads_on_to_the_page_that_was_asked_for(elsa):
    page = elsa.get(f"{SIGN_IN}?next=/staff/security%3Fa%3D1").content.decode()
    assert f'href="{START}?next=/staff/security%3Fa%3D1"' in page
    assert come(elsa, "?next=/staff/security%3Fa%3D1")["Location"] == "/staff/security?a=1"


@pytest.mark.parametrize(
    "to", ["https://elsewhere.example/", "//elsewhere.example", "/purchases", "javascript:alert(1)"]
)
def test_the_way_on_never_leads_out_of_the_staff_face(elsa, to):
    assert come(elsa, f"?{urlencode({'next': to})}")["Location"] == HOME


def test_each_question_is_a_new_one_and_keeps_its_verifier_to_itself(elsa):
    first, second = (dict(parse_qsl(urlsplit(asked(elsa)).query)) for _ in range(2))
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
        assert len(first[name]) >= 43
    assert first.keys() == {
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
    }
    assert first["redirect_uri"] == f"http://testserver{BACK}"


def test_behind_https_the_provider_sends_people_back_by_https(elsa, settings):
    settings.SECURE = True
    assert parse_qs(urlsplit(asked(elsa)).query)["redirect_uri"] == [f"https://testserver{BACK}"]


def test_a_provider_that_wants_the_secret_in_the_form_gets_it_there(elsa, provider):
    provider.description["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    assert come(elsa)["Location"] == HOME


def test_an_address_of_the_provider_may_have_a_question_of_its_own(elsa, provider):
    provider.description["authorization_endpoint"] = f"{provider.issuer}/authorize?realm=staff"
    assert come(elsa)["Location"] == HOME


def test_another_claim_can_name_the_user(elsa, provider, settings):
    settings.STAFF_OIDC_CLAIM = "kvitto"
    provider.username, provider.claims = "somebody", {"kvitto": "elsa"}
    assert come(elsa)["Location"] == HOME


@pytest.mark.parametrize("audience", [[CLIENT], [CLIENT, "another"]])
def test_a_token_may_be_for_several_when_it_is_for_us(elsa, provider, audience):
    provider.claims = {"aud": audience, "azp": CLIENT}
    assert come(elsa)["Location"] == HOME


def test_clocks_may_differ_a_little(elsa, provider):
    now = int(datetime.now(UTC).timestamp())
    provider.claims = {"iat": now + MINUTE // 2, "exp": now - MINUTE // 2}
    assert come(elsa)["Location"] == HOME


def test_a_name_is_the_same_in_either_way_to_write_its_letters(elsa, provider):
    with opened():
        create_account(username="bj\u00f6rn", password=PASSWORD, kind=Kind.STAFF, by=OPERATOR, now=NOW)
    provider.username = "bjo\u0308rn"
    assert come(elsa)["Location"] == HOME


def test_it_ends_the_sign_in_of_another_in_the_same_browser(elsa, provider):
    with opened():
        create_account(username="greta", password=PASSWORD, kind=Kind.STAFF, by=OPERATOR, now=NOW)
    come(elsa)
    give_factor(elsa)
    provider.username = "greta"
    assert come(elsa)["Location"] == HOME
    assert elsa.get(HOME)["Location"].startswith(FACTOR), "Elsa's factor was not Greta's"
    assert Session.objects.exclude(account_id=None).get().account_id == Account.objects.get(username="greta").pk


# the page


def test_the_staffs_sign_in_page_shows_the_way_and_the_members_does_not(elsa):
    assert LINK in words(elsa.get(SIGN_IN))
    assert LINK not in words(elsa.get("/sign-in"))
    assert elsa.get("/sso").status_code == 404


def test_without_the_setting_there_is_neither_the_link_nor_the_page(client, db):
    assert LINK not in words(client.get(SIGN_IN))
    assert client.get(START).status_code == 404
    assert client.get(f"{BACK}?state=a&code=b").status_code == 404
    assert not Entry.objects.exists()


def test_the_password_still_opens(elsa):
    assert elsa.post(SIGN_IN, {"username": "elsa", "password": PASSWORD})["Location"] == HOME


@pytest.mark.parametrize("address", [START, BACK])
def test_neither_address_takes_a_form(elsa, address):
    assert elsa.post(address).status_code == 405


# who gets nowhere


@pytest.mark.parametrize(
    "name",
    [
        "nobody",
        "chen",
        "Elsa",
        "elsa ",
        "\uff45lsa",
        "",
        "e" * 151,
        "el\x00sa",
        "\ud800",
        None,
        ["elsa"],
        {"a": 1},
        7,
        True,
    ],
    ids=repr,
)
def test_a_name_without_a_staff_account_gets_nowhere_and_gets_no_account(elsa, provider, name):
    """Chen is a member. Capitals and look-alikes are other names."""
    before = Account.objects.count()
    provider.username = name
    assert_refused(elsa, come(elsa), "unknown name", "nobody has an account here by that name")
    assert Account.objects.count() == before


def test_a_closed_account_stays_closed(elsa):
    Account.objects.filter(username="elsa").update(is_active=False)
    assert_refused(elsa, come(elsa), "unknown name", "nobody has an account here by that name")


def test_an_unverified_e_mail_address_names_nobody(elsa, provider, settings):
    settings.STAFF_OIDC_CLAIM = "email"
    with opened():
        create_account(username="elsa@co-op.example", password=PASSWORD, kind=Kind.STAFF, by=OPERATOR, now=NOW)
    provider.claims = {"email": "elsa@co-op.example"}
    assert_refused(elsa, come(elsa), "unknown name", "nobody has an account here by that name")
    provider.claims["email_verified"] = True
    assert come(elsa)["Location"] == HOME


@pytest.mark.parametrize("state", ["", "another"])
def test_a_wrong_state_gets_nowhere_and_leaves_the_question_open(elsa, provider, state):
    there = answer(asked(elsa))
    query = dict(parse_qsl(urlsplit(there).query)) | {"state": state}
    assert_refused(elsa, elsa.get(f"{BACK}?{urlencode(query)}"), "state")
    assert provider.tokens == []
    assert elsa.get(there)["Location"] == HOME


def test_an_answer_opens_nothing_in_another_browser(elsa, provider):
    there = answer(asked(elsa))
    stranger = Client()
    assert_refused(stranger, stranger.get(there), "state")
    assert provider.tokens == []


def test_an_answer_is_taken_once(elsa, provider):
    there = answer(asked(elsa))
    elsa.get(there)
    elsa.post("/staff/sign-out")
    response = elsa.get(there)
    assert response["Location"] == f"{SIGN_IN}?sso=failed"
    assert refusals() == ["state"]
    assert elsa.get(FACTOR)["Location"].startswith(SIGN_IN)
    assert len(provider.tokens) == 1


def test_a_code_that_was_used_before_is_the_providers_to_refuse(elsa, provider):
    there = answer(asked(elsa))
    provider.codes.clear()
    assert_refused(elsa, elsa.get(there), "provider's answer")


def test_a_code_of_another_question_is_refused_for_its_verifier(elsa):
    """What somebody was given for their own question is worth nothing in another's browser."""
    thief = Client()
    stolen = parse_qs(urlsplit(answer(asked(elsa))).query)["code"][0]
    own = dict(parse_qsl(urlsplit(answer(asked(thief))).query)) | {"code": stolen}
    assert_refused(thief, thief.get(f"{BACK}?{urlencode(own)}"), "provider's answer")


def test_an_answer_that_comes_too_late_is_none(elsa, provider):
    there = answer(asked(elsa))
    session = SessionStore(elsa.cookies["kvitto_staff"].value)
    longer = single_sign_on.AT_MOST + timedelta(seconds=1)
    session["sso"] |= {"at": (datetime.now(UTC) - longer).isoformat()}
    session.save()
    assert_refused(elsa, elsa.get(there), "late")
    assert provider.tokens == []


def test_who_is_refused_by_the_provider_is_refused_here(elsa, provider):
    provider.error = "access_denied"
    assert_refused(elsa, come(elsa), "denied")


def test_an_answer_without_a_code_is_none(elsa):
    state = parse_qs(urlsplit(asked(elsa)).query)["state"][0]
    assert_refused(elsa, elsa.get(f"{BACK}?state={state}"), "denied")


def test_who_is_refused_over_and_over_does_not_fill_the_record_and_is_let_in_all_the_same(elsa):
    for _ in range(105):
        assert elsa.get(f"{BACK}?state=x&code=y")["Location"] == f"{SIGN_IN}?sso=failed"
    assert len(refusals()) == 101
    assert Entry.objects.filter(action="accounts.throttled").get().purpose == "single sign-on"
    assert elsa.post(SIGN_IN, {"username": "elsa", "password": PASSWORD}).status_code == 302, "nor a password"
    assert come(elsa)["Location"] == HOME
    time_passes(minutes=2)
    elsa.get(f"{BACK}?state=x&code=y")
    assert len(refusals()) == 102


# what is left of it


def test_nothing_secret_is_in_the_log(elsa, provider, caplog):
    there = answer(asked(elsa))
    note = SessionStore(elsa.cookies["kvitto_staff"].value)["sso"]
    provider.claims = {"aud": "another"}
    elsa.get(there)
    provider.claims, provider.username = {}, "nobody known"
    come(elsa)
    assert "single sign-on was refused: token's claims" in caplog.text
    code = parse_qs(urlsplit(there).query)["code"][0]
    for secret in (SECRET, code, *provider.tokens, note["verifier"], note["nonce"], note["state"], "nobody known"):
        assert secret not in caplog.text


def test_what_any_visitor_can_bring_about_is_not_in_the_log(elsa, caplog):
    elsa.get(f"{BACK}?state=x&code=y")
    assert caplog.text == ""


def test_the_question_is_gone_from_the_session_once_answered(elsa):
    come(elsa)
    session = Session.objects.exclude(account_id=None).get().get_decoded()
    assert "sso" not in session
