"""A member's own tools: a token that reads their receipts, and nothing else."""

import json
import re
from datetime import UTC, datetime, timedelta

import jsonschema
import pytest
from django.test import Client

from kvitto.accounts import tokens
from kvitto.accounts.models import Account, Failure, Token
from kvitto.audit.models import Entry
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import OWNER, opened
from kvitto.retention.actions import run
from tests.cast import CHEN_CARD, MILK, line, receipt, take
from tests.doors.reading import PASSWORD, signed_in, text_of
from tools import published

ADDRESS = "/api/me/receipts"


@pytest.fixture
def aino(committed_cast):
    """Aino's browser; she has five receipts, and Chen has one."""
    take(
        *[
            receipt(
                [line(code=MILK)],
                sequence=n,
                business_day=f"2026-11-{10 + n}",
                end_time=f"2026-11-{10 + n}T17:03:11+02:00",
            )
            for n in range(1, 6)
        ],
        receipt(card=CHEN_CARD, sequence=9),
    )
    return signed_in(committed_cast.aino)


def token_of(client):
    page = client.post("/account/export/token").content.decode()
    return re.search(r"kvitto_[\w-]{43}", page)[0]


def ask(token, query="", **headers):
    """A tool's question: no cookies, a token."""
    return Client().get(ADDRESS + query, headers={"Authorization": f"Bearer {token}"} | headers)


def test_a_token_reads_its_owners_receipts_in_the_published_form(aino):
    answer = ask(token_of(aino))
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    assert not answer.cookies
    assert "Access-Control-Allow-Origin" not in answer.headers
    found = answer.json()
    schema = json.loads((published.FOLDER / "receipts-export.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(found)
    assert [each["number"] for each in found["receipts"]] == [5, 4, 3, 2, 1]
    assert found["next"] is None


def test_receipts_come_page_by_page_each_once(aino):
    token, address, numbers, answers = token_of(aino), "?limit=2", [], 0
    while address:
        found = ask(token, address).json()
        numbers += [each["number"] for each in found["receipts"]]
        answers += 1
        address = found["next"] and found["next"].partition(ADDRESS)[2]
    assert (numbers, answers) == ([5, 4, 3, 2, 1], 3)


def test_each_answer_leaves_a_trace_that_is_folded_with_own_visits(aino):
    token = token_of(aino)
    for _ in range(3):
        ask(token)
    assert list(Entry.objects.filter(action="vault.open").values_list("purpose", "count")) == [("own tool", 5)] * 3
    shown = text_of(aino.get("/account/traces"))
    assert "You, 3 times" in shown
    assert "Others and programs" not in shown


def test_a_token_is_shown_once_and_stored_as_a_digest(aino):
    token = token_of(aino)
    assert token not in aino.get("/account/export").content.decode()
    assert token not in Token.objects.get().digest
    assert token not in str(list(Entry.objects.values()))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer kvitto_nothing"},
        {"Authorization": "Bearer å" * 2_000},
        {"Authorization": "Basic YTpi"},
    ],
    ids=["none", "empty", "unknown", "long", "basic"],
)
def test_without_a_token_that_holds_nothing_is_told(aino, headers):
    token_of(aino)
    answer = Client().get(ADDRESS, headers=headers)
    assert (answer.status_code, answer["WWW-Authenticate"], answer.json()["error"]) == (401, "Bearer", "token")


def test_a_browser_that_is_signed_in_is_nobody_there(aino):
    assert aino.get(ADDRESS).status_code == 401


def test_a_token_is_nothing_on_the_pages(aino):
    answer = Client().get("/receipts", headers={"Authorization": f"Bearer {token_of(aino)}"})
    assert answer["Location"].startswith("/sign-in")


@pytest.mark.parametrize("way", ["revoked", "replaced", "password", "closed", "over"])
def test_a_token_ends(aino, way):
    token = token_of(aino)
    assert ask(token).status_code == 200
    if way == "revoked":
        assert aino.post("/account/export/token/end").status_code == 302
    elif way == "replaced":
        assert ask(token_of(aino)).status_code == 200
    elif way == "password":
        new = {"current": PASSWORD, "password": "kvittot i byrålådan"}
        assert aino.post("/account/security/password", new).status_code == 302
    elif way == "closed":
        Account.objects.update(is_active=False)
    else:
        Token.objects.using(OWNER).update(made_at=datetime.now(UTC) - tokens.LASTS)
        run(now=datetime.now(UTC), by=OPERATOR)
        assert not Token.objects.exists()
    assert ask(token).status_code == 401


def test_a_token_that_is_used_from_two_places_waits_for_both(aino):
    token = token_of(aino)
    Token.objects.update(free_at=datetime.now(UTC) + tokens.BURST - tokens.EVERY - timedelta(milliseconds=100))
    assert ask(token).status_code == 200
    for _ in range(2):
        answer = ask(token)
        assert (answer.status_code, answer.json()["error"]) == (429, "wait")
        assert 1 <= int(answer["Retry-After"]) <= 2


def test_uses_wait_for_each_other_by_the_second(aino):
    token_of(aino)
    account_id, now = Token.objects.get().account_id, datetime.now(UTC) + timedelta(hours=1)
    with opened():
        waits = [tokens.use(account_id=account_id, now=now) for _ in range(32)]
        assert waits == [0] * 30 + [1, 1]
        assert tokens.use(account_id=account_id, now=now + timedelta(seconds=2)) == 0


def test_whoever_guesses_tokens_has_to_wait_and_keeps_nobody_out(aino):
    token = token_of(aino)
    codes = [ask(f"kvitto_{n}").status_code for n in range(110)]
    assert set(codes) == {401, 429}
    assert Failure.objects.exists()
    assert ask(token).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=201", "limit=-1", "limit=1e2", "limit=٣", "limit=", "before=x", "before=2026-02-30/1"),
        *("before=2026-11-20/0", "before=2026-11-20/99999999999999999999", "before="),
    ],
)
def test_a_question_that_makes_no_sense_is_named(aino, query):
    answer = ask("kvitto_whoever", f"?{query}")
    assert (answer.status_code, answer.json()["error"]) == (422, query.partition("=")[0])


def test_a_tool_can_only_ask(aino):
    answer = Client().post(ADDRESS, headers={"Authorization": f"Bearer {token_of(aino)}"})
    assert answer.status_code == 405


def test_an_account_of_nobody_has_no_receipts(committed_cast):
    assert ask(_token_without_a_person()).status_code == 403


def _token_without_a_person():
    signed_in(None)
    with opened():
        return tokens.make(account_id=Account.objects.get().pk, by=OPERATOR, now=datetime.now(UTC))


def test_how_to_ask_is_told_to_everybody(client, db):
    answer = client.get("/api/openapi.json")
    assert answer.status_code == 200
    assert ADDRESS in answer.json()["paths"]
