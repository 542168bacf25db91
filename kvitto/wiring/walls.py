"""Row-level security: which rows of the tables about people each face reaches, whatever a statement asks for.

A second wall, behind the one condition that every query of ours has anyway. Who asks is told to the connection
(`kvitto.kernel.identity`); whoever is not told of reaches nothing. Every comparison is with a subquery that does not depend on
the row, so that the database answers it once a statement and not once a row.

Policies lead one way, so none leads back to itself: those of `members_person` and `accounts_session` ask no other walled table
but the former, and those of `choices_letter`, which statements ask, no more. The staff's functions ask the staff's tables, where
reading takes no more than being of the staff, or oneself.
"""

from typing import NamedTuple

from django.conf import settings
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


ACCOUNT, PERSON, CODE, LETTER = _id("account"), _id("person"), _id("code"), _id("letter")
SESSION, NAME, CARD, TOKEN = _setting("session"), _setting("name"), _setting("card"), _setting("token")
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

# Whose the letter is of which a code was shown
LETTERS_PERSON = f"(SELECT l.person_id FROM choices_letter l WHERE l.statement_id = {LETTER})"  # noqa: S608  our own words

NEVER = "(SELECT false)"
UNAPPROVED = "approved_by_id IS NULL"
BY_ONESELF = f"actor_kind = {_setting('face')} AND actor_id = {_setting('account')}"

# Staff: who they are, what their duty of today is, whether they have signed the text that holds, and whom they have a case about.
# The database asks its own clock and its own rows; what a page has decided before does not matter to it. These are functions
# because PostgreSQL plans whatever a policy says for everybody, also for members: written out, it took 2 to 4 ms a statement.
# They run with the rights of who calls them, and a statement calls each once.
POINT, HANDLER, OFFICER = "service_point", "data_handler", "privacy_officer"
ADMINISTRATOR, AUDITOR = "administrator", "auditor"
FUNCTIONS: dict[str, str] = {
    "staff_me() RETURNS bigint": f"SELECT id FROM staff_person WHERE account_id = {ACCOUNT}",  # noqa: S608  our own words
    # the same human as a member
    "staff_own_person() RETURNS bigint": f"SELECT person_id FROM staff_person WHERE account_id = {ACCOUNT}",  # noqa: S608  our own words
    "staff_at_work(VARIADIC duties text[]) RETURNS boolean": f"""
        SELECT EXISTS (
            SELECT FROM staff_duty WHERE staff_id = staff_me() AND duty = ANY(duties)
                AND period @> timezone('{settings.TIME_ZONE}', now())::date
                AND approved_at IS NOT NULL AND (ended_at IS NULL OR ended_at > now())
        ) AND staff_signed()""",  # noqa: S608  our own words
    "staff_signed() RETURNS boolean": """
        SELECT EXISTS (
            SELECT FROM staff_signature s JOIN staff_agreement a ON a.version = s.agreement_id AND a.hash = s.hash
            WHERE s.staff_id = staff_me() AND s.expires_at > now()
                AND a.version = (SELECT max(version) FROM staff_agreement WHERE valid_from <= now())
        )""",
    # whom somebody has a case about now, opened under a duty, that somebody else stands behind; never themselves
    "staff_people(under text) RETURNS bigint[]": """
        SELECT ARRAY(
            SELECT c.person_id FROM staff_case c JOIN staff_person me ON me.id = c.opened_by_id
            WHERE me.id = staff_me() AND c.duty = under AND c.closed_at IS NULL AND c.ends_at > now()
                AND (c.member_asked OR c.approved_at IS NOT NULL OR c.glass_id IS NOT NULL)
                AND c.person_id IS DISTINCT FROM me.person_id AND staff_at_work(under)
        )""",
    # whom a case that waits for a second person is about
    "staff_waiting_people() RETURNS bigint[]": f"""
        SELECT ARRAY(
            SELECT person_id FROM staff_case WHERE approved_at IS NULL AND closed_at IS NULL AND glass_id IS NULL
                AND NOT member_asked AND ends_at > now() AND staff_at_work('{HANDLER}', '{OFFICER}')
        )""",  # noqa: S608  our own words
}
ME, SIGNED = "(SELECT staff_me())", "(SELECT staff_signed())"


def _at_work(*duties: str) -> str:
    """Signed in as staff with one of the duties today, and with an agreement that holds."""
    listed = ", ".join(f"'{duty}'" for duty in duties)
    return f"(SELECT current_setting('kvitto.face', true) = 'staff' AND staff_at_work({listed}))"


def _among(column: str, people: str) -> str:
    """The row is about one of the people; they are asked for where staff ask only."""
    return (
        f"{column} = ANY((SELECT CASE WHEN current_setting('kvitto.face', true) = 'staff' THEN {people} END)::bigint[])"
    )


AT_POINT, OF_HANDLER = f"staff_people('{POINT}')", f"staff_people('{HANDLER}')"
CASE_AT_POINT, CASE_OF_HANDLER = _among("person_id", AT_POINT), _among("person_id", OF_HANDLER)

_MACHINE = Policy("machine", "ALL", MACHINE)
_OWN_SIGN_IN = Policy("own", "ALL", f"{SIGNED_IN} AND account_id = {ACCOUNT}")

_AMONG_STAFF = Policy("staff", "SELECT", STAFF)
# Who sees a person's name sees this, too, except where they only look whether somebody is near
_SEEN = [
    Policy("own", "SELECT", OWN),
    Policy("staff_point", "SELECT", CASE_AT_POINT),
    Policy("staff_handler", "SELECT", CASE_OF_HANDLER),
]

# table -> policies. What no policy allows is not there, and cannot be written.
TABLES: dict[str, list[Policy]] = {
    "members_person": [
        _MACHINE,
        Policy("own", "SELECT", f"{MEMBER} AND account_id = {ACCOUNT}"),
        Policy("presented", "SELECT", f"{PUBLIC} AND id = {PERSON}"),
        Policy("presented_link", "UPDATE", f"{PUBLIC} AND id = {PERSON}"),
        # found by a card, to see who it is about to be, and whether they are near; and by who approves a case about them
        Policy("staff_presented", "SELECT", f"{_at_work(POINT, HANDLER)} AND id = {PERSON}"),
        Policy(
            "staff_own", "SELECT", f"{STAFF} AND id = (SELECT staff_own_person())"
        ),  # their name keeps namesakes away
        Policy("staff_approve", "SELECT", _among("id", "staff_waiting_people()")),
        Policy("staff_point", "SELECT", _among("id", AT_POINT)),
        Policy("staff_handler", "SELECT", _among("id", OF_HANDLER)),
        # a lock, while a code is made; nothing is changed
        Policy("staff_lock", "UPDATE", _among("id", AT_POINT), NEVER),
    ],
    "members_card": [
        _MACHINE,
        Policy("till", "SELECT", TILL),
        Policy("own", "SELECT", OWN),
        Policy("presented", "SELECT", f"{PUBLIC} AND number = {CARD}"),
        Policy("staff_presented", "SELECT", f"{_at_work(POINT, HANDLER)} AND number = {CARD}"),
        Policy("staff_point", "SELECT", CASE_AT_POINT),
        Policy("staff_handler", "SELECT", CASE_OF_HANDLER),
    ],
    "members_contact": [_MACHINE, *_SEEN],
    "members_membership": [_MACHINE, *_SEEN],
    "members_code": [
        _MACHINE,
        Policy("own", "SELECT", OWN),
        Policy("presented", "SELECT", f"{PUBLIC} AND (id = {CODE} OR person_id = {PERSON})"),
        Policy("presented_use", "UPDATE", f"{PUBLIC} AND id = {CODE}"),
        Policy("staff_point", "ALL", CASE_AT_POINT),
    ],
    "notices_notice": [
        _MACHINE,
        Policy("own", "SELECT", OWN),
        Policy("own_read", "UPDATE", OWN),
        # whoever tells a person something reads none of their notices
        Policy("staff_point_new", "INSERT", "", CASE_AT_POINT),
        Policy("staff_handler_new", "INSERT", "", f"{CASE_OF_HANDLER} AND kind = 'record_opened'"),
        Policy("staff_answer_new", "INSERT", "", f"{_at_work(OFFICER)} AND kind = 'question_answered'"),
        Policy("presented_new", "INSERT", "", f"{PUBLIC} AND person_id = {PERSON} AND kind = 'choice_confirmed'"),
    ],
    # what several people share: asked as the system by the one room that knows it (decision 17)
    "households_household": [_MACHINE],
    "households_place": [_MACHINE],
    "households_guardian": [_MACHINE],
    "households_invitation": [_MACHINE],
    "choices_statement": [
        _MACHINE,
        Policy("till", "SELECT", TILL),
        Policy("own", "SELECT", OWN),
        Policy("own_new", "INSERT", "", OWN),
        Policy("staff_point", "SELECT", CASE_AT_POINT),
        Policy("staff_point_new", "INSERT", "", f"{CASE_AT_POINT} AND channel IN ('service_point', 'phone')"),
        Policy("presented", "SELECT", f"{PUBLIC} AND person_id = {LETTERS_PERSON}"),
        Policy(
            "presented_new",
            "INSERT",
            "",
            f"{PUBLIC} AND person_id = {LETTERS_PERSON} AND channel = 'letter' AND confirms_id = {LETTER}",
        ),
    ],
    "choices_letter": [
        _MACHINE,
        Policy("own", "SELECT", OWN),
        Policy("presented", "SELECT", f"{PUBLIC} AND person_id = {PERSON}"),
        Policy("presented_use", "UPDATE", f"{PUBLIC} AND person_id = {PERSON}"),
        Policy("staff_point", "ALL", CASE_AT_POINT),
    ],
    "tills_key": [
        _MACHINE,
        Policy("till", "SELECT", TILL),
        Policy("staff", "SELECT", _at_work(ADMINISTRATOR, OFFICER)),
        Policy("staff_new", "INSERT", "", _at_work(ADMINISTRATOR)),
        Policy("staff_end", "UPDATE", _at_work(ADMINISTRATOR)),
    ],
    "vault_key": [
        _MACHINE,
        Policy("till", "SELECT", TILL),
        Policy("till_new", "INSERT", "", TILL),
        Policy("own", "SELECT", OWN),
        # of what the register records: whatever a member keeps for themselves, nobody of the staff opens
        Policy("staff_handler", "SELECT", f"{CASE_OF_HANDLER} AND compartment = 1"),
    ],
    "archive_receipt": [
        _MACHINE,
        Policy("till", "SELECT", TILL),
        Policy("till_new", "INSERT", "", TILL),
        Policy("till_corrected", "UPDATE", TILL),
        Policy("own", "SELECT", OWN),
    ],
    "warranties_warranty": [
        _MACHINE,
        Policy("till", "SELECT", TILL),
        Policy("till_new", "INSERT", "", TILL),
        Policy("till_returned", "UPDATE", TILL),
        Policy("own", "SELECT", OWN),
    ],
    "warranties_returned": [_MACHINE, Policy("till", "ALL", TILL), Policy("own", "SELECT", OWN)],
    "purchases_receipt": [
        _MACHINE,
        Policy("till", "SELECT", TILL),
        Policy("till_new", "INSERT", "", TILL),
        Policy("till_superseded", "UPDATE", TILL),
        Policy("own", "SELECT", OWN),
        Policy("staff_handler", "SELECT", CASE_OF_HANDLER),
    ],
    "purchases_kept_back": [_MACHINE, Policy("own", "ALL", OWN)],
    "purchases_link": [_MACHINE, Policy("till", "ALL", TILL), Policy("own", "SELECT", OWN)],
    "purchases_superseded": [
        _MACHINE,
        Policy("till", "SELECT", TILL),
        Policy("till_new", "INSERT", "", TILL),
        Policy("own", "SELECT", OWN),
    ],
    "purchases_voiding": [_MACHINE, Policy("till", "SELECT", TILL), Policy("till_new", "INSERT", "", TILL)],
    # what a household's month brought is computed and booked by a job; each reads their own rows, or asks at a service point
    "bonus_entry": [_MACHINE, Policy("own", "SELECT", OWN), Policy("staff_point", "SELECT", CASE_AT_POINT)],
    "bonus_cause": [_MACHINE, Policy("own", "SELECT", OWN)],
    "bonus_late": [_MACHINE, Policy("till", "SELECT", TILL), Policy("till_new", "INSERT", "", TILL)],
    "bonus_account": [_MACHINE, Policy("own", "SELECT", OWN), Policy("staff_point", "SELECT", CASE_AT_POINT)],
    "intake_delivery": [_MACHINE, Policy("till", "ALL", TILL)],
    "intake_quarantine": [_MACHINE, Policy("till", "ALL", TILL)],
    "intake_conflict": [
        _MACHINE,
        Policy("till", "ALL", TILL),
        Policy("staff", "SELECT", _at_work(HANDLER)),
        Policy("staff_decide", "UPDATE", _at_work(HANDLER), f"{_at_work(HANDLER)} AND outcome IN ('kept', 'accepted')"),
    ],
    "intake_claim": [
        _MACHINE,
        Policy("till", "SELECT", TILL),
        Policy("till_answered", "UPDATE", TILL),
        Policy("till_end", "DELETE", TILL),
        Policy("own", "SELECT", OWN),
        Policy("own_new", "INSERT", "", OWN),
        Policy("own_end", "DELETE", OWN),
    ],
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
    "accounts_token": [
        _MACHINE,
        Policy("own", "ALL", f"{MEMBER} AND account_id = {ACCOUNT}"),
        Policy("presented", "SELECT", f"{WEB} AND digest = {TOKEN}"),
        # a new password by code ends it
        Policy("persons", "SELECT", f"{PUBLIC} AND account_id = {PERSONS_ACCOUNT}"),
        Policy("persons_end", "DELETE", f"{PUBLIC} AND account_id = {PERSONS_ACCOUNT}"),
    ],
    "staff_person": [_MACHINE, _AMONG_STAFF, Policy("staff_lock", "UPDATE", STAFF, NEVER)],
    "staff_duty": [
        _MACHINE,
        _AMONG_STAFF,
        Policy(
            "staff_new",
            "INSERT",
            "",
            f"{_at_work(ADMINISTRATOR, OFFICER)} AND proposed_by_id = {ME} AND {UNAPPROVED} AND NOT bootstrap",
        ),
        Policy("staff_change", "UPDATE", _at_work(ADMINISTRATOR, OFFICER)),
    ],
    "staff_signature": [_MACHINE, _AMONG_STAFF, Policy("own_new", "INSERT", "", f"{STAFF} AND staff_id = {ME}")],
    "staff_case": [
        _MACHINE,
        Policy("own", "SELECT", f"{STAFF} AND opened_by_id = {ME}"),
        Policy("staff", "SELECT", _at_work(HANDLER, OFFICER)),
        Policy(
            "point_new",
            "INSERT",
            "",
            f"{_at_work(POINT)} AND opened_by_id = {ME} AND duty = '{POINT}' AND {UNAPPROVED}",
        ),
        Policy(
            "handler_new",
            "INSERT",
            "",
            f"{_at_work(HANDLER)} AND opened_by_id = {ME} AND duty = '{HANDLER}' AND {UNAPPROVED}",
        ),
        Policy("own_close", "UPDATE", f"{_at_work(POINT, HANDLER)} AND opened_by_id = {ME}"),
        Policy("staff_approve", "UPDATE", _at_work(HANDLER, OFFICER)),
    ],
    "staff_glass": [
        _MACHINE,
        Policy("own", "SELECT", f"{STAFF} AND opened_by_id = {ME}"),
        Policy("staff", "SELECT", _at_work(OFFICER, AUDITOR)),
        Policy("own_new", "INSERT", "", f"{_at_work(HANDLER)} AND opened_by_id = {ME} AND reviewed_by_id IS NULL"),
        Policy("staff_review", "UPDATE", _at_work(OFFICER)),
    ],
    "staff_change": [
        _MACHINE,
        _AMONG_STAFF,
        Policy("staff_new", "INSERT", "", f"{STAFF} AND {SIGNED} AND proposed_by_id = {ME} AND {UNAPPROVED}"),
        Policy("staff_approve", "UPDATE", _at_work(ADMINISTRATOR, OFFICER)),
    ],
    "oversight_question": [
        _MACHINE,
        Policy("own", "SELECT", OWN),
        Policy("own_new", "INSERT", "", f"{OWN} AND answered_at IS NULL"),
        Policy("staff", "SELECT", _at_work(OFFICER)),
        Policy("staff_answer", "UPDATE", _at_work(OFFICER)),
    ],
    "oversight_alert": [
        _MACHINE,
        Policy("staff", "SELECT", _at_work(OFFICER)),
        Policy("staff_close", "UPDATE", _at_work(OFFICER)),
    ],
    "oversight_day": [_MACHINE, Policy("staff", "SELECT", _at_work(OFFICER, AUDITOR))],
    "audit_entry": [
        _MACHINE,
        Policy("till", "SELECT", f"{TILL} AND actor_kind IN ('till', 'operator')"),
        Policy("till_new", "INSERT", "", f"{TILL} AND actor_kind IN ('till', 'operator')"),
        Policy("staff", "SELECT", _at_work(OFFICER, AUDITOR)),
        Policy("subject", "SELECT", f"{MEMBER} AND subject = {OWN_AUDIT_ID}"),
        Policy("own", "SELECT", f"{WEB} AND {BY_ONESELF}"),
        Policy("own_new", "INSERT", "", f"{WEB} AND (actor_kind = 'visitor' OR {BY_ONESELF})"),
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

    First the functions they call. Then a table at a time, each in a transaction of its own: at no moment does anybody see it
    without its wall.
    """
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        for signature, body in FUNCTIONS.items():
            cursor.execute(_function(signature, body))
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


def _function(signature: str, body: str) -> str:
    """In PL/pgSQL, which plans a body when it is first run: only where staff ask, and once a connection."""
    return (
        f"CREATE OR REPLACE FUNCTION {signature} LANGUAGE plpgsql STABLE SET search_path = public"
        f" AS $$ BEGIN RETURN ({body}); END $$"
    )
