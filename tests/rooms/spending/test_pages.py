"""The pages of one member: what they show, what they leave in the trace, and what a stranger gets."""

from datetime import date

import pytest
from django.db import connection

from kvitto.assortment.queries import groups
from kvitto.audit.models import Entry
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.errors import NotFoundError
from kvitto.kernel.periods import Period
from kvitto.purchases.types import LevelReason
from kvitto.spending import queries as spending
from kvitto.spending.types import DEPOSITS, NOT_RECORDED, TOTALS_ONLY, UNGROUPED, Filter, OtherCurrency
from kvitto.stores.types import Level
from tests.cast import APPLES, BEER, CHEN_CARD, MILK, NOW, TODAY, keep_out, line, receipt, take
from tests.counting import statements

MEMBER = Actor(ActorKind.MEMBER, "1")
NOVEMBER, YEAR = Period(date(2026, 11, 1), date(2026, 12, 1)), Period(date(2026, 1, 1), date(2027, 1, 1))
UNKNOWN = "4006381333931"
ODD = [line("🍎 حلوى", "3.00", code=UNKNOWN), line("\u202eevil", "1.00")]
FULL = [
    line(code=MILK, amount="4.30", quantity="2"),
    line("APPLES", "1.80", code=APPLES, quantity="0.612", unit="kg"),
    line("BEER", "2.50", code=BEER),
    line("PANT", "0.15", type="deposit", code=BEER),
    line("OFFER", "-0.30", type="discount", code=MILK),
    line("COUPON", "-1.00", type="discount"),
    *ODD,
]


def on(day, lines=None, sequence=1, **fields):
    """A receipt of a business day, at noon."""
    return receipt(lines, business_day=day, end_time=f"{day}T12:00:00+02:00", sequence=sequence, **fields)


@pytest.fixture
def member(committed_cast):
    """Aino, with receipts at every level, in two currencies, over fourteen months; Chen has one too."""
    take(
        on("2026-11-20", FULL),
        on("2026-11-19", [line(code=MILK)], 2),
        on("2026-11-18", [line("ROOM", "129.00")], 3, store="900"),
        on("2026-11-17", [line("SOAP", "5.00")], 4, store="201"),
        on("2026-11-16", [line(code=MILK, amount="25.00")], 5, currency="SEK"),
        on(
            "2026-05-10",
            [line(code=MILK), line("APPLES", "1.00", code=APPLES), line("PANT", "0.20", type="deposit")],
            6,
        ),
        on("2025-10-10", [line(code=MILK, amount="1.99")], 7, channel="web"),
        on("2026-11-20", [line(code=BEER, amount="9.99")], 8, card=CHEN_CARD),
    )
    return committed_cast.aino


def asked(person_id, **more):
    return {"person_id": person_id, "language": "en", "by": MEMBER, "today": TODAY, "now": NOW} | more


def ids():
    return {group.code: group.id for group in groups().values()}


def openings():
    return list(Entry.objects.filter(action="vault.open").order_by("pk").values_list("purpose", "actor_id", "count"))


def milk_key(person_id):
    return next(hit.key for hit in spending.search(**asked(person_id, text="organic milk")).products)


def test_a_month_at_a_glance_sums_to_its_receipts(member):
    found = spending.overview(**asked(member, period=NOVEMBER))

    assert (found.currency, found.receipts, found.cents) == ("EUR", 4, 1145 + 215 + 12_900 + 500)
    assert found.cents == sum(group.cents for group in found.groups)
    assert found.cents == sum(share.cents for share in found.levels)
    assert found.others == [OtherCurrency("SEK", 2500, 1)]
    assert found.earliest == date(2025, 10, 1)
    known = ids()
    assert [(group.id, group.name, group.cents, group.receipts) for group in found.groups] == [
        (known["food"], "Food", 795, 2),
        (known["drinks"], "Drinks", 250, 1),
        (UNGROUPED, "", 800, 2),
        (DEPOSITS, "", 15, 1),
        (TOTALS_ONLY, "", 12_900, 1),
    ]
    assert [(share.level, share.reason, share.receipts) for share in found.levels] == [
        (Level.PRODUCT, LevelReason.CHAIN, 2),
        (Level.GROUP, LevelReason.CHAIN, 1),
        (Level.TOTAL, LevelReason.CHAIN, 1),
    ]
    assert [(bar.month, bar.receipts) for bar in found.months if bar.receipts] == [
        (date(2026, 5, 1), 1),
        (date(2026, 11, 1), 4),
    ]
    assert found.months[-1].cents == found.cents


def test_a_glance_opens_the_periods_receipts_only(member):
    spending.overview(**asked(member, period=NOVEMBER))

    assert openings() == [("own view", "1", 4)]  # four of five are sealed


def test_an_empty_period_opens_nothing(member):
    found = spending.overview(**asked(member, period=Period(date(2026, 8, 1), date(2026, 9, 1))))

    assert (found.cents, found.receipts, found.groups, found.levels, found.currency) == (0, 0, [], [], "EUR")
    assert openings() == []


def test_a_member_without_receipts_has_empty_pages(committed_cast):
    found = spending.overview(**asked(committed_cast.bjorn, period=NOVEMBER))

    assert (found.cents, found.earliest, len(found.months)) == (0, None, 12)
    assert spending.listing(person_id=committed_cast.bjorn, filter=Filter(), offset=0, limit=9).stores == []
    assert spending.search(**asked(committed_cast.bjorn, text="milk")).products == []


def test_a_group_has_its_groups_and_then_its_products(member):
    known = ids()
    food = spending.group_page(**asked(member, group_id=known["food"], period=YEAR))
    dairy = spending.group_page(**asked(member, group_id=known["dairy"], period=YEAR))

    assert (food.name, food.path, food.cents) == ("Food", [], 795 + 315)
    assert [(each.name, each.cents) for each in food.groups] == [("Dairy", 830), ("Fruit", 280)]
    assert (food.products, food.undivided) == ([], 0)
    assert (dairy.path, dairy.cents, dairy.undivided) == ([(known["food"], "Food")], 830, 215)
    (milk,) = dairy.products
    assert (milk.name, milk.cents, milk.times) == ("Organic milk 1.5 l", 615, 2)
    assert (milk.last.cents, milk.last.quantity, milk.last.unit_cents) == (400, 20_000, 200)
    assert [(each.head.business_day.day, each.cents) for each in dairy.receipts] == [(20, 400), (19, 215), (10, 215)]
    assert sum(bar.cents for bar in dairy.months) == dairy.cents


@pytest.mark.parametrize("group_id", [UNGROUPED, DEPOSITS, TOTALS_ONLY])
@pytest.mark.parametrize("period", [NOVEMBER, YEAR], ids=["month", "year"])
def test_what_is_in_no_group_has_pages_that_agree_with_the_glance(member, group_id, period):
    glance = {group.id: group.cents for group in spending.overview(**asked(member, period=period)).groups}

    page = spending.group_page(**asked(member, group_id=group_id, period=period))

    assert page.cents == glance[group_id] == sum(each.cents for each in page.receipts)
    assert page.cents == sum(part.cents for part in [*page.groups, *page.products]) + page.undivided
    assert (page.name, page.path) == ("", [])


def test_strange_texts_are_names_as_they_were_printed(member):
    page = spending.group_page(**asked(member, group_id=UNGROUPED, period=NOVEMBER))

    assert {each.name for each in page.products} == {"🍎 حلوى", "\u202eevil"}
    assert page.undivided == 500 - 100
    assert spending.search(**asked(member, text="حلوى")).cents == 300


@pytest.mark.parametrize(("channel", "kept"), [("store", ["MILK", "APPLES"]), ("web", ["MILK", "APPLES"])])
def test_what_is_kept_out_is_one_sum_on_every_page(member, channel, kept):
    keep_out(member, "alcohol")
    lines = [
        line("MILK", "4.30", code=MILK),
        line("APPLES", "1.80", code=APPLES),
        line("BEER", "2.50", code=BEER),
        line("PANT", "0.15", type="deposit", code=BEER),
        *ODD,
    ]
    take(on("2025-12-20", lines, channel=channel))
    december = Period(date(2025, 12, 1), date(2026, 1, 1))

    glance = spending.overview(**asked(member, period=december))
    page = spending.group_page(**asked(member, group_id=NOT_RECORDED, period=december))
    (listed,) = page.receipts
    found = spending.receipt_page(
        person_id=member,
        day=listed.head.business_day,
        receipt_id=listed.head.receipt_id,
        language="en",
        by=MEMBER,
        now=NOW,
    )

    assert [(group.id, group.cents) for group in glance.groups if group.id <= 0] == [(NOT_RECORDED, 665)]
    assert sum(group.cents for group in glance.groups) == glance.cents == 1275
    assert (page.name, page.cents, page.undivided, page.products) == ("", 665, 665, [])
    assert (found.unnamed, found.paid, found.deposits) == (665, None, 0)
    assert [each.text for each in found.lines] == (kept if channel == "web" else [])
    for text in ("beer", "pant"):
        hits = spending.search(**asked(member, text=text)).receipts
        assert listed.head.receipt_id not in {each.head.receipt_id for each in hits}


def test_totals_only_opens_nothing(member):
    spending.group_page(**asked(member, group_id=TOTALS_ONLY, period=YEAR))

    assert openings() == []


def test_there_is_no_page_of_an_unknown_group_or_one_below_the_recording_depth(member):
    for group_id in (10**9, -4, ids()["milk"]):
        with pytest.raises(NotFoundError):
            spending.group_page(**asked(member, group_id=group_id, period=YEAR))
    assert openings() == []


def test_a_product_over_everything_kept(member):
    found = spending.product_page(**asked(member, key=milk_key(member)))

    assert (found.name, found.currency, found.cents, found.this_year) == ("Organic milk 1.5 l", "EUR", 814, 615)
    assert [name for _, name in found.path] == ["Food", "Dairy"]
    assert [each.cents for each in found.bought] == [400, 215, 199]
    assert found.bought[0].place.name == "Grocer Harbour"
    assert sum(each.cents for each in found.bought) == found.cents
    assert [bar.cents for bar in found.months][-1] == 615


def test_a_strangers_product_and_no_product_give_the_same_answer(member, committed_cast):
    beer = spending.search(**asked(committed_cast.chen, text="beer")).products[0].key
    answers = []
    for person, key in ((member, "999999"), (member, "x" * 13), (committed_cast.bjorn, beer)):
        with pytest.raises(NotFoundError) as refused:
            spending.product_page(**asked(person, key=key))
        answers.append((type(refused.value), str(refused.value)))

    assert len(set(answers)) == 1


def test_a_search_finds_groups_products_and_their_receipts(member):
    found = spending.search(**asked(member, text="DAIRY"))

    assert [(hit.name, hit.path, hit.cents, hit.times) for hit in found.groups] == [
        ("Dairy", [(ids()["food"], "Food")], 400 + 215 + 215 + 199, 4)
    ]
    assert (found.products, found.cents, found.this_year) == ([], 1029, 830)
    assert sum(each.cents for each in found.receipts) == found.cents


def test_a_product_is_found_by_its_name_and_by_its_receipt_text(member):
    for text in ("organic 1.5", "milk ORG", "l 1.5l"):
        (hit,) = spending.search(**asked(member, text=text)).products
        assert (hit.name, hit.cents, hit.this_year, hit.times) == ("Organic milk 1.5 l", 814, 615, 3)
        assert hit.last.head.business_day == date(2026, 11, 20)


def test_a_search_finds_only_the_members_own(member):
    assert spending.search(**asked(member, text="beer")).cents == 250


def test_a_search_without_words_opens_nothing(member):
    found = spending.search(**asked(member, text=" \n "))

    assert (found.words, found.cents, found.receipts) == ([], 0, [])
    assert openings() == []


def page_of(person_id, sequence):
    with connection.cursor() as cursor:
        cursor.execute("SELECT business_day, id FROM purchases_receipt WHERE sequence = %s", [sequence])
        day, receipt_id = cursor.fetchone()
    return spending.receipt_page(person_id=person_id, day=day, receipt_id=receipt_id, language="en", by=MEMBER, now=NOW)


def test_a_receipt_at_product_level_has_its_lines(member):
    found = page_of(member, 1)

    assert [(each.text, each.name, bool(each.key), each.cents) for each in found.lines] == [
        ("MILK ORGANIC 1.5L", "Organic milk 1.5 l", True, 430),
        ("APPLES", "Apples", True, 180),
        ("BEER", "Beer", True, 250),
        ("PANT", "", False, 15),
        ("OFFER", "Organic milk 1.5 l", True, -30),
        ("COUPON", "", False, -100),
        ("🍎 حلوى", "", True, 300),
        ("\u202eevil", "", True, 100),
    ]
    assert [each.unit_cents for each in found.lines][:2] == [215, 294]
    assert sum(each.cents for each in found.lines) == found.head.total_cents
    assert (found.groups, found.workstation, found.sequence, found.zone) == ([], "1", 1, "Europe/Helsinki")
    assert found.place.business_id == "1234567-1"
    assert found.paid.tenders == [("card", 1145)]
    assert [(each.bonus_class, each.cents) for each in found.bonus_basis] == [("standard", 430 + 180 - 30)]


def test_the_lines_of_a_receipt_lead_to_pages(member):
    for each in page_of(member, 1).lines:
        if each.key:
            assert spending.product_page(**asked(member, key=each.key)).cents


def test_a_receipt_at_group_level_has_its_groups(member):
    found = page_of(member, 6)

    assert [(group.name, group.cents) for group in found.groups] == [("Dairy", 215), ("Fruit", 100)]
    assert (found.lines, found.deposits) == ([], 20)
    assert sum(group.cents for group in found.groups) + found.deposits == found.head.total_cents


def test_a_receipt_at_total_level_has_its_total_and_opens_nothing(member):
    found = page_of(member, 3)

    assert (found.lines, found.groups, found.deposits, found.paid) == ([], [], 0, None)
    assert (found.head.total_cents, found.zone) == (12_900, "Europe/Stockholm")
    assert openings() == []


def test_a_strangers_receipt_and_no_receipt_give_the_same_answer(member, committed_cast):
    answers = []
    for attempt in (
        lambda: page_of(committed_cast.chen, 1),
        lambda: spending.receipt_page(person_id=member, day=TODAY, receipt_id=1, language="en", by=MEMBER, now=NOW),
    ):
        with pytest.raises(NotFoundError) as refused:
            attempt()
        answers.append((type(refused.value), str(refused.value)))

    assert answers[0] == answers[1]
    assert openings() == []


def listed(person_id, offset=0, limit=25, **wanted):
    return spending.listing(person_id=person_id, filter=Filter(**wanted), offset=offset, limit=limit)


def test_the_list_is_newest_first_with_the_members_own_stores_and_opens_nothing(member):
    found = listed(member)

    assert [each.head.business_day for each in found.receipts] == sorted(
        (each.head.business_day for each in found.receipts), reverse=True
    )
    assert found.count == len(found.receipts) == 7
    assert [name for _, name in found.stores] == ["Drugstore Square", "Grocer Harbour", "Hotel Haparanda"]
    assert openings() == []


def test_the_list_in_pages(member):
    whole = [each.head.receipt_id for each in listed(member).receipts]

    assert [each.head.receipt_id for each in listed(member, offset=2, limit=3).receipts] == whole[2:5]
    beyond = listed(member, offset=100)
    assert (beyond.receipts, beyond.count) == ([], 7)


def test_each_filter_of_the_list(member):
    hotel = next(id_ for id_, name in listed(member).stores if name.startswith("Hotel"))

    assert listed(member, store_id=hotel).count == 1
    assert listed(member, first=date(2026, 11, 18)).count == 3
    assert listed(member, last=date(2026, 5, 10)).count == 2
    assert listed(member, least=500, most=12_900).count == 4
    nothing = listed(member, store_id=hotel, most=1)
    assert (nothing.count, len(nothing.stores)) == (0, 3)


PAGES = {
    "overview": lambda me, _: spending.overview(**asked(me, period=NOVEMBER)),
    "group": lambda me, _: spending.group_page(**asked(me, group_id=ids()["food"], period=NOVEMBER)),
    "product": lambda me, key: spending.product_page(**asked(me, key=key)),
    "search": lambda me, _: spending.search(**asked(me, text="milk")),
    "receipt": lambda me, _: page_of(me, 1),
    "listing": lambda me, _: listed(me),
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_at_most_one_entry(member, page):
    key = milk_key(member)
    before = len(openings())
    entries = Entry.objects.count()

    PAGES[page](member, key)

    expected = 0 if page == "listing" else 1
    assert (len(openings()) - before, Entry.objects.count() - entries) == (expected, expected)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_takes_as_many_queries_for_many_receipts_as_for_few(member, page):
    key = milk_key(member)
    with statements() as few:
        PAGES[page](member, key)
    take(*[on(f"2026-11-{n:02}", [*FULL, line(f"NEW {n}", code=f"{n}")], 100 + n) for n in range(1, 16)])
    spending.search(**asked(member, text="milk"))  # meets the new products

    with statements() as many:
        PAGES[page](member, key)

    assert len(many) == len(few) <= 9


def test_products_never_met_before_take_two_queries_however_many(member):
    spending.search(**asked(member, text="milk"))
    with statements() as warm:
        spending.search(**asked(member, text="milk"))
    take(on("2026-11-15", [line(f"NEW {n}", code=f"{n}") for n in range(40)], 200))

    with statements() as cold:
        spending.search(**asked(member, text="milk"))

    assert len(cold) - len(warm) == 2
