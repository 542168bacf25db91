"""The log that nobody can rub out: entries get dense numbers, and a Merkle tree over them is signed again and again.

One sequencer at a time. It takes what waits by its presence, never by an id: ids are given out in one order and committed in
another. Numbering, hashes and nodes commit together, or not at all. It runs as the owner role: pages cannot write here.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connections, transaction

from kvitto.audit import notes, signing, tree
from kvitto.kernel.db import OWNER, Cursor, batch_cursor
from kvitto.kernel.errors import KvittoError

logger = logging.getLogger(__name__)

BATCH = 1_000
CHECKPOINT_EVERY = timedelta(seconds=30)
PAUSE = 0.2  # seconds, when nothing waits
STEP = 8  # levels from nodes that are kept to the next: 256 hashes become one

# What a leaf is the hash of: a version, the entry's salt, its values as JSON text. In SQL, where the entries are: so that ten
# million of them are hashed anew in the time it takes to read them.
CONTENT = """'\\x01'::bytea || e.salt || convert_to(json_build_array(e.id,
    to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.actor_kind, e.actor_id, e.action, e.purpose, e.subject,
    lower(e.period), upper(e.period), e.count, e."case", encode(e.digest, 'hex'))::text, 'UTF8')"""
HASH = f"sha256('\\x00'::bytea || {CONTENT})"

_NUMBER = f"""
    WITH taken AS (
        DELETE FROM audit_waiting WHERE entry_id IN (SELECT entry_id FROM audit_waiting ORDER BY entry_id LIMIT %s)
        RETURNING entry_id
    )
    INSERT INTO audit_leaf (number, entry_id, hash)
    SELECT %s + row_number() OVER (ORDER BY e.id) - 1, e.id, {HASH} FROM taken JOIN audit_entry e ON e.id = taken.entry_id
"""  # noqa: S608  our own words


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of the sequencer did: how many entries got numbers, and the size that was signed, if one was."""

    numbered: int
    signed: int | None


def run(*, now: datetime, sign_now: bool = False) -> Run:
    """Number what waits, up to a thousand entries, and sign a checkpoint when one is due. Nothing while another one is at it."""
    with transaction.atomic(using=OWNER), batch_cursor(OWNER) as cursor:
        [(alone,)] = cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('kvitto.audit.sequencer'))")
        if not alone:
            return Run(0, None)
        size = size_of(cursor)
        cursor.execute(_NUMBER, [BATCH, size])
        numbered = cursor.rowcount
        _complete(cursor, size, size + numbered)
        return Run(numbered, _checkpoint(cursor, size + numbered, now, at_once=sign_now))


def watch(*, stopped: Callable[[], bool]) -> None:
    """Be the sequencer until told to stop. What the database refuses, or its absence, is logged and tried again."""
    while not stopped():
        try:
            numbered = run(now=datetime.now(UTC)).numbered
        except (DatabaseError, KvittoError):
            logger.exception("the record of acts could not be numbered; trying again")
            connections[OWNER].close()
            numbered = 0
        if numbered < BATCH:
            time.sleep(PAUSE)
    connections[OWNER].close()


def size_of(cursor: Cursor) -> int:
    """How many entries have a number."""
    [(size,)] = cursor.execute("SELECT coalesce(max(number) + 1, 0) FROM audit_leaf")
    return int(size)


def subtree(cursor: Cursor) -> tree.Subtree:
    """The complete subtrees of the log, from the leaves and nodes that are kept."""

    def found(level: int, place: int) -> tree.Hash:
        kept = level - level % STEP
        first, count = place << (level - kept), 1 << (level - kept)
        hashes = _hashes(cursor, kept, first, count)
        if len(hashes) < count:
            raise MissingError(f"{count - len(hashes)} hashes are missing on level {kept} from {first} on")
        return tree.folded(hashes)

    return found


class MissingError(KvittoError):
    """Hashes that must be there are not."""


def root_of(cursor: Cursor, size: int) -> tree.Hash:
    """The root over the first `size` entries."""
    return tree.root(subtree(cursor), size)


def _hashes(cursor: Cursor, level: int, first: int, count: int) -> list[tree.Hash]:
    if level:
        question = "SELECT hash FROM audit_node WHERE level = %s AND place >= %s AND place < %s ORDER BY place"
        cursor.execute(question, [level, first, first + count])
    else:
        question = "SELECT hash FROM audit_leaf WHERE number >= %s AND number < %s ORDER BY number"
        cursor.execute(question, [first, first + count])
    return [bytes(row[0]) for row in cursor.fetchall()]


def _complete(cursor: Cursor, first: int, last: int) -> None:
    """Keep the nodes that have become complete with the leaves [first, last)."""
    level = 0
    while first >> STEP < last >> STEP:
        for place in range(first >> STEP, last >> STEP):
            found = tree.folded(_hashes(cursor, level, place << STEP, 1 << STEP))
            cursor.execute(
                "INSERT INTO audit_node (level, place, hash) VALUES (%s, %s, %s)", [level + STEP, place, found]
            )
        level, first, last = level + STEP, first >> STEP, last >> STEP


def _checkpoint(cursor: Cursor, size: int, now: datetime, *, at_once: bool) -> int | None:
    """Sign the log as it is, when there is something new and the last signature is some time ago."""
    cursor.execute("SELECT size, at FROM audit_checkpoint ORDER BY size DESC LIMIT 1")
    last = cursor.fetchone()
    if size == (last[0] if last else 0) or (last and not at_once and now - last[1] < CHECKPOINT_EVERY):
        return None
    note = notes.sign(settings.LOG_NAME, signing.key(), size=size, root=root_of(cursor, size), at=now)
    cursor.execute("INSERT INTO audit_checkpoint (size, at, note) VALUES (%s, %s, %s)", [size, now, note])
    return size
