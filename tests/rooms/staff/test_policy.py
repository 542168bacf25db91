"""The policy, cell by cell: every kind of actor, duty, act, reason, relation, agreement and circumstance is decided.

What must be true of each is written here anew, by duty and in plain invariants, and never read from the policy's own table.
"""

from itertools import product

import pytest

from kvitto.kernel.actor import ActorKind
from kvitto.staff.rules import decide
from kvitto.staff.types import Act, AgreementState, Choices, Denial, Duty, Question, Reason, Relation, Standing

STAFF, MEMBER = ActorKind.STAFF, ActorKind.MEMBER
VALID = AgreementState.VALID
YES_NO = (False, True)

VISITORS = {
    "public.front", "public.levels", "public.what_we_record", "public.language", "public.api", "public.app", "public.sign_in",
    "public.sign_out", "public.activate", "public.confirm", "public.design", "demo.become", "staff.sign_in",
    "public.look_ups", "public.check_proof",
}  # fmt: skip
OWN = {
    "own.view_purchases", "own.search", "own.receipts", "own.export", "own.archive", "own.card", "own.account", "own.traces",
    "own.ask", "own.security", "own.choices", "own.notices", "own.household", "own.bonus", "own.keep_back", "own.remove",
    "own.everything", "own.warranties", "own.claim",
}  # fmt: skip
OPERATORS = {
    "member.issue_code", "household.change", "register.import", "log.prove",
    "duty.add_person", "agreement.publish", "access.view_table", "network.load", "assortment.load",
    "processors.load", "bonus.load", "bonus.settle", "bonus.pay",
    "receipts.import", "receipts.view_conflicts", "receipts.decide_conflict", "receipts.view_quarantine",
    "receipts.view_gaps", "receipts.show_format", "receipts.inspect", "retention.run",
    "till_key.issue", "till_key.revoke", "till_key.view", "db.operate", "bench.run", "demo.load", "serve.run", "jobs.work",
    "duty.reset_sign_in", "notices.view_unsent",
}  # fmt: skip
WITHOUT_AGREEMENT = {
    "demo.become",
    "public.language", "public.sign_out", "staff.sign_in", "staff.second_factor", "staff.sign_agreement",
}  # fmt: skip
WITHOUT_DUTY = WITHOUT_AGREEMENT | {"staff.home", "staff.own_sessions"}
OF_DUTY = {
    None: set(),
    Duty.SERVICE_POINT: {
        "member.find", "member.view_identity", "member.view_membership", "member.view_choices",
        "member.register_choice", "member.remove", "member.view_household", "member.view_bonus", "member.issue_code",
        "staff.own_cases",
    },
    Duty.DATA_HANDLER: {
        "member.find", "member.view_identity", "member.view_membership", "case.open", "case.approve", "lines.open",
        "lines.break_glass", "approvals.view", "export.bulk", "staff.own_cases", "receipts.view_conflicts",
        "receipts.decide_conflict",
    },
    Duty.ANALYST: {"insight.query"},
    Duty.MARKETER: {"audience.build", "publication.send"},
    Duty.PRIVACY_OFFICER: {
        "case.approve", "duty.propose", "duty.approve", "duty.end", "agreement.publish", "access.view_table",
        "approvals.view", "change.approve", "network.view", "threshold.change", "audit.view", "audit.look_ups",
        "glass.review", "agreement.view", "till_key.view", "oversight.answer",
    },
    Duty.ADMINISTRATOR: {
        "duty.propose", "duty.approve", "duty.end", "access.view_table", "approvals.view", "change.approve",
        "network.view", "retention.change", "keys.destroy", "till_key.issue", "till_key.revoke", "till_key.view",
        "agreement.view", "receipts.view_gaps", "receipts.settle_gap",
    },
    Duty.AUDITOR: {"audit.view", "audit.look_ups"},
}  # fmt: skip
OF_KIND = {
    ActorKind.VISITOR: VISITORS,
    ActorKind.MEMBER: (VISITORS - {"staff.sign_in"}) | OWN,
    ActorKind.TILL: {"receipts.import", "receipts.ask", "receipts.check_card"},
    ActorKind.OPERATOR: OPERATORS,
    ActorKind.SYSTEM: {
        "retention.run",
        "categories.sweep",
        "receipts.want",
        "notices.mail",
        "bonus.settle",
        "warranties.remind",
        "oversight.watch",
    },
}

A_PERSONS_RECORD = {each for each in Act if each.startswith(("member.", "case.", "lines."))}
PURCHASES = {"lines.open", "lines.break_glass"}
FOUR_EYES = {
    "duty.approve",
    "case.approve",
    "change.approve",
    "export.bulk",
    "keys.destroy",
    "retention.change",
    "threshold.change",
}
SECOND_FACTOR = FOUR_EYES | {
    "staff.sign_agreement",
    "agreement.publish",
    "lines.break_glass",
    "till_key.issue",
    "receipts.decide_conflict",
    "glass.review",
}
WITH_REASON = A_PERSONS_RECORD - {"case.approve"}


def expected(kind, duty, question):
    """Whether it must be allowed, from the sets above."""
    act, standing = question.act, question.standing
    if kind is not STAFF:
        return act in OF_KIND[kind] and (act not in OWN or (question.relation == "self" and _archive_fits(question)))
    if act in WITHOUT_DUTY:
        signed = act in WITHOUT_AGREEMENT or standing.agreement is VALID
        return signed and (act != "staff.sign_agreement" or standing.fresh_factor)
    return (
        act in OF_DUTY[duty]
        and standing.agreement is VALID
        and (act not in A_PERSONS_RECORD or question.relation == "stranger" or _finds_anybody(question))
        and (act not in WITH_REASON or _fits(question.reason, duty, act))
        and (act != "lines.open" or (question.has_case and (question.member_asked or question.approved)))
        and (act not in FOUR_EYES or question.approved)
        and (act not in SECOND_FACTOR or standing.fresh_factor)
    )


def _archive_fits(question):
    return question.act != "own.archive" or question.choices.archive


def _finds_anybody(question):
    return question.act == "member.find" and question.relation is None


def _fits(reason, duty, act):
    if duty is Duty.SERVICE_POINT:
        return reason == "member_asked"
    return reason == "product_safety" if act == "lines.break_glass" else reason is not None


def broken(kind, duty, question):  # noqa: C901, PLR0912  a list, one promise after the other
    """The promises that an allowed question breaks, whatever the sets above say."""
    act, standing = question.act, question.standing
    if kind is STAFF and act.startswith("own."):
        yield "staff see no purchases through a member's pages, not even their own"
    if act.startswith("own.") and question.relation is not Relation.SELF:
        yield "a member sees their own data and nobody else's"
    if kind is not STAFF:
        if act in PURCHASES or act.startswith(("case.", "audit.", "insight.", "audience.")):
            yield "only staff get to purchases of others, to cases and to groups"
        if act in A_PERSONS_RECORD and (kind, act) != (ActorKind.OPERATOR, "member.issue_code"):
            yield "nobody but staff touches a person's record, but for the code that an operator makes"
        return
    about_a_person = act in A_PERSONS_RECORD or act == "export.bulk"
    if act in PURCHASES and duty is not Duty.DATA_HANDLER:
        yield "only data handlers open purchases"
    if about_a_person and duty not in {Duty.SERVICE_POINT, Duty.DATA_HANDLER} and act != "case.approve":
        yield "administrators, analysts, marketers, auditors and privacy officers see no person's data"
    if about_a_person and standing.agreement is not VALID:
        yield "nothing that touches a person works without a valid agreement"
    if act in A_PERSONS_RECORD and question.relation in {Relation.SELF, Relation.HOUSEHOLD, Relation.NAMESAKE}:
        yield "nobody opens their own, their household's or a namesake's record as staff"
    if duty is Duty.AUDITOR and act not in WITHOUT_DUTY and not act.startswith("audit."):
        yield "auditors read the record of acts and nothing else"
    if duty is None and act not in WITHOUT_DUTY:
        yield "without a duty there is one's own sign-in and agreement, and nothing else"
    if standing.agreement is not VALID and act not in WITHOUT_AGREEMENT:
        yield "without a valid agreement there is the way in and the agreement, and nothing else"
    if act == "lines.open" and not (question.has_case and question.reason):
        yield "purchases are opened for a reason and under a case"
    if act == "lines.open" and not (question.approved or question.member_asked):
        yield "purchases are opened with a second person's approval, unless the member asked"
    if act == "lines.break_glass" and not (question.reason is Reason.PRODUCT_SAFETY and standing.fresh_factor):
        yield "the glass is broken for a dangerous product only, and with a second factor"
    if (
        act in {"duty.approve", "export.bulk", "keys.destroy", "retention.change", "threshold.change"}
        and not question.approved
    ):
        yield "duties, exports, keys, retention and thresholds take four eyes"


def standings():
    """(kind, duty, standing): staff with each duty and with none; the others with all duties, which must not help them."""
    for agreement, fresh in product(AgreementState, YES_NO):
        for duty in (None, *Duty):
            yield STAFF, duty, Standing(STAFF, frozenset({duty} - {None}), agreement, fresh)
        if agreement in {VALID, AgreementState.MISSING}:
            for kind in OF_KIND:
                yield kind, None, Standing(kind, frozenset(Duty), agreement, fresh)


@pytest.mark.parametrize("act", Act)
def test_every_cell_is_decided_as_the_rules_say(act, record_property):
    circumstances = list(product((None, *Reason), YES_NO, (None, *Relation), YES_NO, YES_NO))
    cells, wrong = 0, set()
    for kind, duty, standing in standings():
        for reason, has_case, relation, member_asked, approved in circumstances:
            question = Question(standing, act, reason, has_case, relation, member_asked, approved)
            verdict = decide(question)
            cells += 1
            if verdict.allowed is (verdict.why is not None):
                wrong.add(f"{question}: a refusal, and only a refusal, has its why")
            if verdict.allowed != expected(kind, duty, question):
                wrong.add(f"{question}: {verdict}")
            if verdict.allowed:
                wrong |= set(broken(kind, duty, question))
    record_property("cells", cells)

    assert sorted(wrong)[:5] == []


def test_every_duty_and_every_kind_is_spoken_of():
    assert OF_DUTY.keys() == {None, *Duty}
    assert OF_KIND.keys() | {STAFF} == set(ActorKind)
    assert set().union(WITHOUT_DUTY, *OF_DUTY.values(), *OF_KIND.values()) == set(Act)


def best(act, duty, **changes):
    """A question that is allowed as it stands, but for the changes."""
    standing = Standing(STAFF, frozenset({duty}), changes.pop("agreement", VALID), changes.pop("fresh_factor", True))
    reason = Reason.PRODUCT_SAFETY if act == "lines.break_glass" else Reason.MEMBER_ASKED
    known = {"reason": reason, "has_case": True, "relation": Relation.STRANGER, "approved": True}
    return Question(standing, act, **known | changes)


@pytest.mark.parametrize(
    ("duty", "act"), [(duty, Act(act)) for duty, acts in OF_DUTY.items() for act in sorted(acts)], ids=str
)
def test_each_duty_can_do_what_it_is_for(duty, act):
    assert decide(best(act, duty)).allowed


@pytest.mark.parametrize(("people", "allowed"), [(1, True), (50, True), (51, False)])
def test_breaking_the_glass_shows_at_most_fifty_people_and_the_privacy_officer_is_told(people, allowed):
    verdict = decide(best(Act.LINES_BREAK_GLASS, Duty.DATA_HANDLER, people=people))

    assert (verdict.allowed, verdict.tell_privacy_officer) == (allowed, allowed)
    assert verdict.why is (None if allowed else Denial.TOO_MANY)


@pytest.mark.parametrize("act", sorted(A_PERSONS_RECORD - {"lines.break_glass"}))
def test_everything_else_is_one_person_at_a_time(act):
    duty = next(duty for duty, acts in OF_DUTY.items() if act in acts)

    assert decide(best(act, duty, people=2)).why is Denial.TOO_MANY


@pytest.mark.parametrize("archive", YES_NO)
def test_the_archive_is_there_when_the_member_turned_it_on(archive):
    question = Question(Standing(MEMBER), Act.OWN_ARCHIVE, relation=Relation.SELF, choices=Choices(archive))

    assert decide(question).allowed is archive


def test_two_duties_do_not_make_a_third():
    """A service point's reason opens no case, even for somebody who is an administrator as well."""
    both = Standing(STAFF, frozenset({Duty.SERVICE_POINT, Duty.ADMINISTRATOR}), VALID, fresh_factor=True)
    handler_too = Standing(STAFF, frozenset({Duty.SERVICE_POINT, Duty.DATA_HANDLER}), VALID, fresh_factor=True)
    known = {"reason": Reason.FAULT, "relation": Relation.STRANGER}

    assert decide(Question(both, Act.MEMBER_FIND, **known)).why is Denial.WRONG_REASON
    assert decide(Question(both, Act.CASE_OPEN, **known)).why is Denial.DUTY
    assert decide(Question(handler_too, Act.MEMBER_FIND, **known)).allowed
    assert decide(Question(handler_too, Act.MEMBER_VIEW_CHOICES, **known)).why is Denial.WRONG_REASON


def test_the_first_requirement_that_is_missing_is_named_in_a_fixed_order():
    """Nothing there at all, then one requirement after the other."""
    steps = [
        (Denial.SIGN_IN, {}),
        (Denial.DUTY, {"kind": STAFF}),
        (Denial.AGREEMENT_OUTDATED, {"duties": frozenset({Duty.DATA_HANDLER})}),
        (Denial.PERSON, {"agreement": VALID}),
        (Denial.CASE, {"relation": Relation.STRANGER}),
        (Denial.REASON, {"has_case": True}),
        (Denial.SECOND_PERSON, {"reason": Reason.CLAIM}),
        (None, {"member_asked": True}),
    ]
    who = {"kind": ActorKind.VISITOR, "agreement": AgreementState.OUTDATED}
    known = {}
    for why, more in steps:
        who |= {key: value for key, value in more.items() if key in {"kind", "duties", "agreement"}}
        known |= {key: value for key, value in more.items() if key not in who}
        assert decide(Question(Standing(**who), Act.LINES_OPEN, **known)).why is why

    named = [why for why, _ in steps if why]
    assert named == sorted(named, key=list(Denial).index)


@pytest.mark.parametrize("why", Denial)
def test_every_refusal_is_one_plain_sentence_or_two(why):
    assert why.words[0].isupper()
    assert why.words.endswith(".")
    assert Denial(why.value) is why
