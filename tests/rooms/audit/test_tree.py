"""The tree is RFC 6962's: its published vectors, and every proof up to 512 leaves against a naive oracle."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kvitto_witness
from kvitto.audit import tree

# the test vectors that implementations of certificate transparency share: these inputs, and the roots over the first 1 to 8 of them
INPUTS = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
INPUTS.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [hashlib.sha256(b"\x00" + bytes([n % 256, n // 256])).digest() for n in range(600)]


def naive(leaves):
    """The root, as the RFC's definition reads."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + naive(leaves[:half]) + naive(leaves[half:])).digest()


def subtree(leaves):
    return lambda level, place: tree.folded(leaves[place << level : (place + 1) << level])


@pytest.mark.parametrize("size", range(1, 9))
def test_the_published_vectors_hold(size):
    leaves = [tree.leaf_hash(each) for each in INPUTS[:size]]
    assert tree.root(subtree(leaves), size).hex() == ROOTS[size - 1]


def test_the_root_of_nothing_is_that_of_the_rfc():
    assert tree.root(subtree([]), 0).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_every_proof_up_to_512_leaves_holds_and_leads_to_the_oracles_root():
    roots = [tree.EMPTY] + [naive(LEAVES[:size]) for size in range(1, 513)]
    for size in [*range(1, 70), 127, 128, 129, 255, 256, 257, 511, 512]:
        nodes = subtree(LEAVES[:size])
        assert tree.root(nodes, size) == roots[size]
        for number in range(0, size, 1 if size < 70 else 7):
            assert tree.includes(LEAVES[number], number, size, tree.inclusion(nodes, number, size), roots[size])
        for old in range(1, size, 1 if size < 70 else 5):
            proof = tree.consistency(nodes, old, size)
            assert tree.continues(old, roots[old], size, roots[size], proof)
            assert kvitto_witness.continues(old, roots[old], size, roots[size], proof)


@given(st.integers(2, 300), st.data())
def test_no_other_leaf_place_or_root_passes(size, data):
    nodes, whole = subtree(LEAVES[:size]), naive(LEAVES[:size])
    number = data.draw(st.integers(0, size - 1))
    proof = tree.inclusion(nodes, number, size)
    other = data.draw(st.integers(0, size - 1).filter(lambda each: each != number))
    assert not tree.includes(LEAVES[number], other, size, proof, whole)
    assert not tree.includes(LEAVES[other], number, size, proof, whole)
    assert not tree.includes(LEAVES[number], number, size, proof, naive(LEAVES[: size - 1]))
    assert not tree.includes(LEAVES[number], number, size, [*proof, whole], whole)


@given(st.integers(2, 300), st.data())
def test_no_fork_passes_for_a_continuation(size, data):
    old = data.draw(st.integers(1, size - 1))
    nodes, whole = subtree(LEAVES[:size]), naive(LEAVES[:size])
    changed = data.draw(st.integers(0, old - 1))
    fork = naive([*LEAVES[:changed], LEAVES[599], *LEAVES[changed + 1 : old]])
    proof = tree.consistency(nodes, old, size)
    for continues in (tree.continues, kvitto_witness.continues):
        assert not continues(old, fork, size, whole, proof)
        assert not continues(old, naive(LEAVES[:old]), size, naive([*LEAVES[: size - 1], LEAVES[599]]), proof)
        assert not continues(old, naive(LEAVES[:old]), size, whole, proof[:-1])
