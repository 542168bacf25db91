"""What a member has done for them at a service point and on the phone: where it was, and what is recorded already removed."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from kvitto.audit.models import Entry
from kvitto.choices.models import Statement
from kvitto.intake.models import Claim
from kvitto.intake.types import State
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.periods import Period
from kvitto.members.queries import audit_id
from kvitto.notices.models import Notice
from kvitto.purchases import queries as purchases
from kvitto.staff.models import Case
from kvitto.stores.models import Store
from tests.cast import BEER, CHEN_CARD, MILK, TODAY, line, receipt, take
from tests.crew import browser_of
from tests.doors.at_work import LOOK_UP, look_up
from tests.doors.reading import signed_in, text_of
from tests.households import born

EVER = Period(datetime(2025, 1, 1, tzinfo=UTC).date(), None)


def asked(crew, proof="id_card"):
    """Chen asks; a browser of who serves, and the address of the look-up."""
    disa = browser_of(crew.disa)
    return disa, look_up(disa, CHEN_CARD, proof)["Location"]


def recorded(person_id):
    by = Actor(ActorKind.MEMBER, str(person_id))
    asked_for = {"person_id": person_id, "period": EVER, "by": by, "purpose": "test", "now": datetime.now(UTC)}
    return [[each.text for each in content.lines] for _, content in purchases.opened_receipts(**asked_for)]


def test_a_member_sees_at_which_service_point_their_choice_was_written_down(crew, cast):
    point = Store.objects.get(service_point=True)
    disa, record = asked(crew)
    disa.post(f"{record}/choices/decide", {"topic": "purchase_use", "value": "0"})

    assert (Case.objects.get().store, Statement.objects.get().store) == (point, point)
    history = text_of(signed_in(cast.chen, "chen").get("/account/choices/history"))
    assert f"at a service point ({point.name})" in history
    assert f'<option value="{point.pk}" selected>' in disa.get(LOOK_UP).content.decode()


def test_what_is_said_on_the_phone_is_said_at_no_service_point(crew, cast):
    refused = browser_of(crew.disa).post(LOOK_UP, {"card": CHEN_CARD, "proof": "id_card", "place": ""})
    assert "On the phone they show who they are by answering questions." in text_of(refused)

    disa, record = asked(crew, proof="questions")
    disa.post(f"{record}/choices/decide", {"topic": "purchase_use", "value": "0"})

    assert (Statement.objects.get().channel, Statement.objects.get().store) == ("phone", None)


def test_a_store_without_a_service_point_cannot_be_chosen(crew):
    other = Store.objects.filter(service_point=False).first()
    disa = browser_of(crew.disa)

    assert disa.post(LOOK_UP, {"card": CHEN_CARD, "proof": "id_card", "place": other.pk}).status_code == 200
    assert not Case.objects.exists()


@pytest.mark.parametrize(("proof", "way"), [("id_card", "service_point"), ("questions", "phone")])
def test_what_is_recorded_already_is_removed_for_a_member_who_asks_and_staff_see_nothing_of_it(crew, cast, proof, way):
    lines = [line("MILK", "2.15", code=MILK), line("BEER", "3.00", code=BEER)]
    take(receipt(lines, card=CHEN_CARD), now=datetime.now(UTC))
    disa, record = asked(crew, proof)
    disa.post(f"{record}/choices/decide", {"topic": "not_recorded", "category": "alcohol", "value": "0"})

    page = text_of(disa.get(f"{record}/removal"))
    assert "Never recorded: Alcohol" in page
    before = recorded(cast.chen)
    assert ["MILK", "BEER"] in before
    answer = disa.post(f"{record}/removal")

    after = [[each for each in texts if each != "BEER"] for texts in before]
    assert recorded(cast.chen) == after
    shown = text_of(disa.get(answer["Location"]))
    assert "is removed for good" in shown
    assert not any(word in page + shown for word in ("MILK", "BEER", "5.15"))
    done = Entry.objects.get(action="rights.remove")
    assert (done.actor_kind, done.case) == ("staff", f"case-{Case.objects.get().pk}")
    assert set(Entry.objects.filter(action="vault.open", purpose="removal").values_list("actor_kind", flat=True)) == {
        "system"
    }
    assert Notice.objects.filter(kind="recorded_removed", way=way, person_id=cast.chen).count() == 1


def test_nobody_else_removes_and_nobody_after_the_look_up(crew, cast):
    disa, record = asked(crew)
    for name in ("dag", "elsa", "greta", "ines"):
        client = browser_of(getattr(crew, name))
        assert {client.get(f"{record}/removal").status_code, client.post(f"{record}/removal").status_code} == {403}
    disa.post(f"{record.replace('look-up', 'cases')}/close")

    assert disa.post(f"{record}/removal").status_code == 404
    assert not Entry.objects.filter(action="rights.remove").exists()


def test_for_a_minor_nothing_is_offered_that_would_be_refused(crew, cast):
    born(cast.chen, TODAY.replace(year=TODAY.year - 15))
    disa, record = asked(crew)
    disa.post(f"{record}/choices/decide", {"topic": "purchase_use", "value": "0"})
    disa.post(f"{record}/choices/decide", {"topic": "not_recorded", "category": "alcohol", "value": "0"})

    shown = text_of(disa.get(f"{record}/choices"))

    assert "Allow it" not in shown
    assert "Record it again" not in shown


# Bought without the card

PAPER = {"total": "2,15", "workstation": "1", "sequence": "4711", "code": ""}
YESTERDAY = datetime.now(UTC) - timedelta(days=1)
BARE = receipt(drop=["card"], business_day=f"{YESTERDAY:%Y-%m-%d}", end_time=YESTERDAY.isoformat())


def write_down(disa, record, **fields):
    found = disa.get(f"{record}/claim", {"find": "harbour oulu"}).content.decode()
    (store,) = re.findall(r'href="\?store=(\d+)"', found)
    assert "Grocer Harbour, Oulu" in text_of(disa.get(f"{record}/claim", {"store": store}))
    return disa.post(f"{record}/claim", PAPER | {"store": store, "business_day": BARE["business_day"]} | fields)


@pytest.mark.parametrize(("proof", "way"), [("id_card", "service_point"), ("questions", "phone")])
def test_a_receipt_on_paper_is_written_down_for_a_member_and_comes(crew, cast, proof, way):
    disa, record = asked(crew, proof)
    before = len(recorded(cast.chen))

    answer = write_down(disa, record)

    assert "It is written down." in text_of(disa.get(answer["Location"]))
    entry = Entry.objects.get(action="intake.claim")
    assert (entry.actor_kind, entry.case) == ("staff", f"case-{Case.objects.get().pk}")
    assert entry.subject == audit_id(cast.chen)
    assert Notice.objects.filter(kind="receipt_claimed", way=way, person_id=cast.chen).count() == 1
    chen = signed_in(cast.chen, "chen")
    assert "Till 1 · receipt 4711" in text_of(chen.get("/receipts/claim"))
    assert "Noted that a purchase without the card is yours" in text_of(chen.get("/account/traces"))

    assert take(BARE, now=datetime.now(UTC)).states == [State.RECORDED]
    assert len(recorded(cast.chen)) == before + 1


def test_a_receipt_that_is_theirs_already_is_answered_and_counted_like_any_other(crew, cast):
    take(BARE | {"card": CHEN_CARD}, now=datetime.now(UTC))
    disa, record = asked(crew)

    answers = {text_of(disa.get(write_down(disa, record, sequence=n)["Location"])) for n in range(4702, 4712)}
    assert len(answers) == 1
    assert "Ten receipts are waited for already:" in text_of(write_down(disa, record, sequence=1))
    assert "Ten receipts are waited for already:" in text_of(write_down(disa, record))

    assert Claim.objects.filter(answered_at=None).count() == 9, "no till is asked for it"
    waiting = text_of(signed_in(cast.chen, "chen").get("/receipts/claim"))
    assert ("receipt 4702" in waiting, "receipt 4711" in waiting) == (True, False)


def test_nobody_else_writes_a_receipt_down_and_nobody_after_the_look_up(crew, cast):
    disa, record = asked(crew)
    for name in ("dag", "elsa", "greta", "ines"):
        client = browser_of(getattr(crew, name))
        assert {client.get(f"{record}/claim").status_code, client.post(f"{record}/claim").status_code} == {403}
    assert "A day is expected" in text_of(write_down(disa, record, business_day=f"{TODAY + timedelta(days=900)}"))
    disa.post(f"{record.replace('look-up', 'cases')}/close")

    assert disa.post(f"{record}/claim").status_code == 404
    assert not Claim.objects.exists()
