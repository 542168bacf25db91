"""A member's own pages: every figure leads to receipts, one opening a page, nothing of anybody else."""

import re

import pytest
from django.utils import timezone

from kvitto.audit.models import Entry
from tests.cast import AINO_CARD, APPLES, BJORN_CARD, MILK, line, receipt, take
from tests.doors.reading import signed_in, text_of

SPACE = "\N{NO-BREAK SPACE}"
DEPOSIT = {"type": "deposit", "text": "DEPOSIT 0.40", "quantity": "1", "amount": "0.40", "vat": "25.5"}


pytestmark = pytest.mark.usefixtures("casts_day")


@pytest.fixture
def aino(committed_cast):
    """Aino's browser; she has a receipt at each level."""
    take(
        receipt([line(code=MILK), line(code=APPLES, text="APPLES", amount="3.00", quantity="1.5", unit="kg"), DEPOSIT]),
        receipt(
            [line(code=MILK, amount="2.25")],
            sequence=2,
            business_day="2026-10-03",
            end_time="2026-10-03T09:05:00+03:00",
        ),
        receipt([line(code=MILK, amount="4.00")], store="201", sequence=3),
        receipt([line(text="ROOM", amount="99.00")], store="900", sequence=4),
    )
    return signed_in(committed_cast.aino)


def openings():
    return Entry.objects.filter(action="vault.open").count()


def receipt_address(client, store="Grocer Harbour"):
    page = client.get("/receipts").content.decode()
    return next(url for url, name in re.findall(r'href="(/receipts/[^"]+)"><b>([^<]+)', page) if name == store)


def group_address(client, name, page="/purchases"):
    found = re.findall(r'href="([^"]+/groups/[^"]+)"><span><span>([^<]+)', client.get(page).content.decode())
    return next(url for url, shown in found if shown == name)


def test_this_month_at_a_glance(aino):
    shown = text_of(aino.get("/purchases"))
    assert "November 2026" in shown
    assert f"108,55{SPACE}€ 3 receipts" in shown
    assert f"Food 9,15{SPACE}€" in shown
    assert f"Deposits 0,40{SPACE}€" in shown
    assert f"Recorded as totals only 99,00{SPACE}€" in shown
    assert f"October 2026: 2,25{SPACE}€" in shown
    assert "1 receipt: every product (the chain's level on that day)" in shown
    assert "1 receipt: product groups (the chain's level on that day)" in shown


def test_a_group_opens_up_to_products_and_receipts(aino):
    shown = text_of(aino.get(group_address(aino, "Food")))
    assert f"9,15{SPACE}€" in shown
    dairy = aino.get(group_address(aino, "Dairy", group_address(aino, "Food")))
    assert f"Organic milk 1.5 l 2,15{SPACE}€" in text_of(dairy)
    assert f"Recorded as a group, without products 4,00{SPACE}€" in text_of(dairy)
    assert "Grocer Harbour" in text_of(dairy)
    assert "Drugstore Square" in text_of(dairy)


@pytest.mark.parametrize("word", ["totals", "deposits", "other"])
def test_what_is_in_no_group_has_a_page_that_explains_it(aino, word):
    response = aino.get(f"/purchases/2026-11/groups/{word}")
    assert response.status_code == 200
    assert 'class="notice"' in response.content.decode()


def test_a_product_says_what_it_cost_last_time(aino):
    page = aino.get(group_address(aino, "Dairy", group_address(aino, "Food"))).content.decode()
    address = re.search(r'href="(/products/[^"]+)"', page)[1]
    shown = text_of(aino.get(address))
    assert f"Last time you paid 2,15{SPACE}€ on 20.11.2026 in Grocer Harbour." in shown
    assert f"4,40{SPACE}€ this year" in shown
    assert "Bought 2 times" in shown
    assert "Sat 3.10.2026" in shown


def test_search_answers_how_much_was_spent_this_year(aino):
    shown = text_of(aino.get("/search", {"q": "MILK organic"}))
    assert f"“milk organic” this year 4,40{SPACE}€" in shown
    assert "Grocer Harbour" in shown


def test_the_answer_alone_is_sent_while_typing(aino):
    part = aino.get("/search", {"q": "apples"}, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="found"')
    assert f"Bought 1 time, this year for 3,00{SPACE}€" in part


def test_nothing_found_says_what_is_searched(aino):
    assert "Try a shorter word" in text_of(aino.get("/search", {"q": "kettle"}))


def test_receipts_are_listed_by_month_newest_first(aino):
    shown = text_of(aino.get("/receipts"))
    assert "4 receipts November 2026" in shown
    listed = shown[shown.index("4 receipts") :]
    assert listed.index("November 2026") < listed.index("Hotel Haparanda") < listed.index("October 2026")


@pytest.mark.parametrize(
    ("query", "stores"),
    [
        ("first=2026-11-01", {"Grocer Harbour", "Drugstore Square", "Hotel Haparanda"}),
        ("last=2026-10-31", {"Grocer Harbour"}),
        ("least=5", {"Grocer Harbour", "Hotel Haparanda"}),
        ("least=4,00&most=4.00", {"Drugstore Square"}),
        ("most=1", set()),
    ],
)
def test_receipts_are_found_by_day_and_amount(aino, query, stores):
    page = aino.get(f"/receipts?{query}").content.decode()
    assert set(re.findall(r'class="entry"[^>]*><b>([^<]+)', page)) == stores


def test_receipts_are_found_by_store(aino):
    page = aino.get("/receipts").content.decode()
    number = re.search(r'<option value="(\d+)">Drugstore Square', page)[1]
    assert "1 receipt " in text_of(aino.get(f"/receipts?store={number}"))


@pytest.mark.parametrize(
    ("query", "words"),
    [("first=2026-02-30", "That is not a date"), ("least=a lot", "That is not an amount"), ("store=1e9", "4 receipts")],
)
def test_a_filter_that_makes_no_sense_is_named_and_filters_nothing(aino, query, words):
    response = aino.get(f"/receipts?{query}")
    assert response.status_code == 200
    assert words in text_of(response)
    assert "4 receipts" in text_of(response)


def test_older_receipts_come_page_by_page(committed_cast):
    take(*[receipt(sequence=n) for n in range(60)])
    client = signed_in(committed_cast.aino)
    seen = []
    address = "/receipts"
    while address:
        page = client.get(address).content.decode()
        seen += re.findall(r'href="(/receipts/2026[^"]+)"', page)
        more = re.search(r'hx-get="(\?page=\d+)"', page)
        address = f"/receipts{more[1]}" if more else None
    assert len(seen) == len(set(seen)) == 60


def test_a_receipt_is_shown_as_on_paper_with_its_last_day(aino):
    shown = text_of(aino.get(receipt_address(aino)))
    assert "Grocer Harbour Oulu Northern Co-op · 1234567-1 Fri 20.11.2026 at 17:03" in shown
    assert "MILK ORGANIC 1.5L 2,15" in shown
    assert "1,5 kg × 2,00" in shown
    assert f"Total 5,55{SPACE}€ Card 5,55" in shown
    assert "Deleted on 20.11.2028" in shown
    assert "Recorded every product" in shown
    assert "Why The chain records every product" in shown
    assert f"Counts for Bonus purchases: 5,15{SPACE}€" in shown


def test_a_receipt_at_group_level_shows_groups(aino):
    shown = text_of(aino.get(receipt_address(aino, "Drugstore Square")))
    assert "Dairy 4,00" in shown
    assert "MILK" not in shown
    assert "Recorded product groups" in shown


def test_a_receipt_at_total_level_says_that_there_is_no_more_and_opens_nothing(aino):
    address = receipt_address(aino, "Hotel Haparanda")
    before = openings()
    shown = text_of(aino.get(address))
    assert "What was bought is not recorded" in shown
    assert "ROOM" not in shown
    assert f"99,00{SPACE}€" in shown
    assert openings() == before


@pytest.mark.parametrize(
    "page",
    ["/purchases", "/purchases/2026", "/purchases/2026-10", "/search?q=milk", "/purchases/2026-11/groups/deposits"],
)
def test_a_page_is_one_opening(aino, page):
    before = openings()
    assert aino.get(page).status_code == 200
    assert openings() == before + 1


@pytest.mark.parametrize(
    "page", ["/receipts", "/account", "/account/traces", "/levels", "/search?q=", "/purchases/2026-11/groups/totals"]
)
def test_pages_without_lines_open_nothing(aino, page):
    assert aino.get(page).status_code == 200
    assert openings() == 0


@pytest.mark.parametrize("page", ["/purchases", "/purchases/2026", "/receipts", "/search?q=milk"])
def test_a_page_costs_the_same_number_of_queries_for_few_receipts_and_for_many(
    committed_cast, page, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    take(receipt([line(code=MILK), line(code=APPLES)]))
    client = signed_in(committed_cast.aino)
    client.get(page)
    with CaptureQueriesContext(connection) as few:
        client.get(page)
        expected = len(few)
    take(
        *[
            receipt([line(code=MILK), line(code=APPLES), line(code=str(n), text=f"P{n}")], sequence=n)
            for n in range(20, 60)
        ]
    )
    client.get(page)
    with django_assert_num_queries(expected):
        client.get(page)


def test_a_strangers_receipt_is_no_page_at_all(aino, committed_cast):
    address = receipt_address(aino)
    chen = signed_in(committed_cast.chen, "chen")
    theirs, nobodys = chen.get(address), chen.get("/receipts/2026-11-20/999999999")
    assert theirs.status_code == nobodys.status_code == 404
    assert text_of(theirs) == text_of(nobodys)


def test_a_strangers_product_is_no_page_at_all(aino, committed_cast):
    page = aino.get("/search", {"q": "milk"}).content.decode()
    address = re.search(r'href="(/products/[^"]+)"', page)[1]
    chen = signed_in(committed_cast.chen, "chen")
    assert chen.get(address).status_code == 404
    assert chen.get("/products/x000000000000").status_code == 404


def test_nobody_sees_anything_of_others(aino, committed_cast):
    bjorn = signed_in(committed_cast.bjorn, "bjorn")
    for page in ("/purchases", "/purchases/2026", "/receipts", "/search?q=milk"):
        shown = text_of(bjorn.get(page))
        assert "Harbour" not in shown
        assert "2,15" not in shown
        assert "MILK" not in shown


def test_a_member_without_receipts_is_told_what_to_do(committed_cast):
    client = signed_in(committed_cast.chen)
    assert "Use your member card at the till" in text_of(client.get("/purchases"))
    assert "No receipt is recorded for you" in text_of(client.get("/receipts"))


@pytest.mark.parametrize("page", ["/purchases", "/receipts", "/card", "/account", "/account/traces", "/search?q=milk"])
def test_an_account_of_nobody_is_told_so(committed_cast, page):
    assert "not linked to anyone" in text_of(signed_in(None).get(page))


@pytest.mark.parametrize(
    "page",
    [
        "/purchases/2026-13",
        "/purchases/2026-00",
        "/purchases/2019",
        "/purchases/2027",
        "/purchases/2026-12",
        "/purchases/26-1",
        "/purchases/2026-11/groups/0",
        "/purchases/2026-11/groups/-1",
        "/purchases/2026-11/groups/999999999",
        "/purchases/2026-11/groups/99999999999999999999",
        "/products/no-such",
        "/receipts?page=-1",
        "/receipts?page=0",
        "/receipts?page=2",
        "/receipts?page=x",
        "/receipts?page=99999999999999999999",
        "/receipts?page=١",
        "/receipts/2026-02-30/1",
        "/receipts/2026-11-20/0",
        "/receipts/2026-11-20/99999999999999999999",
    ],
)
def test_addresses_of_nothing_are_no_page(aino, page):
    assert aino.get(page).status_code == 404


@pytest.mark.parametrize(
    "text",
    [
        "m" * 10_000,
        "milk " * 2_000,
        "😀",
        "\u202e\u05d7\u05dc\u05d1",
        "\x00",
        "%",
        "_",
        "'; --",
        "<b>milk</b>",
        "\\",
        "\ud800",
    ],
    ids=[
        "10 kB",
        "many words",
        "emoji",
        "right to left",
        "NUL",
        "percent",
        "underscore",
        "quote",
        "tags",
        "backslash",
        "half a pair",
    ],
)
def test_a_search_for_anything_is_answered(aino, text):
    response = aino.get("/search", {"q": text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")})
    assert response.status_code == 200
    assert "<b>milk</b>" not in response.content.decode()


def test_odd_texts_from_a_till_are_shown_as_they_are(committed_cast):
    take(receipt([line(text="PIE 🥧 חלב <i>x</i>", code="777")]))
    client = signed_in(committed_cast.aino)
    page = client.get(receipt_address(client)).content.decode()
    assert "PIE 🥧 חלב &lt;i&gt;x&lt;/i&gt;" in page


def test_a_visitor_is_sent_to_sign_in_and_back(client, db):
    response = client.get("/receipts?first=2026-11-01")
    assert response["Location"] == "/sign-in?next=/receipts%3Ffirst%3D2026-11-01"


def test_own_openings_are_shown_folded_and_others_one_by_one(aino, committed_cast):
    from kvitto.kernel.actor import SYSTEM
    from kvitto.purchases.queries import contents_of, receipts_of

    for _ in range(3):
        aino.get("/purchases")
    shown = text_of(aino.get("/account/traces"))
    assert "You, 3 times" in shown
    assert "Nobody of the staff has looked at your data." in shown
    assert "Others and programs" not in shown
    heads = receipts_of(committed_cast.aino, 9)
    contents_of(
        person_id=committed_cast.aino,
        receipts=[(head.business_day, head.receipt_id) for head in heads],
        by=SYSTEM,
        purpose="a trial",
        now=timezone.now(),
    )
    assert "An automatic job of the co-op opened what you have bought (3 receipts)" in text_of(
        aino.get("/account/traces")
    )


def test_everything_the_customer_register_knows_is_shown(aino):
    shown = text_of(aino.get("/account"))
    for words in ("Aino Ahonen", "Finnish", AINO_CARD, "somebody", "My choices"):
        assert words in shown
    assert BJORN_CARD not in shown
