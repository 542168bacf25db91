"""Every figure adds up to the totals of its receipts, at every level and on every page. No database."""

from collections import Counter
from datetime import date
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvitto.assortment.types import BonusClass, GroupView, OnShelf, ProductFacts, Tree
from kvitto.kernel.money import amount
from kvitto.kernel.periods import Period, months_after
from kvitto.purchases.rules import deletes_on, line_cents, reduce
from kvitto.purchases.types import Key, LevelReason, MonthTotal, Receipt, ReceiptHead
from kvitto.spending import finding, rules
from kvitto.spending.entries import codes, entries
from kvitto.spending.rules import View
from kvitto.spending.types import DEPOSITS, TOTALS_ONLY, UNGROUPED, Place
from kvitto.stores.types import Level
from tests.cast import line, receipt

TODAY = date(2026, 11, 22)
STORE = Place("Grocer", "Oulu", "Grocer", "Co-op", "1")
FULL = {"milk": (1, 2, 3), "fruit": (1, 4), "beer": (5,)}  # code -> its groups to the bottom of the tree
NAMES = {1: "Food", 2: "Dairy", 3: "Milk", 4: "Fruit", 5: "Drinks"}
FACTS = {code: ProductFacts(n, path, BonusClass.NONE, "") for n, (code, path) in enumerate(FULL.items())}
TEXTS = ["MILK 1.5L", "MJÖLK", "حليب", "🍎🍏", " "]


def tree(depth):
    groups = {id_: GroupView(id_, str(id_), None, 1, {"en": name}) for id_, name in NAMES.items()}
    places = {1: (1,), 2: (1, 2), 3: (1, 2, 3), 4: (1, 4), 5: (5,)}
    return Tree(depth, groups, {id_: path[:depth] for id_, path in places.items()})


def view(depth=2):
    return View(tree(depth), {7: STORE}, "en")


def shelf(depth):
    return {code: OnShelf(code, {"en": code.title()}, "Maker", path[:depth]) for code, path in FULL.items()}


def stored(number, body, level, group_depth, barred=None):
    """A receipt as it comes back from the register, through the rule that decides what may be stored."""
    sent = msgspec.convert(body, Receipt)
    kept = reduce(
        sent,
        amounts=line_cents(sent),
        key=Key(7, sent.business_day, "1", number, sent.end_time),
        person_id=1,
        level=level,
        reason=LevelReason.CHAIN,
        facts=FACTS,
        group_depth=group_depth,
        barred=barred,
        counted=None,
        digest=b"",
    )
    head = ReceiptHead(
        number,
        sent.business_day,
        7,
        sent.end_time,
        kept.head.total_cents,
        kept.head.currency,
        level,
        LevelReason.CHAIN,
        deletes_on(sent.business_day),
    )
    return head, getattr(kept, "content", None)


lines = st.builds(
    lambda kind, code, text, cents, quantity, void: line(
        text,
        amount(cents),
        type=kind,
        quantity=quantity,
        **({"code": code} if code else {}),
        **({"void": True} if void else {}),
    ),
    st.sampled_from(["item", "return", "deposit", "deposit_return", "discount"]),
    st.sampled_from([*FULL, "unknown", None]),
    st.sampled_from(TEXTS),
    st.integers(-99_999, 99_999),
    st.sampled_from(["1", "-2", "0.452", "0", "12"]),
    st.booleans(),
)


@st.composite
def purchases(draw):
    """A member's receipts, newest first, at all levels, in two currencies, with the depths they were recorded at."""
    days = sorted(draw(st.lists(st.dates(date(2025, 11, 1), TODAY), max_size=8)), reverse=True)
    return [
        stored(
            number,
            receipt(
                draw(st.lists(lines, max_size=8)),
                business_day=f"{day}",
                currency=draw(st.sampled_from(["EUR", "EUR", "SEK"])),
            ),
            draw(st.sampled_from(Level)),
            draw(st.integers(1, 3)),
        )
        for number, day in enumerate(days)
    ]


def flatten(receipts, depth):
    return entries(receipts, chains={7: "grocer"}, products={"grocer": shelf(depth)}, tree=tree(depth))


@given(purchases(), st.integers(1, 3))
def test_the_entries_of_a_receipt_sum_to_its_total(receipts, depth):
    sums = Counter()
    for entry in flatten(receipts, depth):
        sums[entry.head.receipt_id] += entry.cents

    assert {head.receipt_id: sums[head.receipt_id] for head, _ in receipts} == {
        head.receipt_id: head.total_cents for head, _ in receipts
    }


@given(purchases(), st.integers(1, 3))
def test_groups_and_levels_sum_to_the_receipts(receipts, depth):
    heads = [head for head, _ in receipts]
    total = sum(head.total_cents for head in heads)
    shares = rules.level_shares(heads)

    assert sum(each.cents for each in rules.group_sums(flatten(receipts, depth), 0, view(depth))) == total
    assert (sum(each.cents for each in shares), sum(each.receipts for each in shares)) == (total, len(heads))


@given(purchases(), st.integers(1, 3))
def test_every_group_page_sums_to_its_parts_and_to_its_receipts(receipts, depth):
    found, seen = flatten(receipts, depth), view(depth)
    wanted = rules.group_sums(found, 0, seen)
    while wanted:
        group = wanted.pop()
        page = rules.parts(found, group.id, seen)
        wanted += page.groups
        assert page.cents == group.cents
        assert page.cents == sum(part.cents for part in [*page.groups, *page.products]) + page.undivided
        assert page.cents == sum(each.cents for each in page.receipts)
        assert len(page.receipts) == group.receipts
        inside = [entry for entry in found if group.id in entry.path]
        months = [months_after(date(2025, 11, 1), n) for n in range(13)]
        assert sum(bar.cents for bar in rules.months_of(inside, months)) == page.cents


@given(purchases())
def test_a_products_purchases_sum_to_the_product(receipts):
    found, seen = flatten(receipts, 2), view()
    for group in rules.group_sums(found, 0, seen):
        for product in rules.parts(found, group.id, seen).products:
            mine = [entry for entry in found if entry.product and entry.product.key == product.key]
            bought = rules.bought(mine, seen)
            assert sum(each.cents for each in bought) == product.cents
            assert bought[0] == product.last
            assert len(bought) >= product.times


@given(purchases(), st.sampled_from(["m", "milk", "food", "1.5 milk", "maker", "حليب", "🍎", "mjölk"]))
def test_a_search_counts_every_entry_once(receipts, text):
    found, seen = flatten(receipts, 3), view(3)
    words = finding.words_of(text)

    answer = finding.find(found, words=words, currency="EUR", today=TODAY, view=seen)

    groups, products = {hit.id for hit in answer.groups}, {hit.key for hit in answer.products}
    hit = [e for e in found if groups & set(e.path) or (e.product and e.product.key in products)]
    assert answer.cents == sum(each.cents for each in hit) == sum(each.cents for each in answer.receipts)
    assert answer.this_year == sum(each.cents for each in hit if each.head.business_day.year == 2026)
    for group in answer.groups:
        assert group.cents == rules.parts(found, group.id, seen).cents


def one(*made, level=Level.PRODUCT, depth=2, recorded=2):
    return flatten([stored(1, receipt(list(made)), level, recorded)], depth)


def test_where_each_kind_of_line_belongs():
    found = one(
        line(code="milk"),
        line("SOMETHING", code="unknown"),
        line("BY HAND"),
        line("BOTTLE", type="deposit", code="beer"),
        line("OFF", "-1.00", type="discount", code="milk"),
        line("OFF", "-1.00", type="discount"),
    )

    assert [entry.path for entry in found] == [(1, 2), (UNGROUPED,), (UNGROUPED,), (DEPOSITS,), (1, 2), (UNGROUPED,)]
    assert [entry.product is not None for entry in found] == [True, True, True, False, True, False]


def test_coarser_levels_have_no_product():
    assert [entry.path for entry in one(line(code="milk"), line("BY HAND"), level=Level.GROUP)] == [
        (UNGROUPED,),
        (1, 2),
    ]
    assert [(entry.path, entry.cents) for entry in one(line(code="milk"), level=Level.TOTAL)] == [((TOTALS_ONLY,), 215)]


def test_a_group_recorded_deeper_than_today_is_cut_and_one_recorded_higher_stays():
    assert one(line(code="milk"), level=Level.GROUP, recorded=3, depth=1)[0].path == (1,)
    assert one(line(code="milk"), level=Level.GROUP, recorded=1, depth=3)[0].path == (1,)


def test_an_unknown_product_has_a_lasting_key_and_the_name_on_the_receipt():
    coded, other, by_text = one(line("ONE", code="x1"), line("TWO", code="x1"), line("TWO"))

    assert coded.product.key == other.product.key != by_text.product.key
    assert len(by_text.product.key) == 13
    assert by_text.product.key == one(line("TWO"))[0].product.key
    assert view().product(by_text) == "TWO"


def test_a_discount_lowers_the_purchase_beside_it_and_is_none_itself():
    off = line("OFF", "-0.15", type="discount", code="milk")

    for order in ([line(code="milk"), off], [off, line(code="milk")]):
        (product,) = rules.parts(one(*order), 2, view()).products
        assert (product.cents, product.times, product.last.cents, product.last.quantity) == (200, 1, 200, 10_000)


def test_a_discount_alone_is_a_purchase_of_nothing():
    (product,) = rules.parts(one(line("OFF", "-0.15", type="discount", code="milk")), 2, view()).products

    assert (product.times, product.last.quantity, product.last.unit_cents) == (0, 0, None)


@given(st.integers(-(10**8), 10**8), st.integers(-(10**10), 10**10))
def test_the_price_of_a_unit_is_rounded_half_away_from_zero(cents, quantity):
    found = rules.unit_cents(cents, quantity)

    if quantity == 0:
        assert found is None
    else:
        exact = abs(Decimal(cents) * 10_000 / Decimal(quantity))
        assert found == int(exact + Decimal("0.5"))


def month(year, number):
    return Period(date(year, number, 1), months_after(date(year, number, 1), 1))


@pytest.mark.parametrize(
    ("period", "first"),
    [
        (month(2026, 11), date(2025, 12, 1)),
        (month(2025, 12), date(2025, 12, 1)),
        (month(2025, 11), date(2025, 1, 1)),
        (Period(date(2026, 1, 1), date(2027, 1, 1)), date(2026, 1, 1)),
        (Period(date(2025, 12, 1), date(2026, 2, 1)), date(2025, 1, 1)),
    ],
    ids=["this month", "eleven months ago", "twelve months ago", "a year", "two months"],
)
def test_the_months_of_a_chart(period, first):
    months = rules.chart_months(period, TODAY)

    assert months == [months_after(first, n) for n in range(12)]
    span = rules.spanned(months, period)
    assert span.start <= period.start
    assert span.end >= max(period.end, months_after(months[-1], 1))


def test_months_without_purchases_are_there():
    totals = [MonthTotal(date(2026, 3, 1), "EUR", 500, 2), MonthTotal(date(2026, 3, 1), "SEK", 900, 1)]

    bars = rules.months_of_totals(totals, "EUR", rules.last_months(TODAY))

    assert len(bars) == 12
    assert [(bar.month, bar.cents, bar.receipts) for bar in bars if bar.receipts] == [(date(2026, 3, 1), 500, 2)]


@pytest.mark.parametrize(
    ("counts", "currency"),
    [({"SEK": 2, "EUR": 1}, "SEK"), ({"SEK": 1, "EUR": 1}, "EUR"), ({"NOK": 1}, "NOK"), ({}, "EUR")],
    ids=["most receipts", "tie", "only one", "none"],
)
def test_the_currency_of_a_page(counts, currency):
    assert rules.main_currency(counts) == currency


def test_the_words_of_a_search_are_few_and_short():
    assert finding.words_of("  Mjo\u0308LK\n1,5 ") == ["mjölk", "1,5"]
    assert finding.words_of(" \t ") == []
    assert len(finding.words_of("a " * 300)) == finding.MOST_WORDS
    assert [len(word) for word in finding.words_of("a" * 1000)] == [finding.LONGEST_WORD]


def test_swedish_letters_are_searched_as_typed():
    found = one(line("MJÖLK"), line("MJOLK"))

    def names(text):
        answer = finding.find(found, words=finding.words_of(text), currency="EUR", today=TODAY, view=view())
        return [hit.name for hit in answer.products]

    assert names("mjölk") == ["MJÖLK"]
    assert names("mjolk") == ["MJOLK"]


def test_a_search_shows_fifty_and_counts_all():
    found = one(*[line(f"PRODUCT {n}", f"{n}.00") for n in range(1, 61)])

    answer = finding.find(found, words=["product"], currency="EUR", today=TODAY, view=view())

    assert (len(answer.products), answer.times, answer.cents) == (50, 60, sum(range(1, 61)) * 100)
    assert answer.products[0].name == "PRODUCT 60"


def test_codes_are_collected_by_chain():
    receipts = [stored(1, receipt([line(code="milk"), line("BY HAND")]), Level.PRODUCT, 2)]

    assert codes(receipts, {7: "grocer"}) == {"grocer": {"milk"}}
