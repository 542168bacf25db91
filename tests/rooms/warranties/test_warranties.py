"""Warranty receipts make themselves, hold what a claim needs and no more, end with the guarantee, and belong to their owner."""

from datetime import date, timedelta

import pytest
from django.db import connection

from kvitto.choices import texts
from kvitto.choices.types import Topic
from kvitto.kernel.db import opened
from kvitto.purchases import queries as purchases
from kvitto.purchases.actions import NotOwnReceiptError
from kvitto.retention import actions as retention
from kvitto.stores.types import Level
from kvitto.vault import actions as vault
from kvitto.vault.actions import KeyDestroyedError
from kvitto.warranties import actions, models, queries
from kvitto.warranties.sealing import to_open
from tests.cast import BEER, BJORN_CARD, MILK, NOW, TODAY, keep_out, line, receipt, take
from tests.guarantees import DAY, KETTLE, MEMBER, TERMS, WASHER, buy, stock, turn, washer

SERIAL = "W7-0042-1187"


@pytest.fixture
def aino(cast):
    stock()
    turn(Topic.WARRANTY_RECEIPTS, person_id=cast.aino, now=NOW - timedelta(hours=1))
    return cast.aino


def of(person_id):
    return queries.of_person(person_id=person_id, by=MEMBER, now=NOW)


def correct(person_id, warranty, **fields):
    known = {"item": warranty.copy.item, "ends_on": warranty.ends_on, "note": warranty.copy.note}
    with opened():
        actions.correct(person_id=person_id, warranty_id=warranty.warranty_id, **known | fields, by=MEMBER, now=NOW)


def delete(person_id, warranty):
    with opened():
        actions.delete(person_id=person_id, warranty_id=warranty.warranty_id, by=MEMBER, now=NOW)


# they make themselves


def test_a_guaranteed_line_leaves_the_copy_of_what_a_claim_needs(aino):
    buy(line(code=MILK), washer(guarantees=[{"months": 36, "terms": TERMS}], serial=SERIAL))

    (found,) = of(aino)
    assert (found.ends_on, found.business_day, found.returned_on) == (date(2029, 11, 22), TODAY, None)
    copy = found.copy
    assert (copy.company, copy.business_id, copy.store, copy.town) == (
        "Northern Co-op", "1234567-1", "Grocer Harbour", "Oulu",
    )  # fmt: skip
    assert (copy.workstation, copy.sequence) == ("1", 77)
    assert (copy.item, copy.serial, copy.terms, copy.note) == ("WASHING MACHINE W7", SERIAL, TERMS, "")


def test_without_the_receipts_word_the_products_months_count_and_then_its_groups(aino):
    buy(washer(), line("KETTLE", "29.90", code=KETTLE, vat="25.5"))

    assert [(each.copy.item, each.ends_on) for each in of(aino)] == [
        ("KETTLE", date(2027, 11, 22)), ("WASHING MACHINE W7", date(2028, 11, 22)),
    ]  # fmt: skip


def test_of_two_guarantees_on_a_line_the_longer_counts(aino):
    two = [{"months": 12, "terms": "the store's"}, {"until": "2031-11-22", "terms": "the maker's"}]
    buy(washer(guarantees=two))

    (found,) = of(aino)
    assert (found.ends_on, found.copy.terms) == (date(2031, 11, 22), "the maker's")


def test_it_is_there_also_where_less_is_recorded_since_it_is_a_service_of_its_own(aino):
    turn(Topic.RECORDING_LEVEL, Level.TOTAL, person_id=aino, now=NOW - timedelta(hours=1))
    buy(washer())

    assert [each.copy.item for each in of(aino)] == ["WASHING MACHINE W7"]


@pytest.mark.parametrize(
    "case", ["turned off", "a chain of groups", "a chain of totals", "kept out", "bought before", "over"]
)
def test_none_is_made(cast, aino, case):
    beer = line("BEER MACHINE", "99.00", code=BEER, vat="25.5", guarantees=[{"months": 24}])
    lines, fields = [washer()], {}
    if case == "turned off":
        turn(Topic.WARRANTY_RECEIPTS, 0, person_id=aino, now=NOW - timedelta(minutes=30))
    elif case == "kept out":
        keep_out(aino, "alcohol", now=NOW - timedelta(minutes=30))
        lines = [beer]
    elif case == "bought before":
        fields = {"end_time": (NOW - timedelta(hours=2)).isoformat()}
    elif case == "over":
        lines = [washer(guarantees=[{"until": "2026-11-15"}])]
        fields = {"business_day": "2026-11-15"}
    else:
        fields = {"store": "201" if case == "a chain of groups" else "900"}
    buy(*lines, **fields)

    assert not models.Warranty.objects.exists()


def test_the_same_receipt_again_makes_no_second_one(aino):
    buy(washer())
    assert take(receipt([washer()], sequence=77, **DAY)).recorded == 0

    assert len(of(aino)) == 1


def test_nobody_elses_is_found(cast, aino):
    buy(washer())
    (found,) = of(aino)

    assert of(cast.bjorn) == []
    assert queries.one(person_id=cast.bjorn, warranty_id=found.warranty_id, by=MEMBER, now=NOW) is None
    for act in (correct, delete):
        with pytest.raises(actions.NoWarrantyError):
            act(cast.bjorn, found)


# bad input


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"guarantees": [{"months": 0}]}, "$.lines[0].guarantees[0].months"),
        ({"guarantees": [{"months": 400}]}, "$.lines[0].guarantees[0].months"),
        ({"guarantees": [{"months": 12, "until": "2027-11-22"}]}, "$.lines[0].guarantees[0]"),
        ({"guarantees": [{"terms": "for ever"}]}, "$.lines[0].guarantees[0]"),
        ({"guarantees": [{"until": "2099-01-01"}]}, "$.lines[0].guarantees[0].until"),
        ({"guarantees": [{"until": "2026-11-21"}]}, "$.lines[0].guarantees[0].until"),
        ({"serial": "7" * 5_000}, "$.lines[0].serial"),
        ({"serial": ""}, "$.lines[0].serial"),
    ],
)
def test_a_guarantee_that_cannot_be_is_refused_with_its_place(aino, fields, place):
    taken = take(receipt([washer(**fields)], sequence=77, **DAY))

    assert [each.refusal.field for each in taken.refused] == [place]
    assert not models.Warranty.objects.exists()


@pytest.mark.parametrize("months", ["0", "400", "-1", "2.5", "two"])
def test_an_assortment_says_one_to_360_months(tmp_path, months):
    from kvitto.assortment.files import FileRefusedError, read_groups, read_products

    products = tmp_path / "products.csv"
    products.write_text(f"code;group;name_en;guarantee_months\n{WASHER};big;Washer;{months}\n")
    groups = tmp_path / "groups.csv"
    groups.write_text(f"code;name_en;guarantee_months\nbig;Appliances;{months}\n")

    (rejected,) = read_products(products)
    assert (rejected.column, "from 1 to 360" in rejected.reason) == ("guarantee_months", True)
    with pytest.raises(FileRefusedError, match="guarantee_months"):
        read_groups(groups)


# what comes back


def bring_back(*lines, **fields):
    buy(*lines, sequence=90, type="return", **fields)


def back(pieces="-1", amount="-649.00", **fields):
    return line("WASHING MACHINE W7", amount, code=WASHER, vat="25.5", type="return", quantity=pieces, **fields)


def test_what_is_brought_back_has_no_guarantee_any_more(aino):
    buy(washer())
    bring_back(back())

    (found,) = of(aino)
    assert found.returned_on == TODAY
    with pytest.raises(actions.UnsoundCorrectionError):
        correct(aino, found, note="again")


def test_one_of_two_that_comes_back_leaves_the_other(aino):
    buy(line("WASHING MACHINE W7", "1298.00", code=WASHER, vat="25.5", quantity="2"))
    bring_back(back())

    (found,) = of(aino)
    assert found.returned_on is None
    bring_back(back(), begin_time=(NOW - timedelta(minutes=9)).isoformat())
    assert of(aino)[0].returned_on == TODAY


def test_the_newest_ends_and_what_was_taken_in_exchange_stays(aino):
    buy(washer(), sequence=70, business_day="2026-11-21")
    buy(washer(), back(), sequence=71)

    assert [(each.business_day, each.returned_on) for each in of(aino)] == [
        (TODAY, None), (date(2026, 11, 21), TODAY),
    ]  # fmt: skip


def test_a_return_that_names_its_sale_ends_the_guarantee_of_that_one(aino):
    buy(washer(), sequence=70, business_day="2026-11-21")
    buy(washer(), sequence=71)
    origin = {"store": "101", "business_day": "2026-11-21", "workstation": "1", "sequence": 70}
    bring_back(back(), origins=[origin])

    assert [(each.business_day, each.returned_on) for each in of(aino)] == [
        (TODAY, None), (date(2026, 11, 21), TODAY),
    ]  # fmt: skip


def earlier(minutes):
    """A sale of the cast's day before a return at NOW; the number of its receipt is 77."""
    return {"end_time": (NOW - timedelta(minutes=minutes)).isoformat()}


ORIGIN = {"store": "101", "business_day": TODAY.isoformat(), "workstation": "1", "sequence": 77}


@pytest.mark.parametrize("said", [{}, {"origins": [ORIGIN]}], ids=["unnamed", "named"])
def test_a_return_that_comes_in_before_its_sale_ends_the_guarantee_all_the_same(aino, said):
    bring_back(back(), **said)
    buy(line("WASHING MACHINE W7", "1298.00", code=WASHER, vat="25.5", quantity="2"), **earlier(20))
    bring_back(back(), begin_time=(NOW - timedelta(minutes=9)).isoformat())
    buy(washer(), sequence=79, **earlier(-2))

    assert [(each.copy.sequence, each.returned_on) for each in of(aino)] == [(79, None), (77, TODAY)]


def test_a_return_waits_for_the_sale_that_it_names_and_ends_no_other(aino):
    buy(washer(), sequence=76, **earlier(30))
    bring_back(back(), origins=[ORIGIN])
    assert of(aino)[0].returned_on is None
    buy(washer(), **earlier(20))

    assert [(each.copy.sequence, each.returned_on) for each in of(aino)] == [(76, None), (77, TODAY)]


def void(sequence):
    named = {"business_day": TODAY.isoformat(), "workstation": "1", "sequence": sequence}
    header = named | {"type": "post_void", "store": "101", "sequence": 99, "voids": named}
    return header | {"end_time": (NOW + timedelta(minutes=1)).isoformat()}


@pytest.mark.parametrize("sold_first", [True, False])
def test_a_sale_that_its_till_takes_back_has_no_guarantee_whichever_comes_first(aino, sold_first):
    sale = receipt([washer()], sequence=77, **DAY)
    for each in [sale, void(77)] if sold_first else [void(77), sale]:
        take(each, now=NOW + timedelta(minutes=2))

    (found,) = of(aino)
    assert (found.returned_on, found.voided) == (TODAY, True)


@pytest.mark.parametrize("order", ["sale, return, void", "return, void, sale", "void, return, sale"])
def test_a_return_that_its_till_takes_back_ends_nothing(aino, order):
    receipts = {
        "sale": receipt([washer()], sequence=77, **DAY | earlier(20)),
        "return": receipt([back()], sequence=90, type="return", **DAY),
        "void": void(90),
    }
    for each in order.split(", "):
        take(receipts[each], now=NOW + timedelta(minutes=2))

    (found,) = of(aino)
    assert (found.returned_on, found.voided) == (None, False)
    assert models.Warranty.objects.get().pieces == 1


def test_somebody_elses_return_ends_nothing(cast, aino):
    buy(washer())
    turn(Topic.WARRANTY_RECEIPTS, person_id=cast.bjorn, now=NOW - timedelta(hours=1))
    bring_back(back(), card=BJORN_CARD)

    assert of(aino)[0].returned_on is None


# its owner's


def test_its_owner_corrects_it_and_what_the_receipt_says_stays(aino):
    buy(washer())
    (found,) = of(aino)
    correct(aino, found, item="Tvättmaskinen", ends_on=date(2031, 1, 1), note="papers in the kitchen")

    (after,) = of(aino)
    assert (after.copy.item, after.copy.printed) == ("Tvättmaskinen", "WASHING MACHINE W7")
    assert (after.ends_on, after.copy.until) == (date(2031, 1, 1), date(2028, 11, 22))
    assert (after.copy.note, after.corrected) == ("papers in the kitchen", True)


@pytest.mark.parametrize(
    "fields",
    [
        {"item": ""},
        {"item": "x" * 201},
        {"note": "x" * 1001},
        {"note": "\0"},
        {"ends_on": TODAY - timedelta(days=1)},
        {"ends_on": date(2056, 11, 23)},
    ],
)
def test_a_correction_that_cannot_be_changes_nothing(aino, fields):
    buy(washer())
    (found,) = of(aino)
    with pytest.raises(actions.UnsoundCorrectionError):
        correct(aino, found, **fields)

    assert of(aino) == [found]


def test_a_deleted_one_opens_nowhere_and_those_beside_it_do(aino):
    buy(washer(serial="1"), washer(serial="2"))
    gone = models.Warranty.objects.get(line=0)
    first, second = of(aino)
    delete(aino, first)

    assert of(aino) == [second]
    with pytest.raises(KeyDestroyedError):
        vault.open_sealed(items=to_open([gone]), by=MEMBER, purpose="test", subject=None, period=None, now=NOW)


def test_turned_off_they_go_with_their_keys(aino):
    buy(washer())
    turn(Topic.WARRANTY_RECEIPTS, 0, person_id=aino)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM vault_key WHERE compartment = 3")
        assert cursor.fetchone() == (0,)
    assert of(aino) == []


def test_turned_on_from_a_receipt_it_keeps_that_receipts(cast):
    stock()
    buy(washer(), line(code=MILK))
    (head,) = purchases.receipts_of(cast.aino, 9)
    assert of(cast.aino) == []
    shown = texts.shown(Topic.WARRANTY_RECEIPTS, 1, "en")
    tapped = {"day": head.business_day, "receipt_id": head.receipt_id, "shown": shown, "by": MEMBER, "now": NOW}
    with pytest.raises(NotOwnReceiptError):
        actions.turn_on(person_id=cast.bjorn, **tapped)
    assert of(cast.bjorn) == []
    number = actions.turn_on(person_id=cast.aino, **tapped)

    assert number
    assert [each.copy.item for each in of(cast.aino)] == ["WASHING MACHINE W7"]
    buy(washer(), sequence=78, now=NOW + timedelta(minutes=1), end_time=(NOW + timedelta(minutes=1)).isoformat())
    assert len(of(cast.aino)) == 2


def tap(person_id, kind="sale"):
    """Warranty receipts are turned on from the newest receipt of a kind."""
    head = next(each for each in purchases.receipts_of(person_id, 9) if (each.total_cents > 0) is (kind == "sale"))
    shown = texts.shown(Topic.WARRANTY_RECEIPTS, 1, "en")
    actions.turn_on(
        person_id=person_id, day=head.business_day, receipt_id=head.receipt_id, shown=shown, by=MEMBER, now=NOW
    )


def test_turned_on_from_a_receipt_whose_goods_came_back_it_has_ended(cast):
    stock()
    buy(line("WASHING MACHINE W7", "1298.00", code=WASHER, vat="25.5", quantity="2"), **earlier(20))
    bring_back(back(), origins=[ORIGIN])
    bring_back(back(), origins=[ORIGIN], begin_time=(NOW - timedelta(minutes=9)).isoformat())
    tap(cast.aino)

    assert [each.returned_on for each in of(cast.aino)] == [TODAY]


def test_what_came_back_is_counted_once_however_often_they_are_turned_on(cast):
    stock()
    buy(line("WASHING MACHINE W7", "1298.00", code=WASHER, vat="25.5", quantity="2"), **earlier(20))
    bring_back(back(), origins=[ORIGIN])
    for kind in ("sale", "sale", "return", "return"):
        tap(cast.aino, kind)

    assert [each.returned_on for each in of(cast.aino)] == [None]
    assert models.Warranty.objects.get().pieces == 1


# kept until the guarantee ends


def test_it_goes_the_day_after_its_last_and_a_returned_one_after_90_days(committed_cast):
    stock()
    aino = committed_cast.aino
    turn(Topic.WARRANTY_RECEIPTS, person_id=aino, now=NOW - timedelta(hours=1))
    buy(line("LAMP", "9.00", guarantees=[{"until": "2026-12-05"}]), washer())
    bring_back(back())
    assert len(of(aino)) == 2

    for day, gone in ((13, 0), (14, 1), (90, 0), (91, 1)):
        assert retention.run(now=NOW + timedelta(days=day)).warranties == gone, day
    assert not models.Returned.objects.exists()


def test_a_return_waits_30_days_for_its_sale(committed_cast):
    stock()
    turn(Topic.WARRANTY_RECEIPTS, person_id=committed_cast.aino, now=NOW - timedelta(hours=1))
    bring_back(back())

    for day, waiting in ((30, 1), (31, 0)):
        retention.run(now=NOW + timedelta(days=day))
        assert models.Returned.objects.count() == waiting, day


def test_it_outlives_its_receipt(committed_cast):
    stock()
    aino = committed_cast.aino
    turn(Topic.WARRANTY_RECEIPTS, person_id=aino, now=NOW - timedelta(hours=1))
    buy(washer(guarantees=[{"months": 60}]))
    later = NOW + timedelta(days=900)

    assert retention.run(now=later).receipts == 1
    (found,) = queries.of_person(person_id=aino, by=MEMBER, now=later)
    assert found.copy.item == "WASHING MACHINE W7"
