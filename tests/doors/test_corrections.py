"""What a member reads of returns, receipts that were taken back and corrected ones; and of purchases without the card."""

import re

import pytest

from kvitto.intake.actions import take_in
from kvitto.intake.models import Claim
from kvitto.intake.reference import Reference
from kvitto.intake.types import Form
from kvitto.kernel.db import opened
from tests.cast import MILK, NOW, TILL, line, raw, receipt, take
from tests.doors.reading import signed_in, text_of

SPACE = "\N{NO-BREAK SPACE}"
NAMED = {each: receipt()[each] for each in ("store", "business_day", "workstation", "sequence")}
BACK = receipt(
    [line(code=MILK, type="return", quantity="-1", amount="-2.15")],
    store="201",
    business_day="2026-11-21",
    end_time="2026-11-21T10:12:00+02:00",
    type="return",
    origins=[NAMED],
)
SALE = receipt(drop=["workstation", "sequence", "channel"])
VOID = {
    "type": "post_void", "store": "101", "business_day": "2026-11-20", "workstation": "1", "sequence": 4800,
    "end_time": "2026-11-20T18:00:00+02:00", "voids": {"business_day": "2026-11-20", "workstation": "1", "sequence": 4711},
}  # fmt: skip

pytestmark = pytest.mark.usefixtures("casts_day")


@pytest.fixture
def aino(committed_cast):
    return signed_in(committed_cast.aino)


def addresses(client):
    """Store to the address of its receipt's page."""
    listed = re.findall(r'href="(/receipts/2[^"]+)"><b>([^<]+)', client.get("/receipts").content.decode())
    return {store: address for address, store in listed}


def test_a_return_shows_on_both_receipts_and_each_leads_to_the_other(aino):
    take(BACK)
    back = addresses(aino)["Drugstore Square"]
    assert "Belongs to A receipt that is not among yours, or has not come in yet." in text_of(aino.get(back))

    take(receipt())
    sale = addresses(aino)["Grocer Harbour"]
    shown = aino.get(sale)
    assert f"Returned 21.11.2026, Drugstore Square, −2,15{SPACE}€" in text_of(shown)
    assert f'href="{back}"' in shown.content.decode()
    shown = aino.get(back)
    assert f"Belongs to the receipt from Grocer Harbour, 20.11.2026, 2,15{SPACE}€" in text_of(shown)
    assert f'href="{sale}"' in shown.content.decode()

    exported = {each["id"]: each for each in aino.get("/account/export/receipts.json").json()["receipts"]}
    ids = [address.removeprefix("/receipts/") for address in (sale, back)]
    assert (exported[ids[0]]["returned_on"], exported[ids[1]]["returns_of"]) == ([ids[1]], [ids[0]])


def test_a_return_that_names_nothing_says_so(aino):
    take({key: value for key, value in BACK.items() if key != "origins"})
    assert "The till has not said which receipt the goods were on." in text_of(
        aino.get(addresses(aino)["Drugstore Square"])
    )


def test_a_voided_receipt_says_so_on_its_page_in_the_list_and_in_files_and_counts_nowhere(aino):
    take(receipt(), receipt([line(code=MILK, amount="4.00")], sequence=2), VOID)
    assert "Fri 20.11.2026 Voided" in text_of(aino.get("/receipts"))
    address = next(
        address
        for address in re.findall(r'href="(/receipts/2[^"]+)"', aino.get("/receipts").content.decode())
        if "Voided: the till took this receipt back on 20.11.2026 at 18:00." in text_of(aino.get(address))
    )
    assert "Counts for Bonus nothing: the till took it back" in text_of(aino.get(address))
    assert "MILK ORGANIC 1.5L" in text_of(aino.get(address))
    shown = text_of(aino.get("/purchases"))
    assert f"4,00{SPACE}€ 1 receipt" in shown
    assert aino.get(f"{address}/pdf").status_code == 200
    assert [each["voided_at"] for each in aino.get("/account/export/receipts.json").json()["receipts"]].count(None) == 1
    assert ";2026-11-20 18:00\r\n" in aino.get("/account/export/receipts.csv").content.decode()


def test_a_corrected_receipt_says_what_it_came_to_before(aino):
    for version, amount in ((1, "2.15"), (2, "3.00")):
        with opened():
            batch = [each._replace(version=version) for each in raw(receipt([line(code=MILK, amount=amount)]))]
            take_in(batch=batch, by=TILL, now=NOW, reference=Reference())

    shown = text_of(aino.get(addresses(aino)["Grocer Harbour"]))
    assert f"Corrected by the till on 22.11.2026; before, it came to 2,15{SPACE}€" in shown


def test_a_web_orders_deliveries_and_refunds_lead_to_each_other(aino):
    ordered = {"order": "W-17", "ordered_at": "2026-11-19T20:00:00+02:00"}
    parts = [SALE | {"part": 1}, {name: BACK[name] for name in SALE if name != "store"} | {"part": 2, "store": "101"}]
    with opened():
        batch = [each._replace(form=Form.ORDER) for each in raw(*(each | ordered for each in parts))]
        take_in(batch=batch, by=TILL, now=NOW, reference=Reference())

    listed = re.findall(r'href="(/receipts/2[^"]+)"', aino.get("/receipts").content.decode())
    back, sale = (text_of(aino.get(address)) for address in listed)
    assert "Order W-17 · part 1" in sale
    assert f"Refunded from the order 21.11.2026, Grocer Harbour, −2,15{SPACE}€" in sale
    assert f"Belongs to the receipt from Grocer Harbour, 20.11.2026, 2,15{SPACE}€" in back


# Bought without the card

FORM = {"business_day": "2026-11-20", "total": "2,15", "workstation": "1", "sequence": "4711", "code": ""}


def store_of(client, text="harbour oulu"):
    found = re.findall(r'href="\?store=(\d+)"', client.get("/receipts/claim", {"find": text}).content.decode())
    assert len(found) == 1
    return found[0]


def test_a_member_claims_a_receipt_and_it_comes(aino):
    store = store_of(aino)
    shown = text_of(aino.get("/receipts/claim", {"store": store}))
    assert "Grocer Harbour, Oulu" in shown

    answer = aino.post("/receipts/claim/new", FORM | {"store": store}, follow=True)
    assert (
        f"Waited for Grocer Harbour 2,15{SPACE}€ Fri 20.11.2026 · Till 1 · receipt 4711 · until 22.12.2026"
        in text_of(answer)
    )
    assert "2,15" not in text_of(aino.get("/purchases"))
    take(receipt(drop=["card"]))
    assert "Waited for Nothing." in text_of(aino.get("/receipts/claim"))
    assert "Grocer Harbour" in addresses(aino)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"total": "plenty"}, "That is not an amount"),
        ({"sequence": ""}, "Write the till and the number of the receipt, or its code."),
        ({"business_day": "2026-11-23"}, "A day is expected that is not to come"),
        ({"sequence": "1"}, "This receipt is among yours already."),
    ],
)
def test_what_makes_no_claim_is_said_beside_what_was_written(aino, fields, sentence):
    take(receipt(sequence=1))
    shown = aino.post("/receipts/claim/new", FORM | {"store": store_of(aino)} | fields)

    assert sentence in text_of(shown)
    assert 'value="1"' in shown.content.decode()
    assert not Claim.objects.exists()


def test_a_claim_is_taken_back_on_the_page_and_nobody_elses(aino, committed_cast):
    aino.post("/receipts/claim/new", FORM | {"store": store_of(aino)})
    number = str(Claim.objects.get().pk)
    bjorn = signed_in(committed_cast.bjorn, "bjorn")
    assert bjorn.post("/receipts/claim/end", {"id": number}).status_code == 404
    assert "4711" not in text_of(bjorn.get("/receipts/claim"))

    aino.post("/receipts/claim/end", {"id": number})
    assert not Claim.objects.exists()
