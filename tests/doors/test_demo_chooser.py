"""The demo's page, on which a visitor becomes one of its invented members with one click."""

import re

import pytest
from django.test import Client

from kvitto.accounts.actions import create_account
from kvitto.accounts.models import Account
from kvitto.accounts.types import Kind
from kvitto.audit.models import Entry
from kvitto.demo.chooser import SIGHTS, STAFF_SIGHTS
from kvitto.demo.models import Load
from kvitto.demo.people import adults
from kvitto.demo.staff import PEOPLE, hire
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.members.models import Person
from tests.cast import NOW, receipt, take

PASSWORD = "kvittot i fickan"
LINK = 'href="/demo"'


def account_for(person_id, username, kind=Kind.MEMBER):
    account_id = create_account(username=username, password=PASSWORD, kind=kind, by=OPERATOR, now=NOW)
    Person.objects.filter(pk=person_id).update(account_id=account_id)
    return account_id


@pytest.fixture
def loaded(cast):
    """A register that is the demo's: it made the accounts of Aino and Björn; Chen's was made by somebody else."""
    with opened():
        made = [account_for(cast.aino, "aino"), account_for(cast.bjorn, "bjorn")]
        account_for(cast.chen, "chen")
        Load.objects.create(id=1, shift_days=7, source="invented", loaded_at=NOW, account_ids=made)


@pytest.fixture
def door(loaded, settings):
    """The same, on a server that was told to open the page."""
    settings.DEMO_DOOR = True


def words(response):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", response.content.decode())).replace("&#x27;", "'")


def offered(client):
    return re.findall(r'name="username" value="(\w+)"', client.get("/demo").content.decode())


def become(client, username):
    return client.post("/demo/sign-in", {"username": username})


def is_signed_in(client):
    return client.get("/receipts").status_code == 200


def assert_no_door(client):
    assert client.get("/demo").status_code == 404
    assert become(client, "aino").status_code == 404
    assert LINK not in client.get("/").content.decode()
    assert LINK not in client.get("/sign-in").content.decode()
    assert not is_signed_in(client)


def test_a_server_that_was_not_told_has_no_such_page(client, loaded):
    assert_no_door(client)


def test_a_register_that_is_not_the_demos_has_no_such_page(client, cast, settings):
    settings.DEMO_DOOR = True
    with opened():
        account_for(cast.aino, "aino")

    assert_no_door(client)


def test_front_page_and_sign_in_lead_to_it(client, door):
    assert LINK in client.get("/").content.decode()
    assert LINK in client.get("/sign-in").content.decode()


def test_at_the_staff_face_one_becomes_an_invented_colleague_and_nobody_else(client, door):
    with opened():
        made = hire(password=PASSWORD, by=OPERATOR, now=NOW)
        Load.objects.update(account_ids=[*Load.objects.get().account_ids, *made])
        create_account(username="hugo", password=PASSWORD, kind=Kind.STAFF, by=OPERATOR, now=NOW)
    assert 'href="/staff/demo"' in client.get("/staff/sign-in").content.decode()
    shown = words(client.get("/staff/demo"))
    assert str(STAFF_SIGHTS["greta"]) in shown
    assert set(re.findall(r'name="username" value="(\w+)"', client.get("/staff/demo").content.decode())) == {*PEOPLE}

    for username in ("hugo", "aino", "chen", ""):
        assert client.post("/staff/demo/sign-in", {"username": username}).status_code == 404
    assert client.post("/staff/demo/sign-in", {"username": "greta"})["Location"] == "/staff/"
    assert "Hello, Greta Gran" in words(client.get("/staff/"))
    assert client.get("/receipts").status_code == 302


def test_without_the_demos_door_the_staff_face_has_no_such_page(client, loaded):
    assert client.get("/staff/demo").status_code == 404
    assert client.post("/staff/demo/sign-in", {"username": "greta"}).status_code == 404
    assert 'href="/staff/demo"' not in client.get("/staff/sign-in").content.decode()


def test_it_says_that_people_are_invented_and_what_can_be_seen_as_each(client, door):
    take(receipt())
    shown = words(client.get("/demo"))

    assert "Nobody here exists" in shown
    assert "public data set" in shown
    assert f"{SIGHTS['aino']} 1 receipt ·" in shown
    assert f"{SIGHTS['bjorn']} No receipts ·" in shown


def test_only_accounts_that_the_demo_made_are_offered(client, door):
    assert offered(client) == ["aino", "bjorn"]


def test_one_click_signs_in(client, door):
    response = become(client, "aino")

    assert (response.status_code, response["Location"]) == (302, "/purchases")
    assert is_signed_in(client)
    assert Entry.objects.filter(action="accounts.sign_in").count() == 1


def test_the_pages_stay_in_the_visitors_language(door):
    assert "kvitto_language" not in become(Client(), "aino").cookies


def test_one_click_more_makes_somebody_else_of_the_visitor(client, door, cast):
    take(receipt())
    become(client, "aino")
    assert "/receipts/2" in client.get("/receipts").content.decode()
    before = client.cookies["kvitto_member"].value
    become(client, "bjorn")

    assert client.cookies["kvitto_member"].value != before
    assert "/receipts/2" not in client.get("/receipts").content.decode()


@pytest.mark.parametrize("username", ["chen", "nobody", "", "aino\0", "AINO", "x" * 10_000])
def test_nobody_else_can_be_become(client, door, username):
    assert become(client, username).status_code == 404
    assert not is_signed_in(client)


def test_a_closed_account_and_one_of_staff_cannot_be_become(client, door):
    Account.objects.filter(username="aino").update(is_active=False)
    Account.objects.filter(username="bjorn").update(kind=Kind.STAFF)

    assert offered(client) == []
    assert become(client, "aino").status_code == become(client, "bjorn").status_code == 404


def test_it_takes_a_form_of_this_site_and_never_a_link(door):
    client = Client(enforce_csrf_checks=True)

    assert become(client, "aino").status_code == 403
    assert client.get("/demo/sign-in?username=aino").status_code == 405
    token = client.get("/demo").context["csrf_token"]
    response = client.post("/demo/sign-in", {"username": "aino", "csrfmiddlewaretoken": str(token)})
    assert response.status_code == 302


def test_everybody_with_a_user_name_has_a_sentence():
    assert {adult.username for adult in adults() if adult.username} == SIGHTS.keys()
