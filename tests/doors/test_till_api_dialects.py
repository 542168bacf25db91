"""Receipts of other tills over the API: by the Content-Type, read as a file of that dialect is."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from kvitto.intake import gaps
from kvitto.intake.dialects import profiles
from kvitto.intake.models import NonSale, Quarantine
from kvitto.purchases import queries as purchases
from tests.cast import AINO_CARD
from tests.doors.tills import issue, serving
from tests.poslog import poslog, retail, transaction

YESTERDAY = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
XML = {"content_type": "application/xml"}


@pytest.fixture
def api(committed_cast):
    with serving() as found:
        yield found


@pytest.fixture
def key(api):
    return issue()


def bought(number=1, *, card=AINO_CARD, **fields):
    at = {"day": f"{YESTERDAY:%Y-%m-%d}", "time": f"{YESTERDAY:%Y-%m-%dT%H:%M:%S}Z"}
    return transaction(number=number, card=card, **(at | fields))


def retail_receipt(number, **fields):
    customer = {"loyalty": {"customer_number": AINO_CARD}}
    named = {"receipt_identifier": {"sequence_number": number}, "time_of_purchase": YESTERDAY.isoformat()}
    return retail(**(named | {"customer": customer} | fields))


def test_xml_tells_by_itself_what_it_is_and_each_transaction_has_its_answer(api, key, committed_cast):
    body = poslog(
        bought(1), bought(2, marks=' TrainingModeFlag="true"'), bought(3, total="9.99"), bought(1), bought(4, card="")
    )
    answer = api.post("/receipts", body, key, **XML)

    assert answer.items == ["recorded", "recorded", "quarantined", "same", "no_member"]
    assert [head.total_cents for head in purchases.receipts_of(committed_cast.aino, 9)] == [215]
    assert list(NonSale.objects.values_list("sequence", "kind")) == [(2, "training")]
    (day,) = gaps.till_days(start=YESTERDAY.date(), end=YESTERDAY.date() + timedelta(days=1))
    assert [(gap.first, gap.last) for gap in day.gaps] == [(3, 3)]


@pytest.mark.parametrize("content_type", ["text/xml; charset=utf-8", 'application/xml; profile="poslog"'])
def test_a_profile_may_be_named(api, key, content_type):
    assert api.post("/receipts", poslog(bought()), key, content_type=content_type).items == ["recorded"]


def test_json_of_a_dialect_is_named_by_its_profile(api, key):
    body = b"\n".join([retail_receipt(1), retail_receipt(2)])
    named = {"content_type": "application/json; profile=retail-json"}

    assert api.post("/receipts", body, key, **named).items == ["recorded", "recorded"]
    assert api.post("/receipts", retail_receipt(2), key, **named).items == ["same"]


def test_an_installation_has_profiles_of_its_own(api, key, tmp_path, monkeypatch, caplog):
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "our-shop.toml").write_text('base = "retail-json"\nabout = "x"\n[key.store_codes]\n15594097 = "101"\n')
    (folder / "broken.toml").write_text('about = "y"\n')
    kept = [profiles.names, profiles.named, profiles._own]
    with monkeypatch.context() as here:
        here.setenv("KVITTO_HOME", str(tmp_path))
        for each in kept:
            each.cache_clear()
        profiles.names()
    try:
        body = retail_receipt(1, business_unit={"service_id": "15594097"})
        named = {"content_type": "application/json; profile=our-shop"}
        assert api.post("/receipts", body, key, **named).items == ["recorded"]
        wrong = api.post("/receipts", body, key, content_type="application/json; profile=broken")
        assert (wrong.status, b"our-shop, retail-json" in wrong.body) == (415, True)
        assert "broken.toml: the profile broken is refused:" in caplog.text
    finally:
        for each in kept:
            each.cache_clear()


def test_what_is_no_sale_and_lacks_its_key_is_told(api, key):
    nameless = bought(2, marks=' TrainingModeFlag="true"').replace("<WorkstationID>1</WorkstationID>", "")
    answer = api.post("/receipts", poslog(bought(1), nameless), key, **XML)

    assert answer.items == ["recorded", "quarantined"]
    assert answer.json["items"][1]["reason"] == "not_valid"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (poslog(bought())[:-30], "application/xml", 422),
        (b'<!DOCTYPE x [<!ENTITY a "b">]>' + poslog(bought()), "application/xml", 422),
        (poslog(), "application/xml", 422),
        (b"<other/>", "application/xml", 422),
        (b"", "application/xml; profile=poslog", 422),
        (retail_receipt(1)[:-9], "application/json; profile=retail-json", 422),
        (poslog(*(bought(n) for n in range(1_001))), "application/xml", 422),
        (b"{}", "application/xml; profile=retail-json", 415),
        (b"{}", "application/json; profile=no-such", 415),
    ],
    ids=["cut", "doctype", "empty", "unknown", "nothing", "cut json", "many", "another syntax", "no profile"],
)
def test_of_a_body_that_cannot_be_read_nothing_is_taken(api, key, body, content_type, status):
    answer = api.post("/receipts", body, key, content_type=content_type)

    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert not Quarantine.objects.exists()


def test_where_it_breaks_off_is_told(api, key):
    answer = api.post("/receipts", poslog(bought())[:-30], key, **XML)

    assert "line 1, column" in answer.json["detail"]


@pytest.mark.parametrize("path", ["/orders", "/totals", "/cards/check"])
def test_the_other_forms_have_no_dialects(api, key, path):
    assert api.post(path, poslog(bought()), key, **XML).status == 415
    assert api.post(path, b"<x/>", key, content_type="application/json; profile=poslog").status == 422


def test_the_document_names_every_dialect(api):
    content = json.loads(api.get("/openapi.json").body)["paths"]["/api/v1/receipts"]["post"]["requestBody"]["content"]

    assert {"application/json", "application/xml", "text/xml", "application/xml; profile=ncr-acs"} < content.keys()
    assert "application/json; profile=retail-json" in content
