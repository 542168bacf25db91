"""The log: every entry gets a number, and whatever is done to the tables afterwards is found."""

import sys
import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction
from typer.testing import CliRunner

import kvitto_witness
from kvitto.audit import actions, log, notes, proving, pruning, queries, signing, tree, verifying
from kvitto.audit.models import Checkpoint, Entry, Leaf, Node, Waiting
from kvitto.doors.cli.audit import app
from kvitto.kernel.actor import SYSTEM
from kvitto.kernel.db import OWNER, opened
from tests.cast import NOW

pytestmark = pytest.mark.usefixtures("committed")
NAME = "kvitto/log"


def write(count, action="test.act"):
    with opened():
        for n in range(count):
            actions.record(by=SYSTEM, action=action, now=NOW + timedelta(seconds=n), purpose="because", count=n)


def number(*, sign=True, now=NOW):
    """Number everything that waits; how many."""
    total = 0
    while True:
        run = log.run(now=now, sign_now=sign)
        total += run.numbered
        if run.numbered < log.BATCH:
            return total


def fault(*kept):
    return verifying.verify(now=NOW, kept=kept).fault


def by_hand(statement, *values):
    """As somebody with all rights on the database."""
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def newest():
    return Checkpoint.objects.latest("size").note


def test_every_entry_gets_the_next_number_and_the_tree_is_signed():
    write(700)
    assert Waiting.objects.using(OWNER).count() == 700
    assert number() == 700

    assert Waiting.objects.using(OWNER).count() == 0
    assert list(Leaf.objects.order_by("number").values_list("number", flat=True)) == list(range(700))
    assert list(Node.objects.order_by("place").values_list("level", "place")) == [(8, 0), (8, 1)]
    signed = notes.read(newest(), NAME, signing.public_key())
    leaves = [bytes(each) for each in Leaf.objects.order_by("number").values_list("hash", flat=True)]
    assert (signed.size, signed.root) == (
        700,
        tree.root(lambda level, place: tree.folded(leaves[place << level : (place + 1) << level]), 700),
    )
    assert verifying.verify(now=NOW) == verifying.Verdict(700, 0, 1, 0, None)


def test_what_is_rolled_back_waits_for_no_number():
    with opened():
        actions.record(by=SYSTEM, action="test.act", now=NOW)
        transaction.set_rollback(True)
    assert number() == 0


def test_an_entry_that_commits_late_is_numbered_all_the_same(django_db_blocker):
    """Its id is smaller than that of the entry that was numbered before it."""
    began, go_on = threading.Event(), threading.Event()

    def slow():
        with opened():
            actions.record(by=SYSTEM, action="test.slow", now=NOW)
            began.set()
            go_on.wait(10)
        connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    assert began.wait(10)
    write(1)
    assert number() == 1
    go_on.set()
    thread.join()

    assert number() == 1
    slow_one, quick = Entry.objects.get(action="test.slow"), Entry.objects.get(action="test.act")
    assert slow_one.pk < quick.pk
    assert Leaf.objects.get(entry_id=slow_one.pk).number > Leaf.objects.get(entry_id=quick.pk).number
    assert fault() is None


def test_two_sequencers_give_every_number_once():
    write(900)
    threads = [threading.Thread(target=lambda: (number(), connections.close_all())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    number()

    assert list(Leaf.objects.order_by("number").values_list("number", flat=True)) == list(range(900))
    assert fault() is None


def test_a_checkpoint_is_signed_when_something_is_new_and_the_last_is_some_time_ago():
    write(1)
    assert log.run(now=NOW).signed == 1
    write(1)
    assert log.run(now=NOW + timedelta(seconds=5)).signed is None
    assert log.run(now=NOW + timedelta(seconds=31)).signed == 2
    assert log.run(now=NOW + timedelta(seconds=99)).signed is None


def test_an_entry_is_proved_by_what_its_text_says():
    write(300)
    number()
    entry = Entry.objects.order_by("pk")[137]
    proof = proving.prove(entry.pk, now=NOW)

    signed = notes.read(proof.checkpoint, NAME, signing.public_key())
    assert tree.includes(tree.leaf_hash(proof.content), proof.number, signed.size, proof.hashes, signed.root)
    assert b'"because"' in proof.content
    assert proof.text().startswith("c2sp.org/tlog-proof@v1\nextra ")
    write(1)
    with pytest.raises(proving.NotInLogError):
        proving.prove(Entry.objects.latest("pk").pk, now=NOW)


@pytest.fixture
def signed_log():
    """600 entries, numbered and signed."""
    write(600)
    number()
    assert fault() is None


def cut_off(size):
    """The log as if nothing had happened after so many entries: leaves, nodes and checkpoints with it."""
    by_hand("DELETE FROM audit_checkpoint WHERE size > %s", size)
    by_hand("DELETE FROM audit_node WHERE (place + 1) << level > %s", size)
    by_hand("DELETE FROM audit_entry WHERE id IN (SELECT entry_id FROM audit_leaf WHERE number >= %s)", size)
    by_hand("DELETE FROM audit_leaf WHERE number >= %s", size)


def test_a_log_whose_end_was_cut_off_is_sound_in_itself_and_found_by_whoever_kept_a_checkpoint(signed_log):
    write(50)
    number(now=NOW + timedelta(minutes=5))
    kept = newest()
    cut_off(600)

    assert fault() is None
    assert "650 were signed for, 600 are there" in fault(kept).what


def test_behind_thousands_of_entries_the_first_wrong_one_is_named():
    """They are read in lots: one lies in the second, and what was signed in its middle."""
    by_hand(
        'INSERT INTO audit_entry (at, actor_kind, actor_id, action, purpose, count, "case", digest)'
        " SELECT now(), 'system', 'system', 'test.act', '', g, '', '' FROM generate_series(1, %s) g",
        verifying.FETCH + 500,
    )
    number()
    write(100)
    number(now=NOW + timedelta(minutes=5))
    size = verifying.FETCH + 600
    assert verifying.verify(now=NOW) == verifying.Verdict(size, 0, 10, 0, None)

    edit = "UPDATE audit_entry SET count = -1 WHERE id = (SELECT entry_id FROM audit_leaf WHERE number = %s)"
    by_hand(edit, size - 1)
    assert fault().number == size - 1
    by_hand("UPDATE audit_leaf SET hash = '' WHERE number = %s", verifying.FETCH + 9)
    assert fault().number == verifying.FETCH + 9
    by_hand(edit, 7)
    assert fault() == verifying.Fault(7, "the entry is not what was hashed")


def test_every_node_is_compared_that_the_last_leaf_completes():
    """The leaf 65,535 completes one on either level that is kept."""
    roots = verifying.Roots()
    leaves = [tree.leaf_hash(str(n).encode()) for n in range(65_536)]

    assert roots.extend(leaves[:255]) == []
    assert roots.extend(leaves[255:256]) == [(8, 0, roots.root())]
    completed = roots.extend(leaves[256:])

    assert [each[:2] for each in completed] == [(8, place) for place in range(1, 256)] + [(16, 0)]
    assert roots.root() == completed[-1][2]


# what is over its time


def six_years_on():
    return NOW.replace(year=NOW.year + 6)


def test_of_what_is_over_its_time_the_hash_is_left_and_everything_still_holds(signed_log):
    later = six_years_on()
    write(40)
    number(now=later)
    first, last = Entry.objects.order_by("pk").first().pk, Entry.objects.latest("pk").pk

    assert pruning.prune(by=SYSTEM, now=NOW + timedelta(days=1000)) == 0
    assert pruning.prune(by=SYSTEM, now=later) == 600
    assert pruning.prune(by=SYSTEM, now=later) == 0

    assert not Entry.objects.filter(pk=first).exists()
    assert Entry.objects.get(action="audit.prune").count == 600
    number(now=later + timedelta(minutes=1))
    verdict = verifying.verify(now=later)
    assert (verdict.entries, verdict.pruned, verdict.fault) == (641, 600, None)
    with pytest.raises(proving.PrunedError, match="its hash is number 0 of the log"):
        proving.prove(first, now=later)
    assert proving.prove(last, now=later).number == 639


def test_what_was_pruned_before_its_time_is_found(signed_log):
    by_hand("DELETE FROM audit_entry WHERE id = (SELECT entry_id FROM audit_leaf WHERE number = 17)")

    found = fault()

    assert (found.number, "its time is not over" in found.what) == (17, True)
    by_hand("UPDATE audit_checkpoint SET at = at - interval '6 years', note = replace(note, 'at 2026', 'at 2020')")
    assert "no signature" in fault().what


def test_a_proof_up_to_a_checkpoint_that_somebody_else_has_kept(signed_log):
    kept = newest()
    write(50)
    number(now=NOW + timedelta(minutes=5))
    entry = Leaf.objects.get(number=599).entry_id

    assert proving.prove(entry, now=NOW).checkpoint == newest() != kept
    assert proving.prove(entry, now=NOW, size=600).checkpoint == kept
    for wrong in (599, 601):
        with pytest.raises(proving.NotInLogError):
            proving.prove(entry, now=NOW, size=wrong)


# the witness


@pytest.fixture
def witness(tmp_path, monkeypatch, capsys):
    """A witness with its folder: hands it what is new, and says how it ended and what it said."""
    key = notes.verifier_key(NAME, signing.public_key())

    def look(*, export=True):
        if export:
            assert CliRunner().invoke(app, ["export", str(tmp_path)]).exit_code == 0
        monkeypatch.setattr(sys, "argv", ["kvitto-witness", "--key", key, str(tmp_path)])
        capsys.readouterr()
        code = kvitto_witness.main()
        said = capsys.readouterr()
        return code, said.out + said.err

    look.folder = tmp_path
    return look


def test_a_witness_keeps_what_continues(witness, signed_log):
    assert witness() == (
        0,
        f"believed: 600 entries, root {notes.read(newest(), NAME, signing.public_key()).root.hex()}\n",
    )
    assert witness() == (0, "no update\n")
    write(77)
    number(now=NOW + timedelta(minutes=5))
    code, said = witness()

    assert (code, "677 entries" in said) == (0, True)
    (told,) = queries.health().witnesses
    assert (told.name, told.size) == (str(witness.folder), 600)  # what it had kept when it was handed the rest
    assert (witness.folder / "checkpoint").read_text() == newest()
    assert len((witness.folder / "history").read_text().splitlines()) == 2


def test_a_witness_refuses_a_log_that_was_rolled_back_and_written_anew(witness, signed_log):
    write(50)
    number(now=NOW + timedelta(minutes=5))
    witness()
    cut_off(600)
    write(90, "test.other")
    number(now=NOW + timedelta(minutes=9))

    code, said = witness()

    assert code == 3
    assert "does not begin with the 650 that were kept: a fork" in said
    assert "650" in (witness.folder / "checkpoint").read_text()
    assert list(witness.folder.glob("update.refused-*"))


def test_a_witness_refuses_an_old_update_and_a_shorter_log(witness, signed_log):
    witness()
    first = (witness.folder / "checkpoint").read_text()
    write(50)
    number(now=NOW + timedelta(minutes=5))
    witness()
    (witness.folder / "update").write_text(f"old 0\n\n{first}")

    code, said = witness(export=False)
    assert (code, "rolled back" in said) == (3, True)

    (witness.folder / "update").write_text(f"old 650\n\n{first}")
    code, said = witness(export=False)
    assert (code, "shrunk from 650 to 600" in said) == (3, True)


@pytest.mark.parametrize("change", [("600", "601"), ("kvitto/log\n", "other/log\n"), ("old 0", "old x"), ("— ", "- ")])
def test_a_witness_believes_nothing_that_was_changed_on_the_way(witness, signed_log, change):
    CliRunner().invoke(app, ["export", str(witness.folder)])
    update = witness.folder / "update"
    update.write_text(update.read_text().replace(*change))

    assert witness(export=False)[0] == 3
    assert not (witness.folder / "checkpoint").exists()


# the commands


def test_the_commands_number_verify_and_prove(tmp_path):
    write(3)
    run = CliRunner().invoke
    assert "3 entries got a number; signed for 3" in run(app, ["number"]).stdout
    assert "everything is as it was signed" in run(app, ["verify"]).stdout
    assert run(app, ["key"]).stdout.startswith("kvitto/log+")
    run(app, ["prove", str(Entry.objects.first().pk), "--to", str(tmp_path / "proof")])
    assert (tmp_path / "proof").read_text().startswith("c2sp.org/tlog-proof@v1\n")
    (tmp_path / "kept").write_text(newest())
    by_hand("UPDATE audit_entry SET count = 7 WHERE id = (SELECT min(id) FROM audit_entry)")

    result = run(app, ["verify", str(tmp_path / "kept")])
    assert (result.exit_code, "FAULT at number 0: the entry is not what was hashed" in result.stdout) == (3, True)
