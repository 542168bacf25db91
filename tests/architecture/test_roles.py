"""What the web role can do: exactly what `kvitto.wiring.grants` lists, and nothing by another way."""

import re

import pytest
from django.db import ProgrammingError, connection, connections, transaction

from kvitto.kernel import database
from kvitto.wiring import grants

ALL = {"SELECT", "INSERT", "UPDATE", "DELETE"}
DENIED = "permission denied"


def rows(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def expected(table):
    if table.startswith("procrastinate_"):
        return ALL
    given = grants.TABLES.get(table, "")
    columns = re.search(r"UPDATE \((.+)\)", given)
    by_column = {f"UPDATE ({column})" for column in columns.group(1).split(", ")} if columns else set()
    return by_column | set(re.sub(r"UPDATE \(.+\)", "", given).replace(",", " ").split())


@pytest.fixture(scope="module")
def tables(django_db_setup, django_db_blocker):
    """Table -> (is a partition, privileges given to the web role, to everybody or to single columns)."""
    with django_db_blocker.unblock():
        found = {name: (partition, set()) for name, partition in rows(
            "SELECT relname, relispartition FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')"
        )}  # fmt: skip
        for name, privilege in rows(
            "SELECT c.relname, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
            " AND a.grantee IN (0, current_user::regrole)"
        ):
            found[name][1].add(privilege)
        for name, column, privilege in rows(
            "SELECT c.relname, t.attname, a.privilege_type FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid,"
            " aclexplode(t.attacl) a WHERE c.relnamespace = 'public'::regnamespace"
            " AND a.grantee IN (0, current_user::regrole)"
        ):
            found[name][1].add(f"{privilege} ({column})")
        return found


def test_tests_run_as_the_web_role(db):
    web, owner = (database.django_settings(role)["USER"] for role in ("web", "owner"))

    assert rows("SELECT current_user, session_user") == [(web, web)]
    assert web != owner == connections["owner"].settings_dict["USER"]


def test_the_web_role_is_nothing_special(db):
    attributes = "rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication"

    assert rows(f"SELECT {attributes} FROM pg_roles WHERE rolname = current_user") == [(False,) * 5]
    assert rows("SELECT roleid::regrole::text FROM pg_auth_members WHERE member = current_user::regrole") == []


def test_the_web_role_owns_nothing(db):
    assert rows("SELECT relname FROM pg_class WHERE relowner = current_user::regrole AND relpersistence <> 't'") == []
    assert rows("SELECT nspname FROM pg_namespace WHERE nspowner = current_user::regrole") == []


def test_the_web_role_creates_nothing(db):
    schemas = "SELECT nspname FROM pg_namespace WHERE has_schema_privilege(oid, 'CREATE') AND nspname !~ '^pg_temp'"

    assert rows(schemas) == []
    assert rows("SELECT has_database_privilege(current_database(), 'CREATE')") == [(False,)]
    with pytest.raises(ProgrammingError, match=DENIED), transaction.atomic():
        rows("CREATE TABLE mine ()")


def test_no_function_lends_its_owners_rights(db):
    assert rows("SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace") == []


def test_each_table_has_exactly_the_listed_privileges(tables):
    given = {table: privileges for table, (partition, privileges) in tables.items() if not partition}

    assert given == {table: expected(table) for table in given}


def test_every_listed_table_exists(tables):
    assert grants.TABLES.keys() - tables.keys() == set()


def test_partitions_are_closed(tables):
    partitions = {table: privileges for table, (partition, privileges) in tables.items() if partition}

    assert len(partitions) > 24
    assert {table: privileges for table, privileges in partitions.items() if privileges} == {}


def test_a_partition_cannot_be_read_past_its_parent(cast):
    with pytest.raises(ProgrammingError, match=DENIED), transaction.atomic():
        rows("SELECT count(*) FROM purchases_receipt_2026_11")

    assert rows("SELECT count(*) FROM purchases_receipt WHERE business_day >= '2026-11-01'") == [(0,)]


@pytest.mark.parametrize("table", ["audit_entry", "choices_statement"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
def test_what_was_done_and_said_stays(cast, table, statement):
    with pytest.raises(ProgrammingError, match=DENIED), transaction.atomic():
        rows(statement.format(table))


def test_wrapped_keys_are_never_changed(cast):
    with pytest.raises(ProgrammingError, match=DENIED), transaction.atomic():
        rows("UPDATE vault_key SET wrapped = ''")
