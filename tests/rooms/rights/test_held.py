"""What is held is told whole: every classified column, every act that shows it, and the times that the code keeps."""

import pytest

from kvitto.accounts.rules import FORGET_AFTER
from kvitto.intake import leftovers
from kvitto.kernel.privacy import FieldClass, Rule, reference
from kvitto.purchases.rules import RETENTION_MONTHS
from kvitto.rights import queries, rules
from kvitto.rights.types import Topic
from kvitto.staff.rules import POLICY
from kvitto.wiring import third_party_privacy

ON_PEOPLES_DATA = ("member.", "case.", "lines.", "glass.", "audit.", "export.")


def test_every_column_about_a_person_is_told_once():
    told = [name for chapter in queries.about_everybody() for each in chapter.recorded for name in each.names]

    assert sorted(told) == sorted(queries.held())
    assert len(told) > 100


def test_nothing_about_a_member_is_told_among_the_staff_only():
    of_staff = [thing for thing in rules.THINGS if thing.topic is Topic.STAFF]

    assert {name.partition("_")[0] for thing in of_staff for name in thing.names} == {
        "staff",
        "accounts",
        "tills.*",
        "oversight",
    }


def test_words_are_for_columns_that_there_are():
    tables = {name.partition(".")[0] for name in queries.held()}
    rooms = {table.partition("_")[0] for table in tables}
    known = queries.held().keys() | {f"{each}.*" for each in tables | rooms}

    assert {name for thing in rules.THINGS for name in thing.names} - known == set()


def test_a_column_without_words_stops_everything():
    with pytest.raises(rules.UnnamedColumnError, match=r"members_shoes\.size"):
        rules.chapters({"members_shoes.size": next(iter(queries.held().values()))}, tuple(Topic))


def test_reasons_and_times_are_those_of_the_models():
    cards = next(each for each in queries.about_members() if each.topic is Topic.CARDS)

    assert cards.recorded[0].reasons == ("tills read it; it leads a receipt to its buyer",)
    assert cards.until == (Rule.MEMBERSHIP,)


def test_every_act_on_peoples_data_is_told():
    told = {act for acts in rules.SHOWN_BY.values() for act in acts}

    assert {act for act in POLICY if act.startswith(ON_PEOPLES_DATA)} - told == set()


def test_who_can_see_it_is_what_the_policy_says():
    for chapter in queries.about_everybody():
        for seen in chapter.seen:
            assert set(seen.duties) == POLICY[seen.act].duties
            assert seen.duties or seen.others


@pytest.mark.parametrize(
    ("rule", "number"),
    [
        (Rule.PURCHASE_WINDOW, RETENTION_MONTHS),
        (Rule.UNKNOWN_CARD, leftovers.UNKNOWN_CARD_DAYS),
        (Rule.REFUSAL, leftovers.REFUSED_DAYS),
        (Rule.FAILURE, FORGET_AFTER.total_seconds() / 3600),
    ],
)
def test_the_times_are_those_that_the_code_keeps(rule, number):
    assert rule.value.split()[0] == f"{number:.0f}"


def test_the_tables_that_are_not_ours_say_nothing_about_members():
    classes = {held.field_class for columns in third_party_privacy.TABLES.values() for held in columns.values()}

    assert classes == {FieldClass.NONE, FieldClass.TRACE}
    assert "never a personal value" in third_party_privacy.TABLES["procrastinate_jobs"]["args"].why


def test_reference_data_are_not_told():
    assert reference("about nobody").field_class is FieldClass.NONE
    assert not any(name.startswith(("stores_", "assortment_", "rights_")) for name in queries.held())
