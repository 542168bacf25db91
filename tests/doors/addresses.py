"""Every address of a face."""


def addresses(resolver, space=""):
    """(name, path with its converters) of every address under a resolver."""
    for each in resolver.url_patterns:
        if hasattr(each, "url_patterns"):
            yield from addresses(each, space + str(each.pattern))
        else:
            yield each.name, "/" + space + str(each.pattern)
