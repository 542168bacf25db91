"""What a member has done for them at a service point and on the phone: where it was, and what is recorded already removed."""

from datetime import UTC, datetime

import pytest

from kvitto.audit.models import Entry
from kvitto.choices.models import Statement
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.periods import Period
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
