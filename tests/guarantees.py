"""Goods with a guarantee, and the two services that keep something: what tests of them begin with."""

from datetime import UTC, datetime

from kvitto.kernel.actor import OPERATOR, Actor, ActorKind
from kvitto.kernel.db import opened
from tests.cast import NOW, line, receipt, take

WASHER, KETTLE = "6430000000016", "6430000000023"
MEMBER = Actor(ActorKind.MEMBER, "1")
DAY = {"business_day": NOW.date().isoformat(), "end_time": NOW.replace(microsecond=0).isoformat()}
TERMS = "Maker's guarantee, see www.example.org"


def stock():
    """A group of which everything is guaranteed for 24 months, and a kettle in it for 12."""
    from kvitto.assortment import actions
    from kvitto.assortment.types import GroupRow, ProductRow

    with opened():
        loaded = actions.load(
            groups=[
                GroupRow("home", {"en": "Home"}, guarantee_months=24),
                GroupRow("big", {"en": "Appliances"}, "home"),
            ],
            products=[
                ProductRow(1, WASHER, {"en": "Washing machine"}, "big"),
                ProductRow(2, KETTLE, {"en": "Kettle"}, "big", guarantee_months=12),
            ],
            by=OPERATOR,
            now=NOW,
        )
    assert not loaded.rejects


def washer(**fields):
    """A washing machine's line."""
    return line("WASHING MACHINE W7", "649.00", code=WASHER, vat="25.5", **fields)


def turn(topic, value=1, *, person_id, now=NOW, by=MEMBER):
    """Decide about a service or the recording level, as the member; the statement."""
    from kvitto.choices import actions, texts
    from kvitto.choices.types import Channel

    channel = Channel.WEB if by.kind is ActorKind.MEMBER else Channel.PHONE
    with opened():
        return actions.state(
            person_id=person_id,
            topic=topic,
            value=value,
            channel=channel,
            shown=texts.shown(topic, value, "en"),
            by=by,
            now=now,
        )


def buy(*lines, sequence=77, now=NOW, **fields):
    """Take in a receipt of the cast's day."""
    taken = take(receipt(list(lines), sequence=sequence, **(DAY | fields)), now=now)
    assert taken.recorded == 1, taken
    return taken


def today_at_noon():
    """An instant of the real day, for what reads the clock itself."""
    return datetime.now(UTC).replace(microsecond=0)
