"""Every address of a face."""

import re
from itertools import product


def addresses(resolver, space=""):
    """(name, path with its converters) of every address under a resolver."""
    for each in resolver.url_patterns:
        if hasattr(each, "url_patterns"):
            yield from addresses(each, space + str(each.pattern))
        else:
            yield each.name, "/" + space + str(each.pattern)


def filled(path, known):
    """A path with each of the values that are known by a converter's name in its place; 1 where none is."""
    names = [name.rpartition(":")[2] for name in re.findall(r"<([^>]+)>", path)]
    for values in product(*(known.get(name) or [1] for name in names)):
        pairs = iter(values)
        yield re.sub(r"<([^>]+)>", lambda _: str(next(pairs)), path)  # noqa: B023  used at once
