"""The queue in PostgreSQL: a worker that connects as the web role runs the nightly jobs, and the mail."""

import pytest
from django.db import connections
from procrastinate import App
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.testing import InMemoryConnector

from kvitto.kernel.db import OWNER
from kvitto.notices.types import MailServer
from kvitto.wiring.jobs import register


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
    """Real commits, since a worker has connections of its own; the owner role clears up."""
    with django_db_blocker.unblock():
        yield
        with connections[OWNER].cursor() as cursor:
            cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers, audit_entry, rights_sweep CASCADE")


def run_worker_until_empty():
    with app.replace_connector(app.connector.get_worker_connector()) as worker_app:
        worker_app.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)


@pytest.mark.parametrize("name", ["look-ups", "retention", "categories", "mail"])
def test_a_deferred_job_runs_and_succeeds(committed, name):
    number = app.tasks[name].defer(timestamp=0)
    run_worker_until_empty()
    assert ProcrastinateJob.objects.get(pk=number).status == "succeeded"  # one that fell due meanwhile has its own


@pytest.mark.parametrize(("name", "cron"), [("retention", "15 3 * * *"), ("categories", "45 3 * * *")])
def test_the_jobs_are_due_every_night_and_never_run_beside_each_other(name, cron):
    (task,) = (one for one in app.periodic_registry.periodic_tasks.values() if one.task.name == name)
    assert (task.cron, task.task.lock) == (cron, "nightly")


@pytest.mark.parametrize(
    ("server", "due"), [(MailServer("localhost", 25, "", False, False), ["* * * * *"]), (None, [])]
)
def test_mail_is_due_each_minute_where_a_server_is_set_up(settings, server, due):
    settings.MAIL_SERVER = server
    queue = App(connector=InMemoryConnector())
    register(queue)

    assert [each.cron for each in queue.periodic_registry.periodic_tasks.values() if each.task.name == "mail"] == due
