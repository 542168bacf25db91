"""The daily jobs. PostgreSQL is the queue; `procrastinate worker` queues them when they are due, and runs them."""

from datetime import UTC, datetime

from procrastinate import App

from kvitto.kernel import identity
from kvitto.kernel.actor import ActorKind

DAILY = "15 3 * * *"  # the queue counts in UTC, whatever the settings' time zone


def retention(timestamp: int) -> None:  # noqa: ARG001 - every periodic job is told when it was due
    """Delete what is past its time."""
    from kvitto.retention.actions import run  # here, not above: this module is loaded before the apps are ready

    with identity.acting(ActorKind.SYSTEM):
        run(now=datetime.now(UTC), dry_run=False)


def register(app: App) -> None:
    """Make the jobs known to the queue. Two runs never overlap, and one waiting is enough."""
    task = app.task(name="retention", lock="retention", queueing_lock="retention")(retention)
    app.periodic(cron=DAILY)(task)
