"""The source's baskets as receipts on the wire."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import msgspec
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from kvitto.demo import receipts as demo
from kvitto.demo import source
from kvitto.demo.actions import network_text, receipts_file
from kvitto.demo.people import adults
from kvitto.demo.rules import FIRST_DAY, LAST_DAY, shift_days
from kvitto.intake.formats import decode
from kvitto.intake.rules import check
from kvitto.intake.types import Raw, Refusal
from kvitto.kernel.money import cents
from kvitto.purchases.types import Receipt
from kvitto.stores.network import parse
from kvitto.stores.types import StoreInfo

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SHIFT = shift_days(NOW.date())
HELSINKI = ZoneInfo("Europe/Helsinki")
SLICE = 2_000


@pytest.fixture(scope="module")
def stores():
    network = parse(network_text(SHIFT).encode())
    return {
        code: StoreInfo(0, code, store.name, 0, 0, store.chain, store.zone, store.tills)
        for code, store in network.stores.items()
    }


@pytest.fixture(scope="module")
def some():
    """The bytes of the first receipts."""
    return list(islice(demo.receipts(SHIFT), SLICE))


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    """The file with the whole year, and what was told while it was written: that takes seconds, so it is done once."""
    told = []
    path = receipts_file(
        home=tmp_path_factory.mktemp("year"), shift_days=SHIFT, progress=lambda *said: told.append(said)
    )
    return path, told


def plain(body):
    """A receipt, unchecked."""
    return msgspec.json.decode(body, type=Receipt)


def read(body, stores):
    """A receipt that passes intake's checks."""
    found = decode(Raw(1, body))
    assert not isinstance(found, Refusal), found
    receipt, _ = found
    amounts = [cents(line.amount) for line in receipt.lines]
    oldest = FIRST_DAY + timedelta(days=SHIFT)
    assert check(receipt, amounts=amounts, store=stores.get(receipt.store), now=NOW) is None
    assert receipt.business_day >= oldest
    return receipt


def test_intake_takes_them(some, stores):
    assert len([read(body, stores) for body in some]) == SLICE


def test_nothing_is_escaped_or_said_in_vain(some):
    """Intake reads such a receipt once: written out again it is as long."""
    for body in some:
        assert b"\\" not in body
        assert len(msgspec.json.encode(plain(body))) == len(body)


def test_the_same_shift_gives_the_same_bytes(some):
    assert list(islice(demo.receipts(SHIFT), SLICE)) == some


def test_another_shift_moves_the_days_and_nothing_that_is_bought(some, stores):
    later = [plain(body) for body in islice(demo.receipts(SHIFT + 70), 50)]

    for body, moved in zip(some, later, strict=False):
        assert read(body, stores)
        receipt = plain(body)
        assert moved.business_day - receipt.business_day == timedelta(days=70)
        assert (moved.lines, moved.total, moved.card) == (receipt.lines, receipt.total, receipt.card)


def test_what_is_never_stored_is_there_too(some, stores):
    receipt = read(some[0], stores)

    assert receipt.operator
    assert receipt.sent_at > receipt.end_time


@settings(max_examples=3, deadline=None)
@given(st.integers(80, 1_000))
def test_times_have_the_offset_of_their_day_and_are_in_order(weeks):
    moments = demo._moments(source.lines(), timedelta(weeks=weeks))

    assert moments == sorted(moments)
    first, last = (moments[place][0].astimezone(HELSINKI).date() for place in (0, -1))
    assert (first, last) == (FIRST_DAY + timedelta(weeks=weeks), LAST_DAY + timedelta(weeks=weeks))


def test_an_hour_that_the_clock_leaps_over_is_the_next_one():
    new_york = ZoneInfo("America/New_York")
    bought = datetime(2017, 3, 26, 3, 30, tzinfo=new_york)  # on that day Helsinki went from 3 to 4 o'clock
    lines = source.Lines([], [], [], [], [], [], [], [], [], [], seconds=[int(bought.timestamp())])

    ((moment, _),) = demo._moments(lines, timedelta(0))

    assert moment.astimezone(HELSINKI).isoformat() == "2017-03-26T04:30:00+03:00"


@pytest.mark.parametrize(
    ("total", "coupons", "tenders"),
    [
        (500, 0, '{"type":"card","amount":"5.00"}'),
        (500, 120, '{"type":"voucher","amount":"1.20"},{"type":"card","amount":"3.80"}'),
        (500, 700, '{"type":"voucher","amount":"5.00"}'),
        (0, 100, ""),
    ],
)
def test_coupons_pay_as_far_as_they_go(total, coupons, tenders):
    assert demo._tenders(total, coupons) == tenders


@pytest.mark.parametrize(
    ("fuel", "eaten_out", "store"),
    [(0, False, "00330"), (251, False, "B19"), (250, False, "00330"), (0, True, "R19")],
)
def test_fuel_and_restaurant_food_are_bought_in_shops_of_their_own(fuel, eaten_out, store):
    body = demo._Body("", "", "", total=500, fuel=fuel, eaten_out=eaten_out)

    assert demo._store(330, body) == store


@pytest.mark.slow
def test_the_file_of_receipts_is_written_once_for_a_shift(year):
    path, told = year
    with zstd.ZstdFile(path) as file:
        lines = sum(1 for _ in file)
    written = path.stat().st_mtime_ns

    assert lines == 155_848
    assert told[-1] == ("receipts file", 155_848, 155_848)
    assert receipts_file(home=path.parents[1], shift_days=SHIFT) == path
    assert path.stat().st_mtime_ns == written
    assert [file.name for file in path.parent.iterdir()] == ["receipts.ndjson.zst"]


@pytest.mark.slow
def test_the_whole_year_comes_out_with_the_sums_of_the_source_and_all_that_is_odd_in_it(year, stores):
    counts, units, cards, days, most = Counter(), Counter(), set(), set(), 0
    with zstd.ZstdFile(year[0]) as file:
        for place, line in enumerate(file):
            body = line.removesuffix(b"\n")
            receipt = plain(body) if place % 16 else read(body, stores)  # a load of the demo reads all of them
            lines, quantities = receipt.lines, [int(each.quantity) for each in receipt.lines]
            counts["receipts"] += 1
            counts["receipts of nothing"] += receipt.total == "0.00"
            counts[stores[receipt.store].chain_code] += 1
            cards.add(receipt.card)
            days.add(receipt.business_day)
            counts["lines"] += len(lines)
            counts["cents"] += sum([cents(each.amount) for each in lines])
            counts["discount"] += sum([cents(each.discount) for each in lines if each.discount])
            counts["quantity"] += sum(quantities)
            counts["lines of nothing"] += quantities.count(0)
            counts["flagged"] += sum([each.bonus is not None for each in lines])
            units.update([each.unit for each in lines])
            most = max(most, *quantities)

    assert {name: counts[name] for name in ("cents", "discount", "quantity")} == _sums_of_the_source()
    assert (counts["receipts"], counts["lines"]) == (155_848, 1_469_307)
    assert (counts["receipts of nothing"], counts["lines of nothing"]) == (478, 8_869)
    assert (units[demo.FUEL_UNIT], most) == (13_509, 89_638)
    assert 0.009 < counts["flagged"] / counts["lines"] < 0.011
    assert cards <= {adult.card for adult in adults()}
    assert (min(days), max(days)) == (FIRST_DAY + timedelta(days=SHIFT), LAST_DAY + timedelta(days=SHIFT))
    chains = {store.chain_code for store in stores.values()}
    assert not [chain for chain in chains if counts[chain] < 500]


def _sums_of_the_source():
    table = pq.read_table(source.folder() / "transactions.parquet")
    total = {name: pc.sum(table[name]).as_py() for name in ("sales_value", "retail_disc", "coupon_match_disc")}
    return {
        "cents": round(total["sales_value"] * 100),
        "discount": round((total["retail_disc"] + total["coupon_match_disc"]) * 100),
        "quantity": pc.sum(table["quantity"]).as_py(),
    }


def test_products_that_the_source_does_not_name_are_on_the_shelf_under_their_number():
    lines = source.lines()
    known = {product.product_id for product in source.products()}
    nameless = {place for place, product_id in enumerate(lines.product_ids) if product_id not in known}
    shelf = demo._shelf(lines)

    assert sum(place in nameless for place in lines.product) == 4_836
    assert all(f'"PRODUCT {lines.product_ids[place]}"' in shelf.before[place] for place in nameless)


def test_other_lines_of_the_source_become_receipts_of_one_card_that_intake_takes(stores):
    some = source.lines()
    columns = (some.product, some.quantity, some.amount, some.discount, some.coupon)
    picked = source.Lines(some.product_ids, *(list(column[:30]) for column in columns), [0, 10], [7, 8], [], [], [])
    moments = [NOW - timedelta(days=days) for days in (20, 10)]
    card = adults()[0].card
    first, second = (
        read(body, stores) for body in demo.receipts_of(picked, card=card, stores=["00330", "B19"], moments=moments)
    )

    assert [(len(each.lines), each.sequence, each.store) for each in (first, second)] == [
        (10, 7, "00330"),
        (20, 8, "B19"),
    ]
    assert {first.card, second.card} == {card}
    assert first.end_time == moments[0]
