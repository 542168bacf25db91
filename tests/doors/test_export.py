"""What a member takes along: files that say what the pages say, to the cent, and one trace for each."""

import csv
import io
import json
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from django.test import override_settings

from kvitto.audit.models import Entry
from kvitto.kernel.money import cents
from tests.cast import APPLES, BEER, MILK, keep_out, line, receipt, take
from tests.doors.reading import signed_in, text_of
from tools import published

pytestmark = pytest.mark.usefixtures("casts_day")

DEPOSIT = {"type": "deposit", "text": "DEPOSIT 0.40", "quantity": "1", "amount": "0.40", "vat": "25.5"}
SCHEMA = json.loads((published.FOLDER / "receipts-export.schema.json").read_text())


@pytest.fixture
def aino(committed_cast):
    """Aino's browser: a receipt of every form there is, with odd texts on one of them."""
    apples = line(code=APPLES, text="APPLES", amount="3.00", quantity="1.5", unit="kg")
    take(
        receipt([line(code=MILK), apples, DEPOSIT]),
        receipt([line(code=MILK, amount="4.00")], store="201", sequence=3),
        receipt([line(text="ROOM", amount="99.00")], store="900", sequence=4),
        receipt([line(text='=1+1;"PIE" 🥧 חלב \t', amount="7.00", code="777")], sequence=5),
        receipt([line(amount="-2.15", quantity="-1", type="return", code=MILK)], sequence=6, type="return"),
    )
    keep_out(committed_cast.aino, "alcohol")
    take(receipt([line(code=MILK), line(code=BEER, amount="5.00", vat="25.5")], sequence=7))
    return signed_in(committed_cast.aino)


def file(client, kind):
    response = client.get(f"/account/export/receipts.{kind}")
    assert response.status_code == 200
    assert "attachment" in response["Content-Disposition"]
    assert response["Cache-Control"] == "private, no-store"
    return response.content


def openings():
    return list(Entry.objects.filter(action="vault.open").order_by("pk").values_list("purpose", "count"))


def document(client):
    return json.loads(file(client, "json"))


def test_the_page_says_what_there_is_and_opens_nothing(aino):
    before = openings()
    shown = text_of(aino.get("/account/export"))
    assert "6 receipts, 120,55\N{NO-BREAK SPACE}€, since November 2026." in shown
    assert openings() == before


@pytest.mark.parametrize("kind", ["json", "csv", "pdf"])
def test_a_file_is_one_opening_of_everything(aino, kind):
    before = openings()
    file(aino, kind)
    assert openings()[len(before) :] == [("own export", 5)]


def test_the_document_is_as_published_and_adds_up(aino):
    found = document(aino)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    assert sum(cents(each["total"]) for each in found["receipts"]) == 12_055
    for each in found["receipts"]:
        parts = [part["amount"] for part in each["lines"] + each["groups"]]
        parts += [each[name] for name in ("deposits", "not_recorded") if each[name] is not None]
        assert each["level"] == "total" or sum(map(cents, parts)) == cents(each["total"])
    assert Counter(each["level"] for each in found["receipts"]) == {"product": 4, "group": 1, "total": 1}


def test_a_line_has_the_article_the_raw_text_and_the_clean_name(aino):
    found = next(each for each in document(aino)["receipts"] if each["number"] == 4711)
    assert found["seller"] == {
        "company": "Northern Co-op",
        "business_id": "1234567-1",
        "chain": "Grocer",
        "store": "Grocer Harbour",
        "town": "Oulu",
    }
    assert found["time"] == "2026-11-20T17:03:11+02:00"
    assert [found["lines"][1][name] for name in ("article", "text", "name", "quantity", "unit", "amount", "vat")] == [
        "2000001", "APPLES", "Apples", "1.5", "kg", "3.00", "13.5"
    ]  # fmt: skip
    assert found["vat"] == [
        {"rate": "13.5", "gross": "5.15", "tax": "0.61"},
        {"rate": "25.5", "gross": "0.40", "tax": "0.08"},
    ]
    assert found["tenders"] == [{"type": "card", "amount": "5.55"}]


def test_what_is_kept_out_is_a_sum_without_tax_and_tenders(aino):
    found = next(each for each in document(aino)["receipts"] if each["number"] == 7)
    assert (found["not_recorded"], found["vat"], found["tenders"]) == ("5.00", [], [])
    assert b"BEER" not in file(aino, "json") + file(aino, "csv")


def test_the_table_opens_in_a_spreadsheet_and_adds_up(aino):
    body = file(aino, "csv").decode()
    assert body.startswith("\N{ZERO WIDTH NO-BREAK SPACE}Receipt;Day;")
    rows = list(csv.DictReader(io.StringIO(body[1:], newline=""), delimiter=";"))
    sums = Counter()
    for row in rows:
        sums[row["Receipt"]] += Decimal(row["Sum"].replace(",", "."))
    assert sums == {each["id"]: Decimal(each["total"]) for each in document(aino)["receipts"]}
    assert {row["What it is"] for row in rows} == {
        "goods", "brought back", "deposit", "product group", "not recorded", "total only"
    }  # fmt: skip


def test_nothing_that_a_till_has_printed_is_worked_out_by_a_spreadsheet(aino):
    rows = csv.DictReader(io.StringIO(file(aino, "csv").decode()[1:], newline=""), delimiter=";")
    assert [row["Text on the receipt"] for row in rows if "PIE" in row["Text on the receipt"]] == [
        '\'=1+1;"PIE" 🥧 חלב \t'
    ]


@pytest.mark.parametrize("language", ["sv", "fi"])
def test_files_speak_the_language_of_the_pages(aino, language):
    aino.cookies["kvitto_language"] = language
    assert document(aino)["language"] == language
    assert {"sv": "Kvitto;", "fi": "Kuitti;"}[language] in file(aino, "csv").decode().splitlines()[0]
    assert f"/Lang({language}".encode() in file(aino, "pdf").replace(b" ", b"")


def test_whoever_has_bought_nothing_gets_empty_files_and_no_trace(committed_cast):
    client = signed_in(committed_cast.chen)
    assert "No receipt is recorded for you" in text_of(client.get("/account/export"))
    assert document(client)["receipts"] == []
    assert len(file(client, "csv").decode().splitlines()) == 1
    assert file(client, "pdf").startswith(b"%PDF")
    assert openings() == []


def test_another_kind_of_file_is_no_page(aino):
    assert aino.get("/account/export/receipts.xlsx").status_code == 404


@override_settings(SERVICE_NAME="Kvitto")
def test_what_is_published_is_what_the_code_says():
    for name, text in published.published().items():
        assert Path(published.FOLDER / name).read_text() == text, "run python -m tools.published"


# the PDF


def pdf(client, store):
    page = client.get("/receipts").content.decode()
    address = next(url for url, name in re.findall(r'href="(/receipts/2[^"]+)"><b>([^<]+)', page) if name == store)
    response = client.get(f"{address}/pdf")
    assert response["Content-Type"] == "application/pdf"
    return response.content


@pytest.mark.parametrize("store", ["Grocer Harbour", "Drugstore Square", "Hotel Haparanda"])
def test_a_receipt_of_each_level_is_a_tagged_pdf_that_keeps(aino, store):
    body = pdf(aino, store)
    for mark in (b"<pdfuaid:part>1</pdfuaid:part>", b"<pdfaid:part>2</pdfaid:part>", b"<pdfaid:conformance>A<"):
        assert mark in body
    assert b"/StructTreeRoot" in body
    assert len(re.findall(rb"/FontFile[23]", body)) == len(set(re.findall(rb"/FontDescriptor \d+ 0 R", body)))


def test_a_strangers_receipt_is_no_pdf(aino, committed_cast):
    page = aino.get("/receipts").content.decode()
    address = re.search(r'href="(/receipts/2[^"]+)"', page)[1]
    assert signed_in(committed_cast.chen, "chen").get(f"{address}/pdf").status_code == 404


def test_every_character_that_is_let_through_can_be_shown(settings):
    """Else the typesetter refuses the whole document."""
    from datetime import UTC, datetime

    from kvitto.doors.member_web import pdf as making

    every = "".join(chr(code) for each in making.SHOWN for code in each)
    shown = making._typeset([], title="t", author="a", cover=[every], sums=(), now=datetime.now(UTC))
    assert shown.startswith(b"%PDF")
    assert making._showable("a🥧\x07\u202eå") == "a\ufffd\ufffd\ufffdå"
