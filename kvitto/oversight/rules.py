"""How acts are told as look-ups, and when something stands out. Every figure here is what the pages say of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import groupby
from statistics import fmean

from kvitto.audit.types import OPENING, Health, Trace, Witness
from kvitto.kernel.actor import ActorKind
from kvitto.kernel.periods import month_start
from kvitto.oversight.types import AlertKind, Arrivals, Count, Found, LookUp, Other, Question, Shown, Symptom
from kvitto.staff.rules import CASE_LASTS
from kvitto.staff.types import Duty

ANSWER_WITHIN = timedelta(days=14)
CLOSE_WITHIN = timedelta(days=7)
ANSWERED_KEPT = timedelta(days=731)
LONGEST_QUESTION, LONGEST_ANSWER = 1_000, 2_000

COUNTED_DAYS = (
    91  # for how long the counts of a day are kept: as far back as the privacy officer looks, and the last month
)
HABIT_DAYS = 28  # how far back goes what is usual
WATCHED_DAYS = 7  # so far back is looked for what stands out after the job has stood still
LONGEST_CASE = 2 * CASE_LASTS  # with the time that a colleague may take to approve it
FEW = 20  # so many look-ups a day never stand out
TIMES_USUAL = 3
OPEN_FROM, OPEN_UNTIL = 7, 21  # hours of the co-op's clock in which somebody is at work
DENIALS = 5  # so many refusals in a day stand out
NEAR = {"own_record", "household_record", "namesake_record"}  # refusals that one of them is enough of

NUMBERED_WITHIN = SIGNED_WITHIN = timedelta(minutes=5)
WITNESS_SILENT_AFTER = timedelta(days=7)


# What a member reads


def look_ups(
    traces: Iterable[Trace], cases: Mapping[str, tuple[Duty, bool]], questions: Mapping[int, Question]
) -> list[LookUp]:
    """What staff did under cases, each case once, the newest first."""
    found = []
    for case, acts in _by_case(traces).items():
        duty, alone = cases.get(case, (None, False))
        number = acts[0].number
        found.append(
            LookUp(
                number=number,
                begun=acts[0].at,
                ended=acts[-1].at,
                reason=next((act.purpose for act in acts if act.action.startswith("staff.")), acts[0].purpose),
                duty=duty,
                alone=alone,
                shown=_shown(acts),
                question=questions.get(number),
            )
        )
    return sorted(found, key=lambda each: (each.begun, each.number), reverse=True)


def others(traces: Iterable[Trace], questions: Mapping[int, Question], *, local: Mapping[int, date]) -> list[Other]:
    """What was done outside of cases, the same acts of a day once, newest first. `local`: the day of each act, by its number."""
    folded: dict[tuple[object, ...], list[Trace]] = defaultdict(list)
    for each in traces:
        if not _under_case(each):
            folded[local[each.number], each.actor_kind, each.action, each.purpose].append(each)
    return [
        Other(
            number=acts[0].number,
            at=acts[0].at,
            actor_kind=acts[0].actor_kind,
            action=acts[0].action,
            purpose=acts[0].purpose,
            times=len(acts),
            receipts=sum(act.count for act in acts if act.opened),
            question=next((questions[act.number] for act in acts if act.number in questions), None),
        )
        for acts in folded.values()
    ]


def arrivals(deliveries: Iterable[tuple[datetime, str, int]]) -> list[Arrivals]:
    """Deliveries, newest first and in local time, by month."""
    return [
        Arrivals(month, sum(count for _, _, count in members), tuple(members))
        for month, members in (
            (month, list(group)) for month, group in groupby(deliveries, key=lambda each: month_start(each[0].date()))
        )
    ]


def _under_case(trace: Trace) -> bool:
    return trace.actor_kind == ActorKind.STAFF and trace.case.startswith("case-")


def _by_case(traces: Iterable[Trace]) -> dict[str, list[Trace]]:
    """The acts of each case, the oldest first."""
    found: dict[str, list[Trace]] = defaultdict(list)
    for each in sorted(traces, key=lambda each: each.number):
        if _under_case(each):
            found[each.case].append(each)
    return found


def _shown(acts: list[Trace]) -> tuple[Shown, ...]:
    by_action: dict[str, list[Trace]] = defaultdict(list)
    for act in acts:
        by_action[act.action].append(act)
    return tuple(
        Shown(
            action,
            len(each),
            sum(act.count for act in each) if action in {OPENING, "purchases.view"} else 0,
            tuple(dict.fromkeys(act.period for act in each if act.period)),
        )
        for action, each in by_action.items()
    )


# What stands out


def volumes(counts: Iterable[Count], *, day: date, staff_of: Mapping[int, int]) -> list[Found]:
    """Accounts with many more look-ups on a day than is usual for them, or for their duty, in the four weeks before.

    Usual is the mean of the days with any. Where there is no such day, some multiple of few takes its place.
    """
    sums: dict[tuple[int, date], int] = defaultdict(int)
    duty_of: dict[int, Duty | None] = {}
    for each in counts:
        sums[each.account_id, each.day] += each.times
        duty_of[each.account_id] = each.duty or duty_of.get(each.account_id)
    own, team = defaultdict(list), defaultdict(list)
    for (account_id, when), times in sums.items():
        if when < day:
            own[account_id].append(times)
            team[duty_of[account_id]].append(times)
    found = []
    for (account_id, when), times in sums.items():
        if when != day or account_id not in staff_of:
            continue
        usual = min(_usual(own[account_id]), _usual(team[duty_of[account_id]]))
        if times > max(FEW, TIMES_USUAL * usual):
            found.append(Found(AlertKind.VOLUME, staff_of[account_id], day, "", times, round(usual)))
    return found


def _usual(days: list[int]) -> float:
    return fmean(days) if days else FEW


def denials(refused: Iterable[tuple[int, str, int]], *, day: date, staff_of: Mapping[int, int]) -> list[Found]:
    """Accounts that were refused something on a day: (account, why, times). One attempt at somebody near is enough."""
    found: list[Found] = []
    sums: dict[int, int] = defaultdict(int)
    for account_id, why, times in refused:
        if account_id not in staff_of:
            continue
        sums[account_id] += times
        if why in NEAR:
            found.append(Found(AlertKind.NEAR_DENIED, staff_of[account_id], day, why, times, 0))
    many = [
        Found(AlertKind.DENIED, staff_of[account_id], day, "", times, DENIALS - 1)
        for account_id, times in sums.items()
        if times >= DENIALS
    ]
    return found + many


def symptoms(health: Health, *, now: datetime) -> list[Symptom]:
    """What is wrong with the log itself."""
    found = []
    if health.oldest_waiting is not None and now - health.oldest_waiting > NUMBERED_WITHIN:
        found.append(Symptom.UNNUMBERED)
    if health.numbered > health.signed and (health.signed_at is None or now - health.signed_at > SIGNED_WITHIN):
        found.append(Symptom.LATE_CHECKPOINT)
    if not health.witnesses:
        found.append(Symptom.NO_WITNESS)
    if any(_is_silent(each, health.signed_at or now, now) for each in health.witnesses):
        found.append(Symptom.SILENT_WITNESS)
    return found


def _is_silent(witness: Witness, signed_at: datetime, now: datetime) -> bool:
    """Whether what a witness has kept lags behind; one that has kept nothing yet, whether it has been asked long ago."""
    lag = signed_at - witness.signed_at if witness.signed_at else now - witness.seen_at
    return lag > WITNESS_SILENT_AFTER
