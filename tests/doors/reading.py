"""Reading a page as somebody does, and signing in through it."""

import html
import re

from django.test import Client

from kvitto.accounts.actions import create_account
from kvitto.accounts.types import Kind
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.members.models import Person
from tests.cast import NOW

PASSWORD = "kvittot i fickan"


def text_of(response):
    """The page's words; no-break spaces stay."""
    return html.unescape(re.sub("[ \n]+", " ", re.sub("<[^>]+>", " ", response.content.decode())))


def signed_in(person_id, username="somebody", **headers):
    """The browser of a person, whose new account it is signed in with; of an account that is nobody's for None."""
    with opened():
        account_id = create_account(username=username, password=PASSWORD, kind=Kind.MEMBER, by=OPERATOR, now=NOW)
        Person.objects.filter(pk=person_id).update(account_id=account_id)
    client = Client(headers=headers)
    client.cookies["kvitto_language"] = "en"
    assert client.post("/sign-in", {"username": username, "password": PASSWORD}).status_code == 302
    return client
