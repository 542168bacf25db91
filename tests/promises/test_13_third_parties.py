"""Nothing is handed to third parties. The processors that the co-op contracts are a public, dated list with the fields
that each gets.
"""

import html
import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.urls import get_resolver, reverse

from kvitto.benchmarks.browser import Browser
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.kernel.privacy import FieldClass
from kvitto.rights.actions import load_processors
from kvitto.rights.processors import parse
from kvitto.rights.queries import about_members, held
from kvitto.rights.rules import ProcessorsRefusedError
from tests import silence
from tests.cast import AINO_CARD, NETWORK, NOW, receipt
from tests.doors.addresses import addresses
from tests.journeys.conftest import database_environment, serving

KVITTO = Path(sys.executable).parent / "kvitto"
PASSWORD = "kvittot i fickan"
REACHES_OUT = "import socket; socket.create_connection(('192.0.2.1', 80), 1)"  # an address that nobody has
NIGHT = """
import django
django.setup()
from procrastinate.contrib.django import app
from kvitto.kernel import identity
from kvitto.kernel.actor import ActorKind
identity.process_is(ActorKind.SYSTEM)
app.tasks["retention"].defer(timestamp=0)
with app.replace_connector(app.connector.get_worker_connector()) as worker:
    worker.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
"""


@pytest.fixture
def quiet(tmp_path):
    """Processes that cannot reach another machine."""
    return silence.Quiet(tmp_path)


@pytest.fixture
def co_op(committed_cast):
    """The environment of a process that works for the cast's co-op; Aino can sign in."""
    from kvitto.accounts.actions import create_account
    from kvitto.accounts.types import Kind
    from kvitto.members.actions import link_account

    with opened():
        who = {"by": OPERATOR, "now": datetime.now(UTC)}
        account_id = create_account(username="aino", password=PASSWORD, kind=Kind.MEMBER, **who)
        link_account(person_id=committed_cast.aino, account_id=account_id, **who)
    return database_environment()


def receipts_of_yesterday(folder):
    end = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    when = {"business_day": end.date().isoformat(), "end_time": end.isoformat()}
    file = folder / "day.ndjson"
    file.write_text("".join(json.dumps(receipt(sequence=number, **when)) + "\n" for number in range(1, 40)))
    return file


# Nothing connects outward


def test_a_process_that_reaches_out_is_stopped_and_named(quiet):
    stopped = quiet.run([sys.executable, "-c", REACHES_OUT], {})

    assert stopped.returncode == 1
    assert quiet.tried == ["socket.connect ('192.0.2.1', 80)"]


def test_asking_for_another_machines_name_counts(quiet):
    quiet.run([sys.executable, "-c", "import urllib.request; urllib.request.urlopen('https://elsewhere.invalid')"], {})

    assert quiet.tried == ["socket.getaddrinfo 'elsewhere.invalid'"]


@pytest.mark.slow
def test_a_day_of_the_register_reaches_no_other_machine(quiet, co_op, tmp_path):
    """Files loaded, receipts taken in, codes made, the night's jobs: nothing that they do is even tried elsewhere."""
    network = tmp_path / "network.toml"
    network.write_bytes(NETWORK)
    apart = co_op["KVITTO_DATABASE_URL"].count("host=/") == 1  # a database behind a port would not be there

    for command in (
        [KVITTO, "network", "load", network],
        [KVITTO, "receipts", "import", receipts_of_yesterday(tmp_path), "--json"],
        [KVITTO, "members", "code", "--card", AINO_CARD, "--channel", "letter"],
        [KVITTO, "retention", "run"],
        [sys.executable, "-c", NIGHT],
    ):
        done = quiet.run(command, co_op, apart=apart)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        assert quiet.tried == []


@pytest.mark.slow
def test_pages_are_served_without_a_word_to_another_machine(quiet, co_op, tmp_path):
    quiet.run([KVITTO, "receipts", "import", receipts_of_yesterday(tmp_path)], co_op)
    plain = [
        path
        for name, path in addresses(get_resolver("kvitto.wiring.urls"))
        if "<" not in path and name not in {"design", "live"}  # a stream has no end to wait for
    ]

    with serving(tmp_path, **quiet.environment) as url:
        browser = Browser(int(url.rpartition(":")[2]))
        browser.sign_in("aino", PASSWORD)
        answers = {path: browser.get(path) for path in ["/staff/sign-in", *plain]}
        browser.connection.close()

    assert answers[reverse("purchases")].status == 200
    assert all(answer.status < 500 for answer in answers.values())
    assert quiet.tried == []
    foreign = {path: re.findall(rb"""(?:src|href|action)=["']?(?:https?:)?//[^"' >]+""", answer.body)
               for path, answer in answers.items()}  # fmt: skip
    assert {path: found for path, found in foreign.items() if found} == {}


def test_the_policy_of_every_page_names_no_other_origin(db, client):
    policy = client.get("/")["Content-Security-Policy"]

    assert "http" not in policy
    assert "*" not in policy


# Processors


PROCESSORS = """
[[processor]]
name = "The print house"
what_for = { sv = "trycker breven", fi = "painaa kirjeet", en = "prints the letters" }
country = "FI"
from = 2025-01-01
until = 2026-01-01
fields = ["members_person.given_name", "members_card.number"]

[[processor]]
name = "The print house"
what_for = { sv = "trycker breven", fi = "painaa kirjeet", en = "prints the letters" }
country = "FI"
from = 2026-01-01
fields = ["members_person.given_name", "members_person.family_name"]

[[processor]]
name = "The post"
what_for = { sv = "delar ut breven", fi = "jakaa kirjeet", en = "delivers the letters" }
country = "US"
from = 2027-03-01
fields = ["members_person.given_name"]
"""


def page(client, language="en"):
    """The public page as it is read: its text, one line."""
    client.cookies["kvitto_language"] = language
    response = client.get("/what-we-record")
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(response.content.decode())).split())


def load(text, now=NOW):
    with opened():
        load_processors(processors=parse(text.encode(), held()), by=OPERATOR, now=now)


def test_with_nobody_on_the_list_the_page_says_that_nobody_gets_anything(db, client):
    assert "Today nobody gets anything." in page(client)


def test_the_list_is_public_and_dated_with_the_fields_that_each_gets(db, client, casts_day):
    load(PROCESSORS)

    others = page(client).partition("Who else gets it")[2].rpartition("Who else gets it")[2]
    today, _, rest = others.partition("Announced")
    ahead, _, past = rest.partition("Earlier (1)")

    assert "The print house (Finland) Prints the letters Gets: Name From 1.1.2026" in today
    assert "Card number" not in today
    assert "The post (United States, outside the European Economic Area) Delivers the letters Gets: Name" in ahead
    assert "Gets: Name, Card number From 1.1.2025 to 31.12.2025" in past


def test_the_list_is_read_in_the_readers_language(db, client, casts_day):
    load(PROCESSORS)

    assert "Trycker breven" in page(client, "sv")
    assert "Painaa kirjeet" in page(client, "fi")


def test_what_the_public_was_told_is_not_taken_back(db):
    load(PROCESSORS)

    with pytest.raises(ProcessorsRefusedError, match="stays on the list"):
        load("")
    with pytest.raises(ProcessorsRefusedError, match="its fields stay"):
        load(PROCESSORS.replace(', "members_person.family_name"', ', "members_card.number"'))


def test_what_lets_somebody_in_or_opens_purchases_is_handed_to_nobody(db):
    for name, said in held().items():
        if said.field_class in {FieldClass.CREDENTIAL, FieldClass.KEY}:
            with pytest.raises(ProcessorsRefusedError, match="nobody ever gets it"):
                load(PROCESSORS.replace("members_card.number", name))


# What is recorded, and why


def test_the_page_says_of_every_field_about_a_member_why_it_is_held_and_how_long(db, client):
    text = page(client).lower()

    chapters = about_members()
    assert [
        reason for each in chapters for one in each.recorded for reason in one.reasons if reason.lower() not in text
    ] == []
    assert [rule for each in chapters for rule in each.until if rule.value.lower() not in text] == []
    told = {name for each in chapters for one in each.recorded for name in one.names}
    of_staff = ("staff_", "accounts_factor.", "accounts_recovery_code.", "tills_", "oversight_alert.", "oversight_day.")
    assert {name for name in held() if not name.startswith(of_staff)} <= told


def test_the_page_says_who_can_see_what_as_the_policy_decides(db, client):
    text = page(client)

    assert "Data handler (open the purchases of the member of their case, for 60 minutes)" in text
    assert "Service point (see what a member chose)" in text
