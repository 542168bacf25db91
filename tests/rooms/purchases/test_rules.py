"""What is left of a receipt at each level, what the Bonus counts, and how long it is kept. No database."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvitto.assortment.types import Barred, BonusClass, ProductFacts
from kvitto.kernel.money import amount, cents
from kvitto.purchases.rules import (
    canonical,
    deletes_on,
    keep_from,
    less,
    level_for,
    line_cents,
    pack,
    quantity_units,
    reduce,
    unnamed,
)
from kvitto.purchases.types import (
    BonusBasis,
    GroupContent,
    GroupReceipt,
    Key,
    LevelReason,
    Paid,
    ProductContent,
    ProductReceipt,
    Receipt,
    StoredLine,
    TotalReceipt,
    level_of,
)
from kvitto.stores.types import Level
from tests.cast import BEER, MILK, line, receipt

FUEL, NEW = "7310865004703", "4006381333931"
FACTS = {
    MILK: ProductFacts(1, (10, 11, 12), BonusClass.STANDARD, ""),
    BEER: ProductFacts(2, (20,), BonusClass.NONE, ""),
    FUEL: ProductFacts(3, (30, 31), BonusClass.FUEL, ""),
    NEW: None,
}
levels = st.sampled_from(Level)
LINE_TYPES = ["item", "return", "deposit", "deposit_return", "discount"]


def decoded(lines=None, **fields):
    return msgspec.convert(receipt(lines, **fields), Receipt)


def reduced(found, level, group_depth=1, barred=None):
    key = Key(7, found.business_day, found.workstation, found.sequence, found.end_time)
    return reduce(
        found,
        key=key,
        person_id=42,
        level=level,
        reason=LevelReason.CHAIN,
        amounts=line_cents(found),
        facts=FACTS,
        group_depth=group_depth,
        barred=barred,
        counted=None,
        digest=b"digest",
    )


def basis(*lines):
    return reduced(decoded(list(lines)), Level.TOTAL).head.bonus_basis


@st.composite
def any_lines(draw):
    """Lines whose signs fit their types, of known, unknown and unnamed products."""
    made = []
    for kind in draw(st.lists(st.sampled_from(LINE_TYPES), min_size=1, max_size=12)):
        sign = "" if kind in {"item", "deposit"} else "-"
        fields = {
            "type": kind,
            "amount": f"{sign}{amount(draw(st.integers(1, 99_999)))}",
            "quantity": f"{sign if kind != 'discount' else ''}{draw(st.integers(1, 99))}",
            "code": draw(st.sampled_from([MILK, BEER, FUEL, NEW, None])),
            "bonus": draw(st.sampled_from([None, True, False])),
            "void": draw(st.sampled_from([None, None, None, True])),
            "vat": draw(st.sampled_from(["13.5", "25.5"])),
        }
        made.append(line(**{name: value for name, value in fields.items() if value is not None}))
    return made


@pytest.mark.parametrize(
    ("level", "kind"), [(Level.TOTAL, TotalReceipt), (Level.GROUP, GroupReceipt), (Level.PRODUCT, ProductReceipt)]
)
def test_the_level_decides_the_type(level, kind):
    stored = reduced(decoded(), level)

    assert type(stored) is kind
    assert level_of(stored) is level


@pytest.mark.parametrize("level", Level)
def test_the_head_is_the_same_at_every_level(level):
    head = reduced(decoded(type="return", channel="web"), level).head

    assert (head.person_id, head.kind, head.channel, head.total_cents, head.currency) == (
        42,
        "return",
        "web",
        215,
        "EUR",
    )
    assert head.bonus_basis == [BonusBasis("standard", 215)]
    assert head.digest == b"digest"


def test_product_level_keeps_each_line_that_counts():
    lines = [
        line(code=MILK, discount="0.40", bonus=True),
        line("CHANGED HER MIND", "9.99", void=True),
        line("APPLES", "1.80", quantity="0.6120", unit="kg"),
    ]

    content = reduced(decoded(lines, rounding="0.00"), Level.PRODUCT).content

    assert content.lines == [
        StoredLine("item", MILK, "MILK ORGANIC 1.5L", 10_000, "", 215, 40, "13.5"),
        StoredLine("item", "", "APPLES", 6_120, "kg", 180, 0, "13.5"),
    ]
    assert content.paid == Paid([("13.5", 395, 47)], [("card", 395)], 0)


def test_group_level_keeps_one_entry_a_group_and_deposits_apart():
    lines = [
        line(code=MILK),
        line("MILK", "4.30", code=MILK),
        line("OFFER", "-1.00", type="discount", code=MILK),
        line("BOTTLE", "0.40", type="deposit", code=BEER),
        line("BOTTLES BACK", "-2.00", type="deposit_return", quantity="-5"),
        line("NEW", "7.00", code=NEW),
        line("BY HAND", "1.00"),
        line("CANCELLED", "50.00", code=FUEL, void=True),
    ]

    content = reduced(decoded(lines), Level.GROUP).content

    assert content.groups == [(0, 800), (10, 545)]
    assert content.deposits == -160


@pytest.mark.parametrize(("depth", "group"), [(1, 10), (2, 11), (3, 12), (9, 12)])
def test_groups_are_as_fine_as_the_recording_depth(depth, group):
    content = reduced(decoded([line(code=MILK)]), Level.GROUP, group_depth=depth).content

    assert content.groups == [(group, 215)]


@pytest.mark.parametrize("level", Level)
def test_packing_changes_nothing(level):
    stored = reduced(decoded(), level)
    packed = pack(stored)

    assert (packed.head, packed.level) == (stored.head, level)
    if level is Level.TOTAL:
        assert packed.plaintext is None
    else:
        assert msgspec.msgpack.decode(packed.plaintext, type=ProductContent | GroupContent) == stored.content


@given(any_lines())
def test_groups_and_deposits_add_up_to_the_lines(lines):
    found = decoded(lines)
    content = reduced(found, Level.GROUP).content

    assert sum(total for _, total in content.groups) + content.deposits == cents(found.total)
    assert len({group for group, _ in content.groups}) == len(content.groups)


@given(any_lines())
def test_recorded_lines_add_up_to_the_total(lines):
    found = decoded(lines)

    assert sum(each.cents for each in reduced(found, Level.PRODUCT).content.lines) == cents(found.total)


@given(any_lines(), levels, levels)
def test_what_the_bonus_counts_does_not_depend_on_the_level(lines, one, other):
    found = decoded(lines)

    assert reduced(found, one).head.bonus_basis == reduced(found, other).head.bonus_basis


@given(any_lines())
def test_cancelled_lines_leave_nothing(lines):
    """A receipt with its cancelled lines taken out beforehand is reduced to the same."""
    without = [each for each in lines if not each.get("void")]
    whole, rest = decoded(lines), decoded(without)

    for level in Level:
        assert reduced(whole, level) == reduced(rest, level)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"code": MILK}, [BonusBasis("standard", 215)]),
        ({"code": MILK, "bonus": False}, []),
        ({"code": MILK, "bonus": True}, [BonusBasis("standard", 215)]),
        ({"code": BEER}, []),
        ({"code": BEER, "bonus": True}, [BonusBasis("standard", 215)]),
        ({"code": NEW}, []),
        ({"code": NEW, "bonus": True}, [BonusBasis("standard", 215)]),
        ({}, []),
        ({"bonus": True}, [BonusBasis("standard", 215)]),
        ({"code": FUEL, "quantity": "41.37", "unit": "l"}, [BonusBasis("fuel", 215, 413_700)]),
        ({"code": FUEL, "quantity": "41.37", "unit": "l", "bonus": True}, [BonusBasis("fuel", 215, 413_700)]),
        ({"code": FUEL, "quantity": "1", "unit": "pcs"}, [BonusBasis("fuel", 215, 0)]),
    ],
)
def test_the_tills_word_goes_before_the_assortments(fields, expected):
    assert basis(line(**fields)) == expected


@pytest.mark.parametrize("kind", ["deposit", "deposit_return"])
def test_deposits_earn_nothing_whatever_the_till_says(kind):
    sign = "-" if kind == "deposit_return" else ""

    assert basis(line(amount=f"{sign}0.40", type=kind, quantity=f"{sign}1", code=MILK, bonus=True)) == []


def test_returned_goods_and_discounts_take_from_the_basis():
    lines = [
        line(code=MILK, amount="10.00"),
        line(code=MILK, amount="-3.00", type="return", quantity="-1"),
        line(code=MILK, amount="-0.50", type="discount"),
    ]

    assert basis(*lines) == [BonusBasis("standard", 650)]


def test_classes_are_summed_apart_in_alphabetical_order():
    lines = [line(code=MILK), line(code=FUEL, quantity="10", unit="l"), line(code=MILK, amount="1.00"), line(code=BEER)]

    assert basis(*lines) == [BonusBasis("fuel", 215, 100_000), BonusBasis("standard", 315)]


@given(levels, levels, levels)
def test_the_level_is_never_higher_than_any_of_the_three(chain, then, now):
    level, _ = level_for(chain=chain, member_then=then, member_now=now)

    assert level == min(chain, then, now)


@given(levels, levels, levels)
def test_the_reason_names_one_that_asked_for_that_level(chain, then, now):
    level, reason = level_for(chain=chain, member_then=then, member_now=now)
    asked = {LevelReason.CHAIN: chain, LevelReason.MEMBER_THEN: then, LevelReason.MEMBER_NOW: now}

    assert asked[reason] == level
    assert (reason is LevelReason.CHAIN) == (chain == level), (
        "a member's choice is named only when it made a difference"
    )


@pytest.mark.parametrize(
    ("text", "units"),
    [("1", 10_000), ("0.452", 4_520), ("0.0001", 1), ("-0.5", -5_000), ("-2", -20_000), ("-0.0001", -1), ("0", 0)],
)
def test_a_quantity_is_ten_thousandths(text, units):
    assert quantity_units(text) == units


@given(st.from_regex(r"-?[0-9]{1,9}(\.[0-9]{1,4})?", fullmatch=True))
def test_a_quantity_reads_as_a_decimal_number(text):
    assert quantity_units(text) == Decimal(text) * 10_000


FIVE_YEARS = [date(2023, 1, 1) + timedelta(days=offset) for offset in range(5 * 366)]


def test_what_is_kept_and_what_is_deleted_agree_on_every_day_of_five_years():
    for today in FIVE_YEARS:
        oldest = keep_from(today)
        before = oldest - timedelta(days=1)

        assert deletes_on(oldest) > today, f"on {today} {oldest} is kept and over"
        assert deletes_on(before) <= today, f"on {today} {before} is neither kept nor over"


def test_the_oldest_day_kept_never_moves_back():
    assert all(keep_from(one) <= keep_from(other) for one, other in pairwise(FIVE_YEARS))


@pytest.mark.parametrize(
    ("business_day", "deleted"),
    [
        (date(2024, 11, 22), date(2026, 11, 22)),
        (date(2024, 2, 29), date(2026, 2, 28)),
        (date(2026, 2, 28), date(2028, 2, 28)),
    ],
)
def test_a_receipt_is_deleted_24_months_after_its_business_day(business_day, deleted):
    assert deletes_on(business_day) == deleted


@pytest.mark.parametrize("fields", [{"card": "12345678"}, {"operator": "12"}, {"sent_at": "2026-11-21T02:00:00Z"}])
def test_card_operator_and_message_time_are_no_content(fields):
    assert canonical(decoded(**fields)) == canonical(decoded(drop=["card"]))


@pytest.mark.parametrize(
    "fields",
    [
        {"total": "2.16"},
        {"end_time": "2026-11-20T17:03:12+02:00"},
        {"channel": "web"},
        {"lines": [line(text="MILK ORGANIC 1.5 L")]},
        {"tenders": [{"type": "cash", "amount": "2.15"}]},
        {"rounding": "0.00"},
        {"end_time": "2026-11-20T15:03:11Z"},
    ],
)
def test_everything_else_is(fields):
    assert canonical(decoded(**fields)) != canonical(decoded())


# categories that are kept out

# Beer's group is of the class alcohol, wholly; the pills, of no such group, are of the class health themselves.
PILLS = "4006381333948"
FACTS |= {PILLS: ProductFacts(4, (10, 13), BonusClass.STANDARD, "health")}
ALCOHOL = Barred(frozenset({"alcohol"}), frozenset({20}), frozenset({20}))
HEALTH = Barred(frozenset({"health"}), frozenset(), frozenset({10, 13}))
BOTH = Barred(frozenset({"alcohol", "health"}), frozenset({20}), frozenset({10, 13, 20}))
KINDS = [Level.PRODUCT, Level.GROUP]


def texts_left(barred, *lines):
    return [each.text for each in reduced(decoded(list(lines)), Level.PRODUCT, barred=barred).content.lines]


def test_what_is_of_a_category_or_of_none_that_is_known_is_not_recorded():
    lines = [
        line("MILK", code=MILK),
        line("BEER", code=BEER),
        line("PILLS", code=PILLS),
        line("NEW", code=NEW),
        line("BY HAND"),
        line("OFFER ON MILK", "-0.10", type="discount", code=MILK),
        line("OFFER ON BEER", "-0.10", type="discount", code=BEER),
        line("OFFER ON ALL", "-0.10", type="discount"),
        line("CAN", "0.15", type="deposit", code=MILK),
        line("MILK BACK", "-2.15", type="return", quantity="-1", code=MILK),
    ]

    assert texts_left(ALCOHOL, *lines) == ["MILK", "PILLS", "OFFER ON MILK", "MILK BACK"]
    assert texts_left(HEALTH, *lines) == ["MILK", "BEER", "OFFER ON MILK", "OFFER ON BEER", "MILK BACK"]
    assert texts_left(BOTH, *lines) == ["MILK", "OFFER ON MILK", "MILK BACK"]


def test_a_group_that_holds_anything_of_a_category_goes_whole():
    lines = [line(code=MILK), line(code=BEER), line(code=FUEL), line(code=NEW), line("CAN", "0.15", type="deposit")]

    at = {barred: reduced(decoded(lines), Level.GROUP, barred=barred).content for barred in (ALCOHOL, HEALTH)}

    assert at[ALCOHOL] == GroupContent([(10, 215), (30, 215)], 0, None, ["alcohol"])
    assert at[HEALTH] == GroupContent([(20, 215), (30, 215)], 0, None, ["health"])
    assert unnamed(875, at[ALCOHOL]) == 445
    finer = reduced(decoded(lines), Level.GROUP, group_depth=2, barred=HEALTH).content
    assert finer.groups == [(11, 215), (20, 215), (31, 215)]


@given(any_lines())
def test_total_level_does_not_know_of_categories(lines):
    found = decoded(lines)

    assert reduced(found, Level.TOTAL, barred=BOTH) == reduced(found, Level.TOTAL)


@given(any_lines(), levels, st.sampled_from([ALCOHOL, HEALTH, BOTH]))
def test_the_head_and_with_it_the_bonus_is_to_the_cent_the_same(lines, level, barred):
    found = decoded(lines)

    assert reduced(found, level, barred=barred).head == reduced(found, level).head


@given(any_lines(), st.sampled_from(KINDS), st.sampled_from([ALCOHOL, HEALTH, BOTH]))
def test_with_what_has_no_name_it_adds_up_to_the_total(lines, level, barred):
    found = decoded(lines)
    content = reduced(found, level, barred=barred).content
    named = content.lines if level is Level.PRODUCT else content.groups

    assert content.paid is None
    assert content.kept_out == sorted(barred.classes)
    assert unnamed(cents(found.total), content) + sum(
        each[-1] if level is Level.GROUP else each.cents for each in named
    ) == (cents(found.total))
    assert unnamed(cents(found.total), reduced(found, level).content) is None


@st.composite
def hidden(draw, sum_cents):
    """Lines of a category, or of no known one, that earn no Bonus and come to a sum."""
    parts = draw(st.lists(st.integers(1, 9_999), max_size=5))
    made = []
    for part in [*parts, sum_cents - sum(parts)]:
        kind = (
            ("item" if part >= 0 else "return") if draw(st.booleans()) else "deposit" if part >= 0 else "deposit_return"
        )
        made.append(
            line(
                draw(st.sampled_from(["BEER", "WINE", "SOMETHING ELSE"])),
                amount(part),
                type=kind,
                quantity=f"{'-' if part < 0 else ''}{draw(st.integers(1, 9))}",
                vat=draw(st.sampled_from(["0", "13.5", "25.5"])),
                bonus=False,
                **draw(st.sampled_from([{"code": BEER}, {"code": NEW}, {"code": PILLS}, {}])),
            )
        )
    return made


@given(st.data(), st.integers(-5_000, 5_000), st.sampled_from(KINDS))
def test_two_receipts_that_differ_in_what_is_kept_out_are_stored_alike(data, sum_cents, level):
    """Not the products, not their number, place, tax or deposits: nothing but the sum can be told."""
    shown = [line("FUEL", "60.00", code=FUEL, quantity="30.1", unit="l"), line("FUEL", "0.00", code=FUEL, vat="25.5")]
    stored = []
    for _ in range(2):
        lines = list(shown)
        for each in data.draw(hidden(sum_cents)):
            lines.insert(data.draw(st.integers(0, len(lines))), each)
        lines = [each for each in lines if each not in shown] if data.draw(st.booleans()) else lines
        mixed = [each for each in lines if each not in shown]
        at = data.draw(st.integers(0, len(mixed)))
        found = decoded([*mixed[:at], *shown, *mixed[at:]])
        paid = msgspec.structs.replace(found, tenders=found.tenders[: data.draw(st.integers(0, 1))])
        stored.append(reduced(paid, level, barred=BOTH))

    assert stored[0] == stored[1]
    assert pack(stored[0]) == pack(stored[1])


# what is stored already


def kept_of(content, level=Level.PRODUCT, barred=None, group_depth=1):
    return less(content, level=level, barred=barred, facts=FACTS, group_depth=group_depth)


@given(any_lines(), levels, levels, st.sampled_from([None, ALCOHOL, HEALTH, BOTH]))
def test_what_is_cut_later_is_as_if_it_had_come_in_like_that(lines, before, after, barred):
    found = decoded(lines)

    cut = kept_of(getattr(reduced(found, before), "content", None), after, barred)

    assert cut == getattr(reduced(found, min(before, after), barred=barred), "content", None)


@given(any_lines(), levels, levels)
def test_cutting_twice_is_cutting_once_and_categories_add_up(lines, level, lower):
    whole = getattr(reduced(decoded(lines), level), "content", None)
    once = kept_of(whole, lower, BOTH)

    assert kept_of(once, lower, BOTH) == once
    assert kept_of(kept_of(whole, barred=ALCOHOL), lower, BOTH) == once
    assert kept_of(whole) == whole
