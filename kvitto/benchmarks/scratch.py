"""An empty register beside the real one, for the length of a measurement."""

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.db import connections
from psycopg.conninfo import make_conninfo

from kvitto.kernel import database
from kvitto.kernel.db import OWNER, WEB

URLS = {"web": "KVITTO_DATABASE_URL", "owner": "KVITTO_DATABASE_OWNER_URL"}


@contextmanager
def database_of_its_own() -> Iterator[str]:
    """Point both roles, in this process and in those it starts, at a new empty database; dropped at the end. Its name."""
    name = f"kvitto_bench_{secrets.token_hex(4)}"
    urls = {variable: make_conninfo(database.url(role), dbname=name) for role, variable in URLS.items()}  # type: ignore[arg-type]
    before = {variable: os.environ.get(variable) for variable in urls}
    names = {alias: connections[alias].settings_dict["NAME"] for alias in (WEB, OWNER)}
    with connections[OWNER].cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    _point_at(dict.fromkeys(names, name))
    os.environ.update(urls)
    try:
        yield name
    finally:
        _point_at(names)
        for variable, value in before.items():
            if value is None:
                del os.environ[variable]
            else:
                os.environ[variable] = value
        with connections[OWNER].cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")


def _point_at(names: dict[str, str]) -> None:
    for alias, name in names.items():
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


def resident_mb(others: Sequence[int | None]) -> float:
    """What this process and the others hold in memory now, in MB; pages they share count once (Linux's Pss)."""
    kilobytes = 0
    for process in ("self", *others):
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        kilobytes += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes / 1024
