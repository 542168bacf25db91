"""Checking the whole log from its tables: entries against leaves, leaves against the tree, the tree against what was signed.

Nothing that is stored is believed: hashes are computed from the entries anew, and nodes and roots from those hashes. Of an entry
whose time is over the text is gone and the stored hash is taken: the roots that were signed over it say whether it is the one.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connections, transaction

from kvitto.audit import log, notes, pruning, signing, tree
from kvitto.kernel.db import OWNER, batch_cursor

FETCH = 8_192  # leaves at a time
MOST = 1 << log.STEP  # leaves that are folded in one go
BEFORE_ALL = -(2**63)
# An entry is looked up for each leaf: joined, all would be hashed and sorted on disk before the first answer.
_LEAVES = f"""
    SELECT l.number, l.hash, (SELECT {log.HASH} FROM audit_entry e WHERE e.id = l.entry_id) AS found
    FROM audit_leaf l WHERE l.number > %s ORDER BY l.number LIMIT {FETCH}
"""  # noqa: S608  our own words
# Of so many: how many, the last one's number, their hashes in a row, how many texts are gone, whether the others are as hashed
_SUMMED = f"""
    SELECT count(*), max(number), string_agg(hash, ''::bytea ORDER BY number), count(*) FILTER (WHERE found IS NULL),
        coalesce(bool_and(found = hash), true)
    FROM ({_LEAVES}) leaves
"""  # noqa: S608  our own words
_STRAYS = """
    SELECT (SELECT count(*) FROM audit_waiting),
        (SELECT count(*) FROM audit_entry e WHERE NOT EXISTS (SELECT FROM audit_leaf l WHERE l.entry_id = e.id)
            AND NOT EXISTS (SELECT FROM audit_waiting w WHERE w.entry_id = e.id))
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong, and at which place of the log; -1 where it has none."""

    number: int
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many entries and checkpoints were checked, of how many entries only the hash is left since their time is over, how many
    wait for a number; what is wrong first, if anything.
    """

    entries: int
    pruned: int
    checkpoints: int
    waiting: int
    fault: Fault | None


Signatures = dict[int, list[tuple[tree.Hash, str]]]  # size -> roots that were signed, and whose checkpoint it is
Nodes = dict[tuple[int, int], tree.Hash]  # level and place -> hash


class Roots:
    """The tree as its leaves come by: the root over so many, at any size, from the hashes alone."""

    def __init__(self) -> None:
        self.size = 0
        self.pruned = 0
        self.peaks: list[tree.Hash] = []  # of complete subtrees, the largest first

    def extend(self, leaves: list[tree.Hash]) -> list[tuple[int, int, tree.Hash]]:
        """Take the next leaves; the nodes of kept levels that they complete, by level and place."""
        completed, at = [], 0
        while at < len(leaves):
            count = min(self.size & -self.size or MOST, MOST, 1 << (len(leaves) - at).bit_length() - 1)
            found, level = tree.folded(leaves[at : at + count]), count.bit_length() - 1
            place = self.size >> level
            self.size, at = self.size + count, at + count
            while True:
                if level and level % log.STEP == 0:
                    completed.append((level, place, found))
                if not place & 1:
                    break
                found, level, place = tree.node_hash(self.peaks.pop(), found), level + 1, place >> 1
            self.peaks.append(found)
        return completed

    def root(self) -> tree.Hash:
        """Over all leaves so far."""
        if not self.peaks:
            return tree.EMPTY
        found = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            found = tree.node_hash(peak, found)
        return found


def verify(*, now: datetime, kept: Iterable[str] = (), progress: Callable[[int], None] = lambda _: None) -> Verdict:
    """Check everything, as it stands at one moment. `kept`: checkpoints that others have kept, which must still hold."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT 1")  # says who asks: inside, nothing may come before the level of isolation
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return checked(cursor, now=now, kept=kept, progress=progress)


def checked(
    cursor: Any, *, now: datetime, kept: Iterable[str] = (), progress: Callable[[int], None] = lambda _: None
) -> Verdict:
    """The same, in the caller's transaction."""
    cursor.execute(_STRAYS)
    waiting, unnumbered = cursor.fetchone()
    cursor.execute("SELECT size, note FROM audit_checkpoint ORDER BY size")
    signed, over, fault = _signed(cursor.fetchall(), kept, pruning.kept_since(now))
    cursor.execute("SELECT level, place, hash FROM audit_node")
    nodes = {(level, place): bytes(found) for level, place, found in cursor.fetchall()}
    roots = Roots()
    fault = fault or _walk(roots, nodes, signed, over, progress) or _strayed(roots.size, signed, nodes, unnumbered)
    return Verdict(roots.size, roots.pruned, len(signed), waiting, fault)


def _strayed(size: int, signed: Signatures, nodes: Nodes, unnumbered: int) -> Fault | None:
    """What is wrong although every entry that is there is right."""
    if beyond := [each for each in signed if each > size]:
        return Fault(size, f"entries are missing at the end: {max(beyond):,} were signed for, {size:,} are there")
    if unnumbered:
        return Fault(-1, f"{unnumbered:,} entries have no number and do not wait for one")
    if len(nodes) != sum(size >> level for level in range(log.STEP, 64, log.STEP)):
        return Fault(-1, "there are nodes that belong to no entries")
    return None


def _walk(roots: Roots, nodes: Nodes, signed: Signatures, over: int, progress: Callable[[int], None]) -> Fault | None:
    """Every entry in the order of its number, up to the first that is wrong. Of the first `over` the text may be gone."""
    sizes = sorted(signed)
    for count, last, hashes, gone, same in _summed():
        place, size = roots.size, roots.size + count
        fault = None
        if last != size - 1 or len(hashes) != count * len(tree.EMPTY) or not same or (gone and size > over):
            fault = _first_wrong(place, over)
        leaves = [hashes[at : at + len(tree.EMPTY)] for at in range(0, len(hashes), len(tree.EMPTY))]
        end = fault.number if fault else size
        for stop in [*sizes[bisect_right(sizes, place) : bisect_right(sizes, end)], end]:
            wrong = _grown(roots, leaves[roots.size - place : stop - place], nodes, signed)
            if wrong is not None:
                return wrong
        if fault:
            return fault
        roots.pruned += gone
        progress(size)
    return None


def _grown(roots: Roots, leaves: list[tree.Hash], nodes: Nodes, signed: Signatures) -> Fault | None:
    """What does not fit the next leaves: a node over them, or what was signed when they were the last."""
    for level, place, found in roots.extend(leaves):
        if nodes.get((level, place)) != found:
            return Fault(
                (place + 1 << level) - 1, f"the node of level {level}, place {place} is not over these entries"
            )
    for root, whose in signed.get(roots.size, ()):
        if root != roots.root():
            what = f"the first {roots.size:,} entries are not those that were signed for ({whose})"
            return Fault(roots.size - 1, what)
    return None


def _first_wrong(place: int, over: int) -> Fault | None:
    """The first leaf from a place on that is not there, or not the hash of its entry; one by one."""
    with batch_cursor(OWNER) as cursor:
        cursor.execute(_LEAVES, [place - 1 if place else BEFORE_ALL], binary=True)
        rows = cursor.fetchall()
    for expected, (number, stored, found) in enumerate(rows, start=place):
        if number != expected:
            return Fault(expected, "the entry is missing")
        if found is None and number >= over:
            return Fault(number, "the entry is missing behind its leaf, and its time is not over")
        if (found is not None and found != stored) or len(stored) != len(tree.EMPTY):
            return Fault(number, "the entry is not what was hashed")
    return None


def _summed() -> Iterator[tuple[Any, ...]]:
    """The leaves, so many at a time. The server hashes the next ones while these are walked."""
    with batch_cursor(OWNER) as cursor, ThreadPoolExecutor(1) as reader:

        def fetched(after: int) -> tuple[Any, ...]:
            [row] = cursor.execute(_SUMMED, [after], binary=True)
            return tuple(row)

        coming = reader.submit(fetched, BEFORE_ALL)
        while (found := coming.result())[0]:
            coming = reader.submit(fetched, found[1])
            yield found


def _signed(
    own: Iterable[tuple[int, str]], kept: Iterable[str], kept_since: datetime
) -> tuple[Signatures, int, Fault | None]:
    """Roots by size, of every checkpoint; how many entries the newest of those before `kept_since` covers; the first fault.

    Its day is what was signed, not what the table says.
    """
    found: Signatures = {}
    over = 0
    public = signing.public_key()
    every: list[tuple[str, int | None, str]] = [(note, size, "a checkpoint of its own") for size, note in own]
    every += [(note, None, "a checkpoint that was kept") for note in kept]
    for note, size, whose in every:
        try:
            signed = notes.read(note, settings.LOG_NAME, public)
        except notes.NoteError as error:
            return found, over, Fault(-1, f"{whose}: {error}")
        if size not in {None, signed.size}:
            return found, over, Fault(-1, f"{whose} is about {signed.size:,} entries, and stands at {size:,}")
        found.setdefault(signed.size, []).append((signed.root, whose))
        if signed.at <= kept_since:
            over = max(over, signed.size)
    return found, over, None
