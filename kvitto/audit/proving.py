"""Proofs about the log as files: that an entry is in it, and that it continues what a witness has kept.

The forms are those of C2SP: `tlog-proof` for an entry, the body of `tlog-witness`'s add-checkpoint for a witness.
"""

import base64
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from kvitto.audit import log, notes, pruning, signing, tree
from kvitto.audit.models import Witness
from kvitto.kernel.db import WEB, Cursor, batch_cursor, require_transaction
from kvitto.kernel.errors import NotFoundError

PROOF = "c2sp.org/tlog-proof@v1"


class NotInLogError(NotFoundError):
    """The entry has no number yet, or no checkpoint covers it; or there is no such entry for whoever asks."""


class PrunedError(NotFoundError):
    """The entry's text is over its time and deleted. Its hash still stands in the log, and says nothing."""


@dataclass(frozen=True, slots=True)
class Proof:
    """An entry's place, what its leaf is the hash of, the hashes on its way up, and the checkpoint they lead to."""

    number: int
    content: bytes
    hashes: tuple[tree.Hash, ...]
    checkpoint: str

    def text(self) -> str:
        """As a file that others can check."""
        lines = [PROOF, f"extra {_encoded(self.content)}", f"index {self.number}", *map(_encoded, self.hashes)]
        return "\n".join(lines) + f"\n\n{self.checkpoint}"


def prove(entry_id: int, *, now: datetime, size: int | None = None, using: str = WEB) -> Proof:
    """That an entry is in the log, up to the newest checkpoint, or to the one of a size, which somebody else has kept.

    Who may not see the entry gets the same as for one there is not. Raises NotInLogError, PrunedError.
    """
    with batch_cursor(using) as cursor:
        cursor.execute(
            f"SELECT l.number, {log.CONTENT} FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry_id"  # noqa: S608
            " WHERE l.entry_id = %s",
            [entry_id],
            binary=True,
        )
        row = cursor.fetchone()
        if row is None:
            _refuse_pruned(cursor, entry_id, now)
        cursor.execute(
            "SELECT size, note FROM audit_checkpoint WHERE size = %s OR %s::bigint IS NULL ORDER BY size DESC LIMIT 1",
            [size, size],
        )
        signed = cursor.fetchone()
        if row is None or signed is None or signed[0] <= row[0]:
            raise NotInLogError("no checkpoint covers an entry of this number yet: try again in a minute")
        number, content = row
        whole, note = signed
        hashes = tree.inclusion(log.subtree(cursor), number, whole)
    return Proof(number, bytes(content), tuple(hashes), note)


def _refuse_pruned(cursor: Cursor, entry_id: int, now: datetime) -> None:
    cursor.execute("SELECT number FROM audit_leaf WHERE entry_id = %s", [entry_id])
    leaf = cursor.fetchone()
    if leaf and leaf[0] < pruning.over(cursor, now=now):
        raise PrunedError(
            f"the text of this entry was deleted after its time; its hash is number {leaf[0]:,} of the log"
        )


def key() -> str:
    """The key with which others check the log's signatures: `name+id+key`."""
    return notes.verifier_key(settings.LOG_NAME, signing.public_key())


def continuation(kept: str | None, *, using: str = WEB) -> str | None:
    """What a witness needs to go on from the checkpoint it has kept: `old N`, the hashes, the newest checkpoint.

    None when there is nothing newer. Raises NoteError for a checkpoint that is not this log's.
    """
    old = notes.read(kept, settings.LOG_NAME, signing.public_key()).size if kept else 0
    with batch_cursor(using) as cursor:
        cursor.execute("SELECT size, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1")
        newest = cursor.fetchone()
        if newest is None or newest[0] <= old:
            return None
        hashes = tree.consistency(log.subtree(cursor), old, newest[0])
    return "\n".join([f"old {old}", *map(_encoded, hashes)]) + f"\n\n{newest[1]}"


def note_witness(name: str, kept: str | None, *, now: datetime) -> None:
    """Write down what a witness had kept when it was handed what is new. Raises NoteError for what is not this log's."""
    require_transaction()
    signed = notes.read(kept, settings.LOG_NAME, signing.public_key()) if kept else None
    seen = {"size": signed.size if signed else 0, "signed_at": signed.at if signed else None, "seen_at": now}
    Witness.objects.update_or_create(name=name, defaults=seen)


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()
