"""Statements, uses and receipts at the same time, over connections of their own: what began after a commit knows of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import perf_counter

from django.db import connections

from kvitto.choices import actions, queries, texts
from kvitto.choices.types import Channel, Topic
from kvitto.kernel.actor import OPERATOR, SYSTEM, Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.members import actions as members
from kvitto.members.types import NewPerson
from kvitto.purchases import rewriting
from kvitto.stores.types import Level, Profile
from tests.cast import BEER, MILK, line, receipt, take

ONESELF, STAFF = Actor(ActorKind.MEMBER, "1"), Actor(ActorKind.STAFF, "2")
PEOPLE = 40
SEQUENCES = 1_000  # of receipts, for each batch


def many():
    """People by id, with their cards."""
    now = datetime.now(UTC)
    cards = [f"93{number:014}" for number in range(PEOPLE)]
    people = [NewPerson("Viola", "Virta", "fi", (card,), now - timedelta(days=9)) for card in cards]
    with opened():
        return dict(zip(members.register(people=people, by=OPERATOR, now=now), cards, strict=True))


def restrict(person_id):
    """Everything that one can forbid here, each in a transaction of its own; when each was committed."""
    by, channel = ((ONESELF, Channel.WEB), (STAFF, Channel.PHONE))[person_id % 2]
    about = {"person_id": person_id, "channel": channel, "by": by}
    committed = {}
    for topic, value in ((Topic.PURCHASE_USE, 0), (Topic.NOT_RECORDED, 0), (Topic.RECORDING_LEVEL, int(Level.TOTAL))):
        said = {"value": value, "shown": texts.shown(topic, value, "fi"), "now": datetime.now(UTC)}
        with opened():
            if topic is Topic.NOT_RECORDED:
                actions.state_category(category="alcohol", **said, **about)
            else:
                actions.state(topic=topic, **said, **about)
        committed[topic] = perf_counter()
    return committed


def ask(people):
    """Who may be written to by what they buy, and when it was asked."""
    began = perf_counter()
    return began, queries.allowing(list(people), Topic.PURCHASE_USE, profile=Profile.DEFAULT)


def buy(people, batch):
    """Everybody buys milk and beer, and the receipts come in; when the batch began."""
    began, now = perf_counter(), datetime.now(UTC)
    when = {"business_day": now.date().isoformat(), "end_time": now.isoformat()}
    lines = [line("MILK", code=MILK), line("BEER", code=BEER)]
    bodies = [
        receipt(lines, card=card, sequence=batch * SEQUENCES + number, **when)
        for number, card in enumerate(people.values())
    ]
    assert take(*bodies, now=now).recorded == len(people)
    return began


def until(done, work):
    """Work again and again until something else is done, and once more; what came of each time."""
    found = []
    try:
        while True:
            last = done()
            found.append(work(len(found)))
            if last:
                return found
    finally:
        connections.close_all()


def restricting(people):
    try:
        return {person_id: restrict(person_id) for person_id in people}
    finally:
        connections.close_all()


def test_what_begins_after_a_ban_is_committed_leaves_the_person_out(committed_cast):
    people = many()
    with ThreadPoolExecutor(4) as pool:
        writing = pool.submit(restricting, people)
        reading = [pool.submit(until, writing.done, lambda _: ask(people)) for _ in range(2)]
        coming = pool.submit(until, writing.done, lambda batch: buy(people, batch))
    committed, asked, began = writing.result(), [each for use in reading for each in use.result()], coming.result()

    leaks, held = [], 0
    for when, found in asked:
        banned = {person_id for person_id in people if committed[person_id][Topic.PURCHASE_USE] < when}
        held += len(banned)
        leaks += sorted(banned & found)
    assert leaks == []
    assert held >= PEOPLE
    assert any(found for _, found in asked)
    assert stored_too_much(people, committed, began) == []


def stored_too_much(people, committed, began):
    """Receipts with more on them than their buyer allowed before the batch began: people, batches and what is recorded."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT person_id, id, sequence FROM purchases_receipt")
        batches = {(person_id, number): sequence // SEQUENCES for person_id, number, sequence in cursor}
    recorded = rewriting.recorded_of(list(people), by=SYSTEM, purpose="test", now=datetime.now(UTC))
    assert len(batches) == len(people) * len(began)
    assert 0 < sum(map(len, recorded.values())) < len(batches)
    return [
        (person_id, batch, each.content)
        for person_id, receipts in recorded.items()
        for each in receipts
        for batch in [batches[person_id, each.receipt_id]]
        if committed[person_id][Topic.RECORDING_LEVEL] < began[batch]
        or (committed[person_id][Topic.NOT_RECORDED] < began[batch] and BEER in str(each.content))
    ]
