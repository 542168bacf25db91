"""Loading a network: what is written, shown, kept and refused, and what the other rooms then read."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from kvitto.kernel.actor import OPERATOR
from kvitto.stores import models, queries, rules
from kvitto.stores.actions import load_network
from kvitto.stores.types import (
    Chain,
    Channel,
    Company,
    CompanyKind,
    Kind,
    Level,
    LevelPeriod,
    Network,
    Profile,
    Store,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2016, 8, 15, 9, tzinfo=UTC)
CHANGE = date(2016, 9, 1)
GROUP = LevelPeriod(Channel.STORE, Level.GROUP, date(2012, 1, 1), CHANGE, "assumed")
PRODUCT = LevelPeriod(Channel.STORE, Level.PRODUCT, CHANGE)
HARBOUR = Store("Harbour", "Oulu", "north", "grocer", "Europe/Helsinki", frozenset({"1", "2", "10"}))
NETWORK = Network(
    Profile.DEFAULT,
    {"north": Company("Northern Co-op", "1234567-1", CompanyKind.COOP)},
    {"grocer": Chain("Grocer", (PRODUCT, GROUP)), "hotel": Chain("Hotel")},
    {"101": HARBOUR, "900": replace(HARBOUR, name="Inn", chain="hotel", zone="Europe/Stockholm")},
)
GROCER_LEVELS = "group from 2012-01-01 until 2016-09-01 (assumed), product from 2016-09-01"


def load(network=NETWORK, *, now=NOW):
    return load_network(network=network, by=OPERATOR, now=now)


def with_grocer(*levels):
    return replace(NETWORK, chains=NETWORK.chains | {"grocer": Chain("Grocer", levels)})


def lines(found):
    return [rules.line(difference) for difference in found]


def test_the_first_load_says_everything_is_new():
    assert lines(load()) == [
        "new     profile: members start from default; own sign-in from age 15",
        "new     company north: name Northern Co-op; business id 1234567-1; kind co-op",
        f"new     chain grocer: name Grocer; store channel {GROCER_LEVELS}; web channel totals only",
        "new     chain hotel: name Hotel; store channel totals only; web channel totals only",
        "new     store 101: name Harbour; town Oulu; company north; chain grocer; zone Europe/Helsinki; tills 1, 2, 10",
        "new     store 900: name Inn; town Oulu; company north; chain hotel; zone Europe/Stockholm; tills 1, 2, 10",
    ]


def test_a_second_load_changes_nothing_but_is_recorded():
    load()
    ids = {info.id for info in queries.stores_by_code(["101", "900"]).values()}
    version = queries.network_version()
    found = load()
    assert found == []
    assert rules.unchanged(NETWORK, found) == 6
    assert {info.id for info in queries.stores_by_code(["101", "900"]).values()} == ids
    assert queries.network_version() > version


def test_each_load_leaves_one_trace_with_its_actor_and_count():
    load()
    load()
    with connection.cursor() as cursor:
        cursor.execute("SELECT action, actor_kind, actor_id, count, at FROM audit_entry ORDER BY id")
        assert cursor.fetchall() == [
            ("stores.load_network", "operator", "cli", 6, NOW),
            ("stores.load_network", "operator", "cli", 0, NOW),
        ]


def test_what_is_read_back_is_what_was_loaded():
    load()
    network = queries.current()
    assert rules.differences(network, NETWORK, today=NOW.date()) == []
    assert network.stores == NETWORK.stores
    assert network.companies == NETWORK.companies


def test_changed_fields_are_shown_old_and_new_and_written():
    load()
    before = queries.stores_by_code(["101"])["101"]
    stores = {
        "101": replace(HARBOUR, name="Harbour Oulu", tills=frozenset({"2", "K1"}), closed=date(2024, 1, 1)),
        "900": NETWORK.stores["900"],
    }
    found = load(replace(NETWORK, profile=Profile.STRICT, stores=stores))
    assert lines(found) == [
        "changed profile: members start from default -> strict",
        "changed store 101: name Harbour -> Harbour Oulu; tills 1, 2, 10 -> 2, K1; closed none -> 2024-01-01",
    ]
    after = queries.stores_by_code(["101"])["101"]
    assert after == replace(before, name="Harbour Oulu", workstations=frozenset({"2", "K1"}))
    assert queries.profile() is Profile.STRICT
    assert models.Store.objects.get(code="101").closed_on == date(2024, 1, 1)


def test_what_the_file_lacks_is_kept():
    load()
    smaller = replace(NETWORK, chains={"grocer": NETWORK.chains["grocer"]}, stores={})
    found = load(smaller)
    assert lines(found) == [
        "kept    chain hotel: not in the file, kept",
        "kept    store 101: not in the file, kept",
        "kept    store 900: not in the file, kept",
    ]
    assert rules.unchanged(smaller, found) == 3
    assert set(queries.stores_by_code(["101", "900"])) == {"101", "900"}
    assert queries.count_stores() == 2


def test_changing_a_period_that_has_begun_says_so():
    load()
    (found,) = load(with_grocer(replace(GROUP, level=Level.TOTAL), PRODUCT))
    (change,) = found.changes
    assert change.remark == "changes the past; receipts already recorded keep their level"
    assert rules.line(found).endswith(
        "-> total from 2012-01-01 until 2016-09-01 (assumed), product from 2016-09-01 "
        "(changes the past; receipts already recorded keep their level)"
    )


def test_changing_what_is_to_come_says_nothing_of_the_past():
    load()
    (found,) = load(with_grocer(replace(GROUP, end=None)))
    assert [change.remark for change in found.changes] == [""]
    (again,) = load(with_grocer(GROUP, PRODUCT), now=datetime(2016, 8, 31, 20, 59, tzinfo=UTC))
    assert again.changes[0].remark == ""


def test_the_day_of_the_change_counts_as_begun_in_local_time():
    load()
    (found,) = load(with_grocer(replace(GROUP, end=None)), now=datetime(2016, 8, 31, 21, 0, tzinfo=UTC))
    assert found.changes[0].remark == rules.CHANGES_THE_PAST


def test_levels_are_answered_by_chain_channel_and_day():
    load()
    found = queries.stores_by_code(["101", "900"])
    table = queries.levels()
    grocer, hotel = found["101"].chain_id, found["900"].chain_id
    days = [date(2011, 12, 31), date(2012, 1, 1), date(2016, 8, 31), CHANGE]
    assert [table.level(grocer, Channel.STORE, day) for day in days] == [
        Level.TOTAL,
        Level.GROUP,
        Level.GROUP,
        Level.PRODUCT,
    ]
    assert table.level(grocer, Channel.WEB, CHANGE) is Level.TOTAL
    assert table.level(hotel, Channel.STORE, CHANGE) is Level.TOTAL


def test_levels_taken_out_of_the_file_fall_to_totals():
    load()
    load(with_grocer())
    grocer = queries.stores_by_code(["101"])["101"].chain_id
    assert queries.levels().level(grocer, Channel.STORE, CHANGE) is Level.TOTAL


def test_stores_are_found_by_code_and_named_by_id():
    load()
    found = queries.stores_by_code(["900", "nowhere"])
    (inn,) = found.values()
    assert (inn.code, inn.name, inn.chain_code, inn.zone) == ("900", "Inn", "hotel", "Europe/Stockholm")
    assert inn.workstations == {"1", "2", "10"}
    assert queries.store_names([inn.id, 0]) == {inn.id: "Inn"}
    assert queries.stores_by_code([]) == {}


def test_before_the_first_load_nothing_is_known():
    assert queries.current() is None
    assert queries.network_version() == 0
    assert queries.profile() is Profile.DEFAULT
    assert queries.levels().level(1, Channel.STORE, CHANGE) is Level.TOTAL


def test_differences_can_be_asked_for_without_writing():
    asked = queries.network_differences(NETWORK, now=NOW)
    assert queries.current() is None
    assert load() == asked
    assert {difference.kind for difference in asked} == {Kind.NEW}


def test_an_unsound_network_is_refused_and_nothing_is_written():
    load()
    stores = NETWORK.stores | {"102": replace(HARBOUR, chain="grocery", name="New")}
    with pytest.raises(rules.NetworkRefusedError) as caught:
        load(replace(with_grocer(GROUP), stores=stores))
    assert [problem.split(": ")[0] for problem in caught.value.problems] == [
        "chain grocer, store channel",
        "store 102, chain",
    ]
    assert queries.stores_by_code(["102"]) == {}


@pytest.mark.parametrize(
    ("channel", "start", "end", "allowed"),
    [
        ("store", date(2016, 8, 31), None, False),
        ("store", date(2000, 1, 1), date(2012, 1, 2), False),
        ("store", date(2000, 1, 1), date(2012, 1, 1), True),
        ("web", date(2012, 1, 1), None, True),
        ("store", date(2000, 1, 1), date(2000, 1, 1), False),
    ],
)
def test_the_database_itself_forbids_overlapping_and_empty_periods(channel, start, end, allowed):
    load()
    chain = models.Chain.objects.get(code="grocer")
    row = models.ChainLevel(chain=chain, channel=channel, level=2, valid_from=start, valid_to=end)
    if allowed:
        row.save()
    else:
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()


def test_one_chain_may_have_what_would_overlap_in_another():
    load()
    hotel = models.Chain.objects.get(code="hotel")
    models.ChainLevel.objects.create(chain=hotel, channel="store", level=1, valid_from=date(2012, 1, 1))


def test_a_level_out_of_range_is_forbidden_by_the_database():
    load()
    hotel = models.Chain.objects.get(code="hotel")
    with pytest.raises(IntegrityError), transaction.atomic():
        models.ChainLevel.objects.create(chain=hotel, channel="store", level=4, valid_from=CHANGE)


def test_two_stores_may_trade_chains():
    load()
    swapped = replace(
        NETWORK,
        stores={
            "101": replace(HARBOUR, chain="hotel"),
            "900": replace(NETWORK.stores["900"], chain="grocer"),
        },
    )
    load(swapped)
    found = queries.stores_by_code(["101", "900"])
    assert (found["101"].chain_code, found["900"].chain_code) == ("hotel", "grocer")


def test_a_load_of_many_stores_needs_no_more_statements_than_one_of_few(django_assert_max_num_queries):
    many = {f"S{number}": replace(HARBOUR, name=f"Store {number}") for number in range(457)}
    with django_assert_max_num_queries(30):
        load(replace(NETWORK, stores=many))
    assert models.Till.objects.count() == 3 * 457
