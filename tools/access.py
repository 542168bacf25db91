"""Writes docs/reference/access.md: the policy of kvitto/staff/rules.py, act by act, as a table that can be read aloud.

python -m tools.access            write it anew
python -m tools.access --check    change nothing; exit 1 when it is not up to date
"""

import argparse
import sys
from pathlib import Path

from kvitto.kernel.actor import ActorKind
from kvitto.staff.rules import POLICY, REASONS
from kvitto.staff.types import Act, Duty, Reason, Row
from kvitto.wiring.acts import API, COMMANDS, JOBS, URLS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "access.md"

INTRODUCTION = """\
# Who may do what

Everything that anybody can do, at any door. What is not in these tables, nobody can do. Store clerks have no account anywhere.
`kvitto/staff/rules.py` holds the table, and `python -m tools.access` writes this page from it.

Read a row as: *who* **can** *act*, *needs*. A staff person can do what any of their duties lets them. What is needed is asked of
staff and of members; the operator, tills and jobs are where they are by other means.

- **Agreement**: the confidentiality agreement in the text that holds, signed within the last twelve months.
- **Nobody near**: not one's own record, one's household's or a namesake's. A colleague does it.
- **Reason**: one of the reasons for look-up below; it stands in the record of acts, and the member sees it.
- **Case**: an open case about this very member, with a reference to its papers. It lasts 60 minutes.
- **Second person**: two different people stand behind it, and the database holds that.
- **Second factor**: shown again a moment ago, not only at sign-in.

The operator is whoever can run commands on the machine itself. No account and no agreement stands between them and a command: what
they do is recorded as the operator's, and who can get to the machine is for its owner to decide.
"""

DUTIES = {
    Duty.SERVICE_POINT: "service point",
    Duty.DATA_HANDLER: "data handler",
    Duty.ANALYST: "analyst",
    Duty.MARKETER: "marketer",
    Duty.PRIVACY_OFFICER: "privacy officer",
    Duty.ADMINISTRATOR: "administrator",
    Duty.AUDITOR: "auditor",
}
KINDS = {
    ActorKind.VISITOR: "anybody",
    ActorKind.MEMBER: "a member",
    ActorKind.STAFF: "any staff person",
    ActorKind.TILL: "a till",
    ActorKind.OPERATOR: "the operator",
    ActorKind.SYSTEM: "a nightly job",
}
SECTIONS = {
    "Open to everybody": {"public"},
    "The demo": {"demo"},
    "A member, for themselves": {"own"},
    "Staff, for themselves": {"staff"},
    "The customer register": {"member", "household"},
    "One member's purchases": {"case", "lines", "glass"},
    "Who works here, and what two people agree on": {"duty", "agreement", "access", "approvals", "change"},
    "The registers": {
        "register",
        "network",
        "assortment",
        "processors",
        "bonus",
        "receipts",
        "retention",
        "categories",
        "keys",
        "export",
        "threshold",
    },
    "Groups, and the record of acts": {"audit", "log", "insight", "audience", "publication"},
    "The machine": {"till_key", "db", "bench", "serve", "jobs", "notices", "warranties"},
}


def _listed(words: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _named(duties: frozenset[Duty]) -> str:
    return _listed([words for duty, words in DUTIES.items() if duty in duties])


def who(row: Row) -> str:
    """The kinds of actor, staff by their duties."""
    kinds = [kind for kind in KINDS if kind in row.who]
    if ActorKind.VISITOR in kinds:
        kinds = [ActorKind.VISITOR, *(kind for kind in kinds if kind is ActorKind.STAFF)]
    words = [KINDS[kind] for kind in kinds if kind is not ActorKind.STAFF or not row.duties]
    return _listed([name for duty, name in DUTIES.items() if duty in row.duties] + words)


def _reasons(row: Row) -> str:
    if row.reasons == frozenset(Reason):
        return "reason"
    return f"reason: {_listed([REASONS[reason].words for reason in Reason if reason in row.reasons])}"


def needs(row: Row) -> str:
    """What else it takes, in the order in which it is asked."""
    found = {
        "only their own": row.own_only,
        "the archive turned on": row.archive,
        "agreement": row.agreement,
        "nobody near": row.strangers_only,
        "case": row.case,
        _reasons(row): bool(row.reasons),
        f"at most {row.at_most} people": row.at_most > 1,
        f"second person: {_named(row.approvers)}": bool(row.approvers),
        "second person": row.second_person and not row.approvers,
        "second person, unless the member asked": row.second_person_unless_member_asked,
        "second factor": row.fresh_factor,
        "the privacy officer is told at once": row.tells_privacy_officer,
    }
    return "; ".join(words for words, needed in found.items() if needed) or "nothing"


def where(act: Act) -> str:
    """By which kind of door it can be done today."""
    doors = {"page": URLS.values(), "till API": API.values(), "command": COMMANDS.values(), "job": JOBS.values()}
    return ", ".join(door for door, acts in doors.items() if act in acts) or "not yet"


def text() -> str:
    """The whole page."""
    lines = [INTRODUCTION, "## Reasons for look-up", "", "| Reason | Who may give it |", "|---|---|"]
    for reason, row in REASONS.items():
        lines.append(f"| {reason}: {row.words} | {_named(row.duties)} |")
    lines += ["", "## Acts", "", "The last column says by which door it can be done today.", ""]
    for section, groups in SECTIONS.items():
        lines += [f"### {section}", "", "| Act | Who | Needs | Door |", "|---|---|---|---|"]
        for act, row in POLICY.items():
            if act.group in groups:
                lines.append(f"| {row.words} (`{act}`) | {who(row)} | {needs(row)} | {where(act)} |")
        lines.append("")
    return "\n".join(lines)


def main() -> int:
    """0 when the page is up to date, or is now."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    if parser.parse_args().check:
        if PAGE.exists() and PAGE.read_text() == text():
            return 0
        sys.stderr.write(f"{PAGE} is not up to date: python -m tools.access\n")
        return 1
    PAGE.write_text(text())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
