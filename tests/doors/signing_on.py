"""What tests of single sign-on share: the way to the provider and back, and what is left of one that led nowhere."""

from urllib.parse import urlsplit
from urllib.request import HTTPErrorProcessor, ProxyHandler, build_opener

from kvitto.accounts.models import Session
from kvitto.audit.models import Entry
from tests.doors.entering import words

SIGN_IN, START, BACK, FACTOR, HOME = "/staff/sign-in", "/staff/sso", "/staff/sso/back", "/staff/factor", "/staff/"


class Stay(HTTPErrorProcessor):
    """Hands a redirect out instead of following it."""

    def http_response(self, _request, response):
        return response


def asked(client, query=""):
    """The address at the provider to which a browser is sent."""
    response = client.get(START + query)
    assert response.status_code == 302, response
    return response["Location"]


def answer(address):
    """The address with which the provider sends a browser back, as the pages see it."""
    with build_opener(ProxyHandler({}), Stay).open(address) as response:
        parts = urlsplit(response.headers["Location"])
    assert (parts.netloc, parts.path) == ("testserver", BACK)
    return f"{parts.path}?{parts.query}"


def come(client, query=""):
    """The whole way; the last answer."""
    return client.get(answer(asked(client, query)))


def refusals():
    found = Entry.objects.filter(action="accounts.sso_refused").order_by("id")
    assert {(entry.actor_kind, entry.actor_id) for entry in found} <= {("visitor", "visitor")}
    return [entry.purpose for entry in found]


def assert_refused(client, response, why, said="did not let you in"):
    """Back at the sign-in page, with a sentence; on record; and nobody is signed in, not even half."""
    assert response.status_code == 302
    assert response["Location"].startswith(f"{SIGN_IN}?sso=")
    assert said in words(client.get(response["Location"]))
    assert refusals() == [why]
    assert_nobody_is_in(client)


def assert_nobody_is_in(client):
    assert client.get(FACTOR)["Location"].startswith(SIGN_IN)
    assert not Session.objects.exclude(account_id=None).exists()
    assert not Entry.objects.filter(action="accounts.single_sign_on_given").exists()
