"""The habits of the house that a tool can count."""

import ast
import os
import re
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.architecture.source import PACKAGE, ROOT, floors, modules, path_of, room_of

LONGEST_FUNCTION, LONGEST_FILE = 70, 500
PURE = {"types", "rules"}
CALLABLE = {"actions", "queries"}

ours = [path for folder in ("kvitto", "tests") for path in sorted((ROOT / folder).rglob("*.py"))]
written = [path for path in ours if "migrations" not in path.parts]


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_functions_are_short():
    long = {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path in written
        for node in functions(ast.parse(path.read_text()))
        if node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    }

    assert long == {}


def test_files_are_short():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in written}

    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_every_room_says_what_it_is():
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    silent = {room for room in rooms if not ast.get_docstring(modules()[f"kvitto.{room}"])}

    assert rooms == floors().keys()
    assert silent == set()


def test_every_file_says_what_it_is():
    silent = {
        str(path_of(module))
        for module, tree in modules().items()
        if tree.body and not ast.get_docstring(tree)
    }  # fmt: skip

    assert silent == set()


COMMAND_LINE = ("kvitto.doors.cli", "kvitto.wiring.commands")  # the latter puts rooms together below one command


def test_only_the_command_line_prints():
    printing = {
        f"{path_of(module)}:{node.lineno}"
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
        if not module.startswith(COMMAND_LINE)
    }

    assert printing == set()


def test_rules_never_look_at_the_clock():
    """Which modules they import, import-linter checks; `datetime` is one they may."""
    looking = {
        f"{path_of(module)}:{node.lineno}"
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if module.rpartition(".")[2] in PURE
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}
    }

    assert looking == set()


def test_public_actions_and_queries_are_documented():
    silent = {
        f"{path_of(module)} {node.name}"
        for module, tree in modules().items()
        for node in tree.body
        if module.rpartition(".")[2] in CALLABLE and room_of(module) in floors()
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    }

    assert silent == set()


def test_public_actions_take_keywords_only():
    positional = {
        f"{path_of(module)} {node.name}"
        for module, tree in modules().items()
        for node in tree.body
        if module.rpartition(".")[2] == "actions"
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and _is_a_write(node) and node.args.args
    }

    assert positional == set()


def _is_a_write(node):
    """An action names its actor or its clock; a helper that computes something names neither."""
    return {"by", "now"} & {argument.arg for argument in [*node.args.args, *node.args.kwonlyargs]}


def test_migrations_are_complete(db):
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)


def test_no_migration_grants_anything():
    granting = [
        str(path.relative_to(ROOT))
        for path in ours
        if "migrations" in path.parts and re.search(r"\b(GRANT|REVOKE)\b", path.read_text())
    ]

    assert granting == []


DOCUMENTS = [*sorted((ROOT / "docs").rglob("*.md")), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md"))]
LINK = re.compile(r"\]\(([^)#:]+)(#[^)]*)?\)")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_in_documents_lead_somewhere(path):
    targets = {match.group(1) for match in LINK.finditer(path.read_text())}

    assert {target for target in targets if not (path.parent / target).exists()} == set()


def test_every_document_is_reachable_from_the_index():
    linked = {
        (ROOT / "docs" / match.group(1)).resolve() for match in LINK.finditer((ROOT / "docs/index.md").read_text())
    }
    pages = {path for path in DOCUMENTS if path.is_relative_to(ROOT / "docs")} - {ROOT / "docs" / "index.md"}

    assert {str(path.relative_to(ROOT)) for path in pages - linked} == set()


def test_decisions_are_numbered_through():
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs" / "explanation" / "decisions").glob("*.md"))]

    assert numbers == list(range(1, len(numbers) + 1))


SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\bpostgres(ql)?://[^\s:/@{]+:[^\s@{$]{3,}@"
    r"|\b(AKIA|ghp_|glpat-|xox[bp]-)[A-Za-z0-9_-]{16,}"
)


def kept_files():
    """The files of the checkout, without the folders that its ignore list names."""
    ignored = {line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines() if line.endswith("/")}
    ignored.add(".git")
    for folder, subfolders, names in os.walk(ROOT):
        subfolders[:] = [name for name in subfolders if name not in ignored]
        yield from (Path(folder, name) for name in names)


@pytest.mark.parametrize(
    "text",
    ["-----BEGIN EC PRIVATE KEY-----", "postgresql://web:hunter22@db.example/kvitto", "ghp_" + "a1B2" * 9],
    ids=["private key", "password in a URL", "token"],
)
def test_a_secret_would_be_noticed(text):
    assert SECRET.search(text)


def test_no_secret_is_kept_in_the_checkout():
    suspicious = set()
    for path in kept_files():
        if path.suffix in {".key", ".pem", ".p12"}:
            suspicious.add(str(path.relative_to(ROOT)))
        elif path.stat().st_size < 2**20 and path != ROOT / "tests/architecture/test_house.py":
            text = path.read_bytes().decode(errors="ignore")
            if SECRET.search(text):
                suspicious.add(str(path.relative_to(ROOT)))

    assert suspicious == set()
