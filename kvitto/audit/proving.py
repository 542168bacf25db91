"""Proofs about the log as files: that an entry is in it, and that it continues what a witness has kept.

The forms are those of C2SP: `tlog-proof` for an entry, the body of `tlog-witness`'s add-checkpoint for a witness.
"""

import base64
from dataclasses import dataclass

from django.conf import settings

from kvitto.audit import log, notes, signing, tree
from kvitto.kernel.db import WEB, batch_cursor
from kvitto.kernel.errors import NotFoundError

PROOF = "c2sp.org/tlog-proof@v1"


class NotInLogError(NotFoundError):
    """The entry has no number yet, or no checkpoint covers it; or there is no such entry for whoever asks."""


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


def prove(entry_id: int, *, using: str = WEB) -> Proof:
    """That an entry is in the log, up to the newest checkpoint. Who may not see the entry gets the same as for one there is not."""
    with batch_cursor(using) as cursor:
        cursor.execute(
            f"SELECT l.number, {log.CONTENT} FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry_id"  # noqa: S608
            " WHERE l.entry_id = %s",
            [entry_id],
            binary=True,
        )
        row = cursor.fetchone()
        cursor.execute("SELECT size, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1")
        newest = cursor.fetchone()
        if row is None or newest is None or newest[0] <= row[0]:
            raise NotInLogError("no checkpoint covers an entry of this number yet: try again in a minute")
        number, content = row
        size, note = newest
        hashes = tree.inclusion(log.subtree(cursor), number, size)
    return Proof(number, bytes(content), tuple(hashes), note)


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


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()
