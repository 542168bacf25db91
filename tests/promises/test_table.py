"""The table of promises says what the tests say: which are kept, by which rooms, and which are not kept yet."""

import ast
import re

import pytest

from tests.architecture.source import ROOT, floors

ROW = re.compile(r"^\| (\d\d) \| (.+?) \| (.+?) \| (.+?) \|$")

modules = {path.name[5:7]: path for path in sorted(ROOT.glob("tests/promises/test_[0-9][0-9]_*.py"))}
rows = {
    match.group(1): match.groups()[1:]
    for line in (ROOT / "docs" / "explanation" / "promises.md").read_text().splitlines()
    if (match := ROW.match(line))
}


def tree(number):
    return ast.parse(modules[number].read_text())


def is_waiting(number):
    """Whether a test of the module is marked as not passing yet."""
    return any(isinstance(node, ast.Attribute) and node.attr == "xfail" for node in ast.walk(tree(number)))


def test_there_are_fifteen_promises_and_each_is_in_the_table():
    assert list(modules) == list(rows) == [f"{number:02}" for number in range(15)]


@pytest.mark.parametrize("number", modules)
def test_a_module_begins_with_its_promise(number):
    assert len(ast.get_docstring(tree(number)).split()) >= 12


@pytest.mark.parametrize("number", rows)
def test_a_promise_counts_as_kept_when_no_test_of_it_is_waiting(number):
    _, rooms, proof = rows[number]
    path = modules[number].relative_to(ROOT)

    if is_waiting(number):
        assert proof == "not yet"
    else:
        assert f"`{path}`" in proof
        assert set(re.findall(r"`(\w+)`", rooms)) <= floors().keys()


@pytest.mark.parametrize("number", rows)
def test_every_promise_names_its_rooms(number):
    assert re.findall(r"`(\w+)`", rows[number][1])
