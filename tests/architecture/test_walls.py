"""Row-level security: what a face does not reach is not there, whatever is asked. The tests ask without any condition."""

import ast
import re

import pytest
from django.apps import apps
from django.db import Error, ProgrammingError, connection, connections, transaction

from kvitto.accounts import queries as accounts_queries
from kvitto.accounts.models import Account, Factor, RecoveryCode, Session, Token
from kvitto.accounts.types import Kind
from kvitto.archive import models as archived
from kvitto.audit import actions as audit
from kvitto.choices import models as choices
from kvitto.choices.actions import state_levels
from kvitto.choices.types import Channel
from kvitto.households import actions as households
from kvitto.households.types import NewHome, NewPlace, Role
from kvitto.kernel import identity
from kvitto.kernel.actor import OPERATOR, VISITOR, Actor, ActorKind
from kvitto.kernel.db import OWNER, opened
from kvitto.kernel.privacy import FieldClass, Held
from kvitto.members import actions as members
from kvitto.members import changes
from kvitto.members.models import Card, Code, Person
from kvitto.members.types import CodeChannel, ContactKind
from kvitto.notices import actions as notices
from kvitto.notices.types import Kind as Told
from kvitto.purchases import actions as purchases
from kvitto.stores.types import Level
from kvitto.warranties import models as warranties
from kvitto.wiring import grants, third_party_privacy
from kvitto.wiring.walls import FUNCTIONS, OPEN, TABLES
from tests.architecture.source import imports, modules
from tests.cast import AINO_CARD, BJORN_CARD, NOW, TODAY, receipt, take

REFUSED = "row-level security"
DENIED = "permission denied|must be owner"
BY_ACCOUNT = "account_id = {account}"
BY_PERSON = "person_id = {person}"
WHOSE = {  # which rows are somebody's
    "members_person": "id = {person}",
    "members_card": BY_PERSON,
    "members_contact": BY_PERSON,
    "members_membership": BY_PERSON,
    "members_code": BY_PERSON,
    "choices_statement": BY_PERSON,
    "choices_letter": BY_PERSON,
    "notices_notice": BY_PERSON,
    "vault_key": BY_PERSON,
    "purchases_receipt": BY_PERSON,
    "purchases_kept_back": BY_PERSON,
    "archive_receipt": BY_PERSON,
    "warranties_warranty": BY_PERSON,
    "accounts_account": "id = {account}",
    "accounts_session": BY_ACCOUNT,
    "accounts_factor": BY_ACCOUNT,
    "accounts_recovery_code": BY_ACCOUNT,
    "accounts_token": BY_ACCOUNT,
    "audit_entry": "(actor_kind = 'member' AND actor_id = '{account}')"
    " OR subject = (SELECT audit_id FROM members_person WHERE id = {person})",
}
NOBODYS = TABLES.keys() - WHOSE.keys()  # no member reaches a row of these
CHANGED_BY_ONESELF = {
    "accounts_account",
    "accounts_session",
    "accounts_factor",
    "accounts_recovery_code",
    "accounts_token",
    "notices_notice",  # that it was read
}

every_wall = pytest.mark.parametrize("table", sorted(TABLES))
every_own = pytest.mark.parametrize("table", sorted(WHOSE))


def rows(sql, using="default"):
    with connections[using].cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def count(table, condition="true", using="default"):
    return rows(f"SELECT count(*) FROM {table} WHERE {condition}", using)[0][0]


def done(sql):
    """How many rows a statement touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.rowcount


def empty(tables):
    """The tables of which nothing is to be seen."""
    return {table for table in tables if not count(table)}


@pytest.fixture
def people(cast):
    """Aino, Björn and Elsa of the staff, each with something in every table that can be somebody's; Aino's and Björn's ids."""
    found = {}
    with opened():
        for name, kind in {"aino": Kind.MEMBER, "bjorn": Kind.MEMBER, "elsa": Kind.STAFF}.items():
            account = Account.objects.create(username=name, password="!", kind=kind, created_at=NOW).pk
            audit.record(by=Actor(ActorKind(kind), str(account)), action="accounts.sign_in", now=NOW)
            Session.objects.create(
                session_key=name, session_data="", expire_date=NOW, account_id=account, started_at=NOW, seen_at=NOW
            )
            Factor.objects.create(account_id=account, kind="app", sealed=b"", counter=0, added_at=NOW, used_at=NOW)
            RecoveryCode.objects.create(account_id=account, digest=name.encode())
            if kind is Kind.STAFF:
                found[name] = {"account": account, "person": 0}
                continue
            Token.objects.create(account_id=account, digest=name, made_at=NOW, free_at=NOW)
            person = getattr(cast, name)
            members.link_account(person_id=person, account_id=account, by=OPERATOR, now=NOW)
            members.issue_code(person_id=person, channel=CodeChannel.LETTER, by=OPERATOR, now=NOW)
            email = {"kind": ContactKind.EMAIL, "value": f"{name}@example.org"}
            changes.set_contact(person_id=person, **email, by=OPERATOR, now=NOW)
            changes.move_home(person_id=person, company="north", day=TODAY, by=OPERATOR, now=NOW)
            levels = {person: Level.PRODUCT}
            state_levels(levels=levels, channel=Channel.WEB, stated_at=NOW, by=OPERATOR, now=NOW)
            letter = {"digest": b"", "text_version": 1, "text_language": "sv", "text_digest": "", "expires_at": NOW}
            statement = choices.Statement.objects.get(person_id=person)
            choices.Letter.objects.create(statement=statement, person_id=person, made_at=NOW, **letter)
            notices.tell(person_id=person, kind=Told.CHOICE_CONFIRMED, number=statement.pk, now=NOW)
            found[name] = {"account": account, "person": person}
    take(receipt(), receipt(card=BJORN_CARD, sequence=2), receipt(card="9246000000009999", sequence=3), b"{}")
    with opened():
        for name in ("aino", "bjorn"):
            whose = {"person_id": found[name]["person"], "business_day": TODAY, "receipt_id": found[name]["person"]}
            archived.Receipt.objects.create(
                **whose, store_id=rows("SELECT min(id) FROM stores_store")[0][0], level=3, sealed=b""
            )
            warranties.Warranty.objects.create(**whose, line=0, goods=b"", pieces=1, ends_on=TODAY, sealed=b"")
        for day, receipt_id, person in rows("SELECT business_day, id, person_id FROM purchases_receipt"):
            whose = {"person_id": person, "day": day, "receipt_id": receipt_id}
            purchases.keep_back(**whose, kept=True, by=OPERATOR, now=NOW)
        households.register(
            homes=[NewHome([NewPlace(cast.aino, Role.MAIN, TODAY), NewPlace(cast.bjorn, Role.ADULT, TODAY)])],
            by=OPERATOR,
            now=NOW,
        )
        mine = {"person_id": cast.aino, "by": OPERATOR, "today": TODAY, "now": NOW}
        households.invite(**mine)
        child = {"given_name": "Elis", "family_name": "Ahonen", "birth_date": TODAY}
        households.add_minor(**child, **mine)
    return found


@pytest.fixture
def as_aino(people):
    with identity.acting(ActorKind.MEMBER, account=people["aino"]["account"]):
        yield people


@every_own
def test_a_member_finds_their_own_rows_and_no_others(people, table):
    own, others = (WHOSE[table].format(**people[name]) for name in ("aino", "bjorn"))
    mine = count(table, own)
    assert mine
    assert count(table, others)
    with identity.acting(ActorKind.MEMBER, account=people["aino"]["account"]):
        assert count(table) == mine
        assert count(table, own) == mine
        assert count(table, others) == 0


def test_what_is_no_members_no_member_finds(people):
    assert not empty(NOBODYS) >= {"intake_delivery", "intake_quarantine", "intake_unknown_card"}
    with identity.acting(ActorKind.MEMBER, account=people["aino"]["account"]):
        assert empty(NOBODYS) == NOBODYS


@every_own
def test_nobody_writes_a_row_of_somebody_else(people, table):
    rows_of = WHOSE[table].format(**people["bjorn"])
    done(f"CREATE TEMP TABLE bjorns ON COMMIT DROP AS SELECT * FROM {table} WHERE {rows_of}")
    assert count("bjorns")
    for face, account in ((ActorKind.MEMBER, people["aino"]["account"]), (ActorKind.STAFF, people["elsa"]["account"])):
        with identity.acting(face, account=account):
            with pytest.raises(ProgrammingError, match=f"{REFUSED}|{DENIED}"), transaction.atomic():
                done(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM bjorns")
            for statement in (f"UPDATE {table} SET {column(table)} = {column(table)}", f"DELETE FROM {table}"):
                if statement.split()[0] in grants.TABLES[table]:
                    assert done(f"{statement} WHERE {rows_of}") == 0
    assert count(table, rows_of) == count("bjorns")


COLUMNS = {  # one that could be written, where it is not the number
    "accounts_session": "session_key",
    "purchases_receipt": "level",
    "archive_receipt": "level",
    "accounts_token": "used_at",
    "choices_letter": "misses",
    "notices_notice": "read_at",
}


def column(table):
    return COLUMNS.get(table, "id")


@every_own
def test_of_the_register_a_member_changes_nothing_and_of_their_sign_in_their_own(as_aino, table):
    if "UPDATE" not in grants.TABLES[table]:
        pytest.skip("nobody changes it on the web")
    changed = done(f"UPDATE {table} SET {column(table)} = {column(table)}")
    assert changed == (1 if table in CHANGED_BY_ONESELF else 0)


def test_a_row_cannot_be_handed_to_somebody_else(as_aino):
    for table in ("accounts_session", "accounts_factor"):
        with pytest.raises(ProgrammingError, match=REFUSED), transaction.atomic():
            done(f"UPDATE {table} SET account_id = {as_aino['bjorn']['account']}")


def test_an_account_cannot_change_its_face(as_aino):
    with pytest.raises(ProgrammingError, match=REFUSED), transaction.atomic():
        done("UPDATE accounts_account SET kind = 'staff'")


def test_nobody_signs_the_record_of_acts_with_another_name(as_aino):
    for by in (OPERATOR, Actor(ActorKind.STAFF, "1"), Actor(ActorKind.MEMBER, str(as_aino["bjorn"]["account"]))):
        with pytest.raises(ProgrammingError, match=REFUSED), transaction.atomic():
            audit.record(by=by, action="test", now=NOW)
    audit.record(by=Actor(ActorKind.MEMBER, str(as_aino["aino"]["account"])), action="test", now=NOW)
    audit.record(by=VISITOR, action="test", now=NOW)


def test_where_nobody_has_said_who_asks_nothing_is_there(people, monkeypatch):
    monkeypatch.setattr(identity, "_process", identity.NOBODY)
    assert {table for table in TABLES if count(table)} == set()


def test_the_owner_is_walled_too(committed_cast, monkeypatch):
    assert count("members_person", using=OWNER) == 3
    monkeypatch.setattr(identity, "_process", identity.NOBODY)
    assert {table for table in TABLES if count(table, using=OWNER)} == set()


def test_a_visitor_with_nothing_to_show_finds_nothing(people):
    with identity.acting(ActorKind.VISITOR):
        assert empty(TABLES) == TABLES.keys()


@pytest.mark.parametrize(
    ("presented", "seen"),
    [
        ({"name": "aino"}, {"accounts_account": "aino"}),
        ({"session": "bjorn"}, {"accounts_session": "bjorn", "accounts_account": "bjorn"}),
        ({"card": AINO_CARD}, {"members_card": "aino"}),
        ({"token": "bjorn"}, {"accounts_token": "bjorn"}),
    ],
)
def test_what_a_visitor_presents_shows_one_row(people, presented, seen):
    with identity.acting(ActorKind.VISITOR), identity.presenting(**presented):
        found = {table for table in WHOSE if count(table)}
        assert found == seen.keys()
        for table, whose in seen.items():
            assert count(table) == count(table, WHOSE[table].format(**people[whose])) == 1


def test_a_code_leads_to_its_person_and_their_account(people):
    person_id, account_id = people["bjorn"]["person"], people["bjorn"]["account"]
    code_id = Code.objects.get(person_id=person_id).pk
    with identity.acting(ActorKind.VISITOR), identity.presenting(code=code_id, person=person_id):
        assert list(Code.objects.values_list("pk", flat=True)) == [code_id]
        assert list(Person.objects.values_list("pk", flat=True)) == [person_id]
        assert list(Account.objects.values_list("pk", flat=True)) == [account_id]
        assert not Card.objects.exists()
        assert count("purchases_receipt") == count("vault_key") == count("choices_statement") == 0


STATE = (
    "INSERT INTO choices_statement (person_id, topic, value, codes, stated_at, channel, pending, confirms_id, registered_by,"
    ' "case", text_version, text_language, text_digest)'
    " VALUES ({person}, 'email', 1, '{{}}', now(), '{channel}', false, {confirms}, '', '', 1, 'sv', '')"
)
TELL = "INSERT INTO notices_notice (person_id, kind, number, made_at) VALUES ({person}, '{kind}', {number}, now())"


def test_a_letter_leads_to_its_persons_statements_and_takes_one_yes(people):
    aino, bjorn = people["aino"]["person"], people["bjorn"]["person"]
    letter = choices.Letter.objects.get(person_id=bjorn).pk
    yes = {"person": bjorn, "channel": "letter", "confirms": letter}
    told = {"person": bjorn, "kind": Told.CHOICE_CONFIRMED, "number": letter}
    with identity.acting(ActorKind.VISITOR), identity.presenting(person=bjorn):
        assert (count("choices_letter"), count("choices_statement"), count("notices_notice")) == (1, 0, 0)
        with identity.presenting(letter=letter):
            assert count("choices_statement") == count("choices_statement", f"person_id = {bjorn}") == 1
            assert done(f"UPDATE choices_letter SET misses = 1 WHERE person_id = {aino}") == 0
            for wrong in (
                STATE.format(**yes | {"person": aino}),
                STATE.format(**yes | {"channel": "web"}),
                STATE.format(**yes | {"confirms": "NULL"}),
                TELL.format(**told | {"person": aino}),
                TELL.format(**told | {"kind": Told.HOUSEHOLD_LEFT, "number": "NULL"}),
            ):
                with pytest.raises(ProgrammingError, match=REFUSED), transaction.atomic():
                    done(wrong)
            assert (done(STATE.format(**yes)), done(TELL.format(**told))) == (1, 1)
        assert (count("choices_statement"), count("notices_notice")) == (0, 0)
    with identity.acting(ActorKind.VISITOR), identity.presenting(letter=letter):
        assert count("choices_letter") == count("choices_statement") == 0


def test_staff_find_nothing_of_members(people):
    with identity.acting(ActorKind.STAFF, account=people["elsa"]["account"]):
        found = {table for table in WHOSE if count(table)}
        assert found == {
            "accounts_account", "accounts_session", "accounts_factor", "accounts_recovery_code", "audit_entry"
        }  # fmt: skip
        assert list(Account.objects.values_list("username", flat=True)) == ["elsa"]
        assert [
            each.is_this for each in accounts_queries.sessions_of(people["elsa"]["account"], this_key="elsa", now=NOW)
        ] == []


def test_whoever_hands_receipts_in_learns_no_name_and_deletes_nothing(people):
    with identity.acting(ActorKind.TILL):
        assert count("members_person") == count("accounts_account") == count("members_code") == 0
        assert done("DELETE FROM purchases_receipt") == 0
        assert done("DELETE FROM vault_key") == 0
        assert done("DELETE FROM archive_receipt") == done("DELETE FROM warranties_warranty") == 0


# the walls themselves


@every_wall
def test_the_web_role_cannot_take_a_wall_down(db, table):
    changes = [
        f"ALTER TABLE {table} {change}" for change in ("DISABLE ROW LEVEL SECURITY", "NO FORCE ROW LEVEL SECURITY")
    ]
    for statement in (*changes, f"CREATE POLICY mine ON {table} USING (true)", f"DROP POLICY machine ON {table}"):
        with pytest.raises(ProgrammingError, match=DENIED), transaction.atomic():
            done(statement)


@every_wall
def test_to_switch_row_security_off_is_an_error(db, table):
    done("SET LOCAL row_security = off")
    with pytest.raises(ProgrammingError, match="would be affected by row-level security"), transaction.atomic():
        count(table)


@every_wall
def test_nothing_is_copied_past_a_wall(db, table):
    if "INSERT" not in grants.TABLES[table]:
        pytest.skip("nobody adds to it")
    with pytest.raises(Error, match="COPY FROM not supported with row-level security"), transaction.atomic():
        done(f"COPY {table} FROM STDIN")


def standing():
    return rows(
        "SELECT tablename, policyname, cmd, permissive, coalesce(qual, ''), coalesce(with_check, '') FROM pg_policies"
    )


def test_every_listed_wall_stands_and_no_other(db):
    flags = rows(
        "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND (relrowsecurity OR relforcerowsecurity)"
    )
    assert set(flags) == {(table, True, True) for table in TABLES}
    assert {(table, name, command) for table, name, command, *_ in standing()} == {
        (table, policy.name, policy.command) for table, policies in TABLES.items() for policy in policies
    }


def test_every_table_with_something_of_a_person_has_a_wall_or_a_reason(db):
    held = {
        model._meta.db_table: [value for value in vars(model.Privacy).values() if isinstance(value, Held)]
        for model in apps.get_models()
        if model.__module__.startswith("kvitto.")
    }
    held |= {table: list(columns.values()) for table, columns in third_party_privacy.TABLES.items()}
    personal = {
        table for table, fields in held.items() if any(each.field_class is not FieldClass.NONE for each in fields)
    }
    assert personal == TABLES.keys() | OPEN.keys()
    assert not TABLES.keys() & OPEN.keys()
    assert all(len(reason) > 15 for reason in OPEN.values())


def test_no_policy_lets_everybody_through(db):
    """Each asks for the face, or for an account, which only a face has."""
    for table, name, _, permissive, using, check in standing():
        assert permissive == "PERMISSIVE", (table, name)
        for condition in filter(None, (using, check)):
            if condition == "( SELECT false)":  # lets nobody through
                continue
            assert re.search(r"kvitto\.(face|account)", condition), (table, name)


def test_a_policy_calls_no_function_but_the_reading_of_settings_and_the_walls_own(db):
    called = {
        function
        for *_, using, check in standing()
        for function in re.findall(r"(\w+)\(", f"{using} {check}")
        if function.lower() not in {"and", "or", "in", "any", "select", "where", "not"}
    }
    assert called == {"current_setting", "NULLIF"} | {signature.partition("(")[0] for signature in FUNCTIONS}


def test_the_walls_own_functions_look_into_this_schema_only(db):
    found = rows(
        "SELECT proname, proconfig FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'staff_%'"
    )
    assert {name for name, _ in found} == {signature.partition("(")[0] for signature in FUNCTIONS} | {"staff_own_hand"}
    assert {name for name, config in found if "search_path=public" not in (config or [])} == set()


def test_no_function_works_with_its_owners_rights(db):
    assert rows("SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace") == []


MACHINES = {  # who takes up an identity that reaches more than its owner's rows
    ("kvitto.doors.cli.base", "process_is", "OPERATOR"): "a command is its operator's",
    ("kvitto.intake.worker", "acting", "TILL"): "receipts are recorded for whoever bought",
    ("kvitto.doors.till_api.taking", "acting", "TILL"): "the same, for tills over the network",
    ("kvitto.doors.till_api.asking", "acting", "TILL"): "what tills ask: states of receipts, whether a card earns",
    ("kvitto.households.queries", "acting", "SYSTEM"): "a household is several people's, asked from one's own place",
    ("kvitto.households.actions", "acting", "SYSTEM"): "a change of a household touches several people's rows",
    ("kvitto.spending.household", "acting", "SYSTEM"): "the main member's figures of the others, and their entries",
    ("kvitto.bonus.view", "acting", "SYSTEM"): "a household's step goes by everybody's purchases; out comes one's own",
    ("kvitto.rights.inspection", "acting", "SYSTEM"): "a member's own place in a household, and cases about them",
    ("kvitto.oversight.queries", "acting", "SYSTEM"): "a member's own look-ups: their duties and deliveries",
    (
        "kvitto.intake.claims",
        "acting",
        "SYSTEM",
    ): "staff write a claim down for a member, and see nothing of what is there",
    ("kvitto.rights.removal", "acting", "SYSTEM"): "a member's own receipts lose something, which no page may do",
    ("kvitto.archive.actions", "acting", "SYSTEM"): "a member's own archive loses something, which no page may do",
    ("kvitto.warranties.actions", "acting", "SYSTEM"): "a member's own warranty receipts change, which no page may do",
    ("kvitto.wiring.jobs", "acting", "SYSTEM"): "what is over its time goes, whosever it is",
    ("kvitto.wiring.setup", "acting", "SYSTEM"): "a migration that moves data has to see it",
    ("kvitto.demo.queries", "acting", "SYSTEM"): "the demo's page lists invented people to a visitor",
    ("kvitto.benchmarks.copying", "process_is", "OPERATOR"): "a measurement in a database of its own",
    ("kvitto.benchmarks.spooled", "Identity", "OPERATOR"): "a measurement in a database of its own",
}


def test_who_reaches_everybodys_rows_is_listed():
    found = {
        (module, name, argument.attr)
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (name := getattr(node.func, "attr", "")) in {"acting", "process_is", "Identity"}
        for argument in node.args[:1]
        if isinstance(argument, ast.Attribute) and argument.attr not in {"VISITOR", "MEMBER", "STAFF"}
    }
    assert found == MACHINES.keys()


def test_only_these_modules_say_who_asks_at_all():
    """What takes the functions by another way would not be found by the test above."""
    wrong = {
        module
        for module in modules()
        if module != "kvitto.kernel.identity"
        for name in imports(module)
        if name.startswith("kvitto.kernel.identity.")
    }
    assert wrong == set()


# what they cost


@every_wall
def test_who_asks_is_answered_once_a_statement(db, table):
    plan = "\n".join(line for (line,) in rows(f"EXPLAIN SELECT * FROM {table}"))
    assert "InitPlan" in plan
    assert "SubPlan" not in plan


def test_a_members_own_question_uses_its_index_and_its_months_only(as_aino):
    done("SET LOCAL enable_seqscan = off")  # the tables of the test are too small for an index to be worth it
    question = (
        f"SELECT id FROM purchases_receipt WHERE person_id = {as_aino['aino']['person']}"
        " AND business_day >= '2026-10-01' AND business_day < '2026-12-01'"
    )
    plan = "\n".join(line for (line,) in rows(f"EXPLAIN {question}"))
    assert set(re.findall(r"(?<=on )purchases_receipt\w*", plan)) == {
        "purchases_receipt_2026_10",
        "purchases_receipt_2026_11",
    }
    assert len(re.findall(r"Index Cond: \(\(person_id = ", plan)) == 2
    assert rows(question)
