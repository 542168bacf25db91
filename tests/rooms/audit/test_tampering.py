"""Whatever somebody with all rights on the database does to the log is found: by the verifier, or by who kept a checkpoint.

A few positions of each kind here; `make tampering` tries a thousand. KVITTO_POSITIONS says how many, KVITTO_SEED which.
"""

import os
import random
from base64 import b64encode
from datetime import timedelta

import pytest
from django.db import connections, transaction

import kvitto_witness
from kvitto.audit import log, notes, pruning, signing, tree, verifying
from kvitto.kernel.actor import SYSTEM
from kvitto.kernel.db import OWNER, batch_cursor
from tests.cast import NOW

pytestmark = pytest.mark.usefixtures("committed")
NAME = "kvitto/log"
POSITIONS = int(os.environ.get("KVITTO_POSITIONS") or 5)
SEED = int(os.environ.get("KVITTO_SEED") or 8)
OLD, SIZE = 300, 1_500  # entries that are over their time, of which the text is pruned; all
LATER = NOW.replace(year=NOW.year + 6)
BEHIND = "(SELECT entry_id FROM audit_leaf WHERE number = {n})"
ENTRY = (
    'INSERT INTO audit_entry (at, actor_kind, actor_id, action, purpose, count, "case", digest)'
    " VALUES (now(), 'staff', '7', 'vault.open', 'claim', 1, '', '')"
)

# kind -> what is done at position {n}, and the first position it can be done at
BY_HAND = {
    "edit": (f"UPDATE audit_entry SET purpose = 'nothing' WHERE id = {BEHIND}", OLD),
    "edit the hash": ("UPDATE audit_leaf SET hash = sha256('x') WHERE number = {n}", 0),
    "edit, and hash anew": (
        (
            f"UPDATE audit_entry SET purpose = 'nothing' WHERE id = {BEHIND};"
            f" UPDATE audit_leaf l SET hash = {log.HASH} FROM audit_entry e WHERE e.id = l.entry_id AND l.number = {{n}}"
        ),
        OLD,
    ),
    "swap two entries": (
        (
            "UPDATE audit_leaf SET entry_id = -entry_id WHERE number IN ({n}, {n} + 1);"
            " UPDATE audit_leaf l SET entry_id = -m.entry_id FROM audit_leaf m"
            " WHERE l.number IN ({n}, {n} + 1) AND m.number = 2 * {n} + 1 - l.number"
        ),
        OLD,
    ),
    "swap two with their hashes": (
        (
            "UPDATE audit_leaf SET number = -number - 1 WHERE number IN ({n}, {n} + 1);"
            " UPDATE audit_leaf SET number = 2 * {n} + 2 + number WHERE number < 0"
        ),
        0,
    ),
    "swap two salts": (
        (
            "UPDATE audit_entry a SET salt = b.salt FROM audit_entry b, audit_leaf l, audit_leaf m WHERE l.number = {n}"
            " AND m.number = {n} + 1 AND a.id = l.entry_id AND b.id = m.entry_id"
        ),
        OLD,
    ),
    "delete an entry and its leaf": (
        f"DELETE FROM audit_entry WHERE id = {BEHIND}; DELETE FROM audit_leaf WHERE number = {{n}}",
        0,
    ),
    "delete, and close the gap": (
        (
            f"DELETE FROM audit_entry WHERE id = {BEHIND}; DELETE FROM audit_leaf WHERE number = {{n}};"
            " UPDATE audit_leaf SET number = -number WHERE number > {n};"
            " UPDATE audit_leaf SET number = -number - 1 WHERE number < 0"
        ),
        0,
    ),
    "prune before its time": (f"DELETE FROM audit_entry WHERE id = {BEHIND}", OLD),
    "insert": (
        (
            "UPDATE audit_leaf SET number = -number - 1 WHERE number >= {n};"
            f" UPDATE audit_leaf SET number = -number WHERE number < 0; {ENTRY}; DELETE FROM audit_waiting;"
            f" INSERT INTO audit_leaf (number, entry_id, hash) SELECT {{n}}, e.id, {log.HASH} FROM audit_entry e"
            " WHERE e.id = (SELECT max(id) FROM audit_entry)"
        ),
        0,
    ),
    "insert without a number": (f"{ENTRY}; DELETE FROM audit_waiting", 0),
    "change a node": ("UPDATE audit_node SET hash = sha256('{n}') WHERE level = 8 AND place = {n} * 5 / 1500", 0),
    "take a node away": ("DELETE FROM audit_node WHERE level = 8 AND place = {n} * 5 / 1500", 0),
    "date a checkpoint back": (
        (
            "UPDATE audit_checkpoint SET at = at - interval '{n} days',"
            " note = regexp_replace(note, 'at \\d+', 'at 1' || {n} % 1000)"
            " WHERE size = 1500"
        ),
        0,
    ),
    "give a checkpoint another size": ("UPDATE audit_checkpoint SET size = 100000 + {n} WHERE size = 1500", 0),
}


@pytest.fixture
def whole():
    """The log: 300 entries whose text is pruned, 1,200 others, signed twice; and what a witness has kept of it."""
    _write(OLD)
    _number(NOW)
    _write(SIZE - OLD - 1)
    _number(LATER - timedelta(hours=1))
    assert pruning.prune(by=SYSTEM, now=LATER) == OLD
    _number(LATER)
    verdict = verifying.verify(now=LATER)
    assert (verdict.entries, verdict.pruned, verdict.fault) == (SIZE, OLD, None)
    return _newest()


def _write(count, words="because"):
    with connections[OWNER].cursor() as cursor:
        cursor.execute(
            'INSERT INTO audit_entry (at, actor_kind, actor_id, action, purpose, count, "case", digest)'
            " SELECT %s + g * interval '1 s', 'system', 'system', 'test.act', %s, g, '', '' FROM generate_series(1, %s) g",
            [NOW, words, count],
        )


def _number(now):
    while log.run(now=now, sign_now=True).numbered == log.BATCH:
        pass


def _newest():
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1")
        return cursor.fetchone()[0]


def positions(first, record_property):
    chosen = random.Random(SEED).choices(range(first, SIZE - 1), k=POSITIONS)  # noqa: S311  a test's
    record_property("tampering", len(chosen))
    return chosen


def found(*kept, now=LATER):
    """What the verifier says inside the transaction in which something was changed."""
    with connections[OWNER].cursor() as cursor:
        return verifying.checked(cursor, now=now, kept=kept).fault


class undone:  # noqa: N801  reads as a word
    """What is done inside is taken back."""

    def __enter__(self):
        self.block = transaction.atomic(using=OWNER)
        self.block.__enter__()

    def __exit__(self, *error):
        transaction.set_rollback(True, using=OWNER)
        self.block.__exit__(*error)


@pytest.mark.parametrize("how", BY_HAND)
def test_whatever_is_changed_is_found_wherever_it_is(whole, how, record_property):
    statement, first = BY_HAND[how]
    for n in positions(first, record_property):
        with undone():
            with connections[OWNER].cursor() as cursor:
                cursor.execute(statement.format(n=n))
            assert found() is not None, n
    assert verifying.verify(now=LATER).fault is None


def _cut_off(size):
    """The log as if nothing had happened after so many entries."""
    with connections[OWNER].cursor() as cursor:
        for statement in (
            "DELETE FROM audit_checkpoint WHERE size > %s",
            "DELETE FROM audit_node WHERE (place + 1) << level > %s",
            "DELETE FROM audit_entry WHERE id IN (SELECT entry_id FROM audit_leaf WHERE number >= %s)",
            "DELETE FROM audit_leaf WHERE number >= %s",
        ):
            cursor.execute(statement, [size])


def _sign(size):
    """A checkpoint of the first entries, with the log's own key: who has all rights may have that, too."""
    with batch_cursor(OWNER) as cursor:
        note = notes.sign(NAME, signing.key(), size=size, root=log.root_of(cursor, size), at=LATER)
        cursor.execute(
            "INSERT INTO audit_checkpoint (size, at, note) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            [size, LATER, note],
        )
    return note


def _refused(kept, note, hashes=()):
    """What the witness says to a checkpoint, with a proof as the log would make it."""
    origin, key_id, public = kvitto_witness.parse_key(notes.verifier_key(NAME, signing.public_key()))
    before = kvitto_witness.parse_checkpoint(kept, origin, key_id, public)
    update = "\n".join([f"old {before[0]}", *hashes]) + f"\n\n{note}"
    with pytest.raises(kvitto_witness.RefusedError) as refusal:
        kvitto_witness.believe(update, before, origin, key_id, public)
    return str(refusal.value)


def _from(old):
    """The best proof that today's log can give of going on from a size."""
    with batch_cursor(OWNER) as cursor:
        size = log.size_of(cursor)
        return [b64encode(each).decode() for each in tree.consistency(log.subtree(cursor), min(old, size), size)]


def test_a_tail_that_is_cut_off_is_found(whole, record_property):
    for n in positions(OLD + 1, record_property):
        with undone():
            _cut_off(n)
            note = _sign(n)
            assert found() is None  # it is sound in itself
            assert f"{SIZE:,} were signed for, {n:,} are there" in found(whole).what
            assert "shrunk" in _refused(whole, note)


def test_a_fork_is_found(whole, record_property):
    """Everything from a position on is written anew, numbered, and signed with the log's own key."""
    for n in positions(OLD + 1, record_property):
        with undone():
            _cut_off(n)
            _write(SIZE - n, "another history")
            _number(LATER)
            assert found() is None
            assert "are not those that were signed for (a checkpoint that was kept)" in found(whole).what
            assert "a fork" in _refused(whole, _newest())


def test_an_old_backup_that_is_restored_and_goes_on_is_found(whole, record_property):
    for n in positions(OLD + 1, record_property):
        with undone():
            _cut_off(n)
            _sign(n)
            _write(SIZE - n + 10, "after the restore")
            _number(LATER + timedelta(minutes=1))
            assert found() is None
            assert found(whole) is not None
            assert "a fork" in _refused(whole, _newest(), _from(SIZE))


def test_an_old_checkpoint_that_is_played_again_is_refused(whole, record_property):
    for n in positions(1, record_property):
        with undone():
            assert "shrunk" in _refused(whole, _sign(n))


def test_what_is_over_its_time_cannot_be_exchanged(whole, record_property):
    """Of a pruned entry nothing is compared but its hash: another one does not fit what was signed."""
    for n in positions(0, record_property):
        with undone():
            with connections[OWNER].cursor() as cursor:
                cursor.execute("UPDATE audit_leaf SET hash = sha256(%s::bytea) WHERE number = %s", [b"x", n % OLD])
            assert found() is not None
