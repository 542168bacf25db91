"""A Merkle tree as RFC 6962 (section 2.1) has it: roots, inclusion and consistency proofs, and how they are checked. Pure.

Proofs are made from complete subtrees only: `subtree(level, place)` is the hash over the 2^level leaves from place * 2^level on.
"""

import hashlib
from collections.abc import Callable, Sequence

Hash = bytes  # of 32 bytes
Subtree = Callable[[int, int], Hash]

EMPTY: Hash = hashlib.sha256().digest()


def leaf_hash(content: bytes) -> Hash:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """The hash of a node over its two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def folded(hashes: Sequence[Hash]) -> Hash:
    """The root over a power of two of hashes that stand beside each other."""
    while len(hashes) > 1:
        pairs = iter(hashes)
        hashes = [node_hash(left, right) for left, right in zip(pairs, pairs, strict=True)]
    return hashes[0]


def root(subtree: Subtree, size: int) -> Hash:
    """The root over the first `size` leaves."""
    return _root(subtree, 0, size) if size else EMPTY


def inclusion(subtree: Subtree, number: int, size: int) -> list[Hash]:
    """The proof that a leaf stands at `number` (from 0) in the tree of `size` leaves: the siblings on its way up."""
    return _inclusion(subtree, number, 0, size)


def consistency(subtree: Subtree, old: int, size: int) -> list[Hash]:
    """The proof that the tree of `size` leaves begins with the tree of `old` leaves."""
    return [] if old in {0, size} else _consistency(subtree, old, 0, size, known=True)


def includes(leaf: Hash, number: int, size: int, proof: Sequence[Hash], whole: Hash) -> bool:
    """Whether an inclusion proof leads from the leaf to the root `whole` (RFC 9162, section 2.1.3.2)."""
    if not 0 <= number < size:
        return False
    place, last, found = number, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and found == whole


def continues(old: int, old_root: Hash, size: int, whole: Hash, proof: Sequence[Hash]) -> bool:
    """Whether a consistency proof shows that `whole` over `size` leaves begins with `old_root` (RFC 9162, section 2.1.4.2)."""
    if not 0 < old < size:
        return not proof and (old_root == whole if old == size else old == 0 and old_root == EMPTY)
    hashes = [old_root, *proof] if old & (old - 1) == 0 else [*proof]
    if not hashes:
        return False
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and before == old_root and after == whole


def _split(count: int) -> int:
    """The largest power of two below a count of more than one."""
    return 1 << (count - 1).bit_length() - 1


def _root(subtree: Subtree, start: int, end: int) -> Hash:
    count = end - start
    if count & (count - 1) == 0 and start % count == 0:
        return subtree(count.bit_length() - 1, start // count)
    middle = start + _split(count)
    return node_hash(_root(subtree, start, middle), _root(subtree, middle, end))


def _inclusion(subtree: Subtree, number: int, start: int, end: int) -> list[Hash]:
    if end - start == 1:
        return []
    middle = start + _split(end - start)
    if number < middle:
        return [*_inclusion(subtree, number, start, middle), _root(subtree, middle, end)]
    return [*_inclusion(subtree, number, middle, end), _root(subtree, start, middle)]


def _consistency(subtree: Subtree, old: int, start: int, end: int, *, known: bool) -> list[Hash]:
    if old == end:
        return [] if known else [_root(subtree, start, end)]
    middle = start + _split(end - start)
    if old <= middle:
        return [*_consistency(subtree, old, start, middle, known=known), _root(subtree, middle, end)]
    return [*_consistency(subtree, old, middle, end, known=False), _root(subtree, start, middle)]
