"""The co-op's own register comes in from files, as often as one likes, and a bad row stops no other."""

import csv
import json
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection

from kvitto.audit.models import Entry
from kvitto.choices import queries as choices
from kvitto.choices.models import Statement
from kvitto.choices.types import Topic
from kvitto.enrolment import importer
from kvitto.enrolment.importer import take_files
from kvitto.enrolment.types import Kind
from kvitto.households import queries as households
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.tables import FileRefusedError
from kvitto.members import queries
from kvitto.members.bulk import HELD
from kvitto.members.models import Card, Person
from kvitto.members.types import Address, ContactKind
from kvitto.stores.types import Level, Profile
from tests.cast import AINO_CARD, NOW, TODAY

pytestmark = pytest.mark.usefixtures("cast")  # its network: the co-op `north`

DAY = timedelta(days=1)
OLE = {
    "number": "M-1",
    "given_name": "Ole",
    "family_name": "Östman",
    "language": "sv",
    "birth_date": "1980-02-29",
    "street": "Exempelgatan 1",
    "postal_code": "90100",
    "town": "Uleåborg",
    "country": "FI",
    "email": "ole@example.org",
    "email_verified_at": "2025-01-31T09:00:00+02:00",
    "phone": "040 is not one",
    "coop": "north",
    "member_since": "2019-05-03",
}
OLE["phone"] = "+358 40 123 4567"
IDA = {**OLE, "number": "M-2", "given_name": "Ida", "email": "", "email_verified_at": "", "phone": ""}
CARD = {"card": "9246000000007013", "member": "M-1", "since": "2019-05-03T12:00:00+03:00"}


@pytest.fixture
def file(tmp_path):
    def write(*rows, name="rows.csv", columns=None):
        path = tmp_path / name
        columns = columns or list(rows[0])
        if path.suffix == ".ndjson":
            path.write_text("".join(json.dumps({each: row[each] or None for each in columns}) + "\n" for row in rows))
        elif path.suffix == ".parquet":
            pq.write_table(pa.table({each: [row[each] for row in rows] for each in columns}), path)
        else:
            with path.open("w", newline="") as out:
                writer = csv.DictWriter(out, columns, extrasaction="ignore")
                writer.writeheader()
                writer.writerows(rows)
        return path

    return write


class Taking:
    """Takes files in, and keeps what was rejected."""

    def __init__(self):
        self.rejects = []

    def __call__(self, *paths, change=False, dry_run=False, now=NOW):
        self.rejects = []
        summaries = take_files(
            paths,
            change=change,
            dry_run=dry_run,
            by=OPERATOR,
            now=now,
            on_rejected=lambda _, reject: self.rejects.append((reject.row, reject.column, reject.reason)),
        )
        return {
            str(kind): {name: count for name, count in summary.counts.items() if count}
            for kind, summary in summaries.items()
        }


@pytest.fixture
def take():
    return Taking()


def ole():
    return queries.by_numbers({"M-1"})["M-1"].person_id


@pytest.mark.parametrize("name", ["people.csv", "people.ndjson", "people.parquet"])
def test_people_come_in_with_contacts_and_home_from_any_form(take, file, name):
    assert take(file(OLE, IDA, name=name)) == {"people": {"new": 2}}

    person = queries.details(ole())
    assert (person.given_name, person.family_name, person.language) == ("Ole", "Östman", "sv")
    assert person.birth_date == date(1980, 2, 29)
    assert person.address == Address("Exempelgatan 1", "90100", "Uleåborg", "FI")
    email, phone = queries.contacts_of(ole())
    assert (email.kind, email.value, email.verified_at) == (
        ContactKind.EMAIL,
        "ole@example.org",
        datetime(2025, 1, 31, 7, tzinfo=UTC),
    )
    assert (phone.value, phone.verified_at) == ("+358401234567", None)
    (home,) = queries.homes_of(ole())
    assert (home.company, home.start, home.end) == ("north", date(2019, 5, 3), None)


def test_parquet_may_hold_days_and_instants_as_such(take, tmp_path):
    columns = {name: [value] for name, value in OLE.items()}
    columns |= {"birth_date": [date(1980, 2, 29)], "email_verified_at": [datetime(2025, 1, 31, 7, tzinfo=UTC)]}
    pq.write_table(pa.table(columns), tmp_path / "people.parquet")

    take(tmp_path / "people.parquet")

    assert queries.details(ole()).birth_date == date(1980, 2, 29)
    assert queries.contacts_of(ole())[0].verified_at == datetime(2025, 1, 31, 7, tzinfo=UTC)


def test_files_go_in_by_what_they_are_in_whatever_order_they_are_named(take, file):
    cards, people = file(CARD, name="cards.csv"), file(OLE, name="people.csv")

    assert take(cards, people) == {"people": {"new": 1}, "cards": {"new": 1}}
    assert queries.holder_at(CARD["card"], at=NOW) == ole()


def test_a_second_import_leaves_everything_as_it_is(take, file):
    paths = file(OLE, IDA, name="people.csv"), file(CARD, name="cards.csv")
    take(*paths)
    entries = Entry.objects.count()

    assert take(*paths) == {"people": {"same": 2}, "cards": {"same": 1}}
    assert take(file({**OLE, "town": "Vasa"}, IDA)) == {"people": {"kept": 1, "same": 1}}
    assert queries.details(ole()).address.town == "Uleåborg"
    assert Entry.objects.count() == entries


def test_a_dry_run_stores_nothing_and_counts_everything(take, file):
    assert take(file(OLE, name="people.csv"), file(CARD, name="cards.csv"), dry_run=True) == {
        "people": {"new": 1},
        "cards": {"new": 1},
    }
    assert queries.by_numbers({"M-1"}) == {}


def test_a_delta_changes_what_is_otherwise_and_its_entries_name_fields(take, file):
    take(file(OLE, IDA), file(CARD, name="cards.csv"))
    moved = {**OLE, "given_name": "Olle", "street": "Nygatan 2", "email": "olle@example.org", "email_verified_at": ""}

    assert take(file(moved, {**IDA, "number": "M-3"}), change=True) == {"people": {"changed": 1, "new": 1}}

    person = queries.details(ole())
    assert (person.given_name, person.address.street) == ("Olle", "Nygatan 2")
    email, phone = queries.contacts_of(ole())
    assert (email.value, email.verified_at) == ("olle@example.org", None)
    assert phone.value == "+358401234567"
    (entry,) = Entry.objects.filter(subject=queries.audit_id(ole()))
    assert (entry.action, entry.purpose) == ("members.change_details", "given_name address email")


def test_a_delta_leaves_columns_alone_that_it_does_not_have_and_empties_empty_ones(take, file):
    take(file(OLE, IDA))
    short = ("number", "given_name", "family_name", "language", "phone")

    assert take(file({**OLE, "phone": ""}, columns=short), change=True) == {"people": {"changed": 1}}

    (email,) = queries.contacts_of(ole())
    assert email.value == "ole@example.org"
    assert email.verified_at is not None
    assert queries.details(ole()).address.town == "Uleåborg"


def test_a_contact_that_was_verified_here_stays_so(take, file):
    take(file({**OLE, "email_verified_at": ""}, IDA))
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE members_contact SET verified_at = %s WHERE kind = 'email'", [at])

    take(file({**OLE, "email_verified_at": "", "town": "Vasa"}, IDA), change=True)

    assert queries.contacts_of(ole())[0].verified_at == at


def test_a_delta_moves_people_to_another_coop_and_out(take, file):
    from kvitto.stores.models import Company

    Company.objects.create(code="south", name="Southern Co-op", business_id="7654321-1", kind="co-op")
    take(file(OLE, IDA), file(CARD, name="cards.csv"))

    result = take(
        file(
            {**OLE, "left_on": str(TODAY)},
            {**IDA, "coop": "south", "member_since": str(TODAY), "left_on": ""},
        ),
        change=True,
    )

    assert result == {"people": {"changed": 2}}
    assert queries.home_at(ole(), day=TODAY) is None
    assert queries.holder_at(CARD["card"], at=NOW) is None
    ida = queries.by_numbers({"M-2"})["M-2"].person_id
    assert queries.home_at(ida, day=TODAY).company == "south"


def test_a_delta_with_a_move_to_come_can_be_run_again(take, file):
    from kvitto.stores.models import Company

    Company.objects.create(code="south", name="Southern Co-op", business_id="7654321-1", kind="co-op")
    take(file(OLE))
    move = file({**OLE, "coop": "south", "member_since": str(TODAY + 10 * DAY)})
    assert take(move, change=True) == {"people": {"changed": 1}}

    assert take(move, change=True) == {"people": {"same": 1}}

    assert queries.home_at(ole(), day=TODAY).company == OLE["coop"]
    assert queries.home_at(ole(), day=TODAY + 10 * DAY).company == "south"


def test_a_card_passes_on_in_a_delta(take, file):
    take(file(OLE, IDA), file(CARD, name="cards.csv"))
    ended = {**CARD, "until": (NOW - DAY).isoformat(), "state": "lost"}
    passed = {**CARD, "member": "M-2", "since": (NOW - DAY).isoformat(), "until": "", "state": ""}

    assert take(file(passed, ended), change=True) == {"cards": {"new": 1, "changed": 1}}

    assert queries.holder_at(CARD["card"], at=NOW - 2 * DAY) == ole()
    assert queries.holder_at(CARD["card"], at=NOW) == queries.by_numbers({"M-2"})["M-2"].person_id
    assert Card.objects.get(person_id=ole()).state == "lost"


def test_a_delta_cannot_give_a_card_back_that_is_somebody_elses_by_now(take, file):
    take(file(OLE, IDA), file(CARD, name="cards.csv"))
    ended = {**CARD, "until": (NOW - DAY).isoformat(), "state": "lost"}
    passed = {**CARD, "member": "M-2", "since": (NOW - DAY).isoformat(), "until": "", "state": ""}
    take(file(passed, ended), change=True)

    assert take(file({**ended, "until": "", "state": ""}), change=True) == {"cards": {"rejected": 1}}
    assert take.rejects == [(2, *HELD)]


GOOD = [{**OLE, "number": f"G-{n}", "email": "", "email_verified_at": "", "phone": ""} for n in range(3)]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("number", "", "missing"),
        ("number", "M 1", "not a number of at most 20"),
        ("number", "G-0", "twice"),
        ("given_name", "", "missing"),
        ("given_name", "90100", "are columns swapped?"),
        ("language", "de", "none of sv, fi, en"),
        ("birth_date", "29.2.1980", "not a day like"),
        ("birth_date", "1879-12-31", "not between"),
        ("birth_date", str(TODAY + 9 * DAY), "not between"),
        ("postal_code", "Uleåborg", "are columns swapped?"),
        ("town", "90100", "are columns swapped?"),
        ("country", "Finland", "not two capital letters"),
        ("email", "ole", "not of the form"),
        ("phone", "040 123", "not of the form"),
        ("email_verified_at", "2025-01-31T09:00:00", "not an instant"),
        ("email_verified_at", "2025-01-31T09:00:00+02:00", "without the email"),
        ("coop", "nowhere", "no regional co-op"),
        ("member_since", "", "missing beside a coop"),
        ("left_on", "2019-05-03", "not after member_since"),
        ("left_on", str(TODAY + 9 * DAY), "in the future"),
    ],
)
def test_a_bad_person_is_refused_alone(take, file, column, value, reason):
    rows = [{**row, "left_on": ""} for row in GOOD]

    assert take(file(*rows, {**rows[0], "number": "M-9", column: value})) == {"people": {"new": 3, "rejected": 1}}

    ((row, where, why),) = take.rejects
    assert (row, where) == (5, column)
    assert reason in why
    assert len(value) < 4 or value not in why  # it may be somebody's


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"card": "1234567"}, "card", "8 to 19 digits"),
        ({"member": "M-404"}, "member", "nobody in the register"),
        ({"since": "2019-05-03"}, "since", "not an instant"),
        ({"until": "2019-05-03T11:00:00+03:00"}, "until", "not after since"),
        ({"state": "lost"}, "until", "a lost card has ended"),
        ({"state": "gone"}, "state", "none of"),
        ({"card": AINO_CARD, "since": NOW.isoformat()}, "card", "held at that time"),
        ({"card": "9246000000007021", "member": "G-1"}, "card", "two at one time"),
    ],
)
def test_a_bad_card_is_refused_alone(take, file, change, column, reason):
    take(file(OLE, *GOOD))
    empty = {"until": "", "state": ""}
    good = [{**CARD, **empty, "card": f"92460000000070{n}", "member": f"G-{n % 3}"} for n in (21, 22, 23)]

    result = take(file(*good, {**CARD, **empty, **change}))

    assert result == {"cards": {"new": 3, "rejected": 1}}
    ((row, where, why),) = take.rejects
    assert (row, where) == (5, column)
    assert reason in why


def test_swapped_columns_stop_a_file_before_anything_of_it_is_stored(take, file):
    good = [{**GOOD[0], "number": f"G-{n}"} for n in range(9)]
    swapped = [{**GOOD[0], "number": f"G-{n}", "town": "90100", "postal_code": "Uleåborg"} for n in range(9, 20)]
    with pytest.raises(FileRefusedError, match=r"11 of the first 20 rows .* columns are swapped"):
        take(file(*good, *swapped))

    cards = [{"card": f"G-{n}", "member": f"92460000000070{n:02}", "since": CARD["since"]} for n in range(20)]
    with pytest.raises(FileRefusedError, match="card: not a number of 8 to 19 digits"):
        take(file(*cards))
    assert not Person.objects.filter(number__startswith="G-").exists()


HOME = {"household": "H-1", "member": "M-1", "role": "main", "since": "2020-01-01", "guardian": ""}


def test_households_come_in_whole_with_guardians_and_only_once(take, file):
    child = {**IDA, "birth_date": str(TODAY.replace(year=TODAY.year - 9))}
    take(file(OLE, child))
    rows = HOME, {**HOME, "member": "M-2", "role": "minor", "guardian": "M-1"}

    assert take(file(*rows)) == {"households": {"new": 2}}
    assert take(file(*rows)) == {"households": {"same": 2}}

    home = households.home(ole(), today=TODAY, now=NOW)
    assert [(mate.given_name, mate.role, mate.ward) for mate in home.mates] == [
        ("Ole", "main", False),
        ("Ida", "minor", True),
    ]


@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({"role": "main"}, "role", "this one has 2"),
        ({"role": "minor"}, "role", "somebody under 18"),
        ({"member": "M-404"}, "member", "nobody in the register"),
        ({"member": "M-1"}, "member", "twice"),
        ({"household": "H-0"}, "household", "is here already, without this person"),
        ({"member": "G-0"}, "member", "in another household"),
        ({"guardian": "M-1"}, "guardian", "only a minor"),
        ({"since": str(TODAY + 9 * DAY)}, "since", "in the future"),
    ],
)
def test_a_household_with_a_bad_row_stays_out_as_a_whole(take, file, changes, column, reason):
    take(file(OLE, IDA, *GOOD))
    take(file({**HOME, "household": "H-0", "member": "G-0"}))
    alone = [{**HOME, "household": f"H-{n}", "member": f"G-{n}"} for n in (1, 2)]
    adult = {**HOME, "household": "H-9", "member": "M-2", "role": "adult"}

    result = take(file(*alone, *alone[:0], {**HOME, "household": "H-9"}, {**adult, **changes}))

    assert result["households"]["new"] >= 2
    found = {(where, why) for _, where, why in take.rejects}
    assert any(where == column and reason in why for where, why in found)


def test_earlier_bans_come_in_as_statements_of_their_day(take, file):
    take(file(OLE, IDA))
    at = NOW - 9 * DAY
    said = {"member": "M-1", "topic": "purchase_use", "value": "no", "stated_at": at.isoformat()}
    level = {**said, "topic": "recording_level", "value": "group"}
    wish = {**said, "topic": "diet", "value": "vegan no_pork"}

    category = {**said, "topic": "not_recorded", "value": "alcohol"}
    assert take(file(said, level, wish, category)) == {"choices": {"new": 4}}
    assert take(file(said, level, wish, category)) == {"choices": {"same": 4}}

    decided = choices.decisions(ole(), profile=Profile.DEFAULT)
    assert (decided[Topic.PURCHASE_USE].value, decided[Topic.PURCHASE_USE].since) == (0, at)
    assert decided[Topic.RECORDING_LEVEL].value == Level.GROUP
    assert decided[Topic.NOT_RECORDED].codes == ("alcohol",)
    assert decided[Topic.DIET].codes == ("vegan", "no_pork")
    assert set(Statement.objects.filter(person_id=ole()).values_list("channel", flat=True)) == {"migration"}


@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({"topic": "email", "value": "yes"}, "value", "allows more"),
        ({"topic": "weather"}, "topic", "none of"),
        ({"value": "perhaps"}, "value", "none of no, yes"),
        ({"topic": "not_recorded", "value": "cake"}, "value", "none of the assortment's categories"),
        ({"topic": "diet", "value": "cake"}, "value", "cannot be said about diet"),
        ({"stated_at": (NOW + DAY).isoformat()}, "stated_at", "in the future"),
        ({"member": "M-404"}, "member", "nobody in the register"),
    ],
)
def test_a_bad_choice_is_refused_alone(take, file, changes, column, reason):
    take(file(OLE, IDA))
    said = {"member": "M-1", "topic": "purchase_use", "value": "no", "stated_at": NOW.isoformat()}

    assert take(file(said, {**said, "member": "M-2"}, {**said, **changes})) == {"choices": {"new": 2, "rejected": 1}}

    ((row, where, why),) = take.rejects
    assert (row, where) == (4, column)
    assert reason in why


@pytest.mark.parametrize("rows", [[HOME], [{"member": "M-1", "topic": "diet", "value": "", "stated_at": ""}]])
def test_a_delta_takes_neither_households_nor_choices(take, file, rows):
    with pytest.raises(FileRefusedError, match="members change them themselves"):
        take(file(*rows), change=True)


def test_a_file_of_many_batches_goes_in_whole_and_keeps_households_together(take, file, monkeypatch):
    monkeypatch.setattr(importer, "BATCH", 4)
    people = [{**GOOD[0], "number": f"B-{n}"} for n in range(20)]
    homes = [
        {**HOME, "household": f"H-{n // 3}", "member": f"B-{n}", "role": "adult" if n % 3 else "main"}
        for n in range(18)
    ]

    assert take(file(*people), file(*homes, name="homes.csv")) == {"people": {"new": 20}, "households": {"new": 18}}
    assert set(Kind) >= {"people", "households"}
