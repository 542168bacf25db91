"""Real PostgreSQL for every test, as the web role.

Each run makes databases of its own (one per xdist worker) on the embedded server under `build/test-home`, or on the server
that `KVITTO_DATABASE_URL` and `KVITTO_DATABASE_OWNER_URL` name, and drops them at its end.
"""

import os
import re
import uuid
from pathlib import Path

os.environ["KVITTO_HOME"] = str(Path(__file__).parent.parent / "build" / "test-home")

import pytest


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
    yield
    with django_db_blocker.unblock():
        for alias in ("default", "owner"):
            connections[alias].close()
        setup.drop_database(name, maintenance)


def pytest_collection_modifyitems(items):
    for item in items:
        if "db" in item.fixturenames or item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.database)


def pytest_configure(config):
    config.addinivalue_line("markers", "database: talks to PostgreSQL")


@pytest.fixture
def cast(db):
    """The cast in their co-op."""
    from kvitto.kernel.db import opened
    from tests import cast

    with opened():
        return cast.settle()
