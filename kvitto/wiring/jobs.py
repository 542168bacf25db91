"""The daily jobs. PostgreSQL is the queue; `procrastinate worker` queues them when they are due, and runs them."""

from datetime import UTC, datetime

from procrastinate import App

from kvitto.kernel import identity
from kvitto.kernel.actor import ActorKind

DAILY = "15 3 * * *"  # the queue counts in UTC, whatever the settings' time zone
AFTERWARDS = "45 3 * * *"


def retention(timestamp: int) -> None:  # noqa: ARG001 - every periodic job is told when it was due
    """Delete what is past its time."""
    from kvitto.retention.actions import run  # here, not above: this module is loaded before the apps are ready

    with identity.acting(ActorKind.SYSTEM):
        run(now=datetime.now(UTC), dry_run=False)


def categories(timestamp: int) -> None:  # noqa: ARG001 - as above
    """Take out of stored receipts what has come into a category that is kept out."""
    from kvitto.rights.removal import sweep

    with identity.acting(ActorKind.SYSTEM):
        sweep(now=datetime.now(UTC))


def register(app: App) -> None:
    """Make the jobs known to the queue. Two runs never overlap, and one waiting is enough.

    Both wait for each other: they have the keys of the same quarters in hand.
    """
    for job, name, cron in ((retention, "retention", DAILY), (categories, "categories", AFTERWARDS)):
        app.periodic(cron=cron)(app.task(name=name, lock="nightly", queueing_lock=name)(job))
