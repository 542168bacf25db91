"""What is recorded already is taken out: at its owner's request, and when its product has come into a category kept out."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.db import connection, connections

from kvitto.assortment import actions as assortment
from kvitto.assortment.types import GroupRow, ProductRow
from kvitto.audit.models import Entry
from kvitto.choices import actions as choices
from kvitto.choices.types import Channel
from kvitto.intake import leftovers
from kvitto.intake.models import Conflict
from kvitto.kernel.actor import OPERATOR, SYSTEM, Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period
from kvitto.members import queries as members
from kvitto.purchases import queries as purchases
from kvitto.purchases import rewriting
from kvitto.purchases.actions import seal_context
from kvitto.purchases.types import GroupContent, LevelReason
from kvitto.rights import removal
from kvitto.rights.models import Sweep
from kvitto.stores.types import Level
from kvitto.vault import actions as vault
from kvitto.vault.types import ToOpen
from tests.cast import APPLES, BEER, CHEN_CARD, MILK, NOW, TODAY, keep_out, line, receipt, take

AINO = Actor(ActorKind.MEMBER, "1")
TONIC = "6413600000020"  # known to nobody yet
EVERYTHING = Period(TODAY - timedelta(days=700), TODAY + timedelta(days=1))
LINES = [
    line("MILK", "2.15", code=MILK),
    line("BEER", "3.00", code=BEER),
    line("APPLES", "1.00", code=APPLES),
]
LATER = NOW + timedelta(minutes=5)


def bought(day="2026-11-20", sequence=1, lines=LINES, **fields):
    end = {"business_day": day, "end_time": f"{day}T12:00:00+02:00"}
    take(receipt(lines, sequence=sequence, **end | fields), now=fields.pop("now", NOW))


def set_level(person_id, level):
    with opened():
        choices.state_levels(levels={person_id: level}, channel=Channel.WEB, stated_at=NOW, by=OPERATOR, now=NOW)


def remove(person_id):
    with opened():
        return removal.remove_recorded(person_id=person_id, by=AINO, now=LATER)


def contents(person_id):
    found = purchases.opened_receipts(person_id=person_id, period=EVERYTHING, by=AINO, purpose="test", now=NOW)
    return [(head, content) for head, content in found]


def texts(person_id):
    """The lines' texts, newest receipt first."""
    return [[each.text for each in content.lines] for _, content in contents(person_id)]


def rows(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def blobs(person_id):
    columns = "person_id, store_id, business_day, workstation, sequence, begin_time, level"
    found = rows(
        f"SELECT {columns}, sealed FROM purchases_receipt WHERE person_id = {person_id} AND sealed IS NOT NULL"
    )
    return [ToOpen(bytes(sealed), seal_context(*place)) for *place, sealed in found]


def opens(item):
    asked = {"by": AINO, "purpose": "test", "subject": None, "period": None, "now": NOW}
    return vault.open_sealed(items=[item], **asked)


def load(*, groups=(), products=()):
    with opened():
        assert not assortment.load(groups=groups, products=products, by=OPERATOR, now=NOW).rejects


@contextmanager
def breaking_off_at(action):
    """Inside, the database is gone when an act's entry is written: after everything else the act does."""
    run = psycopg.Cursor.execute

    def execute(cursor, query, params=None, **how):
        if params and action in params:
            raise KeyboardInterrupt
        return run(cursor, query, params, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", execute)
        yield


# at the member's request


def test_categories_are_taken_out_of_what_is_recorded_and_the_rest_stays(cast):
    bought()
    before = purchases.bonus_bases_of(cast.aino, EVERYTHING)
    keep_out(cast.aino, "alcohol")
    assert texts(cast.aino) == [["MILK", "BEER", "APPLES"]]

    assert remove(cast.aino).receipts == 1

    ((head, content),) = contents(cast.aino)
    assert [each.text for each in content.lines] == ["MILK", "APPLES"]
    assert (content.paid, content.kept_out) == (None, ["alcohol"])
    assert (head.total_cents, head.level, head.level_reason) == (615, Level.PRODUCT, LevelReason.REMOVED)
    assert purchases.bonus_bases_of(cast.aino, EVERYTHING) == before


@pytest.mark.parametrize("level", [Level.GROUP, Level.TOTAL])
def test_what_is_recorded_is_lowered_to_the_level_of_now(cast, level):
    bought()
    before = purchases.bonus_bases_of(cast.aino, EVERYTHING)
    set_level(cast.aino, level)

    remove(cast.aino)

    ((head, content),) = contents(cast.aino)
    assert (head.level, head.level_reason, head.total_cents) == (level, LevelReason.REMOVED, 615)
    assert content is None if level is Level.TOTAL else isinstance(content, GroupContent)
    assert level is Level.TOTAL or (sum(cents for _, cents in content.groups) == 615 and content.paid is not None)
    assert purchases.bonus_bases_of(cast.aino, EVERYTHING) == before


def test_level_and_categories_together(cast):
    bought()
    set_level(cast.aino, Level.GROUP)
    keep_out(cast.aino, "alcohol")
    remove(cast.aino)

    ((_, content),) = contents(cast.aino)
    assert [cents for _, cents in content.groups] == [215, 100]


def test_an_old_copy_opens_nowhere(cast):
    """As it would lie in a backup of the receipts: the blob, and everything that it was bound to."""
    bought()
    (old,) = blobs(cast.aino)
    assert b"BEER" in opens(old)[0]
    keep_out(cast.aino, "alcohol")
    remove(cast.aino)

    with pytest.raises(vault.KeyDestroyedError):
        opens(old)
    (new,) = blobs(cast.aino)
    assert b"BEER" not in opens(new)[0]


def test_the_keys_of_a_quarter_are_replaced_for_all_that_it_holds_and_others_stay(cast):
    bought("2026-11-20", 1)
    bought("2026-11-19", 2, [line("MILK", code=MILK)])
    bought("2026-08-03", 3, [line("MILK", code=MILK)])
    bought("2026-11-18", 4, card=CHEN_CARD)
    set_level(cast.aino, Level.GROUP)  # the receipts of August are touched as well
    keys = "SELECT person_id, quarter, id FROM vault_key ORDER BY person_id, quarter"
    before = rows(keys)
    keep_out(cast.chen, "alcohol")
    removal_of_chen = [tuple(each) for each in before if each[0] == cast.chen]

    remove(cast.aino)

    after = rows(keys)
    assert [row[:2] for row in after] == [row[:2] for row in before]
    assert [row for row in after if row[0] == cast.chen] == removal_of_chen
    assert not {row[2] for row in after if row[0] == cast.aino} & {row[2] for row in before}
    assert len(contents(cast.aino)) == 3


def test_a_quarter_that_loses_nothing_keeps_its_key(cast):
    bought("2026-11-20", 1)
    bought("2026-08-03", 2, [line(code=MILK)])
    keep_out(cast.chen, "alcohol")
    august = rows("SELECT id FROM vault_key ORDER BY quarter")[0]

    changes = {"2026-11-20"}
    with opened():
        rewriting.rewrite(
            person_id=cast.aino,
            less=lambda all_: [
                each._replace(content=None, level=Level.TOTAL) if str(each.business_day) in changes else each
                for each in all_
            ],
            by=AINO,
            purpose="removal",
            now=NOW,
        )

    assert rows("SELECT id FROM vault_key") == [august]
    assert [head.level for head, _ in contents(cast.aino)] == [Level.TOTAL, Level.PRODUCT]


def test_an_act_that_breaks_off_leaves_everything_as_it_was(committed_cast):
    bought()
    keep_out(committed_cast.aino, "alcohol")
    old, keys = blobs(committed_cast.aino), rows("SELECT * FROM vault_key")

    with pytest.raises(KeyboardInterrupt), breaking_off_at("rights.remove"):
        remove(committed_cast.aino)

    assert (blobs(committed_cast.aino), rows("SELECT * FROM vault_key")) == (old, keys)
    assert texts(committed_cast.aino) == [["MILK", "BEER", "APPLES"]]
    assert not Entry.objects.filter(action__in=["rights.remove", "vault.destroy"]).exists()


def test_a_receipt_that_comes_in_meanwhile_waits_for_the_new_key(committed_cast):
    bought("2026-11-20", 1)
    keep_out(committed_cast.aino, "alcohol")

    def comes_in():
        try:
            bought("2026-11-21", 2)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with opened():
            removal.remove_recorded(person_id=committed_cast.aino, by=AINO, now=LATER)
            coming = pool.submit(comes_in)
            while not rows("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
                assert not coming.done()
        coming.result()

    assert texts(committed_cast.aino) == [["MILK", "APPLES"]] * 2
    assert len(rows("SELECT FROM vault_key")) == 1


def test_what_is_removed_does_not_come_back(cast):
    """Neither by choosing more again nor by a till that sends the receipt once more."""
    bought()
    set_level(cast.aino, Level.TOTAL)
    remove(cast.aino)
    with opened():
        choices.state_levels(
            levels={cast.aino: Level.PRODUCT}, channel=Channel.WEB, stated_at=LATER, by=OPERATOR, now=LATER
        )

    bought(now=LATER + timedelta(minutes=1))

    assert remove(cast.aino).receipts == 0
    assert contents(cast.aino)[0][1] is None


@pytest.mark.parametrize("how", ["a category", "a level"])
def test_an_accepted_correction_brings_back_nothing_that_was_removed(cast, how):
    """Not even when more is allowed again: the corrected total comes, and what counts for the Bonus."""
    bought()
    if how == "a category":
        keep_out(cast.aino, "alcohol")
    else:
        set_level(cast.aino, Level.GROUP)
    remove(cast.aino)
    keep_out(cast.aino, "alcohol", value=1, now=LATER)
    set_level(cast.aino, Level.PRODUCT)
    corrected = [*LINES, line("PEARS", "4.00", code=APPLES)]
    bought(lines=corrected)
    with opened():
        (number,) = Conflict.objects.values_list("pk", flat=True)
        leftovers.decide(conflict_id=number, accept=True, by=OPERATOR, now=LATER)
    bought(lines=corrected)

    ((head, content),) = contents(cast.aino)
    assert (head.level, head.level_reason, head.total_cents, content) == (Level.TOTAL, LevelReason.REMOVED, 1015, None)
    ((_, _, bases),) = purchases.bonus_bases_of(cast.aino, EVERYTHING)
    assert sum(each.cents for each in bases) == 715


def test_removing_twice_is_removing_once(cast):
    bought()
    keep_out(cast.aino, "alcohol")
    remove(cast.aino)
    sealed = blobs(cast.aino)

    assert remove(cast.aino).receipts == 0
    assert blobs(cast.aino) == sealed


def test_who_has_nothing_has_nothing_removed(cast):
    keep_out(cast.aino, "alcohol")

    assert remove(cast.aino).receipts == 0
    assert removal.preview(person_id=cast.aino, by=AINO, now=NOW).receipts == 0


def test_nobody_elses_receipts_are_touched(cast):
    bought("2026-11-20", 1)
    bought("2026-11-20", 2, card=CHEN_CARD)
    theirs = blobs(cast.chen)
    set_level(cast.aino, Level.TOTAL)
    keep_out(cast.chen, "alcohol")
    remove(cast.aino)

    assert blobs(cast.chen) == theirs


def test_the_act_leaves_field_names_and_counts_and_no_value(cast):
    bought()
    keep_out(cast.aino, "alcohol")
    done = remove(cast.aino)

    subject = members.audit_id(cast.aino)
    found = Entry.objects.filter(subject=subject, at=LATER).order_by("pk")
    assert list(found.values_list("action", "purpose", "count")) == [
        ("vault.open", "removal", 1),
        ("vault.destroy", "removal", 1),
        ("rights.remove", "level,sealed", 1),
    ]
    assert found.last().pk == done.entry
    assert not {"alcohol", "BEER"} & set(str([vars(each) for each in found]).split("'"))


def test_the_preview_counts_what_would_go_and_changes_nothing(cast):
    bought("2026-11-20", 1)
    bought("2026-11-19", 2, [line(code=MILK)])
    bought("2026-05-10", 3)  # recorded as groups
    keep_out(cast.aino, "alcohol")
    as_it_was = blobs(cast.aino)

    only_categories = removal.preview(person_id=cast.aino, by=AINO, now=NOW)
    set_level(cast.aino, Level.GROUP)
    with_groups = removal.preview(person_id=cast.aino, by=AINO, now=NOW)

    assert (only_categories.receipts, only_categories.changed, only_categories.without) == (3, 3, 3)
    assert only_categories.categories == ("alcohol",)
    assert (with_groups.level, with_groups.to_groups, with_groups.to_totals, with_groups.without) == (
        Level.GROUP,
        2,
        0,
        1,
    )
    assert blobs(cast.aino) == as_it_was
    assert Entry.objects.filter(action="vault.open", purpose="removal").count() == 2


# when products come into a category


def test_what_has_come_into_a_category_is_taken_out(cast):
    keep_out(cast.aino, "alcohol")
    load(products=[ProductRow(1, TONIC, {"en": "Tonic"}, "fruit")])
    bought(lines=[*LINES, line("TONIC", "4.00", code=TONIC)])
    assert texts(cast.aino) == [["MILK", "APPLES", "TONIC"]]
    (old,) = blobs(cast.aino)
    removal.sweep(now=NOW)

    load(products=[ProductRow(1, TONIC, {"en": "Tonic"}, "drinks")])

    assert removal.sweep(now=LATER) == 1
    assert texts(cast.aino) == [["MILK", "APPLES"]]
    with pytest.raises(vault.KeyDestroyedError):
        opens(old)


def test_a_group_that_has_come_under_a_category_is_taken_out(cast):
    keep_out(cast.aino, "alcohol")
    bought("2026-11-20", 1)
    bought("2026-05-10", 2)  # recorded as groups
    load(groups=[GroupRow("fruit", {"en": "Fruit"}, "drinks")])

    assert removal.sweep(now=LATER) == 2
    (_, lines), (_, groups) = contents(cast.aino)
    assert [each.text for each in lines.lines] == ["MILK"]
    assert [cents for _, cents in groups.groups] == [215]


def test_a_sweep_leaves_what_was_recorded_before_the_category_was_kept_out(cast):
    bought("2026-11-20", 1)
    keep_out(cast.aino, "health")
    bought("2026-11-21", 2)
    keep_out(cast.aino, "alcohol", now=LATER)

    assert removal.sweep(now=LATER) == 0
    assert texts(cast.aino) == [["MILK", "BEER", "APPLES"]] * 2


def test_what_was_kept_out_then_stays_out_after_it_is_let_in_again(cast):
    keep_out(cast.aino, "alcohol")
    bought()
    keep_out(cast.aino, "alcohol", value=1, now=LATER)
    load(groups=[GroupRow("fruit", {"en": "Fruit"}, "drinks")])

    assert removal.sweep(now=LATER) == 1
    assert texts(cast.aino) == [["MILK"]]


def test_nothing_is_opened_while_the_assortment_is_the_same(cast):
    keep_out(cast.aino, "alcohol")
    bought()
    removal.sweep(now=NOW)
    opened_before = Entry.objects.filter(action="vault.open").count()

    assert removal.sweep(now=LATER) == 0
    assert Entry.objects.filter(action="vault.open").count() == opened_before
    assert Sweep.objects.count() == 1


def test_a_look_at_many_is_one_act_about_nobody(cast):
    keep_out(cast.aino, "alcohol")
    keep_out(cast.chen, "alcohol")
    bought("2026-11-20", 1)
    bought("2026-11-20", 2, card=CHEN_CARD)
    bought("2026-11-20", 3, lines=[line(code=MILK)])
    removal.sweep(now=NOW)

    (entry,) = Entry.objects.filter(action="vault.open")
    assert (entry.subject, entry.count, entry.actor_kind) == (None, 3, SYSTEM.kind)


def test_a_sweep_that_breaks_off_begins_anew(committed_cast):
    keep_out(committed_cast.aino, "alcohol")
    bought()
    load(groups=[GroupRow("fruit", {"en": "Fruit"}, "drinks")])
    with pytest.raises(KeyboardInterrupt), breaking_off_at("rights.remove"):
        removal.sweep(now=NOW)
    assert texts(committed_cast.aino) == [["MILK", "APPLES"]]

    assert removal.sweep(now=LATER) == 1
    assert texts(committed_cast.aino) == [["MILK"]]
