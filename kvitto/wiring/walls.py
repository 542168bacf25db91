"""Row-level security: which rows of the tables about people each face reaches, whatever a statement asks for.

A second wall, behind the one condition that every query of ours has anyway. Who asks is told to the connection
(`kvitto.kernel.identity`); whoever is not told of reaches nothing. Every comparison is with a subquery that does not depend on
the row, so that the database answers it once a statement and not once a row.

Policies lead one way: those of `members_person` and `accounts_session` ask no other walled table but the former, so none
leads back to itself.
"""

from typing import NamedTuple

from django.db import connections, transaction

from kvitto.kernel.db import OWNER


class Policy(NamedTuple):
    """One permissive policy; a row is reached when one of its table's policies for the command says so."""

    name: str
    command: str  # ALL, SELECT, INSERT, UPDATE, DELETE
    using: str  # which rows are there; empty for INSERT
    check: str = ""  # which rows may be written; empty: as `using`


def _setting(name: str) -> str:
    return f"(SELECT current_setting('kvitto.{name}', true))"


def _id(name: str) -> str:
    """An id that was told; NULL, which is nobody's, when none was."""
    return f"(SELECT nullif(current_setting('kvitto.{name}', true), '')::bigint)"


def _face(*faces: str) -> str:
    listed = ", ".join(f"'{face}'" for face in faces)
    return f"(SELECT current_setting('kvitto.face', true) IN ({listed}))"


ACCOUNT, PERSON, CODE = _id("account"), _id("person"), _id("code")
SESSION, NAME, CARD = _setting("session"), _setting("name"), _setting("card")
MACHINE = _face("operator", "system")
TILL = _face("till")
MEMBER = _face("member")
STAFF = _face("staff")
SIGNED_IN = _face("member", "staff")
PUBLIC = _face("visitor", "member")  # who is signed in can use a card and a code, too
WEB = _face("visitor", "member", "staff")

# The database itself says whose account it is: no code of ours can name another person.
OWN_PERSON = f"(SELECT p.id FROM members_person p WHERE p.account_id = {ACCOUNT})"  # noqa: S608  our own words
OWN_AUDIT_ID = f"(SELECT p.audit_id FROM members_person p WHERE p.account_id = {ACCOUNT})"  # noqa: S608  our own words
OWN = f"{MEMBER} AND person_id = {OWN_PERSON}"
# The accounts that a session's key, and a card's or a code's person, lead to
SESSIONS_ACCOUNT = f"(SELECT s.account_id FROM accounts_session s WHERE s.session_key = {SESSION})"  # noqa: S608  our own words
PERSONS_ACCOUNT = f"(SELECT p.account_id FROM members_person p WHERE p.id = {PERSON})"  # noqa: S608  our own words

BY_ONESELF = f"actor_kind = 'visitor' OR (actor_kind = {_setting('face')} AND actor_id = {_setting('account')})"

_MACHINE = Policy("machine", "ALL", MACHINE)
_OWN_SIGN_IN = Policy("own", "ALL", f"{SIGNED_IN} AND account_id = {ACCOUNT}")

_AMONG_STAFF = Policy("staff", "ALL", STAFF)

# table -> policies. What no policy allows is not there, and cannot be written.
TABLES: dict[str, list[Policy]] = {
    "members_person": [
        _MACHINE,
        Policy("own", "SELECT", f"{MEMBER} AND account_id = {ACCOUNT}"),
        Policy("presented", "SELECT", f"{PUBLIC} AND id = {PERSON}"),
        Policy("presented_link", "UPDATE", f"{PUBLIC} AND id = {PERSON}"),
    ],
    "members_card": [
        _MACHINE,
        Policy("till", "SELECT", TILL),
        Policy("own", "SELECT", OWN),
        Policy("presented", "SELECT", f"{PUBLIC} AND number = {CARD}"),
    ],
    "members_code": [
        _MACHINE,
        Policy("own", "SELECT", OWN),
        Policy("presented", "SELECT", f"{PUBLIC} AND (id = {CODE} OR person_id = {PERSON})"),
        Policy("presented_use", "UPDATE", f"{PUBLIC} AND id = {CODE}"),
    ],
    "choices_statement": [
        _MACHINE,
        Policy("till", "SELECT", TILL),
        Policy("own", "SELECT", OWN),
        Policy("own_new", "INSERT", "", OWN),
    ],
    "vault_key": [
        _MACHINE,
        Policy("till", "SELECT", TILL),
        Policy("till_new", "INSERT", "", TILL),
        Policy("own", "SELECT", OWN),
    ],
    "purchases_receipt": [
        _MACHINE,
        Policy("till", "SELECT", TILL),
        Policy("till_new", "INSERT", "", TILL),
        Policy("till_superseded", "UPDATE", TILL),
        Policy("own", "SELECT", OWN),
    ],
    "intake_delivery": [_MACHINE, Policy("till", "ALL", TILL)],
    "intake_quarantine": [_MACHINE, Policy("till", "ALL", TILL)],
    "intake_conflict": [_MACHINE, Policy("till", "ALL", TILL)],
    "intake_unknown_card": [_MACHINE, Policy("till", "ALL", TILL)],
    "accounts_account": [
        _MACHINE,
        Policy("own", "SELECT", f"{SIGNED_IN} AND id = {ACCOUNT}"),
        # an account never changes its face
        Policy(
            "own_change", "UPDATE", f"{SIGNED_IN} AND id = {ACCOUNT}", f"id = {ACCOUNT} AND kind = {_setting('face')}"
        ),
        Policy("staff", "SELECT", f"{STAFF} AND kind = 'staff'"),
        Policy(
            "presented",
            "SELECT",
            f"{WEB} AND (username = {NAME} OR id = {SESSIONS_ACCOUNT} OR id = {PERSONS_ACCOUNT})",
        ),
        Policy("presented_password", "UPDATE", f"{WEB} AND (username = {NAME} OR id = {PERSONS_ACCOUNT})"),
        Policy("presented_new", "INSERT", "", f"{PUBLIC} AND username = {NAME} AND kind = 'member'"),
    ],
    "accounts_session": [
        _MACHINE,
        Policy(
            "presented",
            "ALL",
            f"{WEB} AND session_key = {SESSION}",
            # nobody's until somebody is known
            f"{WEB} AND session_key = {SESSION} AND (account_id IS NULL OR account_id = {ACCOUNT})",
        ),
        _OWN_SIGN_IN,
        # a new password by code ends all sessions
        Policy("persons", "SELECT", f"{PUBLIC} AND account_id = {PERSONS_ACCOUNT}"),
        Policy("persons_end", "DELETE", f"{PUBLIC} AND account_id = {PERSONS_ACCOUNT}"),
    ],
    "accounts_factor": [_MACHINE, _OWN_SIGN_IN],
    "accounts_recovery_code": [_MACHINE, _OWN_SIGN_IN],
    "staff_person": [_MACHINE, _AMONG_STAFF],
    "staff_duty": [_MACHINE, _AMONG_STAFF],
    "staff_signature": [_MACHINE, _AMONG_STAFF],
    "staff_case": [_MACHINE, _AMONG_STAFF],
    "staff_change": [_MACHINE, _AMONG_STAFF],
    "audit_entry": [
        _MACHINE,
        Policy("till", "SELECT", f"{TILL} AND actor_kind IN ('till', 'operator')"),
        Policy("till_new", "INSERT", "", f"{TILL} AND actor_kind IN ('till', 'operator')"),
        Policy("staff", "SELECT", STAFF),
        Policy("subject", "SELECT", f"{MEMBER} AND subject = {OWN_AUDIT_ID}"),
        # what cannot be read back cannot be written with its number: a visitor's entries are about nobody who could be found
        Policy("own", "SELECT", f"{WEB} AND ({BY_ONESELF})"),
        Policy("own_new", "INSERT", "", f"{WEB} AND ({BY_ONESELF})"),
    ],
}

# Tables with fields about people that have no wall, and why
OPEN: dict[str, str] = {
    "accounts_failure": "counted before anybody is known, and named by keyed digests only",
    "procrastinate_jobs": "what the machine has to do; ids and times, never a person's",
    "procrastinate_events": "what became of a job",
    "procrastinate_periodic_defers": "when a daily job was queued",
    "procrastinate_workers": "which process runs jobs",
}


def apply() -> None:
    """Put up the walls of the list, and take down what is not on it. Runs after every migration; safe to repeat.

    A table at a time, each in a transaction of its own: at no moment does anybody see it without its wall.
    """
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        existing = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public'")
        standing = cursor.fetchall()
    for table in sorted(existing & {*TABLES, *(table for table, _ in standing)}):
        with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
            for statement in _statements(table, [name for each, name in standing if each == table]):
                cursor.execute(statement)


def _statements(table: str, standing: list[str]) -> list[str]:
    """The owner is forced, too: a connection of the owner's in a web process sees no more than the web role's."""
    statements = [f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"]
    statements += [f"DROP POLICY {name} ON {table}" for name in standing]
    for name, command, using, check in TABLES.get(table, []):
        statement = f"CREATE POLICY {name} ON {table} FOR {command}"
        statement += f" USING ({using})" if using else ""
        statement += f" WITH CHECK ({check})" if check else ""
        statements.append(statement)
    return statements
