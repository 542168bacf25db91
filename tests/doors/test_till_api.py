"""Receipts over the API: what is answered to each, to whom, and what is stored."""

import gzip
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connections

from kvitto.audit.models import Entry
from kvitto.intake import claims, leftovers
from kvitto.intake.models import Delivery, NonSale, Quarantine, UnknownCard
from kvitto.intake.types import Claimed
from kvitto.kernel.actor import OPERATOR, Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period
from kvitto.members import actions as members
from kvitto.members.types import NewPerson
from kvitto.purchases import partitions
from kvitto.purchases import queries as purchases
from kvitto.purchases.queries import register_counts
from kvitto.stores import queries as stores
from kvitto.stores.types import Level, ScopeKind
from kvitto.tills import actions
from tests.cast import AINO_CARD, MILK, line, receipt
from tests.doors.tills import issue, serving

YESTERDAY = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)


@pytest.fixture
def api(committed_cast):
    with serving() as found:
        yield found


@pytest.fixture
def key(api):
    return issue()


def bought(sequence=1, lines=None, **fields):
    when = {"business_day": f"{YESTERDAY:%Y-%m-%d}", "end_time": YESTERDAY.isoformat()}
    return receipt(lines, **({"sequence": sequence} | when | fields))


def stored():
    counts = register_counts()
    return counts.product + counts.group + counts.total


def test_a_receipt_is_recorded_and_answered_after_its_commit(api, key, committed_cast):
    answer = api.post("/receipts", bought(), key)

    assert (answer.status, answer.json) == (200, {"sandbox": False, "items": [{"state": "recorded"}]})
    assert [head.total_cents for head in purchases.receipts_of(committed_cast.aino, 9)] == [215]


def test_each_receipt_of_a_list_has_its_own_answer(api, key):
    other = bought(1, [line(amount="9.99")])
    answer = api.post("/receipts", [bought(), bought(), other, bought(2, drop=["card"]), {"store": "101"}, 7], key)

    assert answer.items == ["recorded", "same", "conflict", "no_member", "quarantined", "quarantined"]
    assert answer.json["items"][4] == {
        "state": "quarantined",
        "reason": "not_valid",
        "field": "$",
        "message": "Object missing required field `business_day`",
    }
    assert stored() == 1


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[", b'{"store":', b"[]", b"7", b'[{"a":1},', b"\xff\xfe"])
def test_only_a_body_that_cannot_be_read_is_a_problem(api, key, body):
    answer = api.post("/receipts", body, key)

    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json["title"]


def test_a_thousand_receipts_and_no_more(api, key):
    assert api.post("/receipts", [{}] * 1_000, key).status == 200
    assert api.post("/receipts", [{}] * 1_001, key).status == 422


def test_receipts_of_several_tills_are_taken_in_together_and_each_answered(api):
    keys = [issue(code=code) for code in ("101", "201")]
    requests = [
        api.begin("POST", "/api/v1/receipts", json.dumps(bought(n, store=store)).encode(), key)
        for n in range(40)
        for store, key in zip(("101", "201"), keys, strict=True)
    ]

    assert [each.result(30).items for each in requests] == [["recorded"]] * 80
    assert stored() == 80


def test_single_receipts_of_a_minute_are_one_delivery_and_one_entry(api, key):
    for n in range(5):
        assert api.post("/receipts", bought(n), key).items == ["recorded"]
    assert api.post("/receipts", bought(4), key).items == ["same"]

    deliveries = list(Delivery.objects.values_list("actor_kind", "actor_id", "received", "recorded"))
    assert sum(received for *_, received, _ in deliveries) == 6
    assert len(deliveries) <= 2  # the minute may have ended meanwhile
    assert {deliverer[:2] for deliverer in deliveries} == {("till", str(key.key_id))}
    assert Entry.objects.filter(action="intake.deliver_minute").count() == len(deliveries)


def test_a_list_is_a_delivery_of_its_own(api, key):
    api.post("/receipts", [bought(1), bought(2), {}], key)

    assert list(Delivery.objects.values_list("received", "recorded")) == [(3, 2)]
    assert list(Entry.objects.filter(action="intake.deliver").values_list("count", flat=True)) == [3]


# whose key


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer nonsense", "Basic YTpi", f"Bearer kvitto_till_{'a' * 43}"],
    ids=["none", "empty", "nonsense", "another scheme", "nobody's"],
)
def test_without_a_key_that_holds_nothing_is_taken_and_nobody_led_elsewhere(api, authorization):
    for method, path in (("POST", "receipts"), ("GET", "resend"), ("POST", "cards/check")):
        answer = api.ask(method, f"/api/v1/{path}", b"{}", authorization=authorization)
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert "location" not in answer.headers
    assert not Quarantine.objects.exists()


def test_while_the_register_does_not_answer_no_key_is_called_wrong(api, key, monkeypatch):
    """Neither the one who reads the keys nor those who wait for that reading."""
    with monkeypatch.context() as down:
        down.setitem(connections["default"].settings_dict, "HOST", "/nowhere")
        answers = [api.begin("GET", "/api/v1/resend", key=key) for _ in range(4)]
        assert {answer.result(30).status for answer in answers} == {503}

    assert api.get("/resend", key).status == 200


def test_a_cookie_means_nothing(api):
    assert api.ask("POST", "/api/v1/receipts", b"{}", cookie="kvitto_staff=abc; kvitto_member=abc").status == 401


def test_a_revoked_key_is_over_with_the_next_receipt(api, key):
    assert api.post("/receipts", bought(1), key).status == 200
    with opened():
        actions.revoke(key_id=key.key_id, by=OPERATOR, now=datetime.now(UTC))

    assert api.post("/receipts", bought(2), key).status == 401
    assert api.get("/resend", key).status == 401
    assert stored() == 1


def test_an_expired_key_is_over(api):
    old = issue(now=datetime.now(UTC) - timedelta(days=2), days=1)

    assert api.post("/receipts", bought(), old).status == 401


@pytest.mark.parametrize(
    ("kind", "code", "own"),
    [
        (ScopeKind.STORE, "101", {"101"}),
        (ScopeKind.CHAIN, "drugstore", {"201"}),
        (ScopeKind.COMPANY, "north", {"101", "201"}),
    ],
)
def test_a_key_writes_receipts_of_its_own_stores_only(api, kind, code, own):
    answer = api.post("/receipts", [bought(store="101"), bought(store="201")], issue(kind, code))

    assert answer.items == ["recorded" if store in own else "quarantined" for store in ("101", "201")]
    assert {item["reason"] for item in answer.json["items"] if "reason" in item} <= {"not_your_store"}
    assert stored() == len(own)


def test_a_sandbox_key_has_everything_checked_and_nothing_stored(api):
    sandbox = issue(sandbox=True)
    training = {"type": "training", "store": "101", "workstation": "1", "sequence": 9} | {
        name: bought()[name] for name in ("business_day", "end_time")
    }
    answer = api.post("/receipts", [bought(), bought(2, card="9246000000000777"), {}, training], sandbox)

    assert answer.json["sandbox"] is True
    assert answer.items == ["recorded", "no_member", "quarantined", "recorded"]
    assert stored() == 0
    for left in (Quarantine, UnknownCard, NonSale):
        assert not left.objects.exists()


# other forms


def header(kind, sequence=7, **fields):
    when = {name: bought()[name] for name in ("business_day", "end_time")}
    return {"type": kind, "store": "101", "workstation": "1", "sequence": sequence} | when | fields


@pytest.mark.parametrize(
    "kind", ["training", "suspended", "cancelled", "no_sale", "sign_on", "sign_off", "pay_in", "pay_out"]
)
def test_what_was_no_sale_is_noted_by_its_header_and_a_line_has_no_field_in_it(api, key, kind):
    assert api.post("/receipts", header(kind, operator="12"), key).items == ["recorded"]
    assert api.post("/receipts", header(kind), key).items == ["same"]
    assert list(NonSale.objects.values_list("kind", "sequence")) == [(kind, 7)]

    answer = api.post("/receipts", header(kind, 8, lines=[line()]), key)
    assert (answer.items, answer.json["items"][0]["reason"]) == (["quarantined"], "not_valid")
    assert stored() == 0


def order(part=1, **fields):
    base = bought(drop=["workstation", "sequence", "channel"])
    return base | {"order": "W-2026-17", "part": part, "ordered_at": base["end_time"]} | fields


def test_the_parts_of_a_web_order_are_its_own_receipts(api, key, committed_cast):
    refund = line(amount="-2.15", type="return", quantity="-1")
    back = {name: bought(lines=[refund])[name] for name in ("lines", "vat", "tenders", "total")} | {"type": "return"}

    assert api.post("/orders", [order(1), order(2), order(3, **back)], key).items == ["recorded"] * 3
    assert api.post("/orders", order(2), key).items == ["same"]
    assert api.post("/orders", order(1, **back), key).items == ["conflict"]
    assert sorted(head.total_cents for head in purchases.receipts_of(committed_cast.aino, 9)) == [-215, 215, 215]


def totals(**fields):
    day = {"day": f"{YESTERDAY:%Y-%m-%d}", "currency": "EUR", "reference": "B-17"}
    return {"store": "900", "card": AINO_CARD, "total": "120.50"} | day | fields


def test_a_partner_sends_a_sum_and_no_line_has_a_field_in_it(api, committed_cast):
    hotel = issue(code="900")

    assert api.post("/totals", totals(), hotel).items == ["recorded"]
    assert api.post("/totals", totals(), hotel).items == ["same"]
    assert api.post("/totals", totals(total="1.00"), hotel).items == ["conflict"]
    assert api.post("/totals", totals(lines=[line()]), hotel).items == ["quarantined"]
    (head,) = purchases.receipts_of(committed_cast.aino, 9)
    assert (head.total_cents, head.level) == (12_050, Level.TOTAL)
    period = Period(head.business_day, head.business_day + timedelta(days=1))
    ((_, _, basis),) = purchases.bonus_bases_of(committed_cast.aino, period)
    assert [(each.bonus_class, each.cents) for each in basis] == [("standard", 12_050)]


# questions


def name_of(body, **fields):
    body = body | fields
    return ",".join(str(body[name]) for name in ("store", "business_day", "workstation", "sequence", "end_time"))


def test_a_till_asks_what_became_of_a_receipt_and_hears_its_state_only(api, key):
    api.post("/receipts", [bought(1), bought(2), bought(3, drop=["card"]), bought(4, total="1.00")], key)
    api.post("/receipts", bought(2, [line(amount="9.99", code=MILK)]), key)

    answers = [api.get(f"/receipts/{name_of(bought(n))}", key) for n in (1, 2, 3, 4, 5)]
    assert [answer.status for answer in answers] == [200, 200, 404, 200, 404]
    assert [answers[n].json for n in (0, 1, 3)] == [
        {"state": "recorded"},
        {"state": "conflict"},
        {"state": "quarantined"},
    ]


def test_of_another_stores_receipts_nothing_is_known(api, key):
    api.post("/receipts", bought(1), key)

    assert api.get(f"/receipts/{name_of(bought(1))}", issue(code="201")).status == 404


@pytest.mark.parametrize("name", ["1", "101,2026-13-01,1,1,2026-11-20T17:03:11Z", "%00,2026-11-20,1,1,x", "a" * 5_000])
def test_a_name_that_names_no_receipt_is_said_to_be_none(api, key, name):
    assert api.get(f"/receipts/{name}", key).status == 422


def test_an_accepted_conflict_is_asked_for_until_it_has_come(api, key):
    from kvitto.intake import leftovers, queries

    other = bought(1, [line(amount="9.99", code=MILK)])
    api.post("/receipts", [bought(1), other], key)
    assert api.get("/resend", key).json == {"receipts": [], "more": False}
    with opened():
        number = queries.open_conflicts()[0]["conflict"]
        leftovers.decide(conflict_id=number, accept=True, by=OPERATOR, now=datetime.now(UTC))

    (wanted,) = api.get("/resend", key).json["receipts"]
    assert (wanted["store"], wanted["workstation"], wanted["sequence"]) == ("101", "1", 1)
    assert api.get(f"/receipts/{wanted['key']}", key).json == {"state": "conflict"}
    assert api.get("/resend", issue(code="201")).json["receipts"] == []
    assert api.post("/receipts", other, key).items == ["recorded"]
    assert api.get("/resend", key).json["receipts"] == []


def test_of_a_card_a_till_hears_whether_it_earns_and_nothing_else(api, key):
    assert api.post("/cards/check", {"card": AINO_CARD}, key).json == {"answer": "earns"}
    assert api.post("/cards/check", {"card": "9246000000000777"}, key).json == {"answer": "unknown"}
    assert api.post("/cards/check", {"card": "aino"}, key).status == 422
    entries = Entry.objects.filter(action="tills.check_cards")
    assert {(entry.actor_id, entry.subject) for entry in entries} == {(str(key.key_id), None)}


def test_a_key_that_asks_about_too_many_cards_waits(api, key, monkeypatch):
    monkeypatch.setattr(actions, "CHECKS_A_MINUTE", 3)
    answers = [api.post("/cards/check", {"card": AINO_CARD}, key) for _ in range(8)]  # a minute may end in between

    waiting = [answer for answer in answers if answer.status == 429]
    assert waiting
    assert all(1 <= int(answer.headers["retry-after"]) <= 60 for answer in waiting)
    assert api.post("/cards/check", {"card": AINO_CARD}, issue()).status == 200


# sizes and types


def test_a_packed_body_is_taken(api, key):
    assert api.post("/receipts", gzip.compress(json.dumps(bought()).encode()), key, content_encoding="gzip").items == [
        "recorded"
    ]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (gzip.compress(b" " * 10_000_000), {"content_encoding": "gzip"}, 413),
        (b" " * (16 * 1024 * 1024 + 1), {}, 413),
        (gzip.compress(b"{}")[:-3], {"content_encoding": "gzip"}, 422),
        (gzip.compress(b"{}") + b"more", {"content_encoding": "gzip"}, 422),
        (b"nonsense", {"content_encoding": "gzip"}, 422),
        (b"{}", {"content_encoding": "br"}, 415),
        (b"{}", {"content_type": "text/csv"}, 415),
        (b"{}", {"content_type": "application/json; charset=latin-1"}, 415),
    ],
    ids=["bomb", "large", "cut", "trailing", "no gzip", "another packing", "another type", "another charset"],
)
def test_what_is_too_much_or_not_understood_is_refused_whole(api, key, body, headers, status):
    assert api.post("/receipts", body, key, **headers).status == status
    assert not Quarantine.objects.exists()
    assert api.app.bodies.held == 0


def test_more_than_can_wait_is_sent_away_and_told_when_to_come_again(api, key, monkeypatch):
    monkeypatch.setattr("kvitto.doors.till_api.committing.MOST_WAITING", 0)
    answer = api.post("/receipts", bought(), key)

    assert (answer.status, answer.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/receipts", 405),
        ("PUT", "/api/v1/resend", 405),
        ("GET", "/api/v1/", 404),
        ("GET", "/api/v2/x", 404),
    ],
)
def test_what_is_not_there_is_said_in_json(api, key, method, path, status):
    answer = api.ask(method, path, key=key)

    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert ("allow" in answer.headers) == (status == 405)


def test_what_the_database_refuses_fails_alone(api, key):
    """A month without its partition: the receipts that come with it go in."""
    months_ago = YESTERDAY - timedelta(days=100)
    long_ago = {"business_day": f"{months_ago:%Y-%m-%d}", "end_time": months_ago.isoformat()}
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"DROP TABLE {partitions.name(months_ago.date().replace(day=1))}")
    bodies = [[{}] * 1_000, bought(1), bought(2, **long_ago), bought(3)]  # the first keeps the thread busy meanwhile
    answers = [api.begin("POST", "/api/v1/receipts", json.dumps(each).encode(), key) for each in bodies]

    assert [answer.result(30).status for answer in answers] == [200, 200, 500, 200]
    assert stored() == 2


def test_resend_asks_for_claimed_receipts_and_for_those_whose_card_is_known_since(api, key, committed_cast):
    sale, unknown = bought(1, drop=["card"]), bought(2, card="9246000000000777")
    api.post("/receipts", [sale, unknown], key)
    when, day = datetime.fromisoformat(sale["end_time"]), date.fromisoformat(sale["business_day"])
    store = stores.stores_by_code({"101"})["101"].id
    by = {"by": Actor(ActorKind.MEMBER, "1"), "now": datetime.now(UTC)}
    with opened():
        members.register(people=[NewPerson("Elsa", "Ek", "sv", ("9246000000000777",), when - timedelta(days=1))], **by)
        leftovers.want_found_cards(now=by["now"])
        for named in ({"workstation": "1", "sequence": 1}, {"code": "17"}):
            claims.claim(person_id=committed_cast.aino, claimed=Claimed(store, day, 215, **named), **by)

    card, claimed, coded = api.get("/resend", key).json["receipts"]
    assert card["key"] == name_of(unknown).replace(
        unknown["end_time"], datetime.fromisoformat(card["begin_time"]).isoformat()
    )
    assert claimed == {"store": "101", "business_day": f"{day}", "workstation": "1", "sequence": 1}
    assert coded == {"store": "101", "business_day": f"{day}", "code": "17"}
    assert api.get("/resend", issue(code="201")).json["receipts"] == []

    assert api.post("/receipts", [sale, unknown], key).items == ["recorded", "recorded"]
    assert [each.get("code") for each in api.get("/resend", key).json["receipts"]] == ["17"]
