"""The jobs that come again. PostgreSQL is the queue; `procrastinate worker` queues them when they are due, and runs them."""

from datetime import UTC, datetime

from django.conf import settings
from django.utils.timezone import localdate
from procrastinate import App

from kvitto.kernel import identity
from kvitto.kernel.actor import SYSTEM, ActorKind

DAILY = "15 3 * * *"  # the queue counts in UTC, whatever the settings' time zone
AFTERWARDS = "45 3 * * *"
BONUS = "15 4 * * *"
BONUS_WAITS = 3  # days after a month's end, for tills that deliver late
HOURLY = "25 * * * *"
IN_THE_MORNING = "30 6 * * *"  # what is told is read then
EACH_MINUTE = "* * * * *"
OFTEN = "*/15 * * * *"


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


def warranties(timestamp: int) -> None:  # noqa: ARG001 - as above
    """Remind members of guarantees that soon end."""
    from kvitto.warranties.reminding import remind_due

    with identity.acting(ActorKind.SYSTEM):
        remind_due(now=datetime.now(UTC))


def mail(timestamp: int) -> None:  # noqa: ARG001 - as above
    """Send notices as e-mails."""
    from kvitto.notices.mail import send_due

    with identity.acting(ActorKind.SYSTEM):
        send_due(now=datetime.now(UTC))


def look_ups(timestamp: int) -> None:  # noqa: ARG001 - as above
    """Find look-ups that stand out, and count all of them for the public page."""
    from kvitto.kernel.db import opened
    from kvitto.oversight import watching

    with identity.acting(ActorKind.SYSTEM), opened():
        watching.watch(now=datetime.now(UTC))


def bonus(timestamp: int) -> None:  # noqa: ARG001 - as above
    """Close last month's Bonus once it has been over for some days, and book what came late."""
    from kvitto.bonus.closing import settle_due

    with identity.acting(ActorKind.SYSTEM):
        now = datetime.now(UTC)
        settle_due(by=SYSTEM, now=now, today=localdate(now), wait_days=BONUS_WAITS)


def cards(timestamp: int) -> None:  # noqa: ARG001 - as above
    """Ask tills again for receipts whose card is known only since."""
    from kvitto.intake.leftovers import want_found_cards
    from kvitto.kernel.db import opened

    with identity.acting(ActorKind.SYSTEM), opened():
        want_found_cards(now=datetime.now(UTC))


def register(app: App) -> None:
    """Make the jobs known to the queue. Two runs never overlap, and one waiting is enough.

    The daily ones wait for each other: they have the keys of the same quarters in hand.
    """
    for job, name, cron in (
        (retention, "retention", DAILY),
        (categories, "categories", AFTERWARDS),
        (bonus, "bonus", BONUS),
        (warranties, "warranties", IN_THE_MORNING),
    ):
        app.periodic(cron=cron)(app.task(name=name, lock="nightly", queueing_lock=name)(job))
    app.periodic(cron=HOURLY)(app.task(name="cards", lock="cards", queueing_lock="cards")(cards))
    app.periodic(cron=OFTEN)(app.task(name="look-ups", lock="look-ups", queueing_lock="look-ups")(look_ups))
    each_minute = app.task(name="mail", lock="mail", queueing_lock="mail")(mail)
    if settings.MAIL_SERVER:
        app.periodic(cron=EACH_MINUTE)(each_minute)
