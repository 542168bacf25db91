"""`inspect` says what a file is: the dialect, the rule of its totals, what it lacks; also of one that nobody knows."""

import json

import pytest

from kvitto.intake.dialects.inspection import inspect
from tests.cast import receipt
from tests.poslog import poslog, retail, sale, tender, transaction

SECRET = "4111111111111111"


def look(content):
    return inspect(content[:8192], lambda: iter([content]))


def test_a_known_dialect_is_told_with_its_rule_and_what_it_lacks():
    found = look(poslog(transaction(), transaction(number=2, marks=' TrainingModeFlag="true"')))

    assert found.valid
    assert found.sentences == [
        "ARTS POSLog 2.x and 6.x, read as poslog: 1 receipt, 1 transaction that is no sale (training 1).",
        "Lines and total agree in 1 of 1: ExtendedAmount against RetailTransaction/Total[@TotalType=TransactionGrandAmount].",
        "Missing: begin time in 1 of 1 (the end stands in), member card in 1 of 1 (nothing is recorded of these receipts).",
    ]


def test_receipts_that_do_not_agree_are_counted_and_named_and_what_would_agree_is_shown():
    """Discounts of a vendor's own that stand beside the lines, which no profile knows."""
    bonus = "<LineItem><MemberPrice><MinusAmount>0.15</MinusAmount></MemberPrice></LineItem>"
    found = look(
        poslog(*(transaction(sale(), sale("3.00", number=2), bonus, total="5.00", number=n) for n in range(3)))
    )

    assert found.reconciles.startswith("Lines and total agree in 0 of 3")
    assert found.details["problems"][0] == "transaction 1: $.total: the lines differ from the total by 15 cents"
    assert (
        "RetailTransaction/LineItem/Sale/ExtendedAmount - RetailTransaction/LineItem/MemberPrice/MinusAmount"
        " = RetailTransaction/Total[@TotalType=TransactionGrandAmount]"
    ) in found.details["rules"]


def test_codes_that_are_too_long_for_us_do_not_hide_whether_sums_agree():
    found = look(retail(business_unit={"service_id": "x" * 50}))

    assert found.reconciles.startswith("Lines and total agree in 1 of 1")
    assert "$.store" in found.details["problems"][0]


UNKNOWN = """<?xml version="1.0" encoding="iso-8859-1"?>
<kassa>
  <kuitti><myymala>101</myymala><kassanro>3</kassanro><numero>17</numero><aika>2026-11-20T17:03:11</aika>
    <rivi><nimi>MAITO</nimi><hinta>2,15</hinta></rivi><rivi><nimi>LEIP\u00c4</nimi><hinta>3,40</hinta></rivi>
    <yhteensa>5,55</yhteensa><kortti>4111111111111111</kortti></kuitti>
  <kuitti><myymala>101</myymala><kassanro>3</kassanro><numero>18</numero><aika>2026-11-20T17:05:00</aika>
    <rivi><nimi>KAHVI</nimi><hinta>8,00</hinta></rivi><rivi><nimi>ALE</nimi><hinta>-1,00</hinta></rivi>
    <yhteensa>7,00</yhteensa></kuitti>
</kassa>""".encode("iso-8859-1")


def test_of_a_dialect_that_nobody_knows_it_says_what_it_may_mean():
    found = look(UNKNOWN)

    assert found.valid
    assert found.recognised == "XML with the root kassa: no profile knows it; a transaction may be kuitti (2 of them)."
    assert found.reconciles == "rivi/hinta = yhteensa in 2 of 2."
    assert found.missing == "For a profile nothing was found that looks like: currency, tax rate, member card."
    assert found.details["places"] == {
        "store": "myymala", "till": "kassanro", "number": "numero", "business day": "aika", "time": "aika",
    }  # fmt: skip


def test_the_same_in_json():
    body = {
        "shop": "101", "register": 3, "receipt_no": 17, "time": "2026-11-20T17:03:11", "currency": "EUR",
        "rows": [{"name": "MILK", "price": 2.15}, {"name": "BREAD", "price": 3.40}], "total": 5.55,
    }  # fmt: skip

    found = look(json.dumps(body, indent=1).encode())

    assert found.reconciles == "rows/price = total in 1 of 1."
    assert found.details["places"]["till"] == "register"


def test_the_own_format_is_told_too():
    body = json.dumps(receipt()).encode()

    assert look(body + b"\n" + body).recognised == "Kvitto's own format: 2 receipts."
    broken = look(body + b'\n{"store": "101",}\n')
    assert not broken.valid
    assert "line 2, column 17" in broken.recognised


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", "line 1, column 1"),
        (b"%PDF-1.7", "line 1, column 1"),
        (b"<kassa><a></kassa>", "line 1, column 13"),
        (b'{"a": 1,\n}', "line 2, column 1"),
        (poslog(transaction())[:-10], "line 1, column "),
        (retail()[:-1] + b",}", "line 1, column "),
        (b"<!DOCTYPE a><a/>", "line 1, column 1"),
    ],
)
def test_what_is_not_valid_is_said_with_line_and_column(content, place):
    found = look(content)

    assert not found.valid
    assert place in found.sentences[0]


def test_nothing_that_stands_in_a_file_is_said():
    for content in (
        UNKNOWN,
        poslog(transaction(sale(text=f"CARD {SECRET}"), tender("0.00", inside=f"<Card>{SECRET}</Card>"))),
        poslog(transaction(sale(amount=SECRET))),
        retail(currency=SECRET),
        json.dumps({"a": SECRET, "total": SECRET}).encode(),
    ):
        found = look(content)
        assert SECRET not in json.dumps([found.sentences, found.details], default=str)
        assert "MAITO" not in json.dumps(found.details)
