"""Real PostgreSQL for every test, as the web role.

Each run makes databases of its own (one per xdist worker) on the embedded server under `build/test-home`, or on the
server that `KVITTO_DATABASE_URL` and `KVITTO_DATABASE_OWNER_URL` name, and drops them at its end.

A test that asks for `db` or `cast` runs in a transaction that is rolled back; the cast is there once for all that follow
each other (`tests/ground.py`). One that asks for `committed` really commits, and every row it left is deleted after it.
"""

import secrets
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from graphlib import TopologicalSorter

import hypothesis
import psycopg
import pytest

from kvitto.kernel import identity
from kvitto.kernel.actor import ActorKind
from kvitto.kernel.server import EmbeddedServer
from kvitto.wiring import catalogues
from tests.ground import Ground, layer, wanted
from tests.settings import HOME

hypothesis.settings.register_profile("kvitto", deadline=None)  # a deadline would be a timing assertion
hypothesis.settings.load_profile("kvitto")

STANDS = Ground()


def pytest_configure(config):
    config.addinivalue_line("markers", "database: talks to PostgreSQL")
    ask_as_a_job()
    if not hasattr(config, "workerinput"):  # once, before the workers of a parallel run, which share them
        make_key_files(HOME)
        catalogues.compile_changed()
        config.server_was_running = EmbeddedServer(HOME).status().running


def ask_as_a_job():
    """Tests of rooms ask the database as a job does; what comes over the pages asks as who is signed in."""
    identity.process_is(ActorKind.SYSTEM)


@pytest.fixture(autouse=True)
def asks():
    """A command that a test has run in this process has made it the operator's."""
    ask_as_a_job()


def pytest_unconfigure(config):
    """Leave the test server as it was found."""
    if getattr(config, "server_was_running", True) is False:
        EmbeddedServer(HOME).stop()


COUNTED = {  # what tests count, and how it is told
    "cells": "access policy: {:,} cells decided",
    "reads": "walls: {:,} cells read in the database",
    "attempts": "attempts at what is not one's own: {:,}, none of which succeeded",
    "canary_answers": "canary walk: {:,} answers to everybody at every address",
    "canary_bytes": "canary walk: {:,} bytes searched, of others' purchases found: 0",
    "tampering": "tampering with the record of acts: {:,} times, each found",
    "reads_of_staff": "reads of staff with the record of acts failing: {:,}, untraced: 0",
    "interleavings": "interleavings of statements, receipts and uses: {:,}, leaks: 0",
}


def pytest_terminal_summary(terminalreporter):
    """Say how much was asserted where one test stands for many."""
    passed = terminalreporter.stats.get("passed", [])
    for counted, words in COUNTED.items():
        total = sum(count for report in passed for name, count in report.user_properties if name == counted)
        if total:
            terminalreporter.write_line(words.format(total))


def pytest_collection_modifyitems(items):
    for item in items:
        if {"db", "committed"} & set(item.fixturenames) or item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.database)


def make_key_files(home):
    """The vault's two key files under a home, where they are missing."""
    folder = home / "keys"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("master.key", "digest.key"):
        if not (folder / name).exists():
            (folder / name).touch(mode=0o600)
            (folder / name).write_bytes(secrets.token_bytes(32))


@pytest.fixture(scope="session")
def django_db_modify_db_settings():
    """Nothing to modify: the databases are named in django_db_setup."""


@pytest.fixture(scope="session")
def django_db_setup(request, django_db_blocker, testrun_uid, worker_id):
    from django.db import connections

    from kvitto.kernel import database
    from kvitto.wiring import setup

    database.ensure_running()
    name = f"kvitto_test_{testrun_uid[:12]}_{worker_id}"
    with django_db_blocker.unblock():
        maintenance = database.django_settings("owner")
        setup.create_database(name, maintenance)
        for alias in ("default", "owner"):
            role = "web" if alias == "default" else "owner"
            settings = database.django_settings(role)
            connections[alias].close()
            connections[alias].settings_dict.update(
                {key: settings[key] for key in ("HOST", "PORT", "USER", "PASSWORD")} | {"NAME": name}
            )
        setup.migrate()
        make_partitions()
    STANDS.unblocked = django_db_blocker.unblock
    yield
    with django_db_blocker.unblock():
        STANDS.leave()
        for alias in ("default", "owner"):
            connections[alias].close()
        end_sessions(name, database.url("web"))
        drop(name, maintenance)


def drop(name, maintenance):
    """Drop a test database; while the server tidies it up by itself, the owner role may not, and tries again."""
    from kvitto.wiring import setup

    for attempt in range(50):
        try:
            setup.drop_database(name, maintenance)
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
            if attempt == 49:
                raise
            time.sleep(0.2)
        else:
            return


def end_sessions(name, web_url):
    """End the web role's forgotten sessions in a database: the owner role may not, and could not drop it then."""
    with psycopg.connect(web_url, dbname=name, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )


def make_partitions():
    """The partitions around the cast's day and around today; those of other months are dropped."""
    from django.db import connections

    from kvitto.kernel.periods import month_start, months_after
    from kvitto.purchases import partitions
    from tests import cast

    days = (cast.TODAY, datetime.now(UTC).date())
    reach = range(-partitions.MONTHS_BACK, partitions.MONTHS_AHEAD + 1)
    wanted = {months_after(month_start(day), offset) for day in days for offset in reach}
    with connections["owner"].cursor() as cursor:
        for month in set(partitions.months()) - wanted:
            cursor.execute(f"DROP TABLE {partitions.name(month)}")
    partitions.make(wanted)


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
    """Real commits on both aliases, for what opens its own outermost transaction or works as the owner role."""
    from kvitto.vault.keyring import forget, keyring

    with django_db_blocker.unblock():
        yield
        delete_everything()
        make_partitions()
        forget()
        keyring()  # the fingerprints of the key files, as migrating leaves them


STANDING = {"django_migrations", "django_content_type", "auth_permission"}  # the migrations fill them


def delete_everything():
    """Empty every table but those that migrations fill, as the owner role.

    Row by row: there are few, and to truncate a table takes as long empty as full, for every partition and index it has.
    """
    from django.db import connections, transaction

    deletions = "; ".join(f"DELETE FROM {table}" for table in emptied())
    job = identity.acting(ActorKind.SYSTEM)
    with job, transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '20s'")  # a test that left a transaction open fails instead of hanging
        cursor.execute(deletions)


@cache
def emptied():
    """The tables to empty, those that refer to others before them. None has a row that a job does not reach: it would stay."""
    from django.db import connections

    from tests.dump import tables

    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relrowsecurity AND NOT EXISTS"
            " (SELECT 1 FROM pg_policy p WHERE polrelid = c.oid AND polname = 'machine' AND polcmd = '*')"
        )
        assert cursor.fetchall() == []
        cursor.execute(
            "SELECT confrelid::regclass::text, conrelid::regclass::text FROM pg_constraint"
            " WHERE contype = 'f' AND confrelid <> conrelid AND conparentid = 0"
        )
        waits = {table: set() for table in tables()}
        for table, referring in cursor.fetchall():
            waits[table].add(referring)
    return [table for table in TopologicalSorter(waits).static_order() if table not in STANDING]


@layer("cast")
def settle():
    from kvitto.kernel.db import opened
    from tests import cast

    with opened():
        return cast.settle()


@pytest.fixture(autouse=True)
def ground(request, asks):
    """What the layers give that this test asks for, by name: they are there before its own transaction begins."""
    names = wanted(request.node)
    if not names:
        return {}
    request.getfixturevalue("django_db_setup")
    with STANDS.unblocked():
        return STANDS.prepare(names)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """What the next test does not ask for goes before it: its own transaction would begin on top of it."""
    yield
    if STANDS.layers:
        with STANDS.unblocked():
            STANDS.leave(wanted(nextitem))


@pytest.fixture
def cast(ground, db):
    """The cast in their co-op."""
    return ground["cast"]


@layer("crew")
def all_at_work(cast):
    from tests.cast import CHEN_CARD, MILK, line, receipt, take
    from tests.crew import HIRED, hire_all

    bought = datetime.now(UTC) - timedelta(hours=3)
    day = {"business_day": bought.date().isoformat(), "end_time": bought.replace(microsecond=0).isoformat()}
    milk = [line(code=MILK)]
    take(receipt(milk, **day), receipt(milk, card=CHEN_CARD, sequence=2, **day), now=datetime.now(UTC))
    return hire_all(HIRED, cast.aino)


@pytest.fixture
def crew(ground, cast):
    """Everybody who works here (tests/crew.py); Aino and Chen have bought milk three hours ago."""
    return ground["crew"]


@pytest.fixture
def nils(crew):
    """A data handler who has not signed yet."""
    from kvitto.kernel.db import opened
    from kvitto.staff.types import Duty
    from tests.crew import HIRED, hire

    with opened():
        nils = hire("Nils Nyman", HIRED)
        crew.give(nils, Duty.DATA_HANDLER, HIRED)
    return nils


@pytest.fixture
def committed_cast(committed):
    """The cast in their co-op, committed."""
    return settle()


@pytest.fixture
def casts_day(monkeypatch):
    """The members' pages read the cast's clock, whatever day it is."""
    from django.utils import timezone

    from tests.cast import NOW

    monkeypatch.setattr("kvitto.doors.member_web.visit.now", lambda: NOW)
    monkeypatch.setattr("kvitto.doors.member_web.pages.localdate", lambda: timezone.localdate(NOW))
