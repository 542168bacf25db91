"""Nothing is handed to third parties. The processors that the co-op contracts are a public, dated list with the fields
that each gets.
"""

import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.urls import get_resolver, reverse

from kvitto.benchmarks.browser import Browser
from tests import silence
from tests.cast import AINO_CARD, NETWORK, receipt
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
    from kvitto.kernel.actor import OPERATOR
    from kvitto.kernel.db import opened
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
        path for name, path in addresses(get_resolver("kvitto.wiring.urls")) if "<" not in path and name != "design"
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


@pytest.mark.xfail(strict=True, reason="the list of processors is not published yet")
def test_the_list_of_processors_is_public(db, client):
    assert client.get("/processors").status_code == 200
