"""The pages of conflicts and of missing receipts: what they show to whom, and what is done there."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from kvitto.doors.cli import receipts as cli
from kvitto.intake import gaps, queries
from kvitto.intake.models import Conflict
from kvitto.kernel import identity
from kvitto.kernel.actor import ActorKind
from tests.cast import line, receipt, take
from tests.crew import browser_of
from tests.doors.at_work import refusals
from tests.doors.reading import text_of

GAPS, CONFLICTS = "/staff/gaps", "/staff/conflicts"
NOW = datetime.now(UTC)
DAY = NOW.date() - timedelta(days=3)


def on(number, lines=None, **fields):
    ended = f"{DAY}T12:00:00Z"
    return receipt(lines, **({"business_day": f"{DAY}", "end_time": ended, "sequence": number} | fields))


@pytest.fixture
def contradicted(crew):
    """A receipt of Aino's that came again with another line."""
    take(on(50), now=NOW)
    take(on(50, [line("SECRET BOOK", amount="9.99")]), now=NOW)
    return queries.open_conflicts()[0]["conflict"]


@pytest.fixture
def missing(crew):
    take(on(1), on(5), now=NOW)


def gap(first=2, last=4, **fields):
    return {"store": "101", "day": f"{DAY}", "till": "1", "first": first, "last": last, "state": "void"} | fields


def open_numbers():
    return sum(day.open for day in gaps.till_days(start=DAY, end=NOW.date()))


# conflicts


def test_a_data_handler_sees_both_and_nothing_of_what_was_bought(crew, contradicted):
    page = browser_of(crew.dag).get(CONFLICTS)

    text = text_of(page)
    assert all(shown in text for shown in ("Grocer Harbour", "till 1, number 50", "2,15", "9,99"))
    assert "SECRET" not in text
    assert "Ahonen" not in text
    assert "MILK" not in text


@pytest.mark.parametrize(("decision", "after"), [("keep", "kept"), ("accept", "accepted")])
def test_it_is_decided_once(crew, contradicted, decision, after):
    dag = browser_of(crew.dag)
    address = f"{CONFLICTS}/{contradicted}"

    assert dag.post(address, {"decision": decision})["Location"] == f"{CONFLICTS}?done={after}"
    assert Conflict.objects.get().outcome == after
    assert dag.post(address, {"decision": decision}).status_code == 409
    assert queries.awaited_conflicts() == (decision == "accept")


def test_to_decide_the_second_factor_is_shown_again(crew, contradicted):
    asked = browser_of(crew.dag, fresh=False).post(f"{CONFLICTS}/{contradicted}", {"decision": "accept"})

    assert asked["Location"].startswith("/staff/factor?next=")
    assert Conflict.objects.get().outcome == "open"


def test_conflicts_are_for_whose_duty_purchases_are(crew, contradicted):
    for colleague in (crew.disa, crew.elsa, crew.faruk, crew.greta, crew.ines):
        browser = browser_of(colleague)
        assert browser.get(CONFLICTS).status_code == 403
        assert browser.post(f"{CONFLICTS}/{contradicted}", {"decision": "accept"}).status_code == 403
        with identity.acting(ActorKind.STAFF, account=int(colleague.by.id)):
            assert not Conflict.objects.exists()
    assert {why for _, why in refusals()} == {"duty"}


# gaps


def test_an_administrator_sees_what_is_missing_and_how_late_it_was(crew, missing):
    text = text_of(browser_of(crew.ines).get(GAPS))

    assert "Grocer Harbour, till 1" in text
    assert "3 missing" in text
    assert "2–4 · missing" in text
    assert "2 came late" in text


def test_what_is_missing_is_declared_and_taken_back(crew, missing):
    ines = browser_of(crew.ines)

    shown = f"{GAPS}?store=101"
    assert ines.post(f"{GAPS}/declare?store=101", gap())["Location"] == f"{GAPS}?done=declared&store=101"
    assert open_numbers() == 0
    assert "2–4 · was never used" in text_of(ines.get(shown))
    ines.post(f"{GAPS}/declare", gap(2, 2, state="open"))
    assert open_numbers() == 1


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"state": "filled"}, 422),
        ({"first": "x"}, 422),
        ({"day": ""}, 422),
        ({"last": "5"}, 409),
        ({"store": "0"}, 409),
    ],
)
def test_what_is_no_gap_is_not_declared_one(crew, missing, wrong, status):
    assert browser_of(crew.ines).post(f"{GAPS}/declare", gap(**wrong)).status_code == status
    assert open_numbers() == 3


@pytest.mark.parametrize(
    ("asked", "shows"),
    [
        ({}, True),
        ({"store": "201"}, False),
        ({"first": f"{DAY}", "last": f"{DAY}"}, True),
        ({"last": f"{DAY - timedelta(days=1)}"}, False),
        ({"store": "no-such"}, False),
        ({"first": "x"}, False),
    ],
)
def test_a_store_and_a_period_can_be_asked_for(crew, missing, asked, shows):
    page = browser_of(crew.ines).get(GAPS, asked)

    assert ("till 1" in text_of(page), page.status_code) == (shows, 200)
    assert ('role="alert"' in page.content.decode()) == (asked in ({"store": "no-such"}, {"first": "x"}))


def test_nobody_else_sees_or_declares_a_gap(crew, missing):
    for colleague in (crew.disa, crew.dag, crew.elsa):
        browser = browser_of(colleague)
        assert browser.get(GAPS).status_code == browser.post(f"{GAPS}/declare", gap()).status_code == 403
    assert open_numbers() == 3


def test_the_command_lists_them(crew, missing, capsys):
    cli.gaps(store="101", first=f"{DAY}", until=f"{DAY}", as_json=True)
    told = json.loads(capsys.readouterr().out)
    cli.gaps(store="", first="", until="", as_json=False)

    assert [(day["store"], day["open"], day["late"]) for day in told["till_days"]] == [("101", 3, 2)]
    assert told["till_days"][0]["gaps"] == [{"first": 2, "last": 4, "state": "open"}]
    assert capsys.readouterr().out.strip() == (
        f"{DAY}  store 101    till 1    2–4 missing, 2 came late, the last {NOW:%Y-%m-%d %H:%M} UTC"
    )
