"""Files that nobody here wrote, read where they lie beside the checkout: each under the profile that knows it."""

from datetime import timedelta

import pytest

from kvitto.intake.dialects import profiles, reading
from kvitto.intake.formats import decode
from kvitto.intake.types import Reason, State
from kvitto.kernel.actor import OPERATOR
from kvitto.stores import actions as stores
from kvitto.stores import network
from tests.architecture.source import ROOT
from tests.cast import NOW, TILL
from tests.poslog import read, receipt, refusal

SAMPLES = ROOT.parent / "shared" / "samples"
pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason=f"NOT TRIED: the samples of other makers' receipts are not at {SAMPLES}"
)

RECONCILE = {
    "digital-receipt-se/swe-standard-dr-return.xml": ("digital-receipt-se", "-49.00"),
    "digital-receipt-se/swe-standard-dr-sale-min-with-image-attachment.xml": ("digital-receipt-se", "35.00"),
    "digital-receipt-se/swe-standard-dr-sample-1.xml": ("digital-receipt-se", "508.10"),
    "digital-receipt-se/swe-standard-dr-sample-2.xml": ("digital-receipt-se", "704.47"),
    "kivra-json/min-return-receipt-cash-payment.json": ("retail-json", "-350.00"),
    "kivra-json/min-sale-receipt-cash-payment-deposit.json": ("retail-json", "22.00"),
    "kivra-json/min-sale-receipt-cash-payment-rpm.json": ("retail-json", "46.00"),
    "kivra-json/min-sale-receipt-cash-payment.json": ("retail-json", "350.00"),
    "kivra-json/min-sale-receipt-foreign-currency-payment.json": ("retail-json", "315.00"),
    "kivra-json/sale-receipt-card-payment.json": ("retail-json", "488.00"),
    "kivra-json/sale-receipt-tender-type-other-with-barcode.json": ("retail-json", "488.00"),
    "poslog/ncr-acs-2.1.xml": ("ncr-acs", "1.07"),
    "poslog/wincor-2.2-void-line.xml": ("wincor", "0.00"),
}
CONTRADICT_THEMSELVES = {  # their lines make 583.50, their tax summaries 558.50, and no rule leads from one to the other
    "digital-receipt-se/swe-standard-dr-sale.xml": ("digital-receipt-se", "$.vat[0].tax"),
    "kivra-json/sale-voucher-payment.json": ("retail-json", "$.total"),
}
BROKEN = {  # commas before a closing bracket
    "ica-loyalty": (116, 7),
    "ica-loyalty_ps_kv": (116, 7),
    "min-return-receipt-cash-payment-sha": (88, 6),
    "min-sale-receipt-coupon-payment": (77, 6),
    "min-sale-receipt-entry-method": (91, 5),
    "min-sale-receipt-swish-payment-array": (92, 5),
    "min-sale-receipt-swish-payment-map": (92, 5),
    "sale-receipt-mixed-payment-giftcard-cash": (78, 7),
    "sj-debit-card-payment": (74, 5),
    "sj-debit-prio-payment": (50, 5),
}
# the shops of the samples, as an operator would name them: their ids are longer than our codes, their tills have spaces
CODED = b"""
base = "retail-json"
about = "retail JSON of the samples' shops"
[key.store_codes]
15594097555922f97bfeb148d6b9a6ef76f76ebdce = "kivra"
15594097552e6dfbe7ca6d4679acd8120c3344cc8c = "sample"
[key.workstation_codes]
"Kassa 1" = "1"
"""
NETWORK = b"""
profile = "default"
time_zone = "Europe/Stockholm"
[company.north]
name = "Northern Co-op"
business_id = "1234567-1"
kind = "co-op"
[chain.grocer]
name = "Grocer"
[store]
9 = { name = "NCR", town = "A", company = "north", chain = "grocer", tills = ["34"], zone = "America/New_York" }
502 = { name = "Wincor", town = "A", company = "north", chain = "grocer", tills = ["2"], zone = "Asia/Dubai" }
MY-ST = { name = "Superstore", town = "A", company = "north", chain = "grocer", tills = ["10"] }
RS-0221 = { name = "Superstore", town = "A", company = "north", chain = "grocer", tills = ["65252"] }
276992 = { name = "Supermarket", town = "A", company = "north", chain = "grocer", tills = ["2"] }
24100 = { name = "Kiosk", town = "A", company = "north", chain = "grocer", tills = ["1"] }
kivra = { name = "Kivra", town = "A", company = "north", chain = "grocer", tills = ["EA38329"] }
sample = { name = "Sample", town = "A", company = "north", chain = "grocer", tills = ["1"] }
"""


def content(name):
    return (SAMPLES / name).read_bytes()


def profile(name):
    return profiles.parse(CODED, "shops") if name == "retail-json" else profiles.named(name)


def test_every_sample_is_accounted_for():
    there = {
        str(each.relative_to(SAMPLES)) for form in ("xml", "json") for each in SAMPLES.glob(f"*/*.{form}")
    }  # the invoice is a form the archive gives out, and no receipt of a till
    said = {*RECONCILE, *CONTRADICT_THEMSELVES, *(f"kivra-json/{name}.json" for name in BROKEN)}

    assert there == said | {"finvoice/finvoice_eKuitti.xml"}


@pytest.mark.parametrize("name", [*RECONCILE, *CONTRADICT_THEMSELVES])
def test_a_sample_is_recognised(name):
    assert reading.recognised(content(name)).name == (RECONCILE | CONTRADICT_THEMSELVES)[name][0]


@pytest.mark.parametrize("name", RECONCILE)
def test_the_lines_of_a_sample_make_its_total(name):
    rules, total = RECONCILE[name]

    assert receipt_of(name, rules).total == total


def receipt_of(name, rules):
    raws = [each for each in read(content(name), profile(rules)) if hasattr(each, "body")]
    assert len(raws) == 1
    return receipt(content(name), profile(rules))


@pytest.mark.parametrize("name", CONTRADICT_THEMSELVES)
def test_a_sample_that_contradicts_itself_is_refused_with_the_place(name):
    rules, place = CONTRADICT_THEMSELVES[name]

    refused = refusal(content(name), profile(rules))

    assert (refused.reason, refused.field) == (Reason.SUMS, place)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_sample_is_refused_with_line_and_column(name):
    refused = refusal(content(f"kivra-json/{name}.json"), "retail-json")

    assert refused.reason is Reason.NOT_JSON
    assert refused.message.startswith("line {}, column {}: ".format(*BROKEN[name]))


@pytest.mark.parametrize("name", RECONCILE)
def test_a_sample_goes_through_the_pipeline(db, name):
    from kvitto.intake.actions import take_in
    from kvitto.intake.reference import Reference
    from kvitto.kernel.db import opened

    with opened():
        stores.load_network(network=network.parse(NETWORK), by=OPERATOR, now=NOW)
    raws = [each for each in read(content(name), profile(RECONCILE[name][0])) if hasattr(each, "body")]
    soon = decode(raws[0])[0].end_time + timedelta(days=1)

    with opened():
        result = take_in(batch=raws, by=TILL, now=soon, reference=Reference())

    assert result.refused == []
    assert result.states == [State.NO_MEMBER]


def test_what_the_swedish_samples_hold_of_people_is_left_behind():
    """National identity numbers, cashiers, phone numbers, masked cards, authorisation codes, attachments."""
    for name in RECONCILE | CONTRADICT_THEMSELVES:
        if name.startswith("digital-receipt-se"):
            (raw,) = read(content(name), "digital-receipt-se")
            for secret in (b"1111111111", b"2210228884", b"Lennart", b"Sara", b"Olle", b"Justine", b"someone@",
                           b"795482986316", b"4044", b"0979", b"KioqKi", b"B216ADDE", b"QzpcX"):  # fmt: skip
                assert secret not in raw.body
