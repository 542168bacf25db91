"""What a function of the program leads to, read from its text: everything it names, and what that names in turn.

A definition is a function, a class or a constant of a module. A name that is used counts as called: so nothing that could be
reached is left out, and a class stands for all of its methods.
"""

import ast
from functools import cache

from tests.architecture.source import modules

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def definitions():
    """Every definition by its dotted name -> its syntax tree."""
    found = {}
    for module, tree in modules().items():
        for node in tree.body:
            if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
                found[f"{module}.{node.name}"] = node
            elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
                for target in getattr(node, "targets", None) or [node.target]:
                    if isinstance(target, ast.Name):
                        found[f"{module}.{target.id}"] = node.value
    return found


@cache
def led_to(name):
    """The dotted names of all definitions that one leads to, itself among them."""
    found, waiting = {name}, [name]
    while waiting:
        new = named_by(waiting.pop()) - found
        found |= new
        waiting += new
    return found


@cache
def named_by(name):
    """The definitions that one names itself. Of a table, none: its foreign keys read nothing."""
    node = definitions()[name]
    if table_of(name):
        return set()
    module = name.rpartition(".")[0]
    inside = list(ast.walk(node))
    known = _imported(module) | _bound(inside)
    own = {each.id for each in inside if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    own |= {each.arg for each in inside if isinstance(each, ast.arg)}
    found = set()
    for dotted in filter(None, map(_dotted, inside)):
        first, _, rest = dotted.partition(".")
        if first not in own:
            found.add(_defined(f"{known.get(first, f'{module}.{first}')}.{rest}"))
    return found - {"", name}


def table_of(name):
    """The table that a definition is the model of; empty when it is none."""
    node = definitions()[name]
    inner = [each for each in node.body if isinstance(each, ast.ClassDef)] if isinstance(node, ast.ClassDef) else []
    lines = [line for each in inner if each.name == "Meta" for line in each.body if isinstance(line, ast.Assign)]
    return next((line.value.value for line in lines if line.targets[0].id == "db_table"), "")


def _defined(dotted):
    """The definition that a dotted name is of, or is a part of; empty when it is none of ours."""
    while dotted and dotted not in definitions():
        dotted = dotted.rpartition(".")[0]
    return dotted


@cache
def _imported(module):
    return _bound(modules()[module].body)


def _bound(nodes):
    """What imports among the nodes have given a name: the name -> what it stands for."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
        for node in nodes
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }


def _dotted(node):
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return before and f"{before}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
