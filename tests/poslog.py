"""POSLog and retail JSON written for tests, and what becomes of it under a profile."""

import json

from kvitto.intake.dialects import profiles, reading
from kvitto.intake.dialects.types import Other
from kvitto.intake.formats import decode
from kvitto.intake.rules import check_sums
from kvitto.intake.types import Refusal
from kvitto.purchases.rules import line_cents

NAMESPACE = 'xmlns="http://www.nrf-arts.org/IXRetail/namespace/"'
ZONES = {"101": "Europe/Helsinki"}


def sale(
    amount="2.15",
    quantity="1",
    *,
    number=1,
    code="6408430000135",
    text="MILK",
    rate="13.5",
    line="",
    inside="",
    kind="Sale",
    **marks,
):
    """One line of goods; `marks` are attributes of the goods, `line` of the line, `inside` more elements of the goods."""
    attributes = "".join(f' {name}="{value}"' for name, value in marks.items())
    measure = f"<Quantity>{quantity}</Quantity>" if quantity else ""
    taxed = f"<Tax><Percent>{rate}</Percent></Tax>" if rate else ""
    return (
        f"<LineItem{line}><SequenceNumber>{number}</SequenceNumber><{kind}{attributes}>"
        f'<POSIdentity POSIDType="GTIN"><POSItemID>{code}</POSItemID></POSIdentity><Description>{text}</Description>'
        f"<ExtendedAmount>{amount}</ExtendedAmount>{measure}{taxed}{inside}</{kind}></LineItem>"
    )


def tender(amount, kind="CreditDebit", code="Sale", inside=""):
    return (
        f'<LineItem><SequenceNumber>90</SequenceNumber><Tender TenderType="{kind}" TypeCode="{code}">'
        f"<Amount>{amount}</Amount>{inside}</Tender></LineItem>"
    )


def transaction(
    *lines,
    total="2.15",
    paid=None,
    number=4711,
    head="",
    body="",
    day="2026-11-20",
    time="2026-11-20T17:03:11",
    marks="",
    card="",
):
    """One transaction with its tender."""
    payments = tender(total if paid is None else paid)
    loyalty = f"<LoyaltyAccount><CustomerID>{card}</CustomerID></LoyaltyAccount>" if card else ""
    return (
        f"<Transaction{marks}><RetailStoreID>101</RetailStoreID><WorkstationID>1</WorkstationID>"
        f"<SequenceNumber>{number}</SequenceNumber><BusinessDayDate>{day}</BusinessDayDate><EndDateTime>{time}</EndDateTime>"
        f"<CurrencyCode>EUR</CurrencyCode>{head}<RetailTransaction>{''.join(lines or (sale(),))}{payments}"
        f'<Total TotalType="TransactionGrandAmount">{total}</Total>{loyalty}{body}</RetailTransaction></Transaction>'
    )


def poslog(*transactions, root="POSLog", spaces=NAMESPACE):
    return f"<{root} {spaces}>{''.join(transactions)}</{root}>".encode()


def read(content, profile="poslog", *, piece=1 << 20):
    """What a file is translated to, in order: refused and sound raws, and transactions that are no sale."""
    rules = profiles.named(profile) if isinstance(profile, str) else profile
    chunks = [content[start : start + piece] for start in range(0, len(content), piece)]
    found = [
        each for some in reading.translated(chunks, profile=rules, zones=ZONES) for each in (*some.raws, *some.others)
    ]
    return sorted(found, key=lambda each: each.position)


def receipts(content, profile="poslog"):
    """The receipts of a file; none may be refused."""
    decoded = [decode(each) for each in read(content, profile) if not isinstance(each, Other)]
    assert not [each for each in decoded if isinstance(each, Refusal)], decoded
    return [receipt for receipt, _ in decoded]


def receipt(content, profile="poslog"):
    """The only receipt of a file, whose sums agree."""
    (found,) = receipts(content, profile)
    assert check_sums(found, line_cents(found)) is None
    return found


def refusal(content, profile="poslog"):
    """Why the only receipt of a file is refused, by the dialect, the wire format or the sums."""
    (raw,) = read(content, profile)
    decoded = decode(raw)
    return decoded if isinstance(decoded, Refusal) else check_sums(decoded[0], line_cents(decoded[0]))


def retail(**fields):
    """A retail receipt in JSON."""
    body = {
        "business_unit": {"service_id": "101"},
        "sales_recording_system": {"id": "1"},
        "receipt_identifier": {"sequence_number": 7},
        "time_of_purchase": "2026-11-20T17:03:11+02:00",
        "currency": "EUR",
        "items": [
            {"type": "sale", "sequence_number": 1, "description": "MILK", "quantity": {"value": 1, "unit": "ea"},
             "extended_amount": 2.15, "tax_percentage": 13.5}
        ],
        "payments": [{"tender": {"type": "cash"}, "amount": 2.15}],
    } | fields  # fmt: skip
    return json.dumps(body).encode()
