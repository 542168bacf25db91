"""kvitto-witness: keeps the last checkpoint of a log of acts, and refuses one that does not continue it.

    kvitto-witness --key NAME+ID+KEY FOLDER

It stands alone, on a machine of somebody else: one file, no database, no network, nothing shared with the program that it watches.
In the folder it finds `update` (from `kvitto audit export`: `old N`, hashes, a signed checkpoint) and `checkpoint`, the last one it
has believed. It believes an update when the signature is the key's and the log begins with what was kept; then the new
checkpoint takes the place of the old one, and `history` gets a line. Otherwise everything stays, `update` is kept as evidence
under another name, and the program ends with 3.

The forms are those of C2SP (tlog-witness, tlog-checkpoint, signed-note); the proof is RFC 9162, section 2.1.4.2.
"""

import argparse
import base64
import binascii
import hashlib
import os
import sys
import time
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEPT, UPDATE, HISTORY = "checkpoint", "update", "history"
DONE, REFUSED = 0, 3
KEY_BYTES = 33  # a byte for the algorithm, Ed25519, and the key

Kept = tuple[int, bytes]  # size and root; 0 and nothing at first


class RefusedError(Exception):
    """Why an update is not believed."""


def main() -> int:
    """Look at the update in a folder, once."""
    parser = argparse.ArgumentParser(prog="kvitto-witness", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--key", required=True, help="what `kvitto audit key` prints, got from the co-op by another way"
    )
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    update, kept = folder / UPDATE, folder / KEPT
    if not update.exists():
        print("no update")
        return DONE
    body = _read(update)
    try:
        origin, key_id, public = parse_key(arguments.key)
        before = parse_checkpoint(_read(kept), origin, key_id, public) if kept.exists() else (0, b"")
        size, root, note = believe(body, before, origin, key_id, public)
    except RefusedError as error:
        evidence = folder / f"{UPDATE}.refused-{int(time.time())}"
        update.replace(evidence)
        print(f"REFUSED: {error}; kept as {evidence}", file=sys.stderr)
        return REFUSED
    _write(kept, note)
    with (folder / HISTORY).open("a", encoding="utf-8") as history:
        history.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {size} {root.hex()}\n")
    update.unlink()
    print(f"believed: {size} entries, root {root.hex()}")
    return DONE


def believe(body: str, before: Kept, origin: str, key_id: bytes, public: bytes) -> tuple[int, bytes, str]:
    """The size, root and note of an update that continues what was kept. Raises Refused."""
    head, separator, note = body.partition("\n\n")
    first, *lines = head.split("\n")
    if not separator or not first.startswith("old "):
        raise RefusedError("the update is not of the form: old N, hashes, an empty line, a checkpoint")
    size, root = parse_checkpoint(note, origin, key_id, public)
    kept_size, kept_root = before
    if first != f"old {kept_size}":
        raise RefusedError(
            f"the update goes on from {first[4:]}, and {kept_size} was kept: the log was rolled back, or is another"
        )
    if size < kept_size:
        raise RefusedError(f"the log has shrunk from {kept_size} to {size}")
    proof = [_hash(line) for line in lines]
    if kept_size == 0:
        if proof:
            raise RefusedError("a first checkpoint takes no proof")
    elif size == kept_size:
        if root != kept_root or proof:
            raise RefusedError(f"two different logs of {size} entries were signed: a fork")
    elif not continues(kept_size, kept_root, size, root, proof):
        raise RefusedError(f"the log of {size} entries does not begin with the {kept_size} that were kept: a fork")
    return size, root, note


def continues(old: int, old_root: bytes, size: int, root: bytes, proof: list[bytes]) -> bool:
    """Whether a consistency proof holds: both roots are computed from it."""
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    node, last = old - 1, size - 1
    while node % 2:
        node, last = node // 2, last // 2
    first = second = path.pop(0)
    for each in path:
        if last == 0:
            return False
        if node % 2 or node == last:
            first, second = _node(each, first), _node(each, second)
            while node % 2 == 0 and node != 0:
                node, last = node // 2, last // 2
        else:
            second = _node(second, each)
        node, last = node // 2, last // 2
    return last == 0 and first == old_root and second == root


def parse_key(text: str) -> tuple[str, bytes, bytes]:
    """The log's name, the id of its key, the key."""
    origin, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    expected = hashlib.sha256(origin.encode() + b"\n" + raw).digest()[:4]
    if raw[:1] != b"\x01" or len(raw) != KEY_BYTES or expected.hex() != key_id:
        raise RefusedError("this is no key of the form name+id+key")
    return origin, expected, raw[1:]


def parse_checkpoint(note: str, origin: str, key_id: bytes, public: bytes) -> tuple[int, bytes]:
    """The size and the root of a checkpoint that the key has signed."""
    text, separator, signatures = note.partition("\n\n")
    lines = text.split("\n")
    if not separator or len(lines) < 3 or lines[0] != origin:
        raise RefusedError("this is no checkpoint of the log with that name")
    for line in signatures.split("\n"):
        words = line.split(" ")
        if len(words) == 3 and words[0] == "\u2014" and words[1] == origin:
            try:
                raw = base64.b64decode(words[2], validate=True)
                if raw[:4] == key_id:
                    Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], (text + "\n").encode())
                    break
            except (ValueError, binascii.Error, InvalidSignature):
                continue
    else:
        raise RefusedError("the checkpoint has no signature of the key")
    if not lines[1].isascii() or not lines[1].isdigit() or str(int(lines[1])) != lines[1]:
        raise RefusedError("the checkpoint has no size")
    return int(lines[1]), _hash(lines[2])


def _hash(line: str) -> bytes:
    try:
        found = base64.b64decode(line, validate=True)
    except (ValueError, binascii.Error):
        found = b""
    if len(found) != 32:
        raise RefusedError("a line that must be a hash is none")
    return found


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _read(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


def _write(path: Path, text: str) -> None:
    """The whole file or the old one, on the disk before anything else happens."""
    draft = path.with_name(f"{path.name}.new")
    with draft.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


if __name__ == "__main__":
    sys.exit(main())
