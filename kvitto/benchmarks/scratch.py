"""A register beside the real one: an empty one for the length of a measurement, or one that is kept for the next."""

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
    create(name)
    try:
        with pointed_at(name):
            yield name
    finally:
        drop(name)


def create(name: str, *, like: str = "") -> None:
    """Make an empty database, or a copy of one that nobody uses.

    A copy's files are copied between two checkpoints: copied through the log, its sequences would begin anew after a crash.
    """
    _end_sessions(like)
    with connections[OWNER].cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} {f'TEMPLATE {like} STRATEGY FILE_COPY' if like else ''}")


def drop(name: str) -> None:
    """Drop a database that nobody uses, if it is there."""
    _end_sessions(name)
    with connections[OWNER].cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")


def _end_sessions(name: str) -> None:
    """End what the servers of a killed measurement still hold open in a database. Each role may end its own."""
    for alias in (WEB, OWNER):
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND usename = current_user AND pid <> pg_backend_pid()",
                [name],
            )


def exists(name: str) -> bool:
    """Whether there is a database of that name."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = %s)", [name])
        return bool(cursor.fetchone()[0])


@contextmanager
def pointed_at(name: str) -> Iterator[None]:
    """Point both roles, in this process and in those it starts, at a database of this server."""
    urls = {variable: url(name, role) for role, variable in URLS.items()}
    before = {variable: os.environ.get(variable) for variable in urls}
    names = {alias: connections[alias].settings_dict["NAME"] for alias in (WEB, OWNER)}
    _point_at(dict.fromkeys(names, name))
    os.environ.update(urls)
    try:
        yield
    finally:
        _point_at(names)
        for variable, value in before.items():
            if value is None:
                del os.environ[variable]
            else:
                os.environ[variable] = value


def url(name: str, role: str) -> str:
    """The connection URL of a role to a database of this server."""
    return make_conninfo(database.url(role), dbname=name)  # type: ignore[arg-type]


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
