"""The program as text: its modules, what each imports, the order of rooms."""

import ast
from configparser import ConfigParser
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "kvitto"


@cache
def modules():
    """Every module of the program but migrations: dotted name -> syntax tree."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if "migrations" not in parts:
            found[".".join(parts).removesuffix(".__init__")] = ast.parse(path.read_text(), str(path))
    return found


def path_of(module):
    """A module's file, relative to the checkout."""
    path = ROOT.joinpath(*module.split("."))
    return (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).relative_to(ROOT)


def room_of(module):
    """The room of a module: kvitto.intake.rules is in `intake`; empty for the package itself."""
    return module.split(".")[1] if "." in module else ""


def imports(module):
    """Everything a module imports, also inside functions, as dotted names; `from a import b` gives `a` and `a.b`."""
    tree = modules()[module]
    package = module if path_of(module).name == "__init__.py" else module.rpartition(".")[0]
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parent = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parent, base]).rstrip(".")
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and _name(node.func) in {"import_module", "__import__"}:
            found |= {str(each.value) for each in node.args[:1] if isinstance(each, ast.Constant)}
    return found


def strings(module):
    """Every text in a module but docstrings."""
    tree = modules()[module]
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    ]


def _name(node):
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


@cache
def floors():
    """The rooms by height, from .importlinter: the lowest room has 0, siblings have the same height."""
    parser = ConfigParser()
    parser.read(ROOT / ".importlinter")
    layers = parser["importlinter:contract:order"]["layers"].split("\n")
    named = [[room.strip() for room in layer.split("|")] for layer in layers if layer.strip()]
    return {room: height for height, rooms in enumerate(reversed(named)) for room in rooms}
