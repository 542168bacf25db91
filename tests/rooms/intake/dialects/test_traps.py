"""What real dialects disagree on, each in a file of our own; the samples that show it are tried in test_samples."""

import json

import pytest

from kvitto.assortment.rules import identify
from kvitto.assortment.types import CodeKind
from kvitto.intake.dialects import profiles
from kvitto.intake.dialects.types import Other
from kvitto.intake.forms import decode_header
from kvitto.intake.types import Raw, Reason
from tests.poslog import NAMESPACE, poslog, read, receipt, receipts, refusal, retail, sale, tender, transaction

NCR = (
    'xmlns="http://www.nrf-arts.org/IXRetail/namespace/" xmlns:acs="http://www.ncr.com/rsd/acs/tlog/markup/poslog/2.1"'
)


def only_line(content, profile="poslog"):
    (line,) = receipt(content, profile).lines
    return line


# 1. returns


@pytest.mark.parametrize(
    "line",
    [
        sale("5.55", "1", kind="Return"),  # an element of its own, positive
        sale("5.55", "-1.0000"),  # the quantity is negative, the amount is not
        sale("-5.55", "-1"),  # both are
    ],
    ids=["element", "quantity", "both"],
)
@pytest.mark.parametrize("total", ["5.55", "-5.55"])
def test_a_return_is_negative_however_a_till_writes_it(line, total):
    content = poslog(transaction(line, total=total).replace(tender(total), tender("5.55", code="Refund")))

    found = receipt(content)

    assert (found.type, found.total) == ("return", "-5.55")
    assert [(each.type, each.quantity, each.amount) for each in found.lines] == [("return", "-1", "-5.55")]
    assert [(each.type, each.amount) for each in found.tenders] == [("card", "-5.55")]


def test_goods_exchanged_are_a_sale_with_a_returned_line():
    content = poslog(transaction(sale("10.00"), sale("4.00", kind="Return", number=2), total="6.00"))

    found = receipt(content)

    assert (found.type, found.total) == ("sale", "6.00")
    assert [each.type for each in found.lines] == ["item", "return"]


# 2. cancelled lines


def test_a_cancelled_line_with_the_opposite_sign_takes_the_first_with_it():
    void = sale("-2.15", "-1", number=2, line=' VoidFlag="true"')
    content = poslog(transaction(sale(), void, sale("3.00", number=3, code="2"), total="3.00"), spaces=NCR)

    assert only_line(content, "ncr-acs").amount == "3.00"


def test_a_cancelled_line_with_the_same_sign_and_a_link_takes_the_first_with_it():
    void = sale(number=2, line=' VoidFlag="true"', inside="<ItemLink>1</ItemLink>")
    content = poslog(transaction(sale(), void, sale("3.00", number=3), total="3.00"))

    assert only_line(content, "wincor").amount == "3.00"


def test_a_cancelled_line_that_stands_alone_counts_for_nothing():
    content = poslog(transaction(sale(line=' CancelFlag="true"'), sale("3.00", number=2), total="3.00"))

    assert only_line(content).amount == "3.00"


def test_a_hole_in_the_numbers_of_lines_is_no_mistake():
    content = poslog(transaction(sale(number=1), sale(number=7), total="4.30"))

    assert len(receipt(content).lines) == 2


@pytest.mark.parametrize("profile", ["ncr-acs", "wincor"])
def test_a_cancelled_line_without_the_line_it_cancels_is_refused(profile):
    content = poslog(transaction(sale(), sale("9.00", number=2, line=' VoidFlag="true"'), total="2.15"))

    refused = refusal(content, profile)

    assert (refused.reason, refused.field) == (Reason.NOT_VALID, "line 2")


# 3. deposits


def test_a_deposit_inside_the_amount_of_the_goods_is_no_part_of_them():
    deposit = sale("0.40", number=2, text="DEPOSIT", rate="", inside="<ItemLink>1</ItemLink>", ItemType="Deposit")
    content = poslog(transaction(sale("1.99"), deposit, total="1.99"), root="DigitalReceipt")
    content = content.replace(
        b"<CurrencyCode>", b"<ReceiptDateTime>2026-11-20T17:03:11</ReceiptDateTime><CurrencyCode>"
    )

    lines = receipt(content, "digital-receipt-se").lines

    assert [(each.type, each.amount, each.vat) for each in lines] == [
        ("item", "1.59", "13.5"),
        ("deposit", "0.40", "13.5"),
    ]


def test_a_deposit_that_is_added_is_a_line_beside_the_goods():
    items = json.loads(retail())["items"] + [
        {"type": "deposit", "amount": 0.4, "quantity": 1, "sequence_number": 2, "item_link": 1}
    ]
    content = retail(items=items, payments=[{"tender": {"type": "cash"}, "amount": 2.55}])

    lines = receipt(content, "retail-json").lines

    assert [(each.type, each.amount, each.vat) for each in lines] == [
        ("item", "2.15", "13.5"),
        ("deposit", "0.40", "13.5"),
    ]


def test_bottles_brought_back_are_a_returned_deposit():
    back = sale("0.80", "2", number=2, rate="13.5", ItemType="DepositRefund")
    content = poslog(transaction(sale("1.99"), back, total="1.19"))

    assert [(each.type, each.quantity, each.amount) for each in receipt(content).lines][1] == (
        "deposit_return", "-2", "-0.80",
    )  # fmt: skip


# 4. discounts


def reward(amount, reference, flags='acs:detailedData="true"', category="Monetary"):
    return (
        f"<LineItem><LoyaltyReward {flags}><acs:RewardCategory>{category}</acs:RewardCategory>"
        f"<acs:ExtendedRewardAmount>{amount}</acs:ExtendedRewardAmount>"
        f"<acs:OperatorSequenceReference>{reference}</acs:OperatorSequenceReference></LoyaltyReward></LineItem>"
    )


def test_rewards_beside_the_lines_are_taken_off_those_they_name_and_once():
    lines = [
        sale("3.00", inside="<acs:OperatorSequence>2</acs:OperatorSequence>"),
        sale("5.00", number=2, inside="<acs:OperatorSequence>4</acs:OperatorSequence>"),
        reward("-0.50", 4),
        reward("-0.50", 0, flags='acs:summarizedActivity="true"'),  # the same again, summed up
        reward("7", 2, category="CustomOffer"),  # points
    ]
    content = poslog(transaction(*lines, total="7.50"), spaces=NCR)

    found = receipt(content, "ncr-acs")

    assert [(each.amount, each.discount) for each in found.lines] == [("3.00", None), ("4.50", "0.50")]


def test_a_discount_of_the_receipt_is_spread_over_the_goods_it_names_and_no_deposits():
    items = [
        {"type": "sale", "sequence_number": n, "description": "SODA", "quantity": {"value": 1}, "extended_amount": price,
         "tax_percentage": rate}
        for n, price, rate in ((1, 20, 13.5), (2, 10, 25.5), (3, 30, 13.5))
    ]  # fmt: skip
    items.append({"type": "deposit", "sequence_number": 4, "amount": 2, "quantity": 1, "item_link": 1})
    content = retail(
        items=items,
        retail_price_modifiers=[{"action": "subtract", "amount": 10, "item_links": [1, 2]}],
        payments=[
            {"tender": {"type": "cash"}, "amount": 60},
            {"tender": {"type": "cash"}, "amount": 8, "refund": True},
        ],
    )

    found = receipt(content, "retail-json")

    assert [each.amount for each in found.lines] == ["13.33", "6.67", "30.00", "2.00"]
    assert [each.amount for each in found.tenders] == ["60.00", "-8.00"]


def test_a_discount_that_is_in_the_amounts_already_is_shown_and_not_taken_off_again():
    line = sale("5.00", inside="<RetailPriceModifier><Amount>1.90</Amount></RetailPriceModifier>")
    again = "<LineItem><Discount><Amount>1.90</Amount></Discount></LineItem>"

    line = only_line(poslog(transaction(line, again, total="5.00")))

    assert (line.amount, line.discount) == ("5.00", "1.90")


def test_more_taken_off_than_the_goods_cost_is_refused_at_the_discount():
    content = retail(retail_price_modifiers=[{"amount": 3}])

    refused = refusal(content, "retail-json")

    assert (refused.reason, refused.field) == (Reason.SUMS, "retail_price_modifiers[!action=add][1]")


# 5. totals


def test_a_cent_a_rate_is_forgiven_and_the_stated_total_is_kept():
    found = receipt(poslog(transaction(sale("2.330"), sale("0.440", number=2), total="2.780")), "ncr-acs")

    assert (found.total, found.rounding) == ("2.78", None)


def test_more_than_that_is_refused():
    refused = refusal(poslog(transaction(sale("2.330"), sale("0.440", number=2), total="2.80")), "ncr-acs")

    assert (refused.reason, refused.field) == (Reason.SUMS, "$.total")


def test_cash_is_rounded_as_far_as_the_profile_says():
    found = receipt(poslog(transaction(sale("2.17"), total="2.15")))

    assert (found.total, found.rounding) == ("2.17", "-0.02")
    assert refusal(poslog(transaction(sale("2.18"), total="2.15"))).reason is Reason.SUMS


# 6. decimals

COMMA = profiles.parse(b'base = "poslog"\nabout = "with commas"\ndecimal = ","', "comma")


@pytest.mark.parametrize(
    ("written", "read_as"),
    [("2.990", "2.99"), ("12.82000", "12.82"), ("104.16", "104.16"), ("7", "7.00"), ("1.", "1.00")],
)
def test_decimals_that_are_zeros_may_be_there(written, read_as):
    assert receipt(poslog(transaction(sale(written), total=written))).total == read_as


def test_a_comma_is_a_point_where_the_profile_says_so():
    content = poslog(transaction(sale("28,40", "0,452", rate="13,5"), total="28,40"))

    line = only_line(content, COMMA)

    assert (line.amount, line.quantity, line.vat) == ("28.40", "0.452", "13.5")


@pytest.mark.parametrize(
    "written", ["28,40", "12.345", "1e2", "NaN", "1_0.00", "１.00", "1 000.00", "0x1", "--1", "1.0.0"]
)
def test_anything_else_is_refused_with_its_place(written):
    refused = refusal(poslog(transaction(sale("1.00"), sale(written, number=2), total="1.00")))

    assert refused.reason is Reason.NOT_VALID
    assert refused.field == "RetailTransaction/LineItem[2]/ExtendedAmount"
    assert written not in refused.told


def test_a_point_is_no_comma():
    assert refusal(poslog(transaction(sale("1.00"), total="1,00")), COMMA).reason is Reason.NOT_VALID


# 7. item ids


def test_an_in_store_number_filled_up_to_look_like_a_gtin_is_the_chains_own():
    line = only_line(poslog(transaction(sale(code="00000000067591")), spaces=NCR), "ncr-acs")

    assert line.code == "67591"
    assert identify(line.code, chain="grocer", country="FI").kind is CodeKind.IN_STORE_PLU


def test_a_real_number_keeps_its_zeros_away_from_that_rule():
    line = only_line(poslog(transaction(sale(code="06408430000135")), spaces=NCR), "ncr-acs")

    assert identify(line.code, chain="grocer", country="FI").kind is CodeKind.GTIN


def test_a_number_that_only_says_it_is_a_gtin_is_none():
    line = only_line(poslog(transaction(sale(code="4061"))))

    assert identify(line.code, chain="grocer", country="FI").kind is CodeKind.IN_STORE_PLU


# 8. times


def test_a_receipt_after_midnight_stays_on_its_business_day():
    found = receipt(poslog(transaction(day="2026-11-20", time="2026-11-21T02:01:31")))

    assert found.business_day.isoformat() == "2026-11-20"
    assert found.end_time.isoformat() == "2026-11-21T02:01:31+02:00"  # the store's zone: none was written


def test_each_time_keeps_the_offset_it_has():
    head = "<BeginDateTime>2026-11-20T15:02:40Z</BeginDateTime>"

    found = receipt(poslog(transaction(head=head)))

    assert found.begin_time.isoformat() == "2026-11-20T15:02:40+00:00"
    assert found.end_time.isoformat() == "2026-11-20T17:03:11+02:00"


def test_the_day_of_the_time_stands_in_for_the_business_day():
    content = poslog(transaction(time="2026-07-20T23:59:00")).replace(
        b"<BusinessDayDate>2026-11-20</BusinessDayDate>", b""
    )

    found = receipt(content)

    assert (found.business_day.isoformat(), found.end_time.isoformat()[-6:]) == ("2026-07-20", "+03:00")


@pytest.mark.parametrize("time", ["2026-11-20", "20261120", "yesterday", "2026-11-20T25:00:00"])
def test_a_time_that_is_none_is_refused_with_its_place(time):
    assert refusal(poslog(transaction(time=time))).field == "EndDateTime"


# 9. sequences


def test_what_is_no_sale_is_named_and_counted_for_the_sequence():
    control = transaction().replace("RetailTransaction", "ControlTransaction")
    content = poslog(
        transaction(number=111, marks=' SuspendFlag="true"'),
        transaction(number=113, marks=' TrainingModeFlag="true"'),
        control.replace("4711", "114"),
        transaction(number=115, marks=' CancelFlag="true"'),
        transaction(
            number=116,
            body="<TransactionLink ReasonCode='Resume'><SequenceNumber>111</SequenceNumber></TransactionLink>",
        ),
    )

    found = read(content)

    others = [(each.kind, decode_header(Raw(1, each.header)).sequence) for each in found if isinstance(each, Other)]
    assert others == [("suspended", 111), ("training", 113), ("other", 114), ("cancelled", 115)]
    assert [each.sequence for each in receipts(content)] == [116]


@pytest.mark.parametrize("number", ["12a", "-3", "1.0", "٣"])
def test_a_sequence_number_is_a_whole_number(number):
    assert refusal(poslog(transaction(number=number))).field == "SequenceNumber"


# 10. what stands twice, and what stands about


def test_of_two_quantities_the_weight_is_taken():
    line = sale(
        "1.81",
        "",
        inside='<Quantity UnitOfMeasureCode="EA">1</Quantity><Quantity UnitOfMeasureCode="Kg">0.612</Quantity>',
    )

    found = only_line(poslog(transaction(line, total="1.81")))

    assert (found.quantity, found.unit) == ("0.612", "kg")


def test_of_two_business_units_the_first_is_the_store():
    units = "<BusinessUnit><UnitID>101</UnitID></BusinessUnit><BusinessUnit><UnitID>FI</UnitID></BusinessUnit>"
    content = poslog(transaction(head=units)).replace(b"<RetailStoreID>101</RetailStoreID>", b"")

    assert receipt(content).store == "101"


def test_a_currency_of_a_discount_of_nothing_and_a_version_say_nothing():
    line = sale(inside='<ExtendedDiscountAmount Currency="XXX">0.00</ExtendedDiscountAmount>')
    content = poslog(transaction(line)).replace(b"<RetailTransaction>", b'<RetailTransaction Version="2.2">')

    found = receipt(content)

    assert (found.currency, found.lines[0].discount) == ("EUR", None)


@pytest.mark.parametrize("prefix", ["", "poslog:", "nam:"])
def test_prefixes_and_the_order_of_elements_say_nothing(prefix):
    spaces = f'xmlns{":" if prefix else ""}{prefix[:-1]}="http://www.nrf-arts.org/IXRetail/v6.0.0/poslog"'
    whole = poslog(transaction(), spaces=spaces).decode()
    day = "<BusinessDayDate>2026-11-20</BusinessDayDate>"
    whole = whole.replace(day, "").replace("</Transaction>", f"{day}</Transaction>")
    prefixed = whole.replace("</", "\0").replace("<", f"<{prefix}").replace("\0", f"</{prefix}")

    assert receipt(prefixed.encode()).total == "2.15"


# 11. thin receipts


def test_a_receipt_of_which_only_the_total_is_structured_is_one_line():
    bare = (
        "<LineItem><Sale><POSIdentity><POSItemID>7263</POSItemID></POSIdentity><Quantity>1</Quantity></Sale></LineItem>"
    )
    head = "<ReceiptDateTime>2026-11-20T17:03:11</ReceiptDateTime>"
    content = poslog(transaction(bare, bare, total="35.00", head=head), root="DigitalReceipt")

    line = only_line(content, "digital-receipt-se")
    free = refusal(
        content.replace(b"<Quantity>", b"<ExtendedAmount>0.00</ExtendedAmount><Quantity>"), "digital-receipt-se"
    )

    assert (line.amount, line.code) == ("35.00", None)
    assert (free.reason, free.field) == (Reason.SUMS, "$.total")
    assert refusal(poslog(transaction(bare, total="35.00"))).field == "RetailTransaction/LineItem[1]/ExtendedAmount"


# the key, loyalty, tax


@pytest.mark.parametrize("part", ["RetailStoreID", "WorkstationID", "SequenceNumber", "EndDateTime", "CurrencyCode"])
def test_a_part_of_the_key_that_is_missing_is_named(part):
    content = poslog(transaction())
    start, end = content.index(f"<{part}>".encode()), content.index(f"</{part}>".encode())

    refused = refusal(content[:start] + content[end + len(part) + 3 :])

    assert (refused.reason, refused.field) == (Reason.NOT_VALID, part)


def test_a_card_number_filled_up_with_zeros_is_the_cards():
    loyalty = "<LineItem><acs:LoyaltyMembership><acs:LoyaltyID>{}</acs:LoyaltyID></acs:LoyaltyMembership></LineItem>"

    found = receipt(poslog(transaction(sale(), loyalty.format("0000000000009246000000017")), spaces=NCR), "ncr-acs")
    refused = refusal(poslog(transaction(sale(), loyalty.format("0000000007009246000000017")), spaces=NCR), "ncr-acs")

    assert found.card == "9246000000017"
    assert refused.field == "RetailTransaction/LineItem/LoyaltyMembership/LoyaltyID"


def test_a_stated_tax_that_is_far_from_its_rate_is_refused():
    tax = "<LineItem><Tax><Amount>{}</Amount><Percent>13.50</Percent></Tax></LineItem>"

    assert receipt(poslog(transaction(sale(), tax.format("0.26")))).vat[0].tax == "0.26"
    assert refusal(poslog(transaction(sale(), tax.format("0.50")))).field == "$.vat[0].tax"


def test_a_line_keeps_the_rate_that_is_printed_on_it():
    content = poslog(transaction(sale(rate="14.00"), sale("1.00", rate="25.", number=2), total="3.15"))

    found = receipt(content)

    assert [each.vat for each in found.lines] == ["14", "25"]
    assert [(each.rate, each.gross) for each in found.vat] == [("14", "2.15"), ("25", "1.00")]


def test_the_till_says_what_earns_bonus():
    items = [
        dict(json.loads(retail())["items"][0], eligible_for_frequent_shopper_points=earns) for earns in (True, False)
    ]
    content = retail(items=items, payments=[{"tender": {"type": "mobile"}, "amount": 4.30}])

    assert [each.bonus for each in receipt(content, "retail-json").lines] == [True, False]


# guarantees


WARRANTY = '<se:Reminder TypeCode="Warranty"><se:Description>{}</se:Description><se:ReminderDate>{}</se:ReminderDate></se:Reminder>'
SWEDISH = f'{NAMESPACE} xmlns:se="http://www.sweretailstandard.se/schemas/namespace/se"'


def swedish(inside):
    content = poslog(transaction(sale(inside=inside)), root="DigitalReceipt", spaces=SWEDISH)
    return content.replace(b"<EndDateTime>", b"<ReceiptDateTime>").replace(b"</EndDateTime>", b"</ReceiptDateTime>")


def test_a_reminder_of_a_warranty_is_a_guarantee_and_one_of_an_insurance_is_none():
    insurance = WARRANTY.replace("Warranty", "Insurance").format("insured", "2030-01-01T00:00:00")
    inside = f"<SerialNumber>W7-0042</SerialNumber>{insurance}" + "".join(
        WARRANTY.format(*each)
        for each in (("the store's", "2028-11-20T23:59:59"), ("the maker's, 010101-123N", "2031-11-20T00:00:00"))
    )
    line = only_line(swedish(inside), "digital-receipt-se")

    assert line.serial == "W7-0042"
    assert [(each.until.isoformat(), each.terms) for each in line.guarantees] == [
        ("2028-11-20", "the store's"),
        ("2031-11-20", "the maker's, ***"),
    ]


@pytest.mark.parametrize("when", ["soon", "2028-13-01", ""])
def test_a_guarantee_without_a_day_is_refused(when):
    refused = refusal(swedish(WARRANTY.format("the store's", when)), "digital-receipt-se")

    assert refused.reason is Reason.NOT_VALID
