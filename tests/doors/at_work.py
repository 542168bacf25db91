"""Where the staff's pages are, and what tests of them share: somebody's browser, a case of earlier, what was refused."""

from datetime import UTC, datetime, timedelta

from kvitto.audit.models import Entry
from kvitto.kernel.db import opened
from kvitto.staff import records
from kvitto.staff.models import Case
from kvitto.staff.types import Reason
from kvitto.stores.models import Store
from tests.cast import CHEN_CARD

HOME, LOOK_UP, CASES, APPROVALS, PEOPLE = (f"/staff/{page}" for page in ("", "look-up", "cases", "approvals", "people"))
NEW_CASE, DANGER, REVIEWS, AGREEMENT = "/staff/cases/new", "/staff/cases/danger", "/staff/reviews", "/staff/agreement"


def month_of(case_id):
    day = datetime.now(UTC) - timedelta(hours=3)
    return f"{CASES}/{case_id}/{day.year}/{day.month}"


def refusals():
    return list(Entry.objects.filter(action="access.refused").order_by("pk").values_list("case", "purpose"))


def opened_earlier(colleague, minutes, **fields):
    """A case that somebody opened so long ago; its id."""
    then = datetime.now(UTC) - timedelta(minutes=minutes)
    known = {"card": CHEN_CARD, "reference": "K-1", "reason": Reason.CLAIM, "member_asked": False} | fields
    with opened():
        return records.open_case(**known, by=colleague.by, now=then)


def look_up(client, card=CHEN_CARD, proof="id_card"):
    """At the service point; by questions, on the phone."""
    place = "" if proof == "questions" else Store.objects.get(service_point=True).pk
    return client.post(LOOK_UP, {"card": card, "proof": proof, "place": place})


def open_case(client, card=CHEN_CARD, reason="claim", reference="K-2026-17"):
    return client.post(NEW_CASE, {"card": card, "reason": reason, "reference": reference})


def the_case():
    return Case.objects.get().pk
