"""What staff sign, the cases under which data handlers open purchases, and changes that take two people."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from kvitto.audit.models import Entry
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.members import queries as members
from kvitto.staff import actions, agreement, cases, queries, rules
from kvitto.staff.gate import DeniedError, permit_lines
from kvitto.staff.models import Agreement, Case, PendingChange, Signature
from kvitto.staff.types import Act, AgreementState, Denial, Duty, Reason
from tests.cast import NOW
from tests.rooms.staff.conftest import hire, sign

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
INSTANT = timedelta(microseconds=1)
TEXTS = {"sv": "Tyst.", "fi": "Hiljaa.", "en": "Hush."}


def publish(texts=TEXTS, *, valid_from=NOW, now=NOW, by=OPERATOR):
    with opened():
        return actions.publish_agreement(texts=texts, valid_from=valid_from, by=by, now=now)


def state(colleague, now=NOW):
    return queries.agreement_state(colleague.staff_id, now=now)


def open_case(colleague, person_id, *, reason=Reason.CLAIM, asked=False, reference="C-1", now=NOW):
    with opened():
        return cases.open_case(
            person_id=person_id, reference=reference, reason=reason, member_asked=asked, by=colleague.by, now=now
        )


def approve_case(case_id, colleague, *, now=NOW):
    with opened():
        return cases.approve_case(case_id=case_id, fresh_factor=True, by=colleague.by, now=now)


def why(act, *arguments, **keywords):
    with pytest.raises(DeniedError) as refused:
        act(*arguments, **keywords)
    return refused.value.why


def lines(colleague, person_id, now=NOW):
    return permit_lines(by=colleague.by, person_id=person_id, now=now)


def test_an_agreement_holds_for_twelve_months(staff):
    until = datetime(2027, 11, 22, 12, tzinfo=UTC)

    assert state(staff.dag, until - INSTANT) is AgreementState.VALID
    assert state(staff.dag, until) is AgreementState.EXPIRED
    with opened():
        sign(staff.dag, now=until)
    assert state(staff.dag, until) is AgreementState.VALID


def test_whoever_signed_nothing_has_no_agreement(staff):
    with opened():
        newcomer = hire("Faruk Forsman")

    assert state(newcomer) is AgreementState.MISSING


def test_a_new_text_has_to_be_signed_from_its_day_on(staff):
    version = publish(valid_from=NOW + DAY)
    assert state(staff.dag) is AgreementState.VALID
    assert state(staff.dag, NOW + DAY) is AgreementState.OUTDATED

    with opened():
        sign(staff.dag, version)

    assert state(staff.dag) is state(staff.dag, NOW + DAY) is AgreementState.VALID
    with pytest.raises(actions.OldTextError), opened():
        sign(staff.dag, 1, now=NOW + DAY)


def test_what_was_signed_stays_readable(staff):
    publish()
    signature = Signature.objects.filter(staff_id=staff.dag.staff_id).get()

    assert queries.agreement(signature.agreement_id).texts == agreement.texts()
    assert signature.hash == rules.agreement_digest(agreement.texts())
    assert signature.language == "sv"


def test_signing_takes_a_fresh_second_factor(staff):
    with pytest.raises(DeniedError), opened():
        actions.sign_agreement(version=1, language="fi", fresh_factor=False, by=staff.dag.by, now=NOW)


@pytest.mark.parametrize(
    ("error", "texts", "valid_from"),
    [
        (actions.AgreementTextError, {"sv": "Tyst."}, NOW),
        (actions.AgreementTextError, TEXTS | {"fi": " \n"}, NOW),
        (actions.AgreementTextError, TEXTS | {"de": "Still."}, NOW),
        (actions.AgreementTextError, TEXTS, NOW - INSTANT),
        (actions.SameTextError, agreement.texts(), NOW),
    ],
)
def test_an_agreement_is_three_new_texts_from_now_on(staff, error, texts, valid_from):
    with pytest.raises(error):
        publish(texts, valid_from=valid_from)

    assert Agreement.objects.count() == 1


def test_the_shipped_texts_are_of_one_shape():
    headings = {sum(line.startswith("#") for line in text.splitlines()) for text in agreement.texts().values()}
    points = {sum(line[:1].isdigit() for line in text.splitlines()) for text in agreement.texts().values()}

    assert (headings, points) == ({6}, {7})


@pytest.mark.parametrize("table", [Agreement, Signature])
def test_what_was_signed_is_never_changed(staff, table):
    for change in (lambda: table.objects.update(hash="0"), lambda: table.objects.all()._raw_delete("default")):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            change()


def test_without_the_agreement_a_handler_opens_nothing(staff, cast):
    case_id = open_case(staff.dag, cast.aino, asked=True)
    publish()

    assert why(lines, staff.dag, cast.aino) is Denial.AGREEMENT_OUTDATED
    assert why(open_case, staff.dag, cast.aino) is Denial.AGREEMENT_OUTDATED
    assert case_id


def test_when_the_member_asked_a_case_is_open_for_sixty_minutes(staff, cast):
    open_case(staff.dag, cast.aino, reason=Reason.MEMBER_ASKED)

    case = lines(staff.dag, cast.aino, NOW + 60 * MINUTE - INSTANT)
    assert (case.reason, case.member_asked, case.approved) == (Reason.MEMBER_ASKED, True, False)
    assert why(lines, staff.dag, cast.aino, NOW + 60 * MINUTE) is Denial.CASE


def test_otherwise_sixty_minutes_begin_when_a_colleague_approves(staff, cast):
    case_id = open_case(staff.dag, cast.aino)
    assert why(lines, staff.dag, cast.aino) is Denial.SECOND_PERSON
    assert [each.case_id for each in queries.waiting_cases(now=NOW)] == [case_id]
    approved_at = NOW + 30 * MINUTE

    until = approve_case(case_id, staff.doris, now=approved_at)

    assert until == approved_at + 60 * MINUTE
    assert lines(staff.dag, cast.aino, until - INSTANT).number == f"case-{case_id}"
    assert why(lines, staff.dag, cast.aino, until) is Denial.CASE
    assert queries.waiting_cases(now=approved_at) == []


def test_a_case_is_for_one_member_and_one_handler(staff, cast):
    approve_case(open_case(staff.dag, cast.aino), staff.doris)

    assert lines(staff.dag, cast.aino)
    assert why(lines, staff.dag, cast.bjorn) is Denial.CASE
    assert why(lines, staff.doris, cast.aino) is Denial.CASE


def test_a_case_is_approved_by_another_in_time_and_once(staff, cast):
    case_id = open_case(staff.dag, cast.aino)
    with pytest.raises(actions.SelfApprovalError):
        approve_case(case_id, staff.dag)
    assert why(approve_case, case_id, staff.elsa) is Denial.DUTY
    with pytest.raises(actions.NothingWaitsError):
        approve_case(case_id, staff.doris, now=NOW + 60 * MINUTE)
    approve_case(case_id, staff.doris)
    with pytest.raises(actions.NothingWaitsError):
        approve_case(case_id, staff.doris)
    with pytest.raises(actions.UnknownError):
        approve_case(case_id + 1, staff.doris)


def test_a_case_the_member_asked_for_waits_for_nobody(staff, cast):
    case_id = open_case(staff.dag, cast.aino, asked=True)

    with pytest.raises(actions.NothingWaitsError):
        approve_case(case_id, staff.doris)


@pytest.mark.parametrize("who", ["disa", "elsa", "greta"])
def test_only_data_handlers_open_cases(staff, cast, who):
    assert why(open_case, getattr(staff, who), cast.aino, reason=Reason.MEMBER_ASKED) is Denial.DUTY


def test_nobody_opens_their_own_or_a_namesakes_record(staff, cast):
    with opened():
        chen, ahonen = hire("Chen Chang", cast.chen), hire("Tuija Ahonen")
        for colleague in (chen, ahonen):
            sign(colleague)
            staff.give(colleague, Duty.DATA_HANDLER)

    assert why(open_case, chen, cast.chen) is Denial.OWN_RECORD
    assert why(open_case, ahonen, cast.aino) is Denial.NAMESAKE_RECORD
    assert why(approve_case, open_case(staff.dag, cast.aino), ahonen) is Denial.NAMESAKE_RECORD
    assert open_case(ahonen, cast.chen)


@pytest.mark.parametrize("reference", ["", "C" * 101, "C\n1", "C\x001", "C\u202e1", " C"])
def test_a_case_reference_is_short_and_visible(staff, cast, reference):
    with pytest.raises(cases.CaseReferenceError):
        open_case(staff.dag, cast.aino, reference=reference)


def test_a_case_about_nobody_is_not_opened(staff, cast):
    with pytest.raises(actions.UnknownError):
        open_case(staff.dag, cast.chen + 999)


def test_a_case_stands_in_the_members_traces_with_its_number_and_reason(staff, cast):
    reference = "R" * 100
    case_id = open_case(staff.dag, cast.aino, reference=reference)
    approve_case(case_id, staff.doris)

    found = Entry.objects.filter(subject=members.audit_id(cast.aino), case=f"case-{case_id}").order_by("pk")
    assert list(found.values_list("action", "purpose", "actor_id")) == [
        ("staff.open_case", "claim", staff.dag.by.id),
        ("staff.approve_case", "claim", staff.doris.by.id),
    ]
    assert queries.open_case_for(staff.dag.staff_id, cast.aino, now=NOW).reference == reference


def test_the_database_holds_what_a_case_is(staff, cast):
    known = {"reference": "C-1", "reason": "claim", "person_id": cast.aino, "opened_by_id": staff.dag.staff_id,
             "opened_at": NOW, "member_asked": False, "ends_at": NOW + 60 * MINUTE}  # fmt: skip
    approved = {"approved_by_id": staff.doris.staff_id, "approved_at": NOW + MINUTE, "ends_at": NOW + 61 * MINUTE}
    Case.objects.create(**known)
    Case.objects.create(**known | approved)
    for constraint, fields in (
        ("staff_case_reference", {"reference": ""}),
        ("staff_case_reference", {"reference": "C\n1"}),
        ("staff_case_reason", {"reason": "curiosity"}),
        ("staff_case_member_asked", {"reason": "member_asked"}),
        ("staff_case_sixty_minutes", {"ends_at": NOW + 61 * MINUTE}),
        ("staff_case_sixty_minutes", approved | {"ends_at": NOW + 62 * MINUTE}),
        ("staff_case_sixty_minutes", approved | {"approved_by_id": None}),
        ("staff_case_sixty_minutes", approved | {"member_asked": True}),
        ("staff_case_sixty_minutes", approved | {"approved_at": NOW + 60 * MINUTE, "ends_at": NOW + 120 * MINUTE}),
        ("staff_case_four_eyes", approved | {"approved_by_id": staff.dag.staff_id}),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Case.objects.create(**known | fields)


# changes that take two people


@pytest.fixture
def officer(staff):
    with opened():
        found = hire("Petra Palm")
        sign(found)
        staff.give(found, Duty.PRIVACY_OFFICER)
    return found


def propose(colleague, act=Act.RETENTION_CHANGE, now=NOW):
    with opened():
        return actions.propose_change(act=act, payload={"months": 24}, fresh_factor=True, by=colleague.by, now=now)


def approve(change_id, colleague, now=NOW):
    with opened():
        actions.approve_change(change_id=change_id, fresh_factor=True, by=colleague.by, now=now)


def finish(change_id, colleague, act=Act.RETENTION_CHANGE):
    with opened():
        return actions.finish_change(change_id=change_id, act=act, by=colleague.by, now=NOW)


def test_a_change_is_proposed_approved_and_done_once(staff, officer):
    change_id = propose(staff.greta)
    assert [each.payload for each in queries.open_changes(now=NOW)] == [{"months": 24}]
    with pytest.raises(actions.NothingWaitsError):
        finish(change_id, staff.greta)

    approve(change_id, officer)

    assert queries.open_changes(now=NOW) == []
    with pytest.raises(actions.NothingWaitsError):
        finish(change_id, staff.greta, act=Act.KEYS_DESTROY)
    assert finish(change_id, staff.greta) == {"months": 24}
    with pytest.raises(actions.NothingWaitsError):
        finish(change_id, staff.greta)


def test_a_change_is_approved_by_another_of_the_right_duty_in_time(staff, officer):
    change_id = propose(staff.greta)
    with pytest.raises(actions.SelfApprovalError):
        approve(change_id, staff.greta)
    assert why(approve, change_id, staff.ines) is Denial.DUTY, "retention is the privacy officer's to approve"
    assert why(approve, change_id, staff.dag) is Denial.DUTY
    with pytest.raises(actions.NothingWaitsError):
        approve(change_id, officer, now=NOW + 7 * DAY)


@pytest.mark.parametrize("act", [Act.LINES_OPEN, Act.DUTY_APPROVE, Act.PUBLIC_FRONT])
def test_what_one_person_does_waits_for_nobody(staff, act):
    with pytest.raises(actions.OnePersonError):
        propose(staff.greta, act)


@pytest.mark.parametrize("act", [act for act in Act if rules.waits(act)])
def test_an_analyst_proposes_nothing(staff, act):
    assert why(propose, staff.elsa, act) is Denial.DUTY


def test_the_database_holds_the_order_of_a_change(staff):
    known = {"act": "keys.destroy", "payload": {}, "proposed_by_id": staff.greta.staff_id, "proposed_at": NOW}
    approved = {"approved_by_id": staff.ines.staff_id, "approved_at": NOW}
    PendingChange.objects.create(**known | approved | {"done_at": NOW})
    for constraint, fields in (
        ("staff_change_act", {"act": "anything"}),
        ("staff_change_approval", {"approved_at": NOW}),
        ("staff_change_four_eyes", approved | {"approved_by_id": staff.greta.staff_id}),
        ("staff_change_in_time", approved | {"approved_at": NOW + 7 * DAY}),
        ("staff_change_approved_first", {"done_at": NOW}),
        ("staff_change_approved_first", approved | {"done_at": NOW - INSTANT}),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            PendingChange.objects.create(**known | fields)
