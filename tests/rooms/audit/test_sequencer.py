"""Sequencers that are killed, and several at once: every entry gets one number, and there is no hole.

`make tampering` kills more of them; KVITTO_KILLS says how many.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
from django.db import connections, transaction

from kvitto.audit import actions, log, verifying
from kvitto.audit.models import Entry, Leaf, Waiting
from kvitto.kernel import identity
from kvitto.kernel.actor import SYSTEM, ActorKind
from kvitto.kernel.db import OWNER, opened
from tests.cast import NOW
from tests.journeys.conftest import database_environment

pytestmark = pytest.mark.usefixtures("committed")
KILLS = int(os.environ.get("KVITTO_KILLS") or 1)
SEQUENCER = """
import django
django.setup()
from kvitto.audit import log
from kvitto.kernel import identity
from kvitto.kernel.actor import ActorKind
identity.process_is(ActorKind.SYSTEM)
log.BATCH, log.PAUSE = 20, 0
print("started", flush=True)
log.watch(stopped=lambda: False)
"""


def _start():
    environment = os.environ | database_environment() | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    return subprocess.Popen([sys.executable, "-c", SEQUENCER], env=environment, stdout=subprocess.PIPE, text=True)


def _await(process):
    assert process.stdout.readline() == "started\n"


def _kill(process):
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


def _finish():
    """Number what is left. The server takes a moment to notice that who was killed is gone, and to let go of the lock."""
    while Waiting.objects.exists():
        with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('kvitto.audit.sequencer'))")
        log.run(now=NOW)
    log.run(now=NOW, sign_now=True)


def test_sequencers_that_are_killed_and_two_at_once_leave_no_hole_and_no_double():
    stop = threading.Event()

    def write():
        with identity.acting(ActorKind.SYSTEM):
            while not stop.is_set():
                with opened():
                    actions.record(by=SYSTEM, action="test.act", now=NOW)
        connections.close_all()

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    running = [_start(), _start()]
    try:
        for process in running:
            _await(process)
        for _ in range(KILLS):
            time.sleep(random.random() / 2)  # noqa: S311  any moment will do
            _kill(running.pop(0))
            running.append(_start())
            _await(running[-1])
    finally:
        stop.set()
        for writer in writers:
            writer.join()
        for process in running:
            _kill(process)

    _finish()
    numbers = list(Leaf.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(Entry.objects.count()))
    assert len(numbers) > KILLS
    assert verifying.verify(now=NOW).fault is None
