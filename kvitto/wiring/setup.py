"""Making the database what the code expects: created, migrated, partitioned, granted, walled. All as the owner role."""

from datetime import UTC, datetime
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connections, transaction
from psycopg import sql

from kvitto.kernel import identity
from kvitto.kernel.actor import ActorKind
from kvitto.kernel.database import MINIMUM_VERSION
from kvitto.kernel.db import OWNER, WEB
from kvitto.kernel.errors import SetupError
from kvitto.purchases import partitions
from kvitto.vault import actions as vault
from kvitto.wiring import grants, walls


def _maintenance(settings: dict[str, Any]) -> psycopg.Connection:
    parts = {"host": settings["HOST"], "port": settings["PORT"], "user": settings["USER"]}
    return psycopg.connect(
        dbname=settings["NAME"], password=settings["PASSWORD"], autocommit=True, **{k: v for k, v in parts.items() if v}
    )


def create_database(name: str, maintenance: dict[str, Any]) -> None:
    """Create a database owned by the owner role; `maintenance` is the settings entry of one that exists."""
    with _maintenance(maintenance) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def drop_database(name: str, maintenance: dict[str, Any]) -> None:
    """Drop a database, ending its sessions."""
    with _maintenance(maintenance) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def migrate() -> None:
    """Bring the schema up to date: migrations, partitions around today, the web role's grants, the walls, the key files.

    Safe to repeat. SetupError when the server is too old, or the key files do not fit the register.
    """
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        version = int(cursor.fetchone()[0])
    if version < MINIMUM_VERSION:
        raise SetupError(f"PostgreSQL 15 or newer is needed, this server is {version // 10_000}")
    with identity.acting(ActorKind.SYSTEM):  # a migration that moves data has to see it
        call_command("migrate", database=OWNER, interactive=False, verbosity=0)
        partitions.ensure(today=datetime.now(UTC).date())
        walls.apply()  # before the grants: no new table is ever open without its wall
        with transaction.atomic(using=OWNER):  # a server that runs meanwhile never finds its grants taken away
            grants.apply(web_role=str(connections[WEB].settings_dict["USER"]))
        vault.ready()
