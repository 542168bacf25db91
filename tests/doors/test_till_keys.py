"""The administrator's page of till keys, and the command line's: made, shown once, replaced, taken away."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from kvitto.accounts.models import Session
from kvitto.audit.models import Entry
from kvitto.kernel import identity
from kvitto.kernel.actor import OPERATOR, ActorKind
from kvitto.kernel.db import opened
from kvitto.staff.types import Duty
from kvitto.stores.types import ScopeKind
from kvitto.tills import actions, queries
from kvitto.tills.models import TillKey
from kvitto.tills.rules import token_digest
from kvitto.tills.types import KeyState
from tests.crew import browser_of
from tests.doors.at_work import refusals
from tests.doors.reading import text_of

KEYS, NEW = "/staff/till-keys", "/staff/till-keys/new"
ASKED = {"label": "Harbour, all tills", "kind": "store", "code": "101", "days": "365"}


def issue(**fields):
    made = {"label": "Harbour", "kind": ScopeKind.STORE, "code": "101", "by": OPERATOR, "now": datetime.now(UTC)}
    with opened():
        return actions.issue(**(made | fields))


def holding():
    return queries.by_digest(now=datetime.now(UTC))


def token_on(response):
    return response.content.decode().partition('<code id="key">')[2].partition("</code>")[0]


def test_an_administrator_makes_a_key_and_sees_it_once(crew):
    ines = browser_of(crew.ines)
    made = ines.post(NEW, ASKED)
    token = token_on(made)

    assert made["Cache-Control"]
    assert [key.scope.kind for key in holding().values()] == [ScopeKind.STORE]
    assert token_digest(token) in holding()
    assert token not in ines.get(KEYS).content.decode()
    assert "Harbour, all tills" in text_of(ines.get(KEYS))
    assert token not in str([*TillKey.objects.values(), *Entry.objects.values(), *Session.objects.values()])
    assert Entry.objects.filter(action="tills.issue_key", actor_id=crew.ines.by.id).count() == 1


def test_to_make_a_key_the_second_factor_is_shown_again(crew):
    stale = browser_of(crew.ines, fresh=False)

    for asked in (stale.get(NEW), stale.post(NEW, ASKED), stale.post(f"{KEYS}/{issue().key_id}/rotate")):
        assert asked["Location"].startswith("/staff/factor?next=")
    assert TillKey.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"), [("code", "no-such"), ("label", ""), ("days", "0"), ("days", "9999"), ("label", "a\u202eb")]
)
def test_what_makes_no_sense_is_said_and_makes_no_key(crew, field, value):
    response = browser_of(crew.ines).post(NEW, ASKED | {field: value})

    assert (response.status_code, 'role="alert"' in response.content.decode()) == (200, True)
    assert not TillKey.objects.exists()


def test_another_key_takes_ones_place_and_the_old_one_holds_on_for_a_week(crew):
    old = issue()
    token = token_on(browser_of(crew.ines).post(f"{KEYS}/{old.key_id}/rotate"))

    keys = holding()
    assert {token_digest(token), token_digest(old.token)} == keys.keys()
    assert keys[token_digest(token)].scope == keys[token_digest(old.token)].scope
    assert keys[token_digest(old.token)].expires_at - datetime.now(UTC) < timedelta(days=8)
    assert keys[token_digest(token)].expires_at - datetime.now(UTC) > timedelta(days=360)


def test_a_key_is_taken_away_at_once_and_once(crew):
    key = issue()
    ines = browser_of(crew.ines)

    assert ines.post(f"{KEYS}/{key.key_id}/revoke")["Location"] == f"{KEYS}?done=revoked"
    assert holding() == {}
    assert ines.post(f"{KEYS}/{key.key_id}/revoke").status_code == 409
    assert ines.post(f"{KEYS}/{key.key_id}/rotate").status_code == 409
    assert [each.state for each in queries.listed(now=datetime.now(UTC))] == [KeyState.REVOKED]


def test_the_privacy_officer_sees_them_and_makes_none(crew):
    key = issue()
    with opened():
        crew.give(crew.elsa, Duty.PRIVACY_OFFICER, datetime.now(UTC))
    elsa = browser_of(crew.elsa)

    assert "Harbour" in text_of(elsa.get(KEYS))
    for refused in (elsa.get(NEW), elsa.post(NEW, ASKED), elsa.post(f"{KEYS}/{key.key_id}/revoke")):
        assert refused.status_code == 403
    assert {why for _, why in refusals()} == {"duty"}
    assert len(holding()) == 1


def test_nobody_else_of_the_staff_reaches_a_key(crew):
    issue()
    for colleague in (crew.disa, crew.dag, crew.elsa):
        assert browser_of(colleague).get(KEYS).status_code == 403
        with identity.acting(ActorKind.STAFF, account=int(colleague.by.id)):
            assert not TillKey.objects.exists()
    with identity.acting(ActorKind.MEMBER, account=1):
        assert not TillKey.objects.exists()


@pytest.mark.parametrize("scope", [{}, {"store_id": 1, "chain_id": 1}])
def test_the_database_holds_that_a_key_is_for_one_thing(cast, scope):
    now = datetime.now(UTC)
    fields = {"label": "x", "digest": b"x", "sandbox": False, "made_at": now, "expires_at": now + timedelta(days=1)}
    with pytest.raises(IntegrityError, match="tills_key_one_scope"), transaction.atomic():
        TillKey.objects.create(**fields, **scope)
