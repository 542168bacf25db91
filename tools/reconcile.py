"""PostgreSQL's own log of statements against the record of acts: does every read that shows something of a person have its entry?

python -m tools.reconcile                   over reads of staff at random, while the record of acts fails one time in ten
python -m tools.reconcile tests/promises    over other tests

A server of its own, under build/reconcile-home, writes down each statement of the web role: nothing that the program says of itself
is believed. Two rules, each held statement by statement. Keys that open what was bought are read only after an entry about an
opening, one entry for each reading, and not one that was rolled back. What staff read of a member's contacts, choices and receipts
stands in a transaction with an entry of theirs, or is followed by one before the transaction after it ends.
"""

import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kvitto.kernel import server_files
from kvitto.kernel.server import EmbeddedServer

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "build" / "reconcile-home"
LOGGED = """
log_statement = 'all'
log_min_messages = error
log_error_verbosity = default
log_parameter_max_length = -1
log_line_prefix = '[%p] %u %d '
"""
LINE = re.compile(r"\[(\d+)\] (\S+) (\S+) (LOG|DETAIL|ERROR|STATEMENT|\w+):  (.*)", re.DOTALL)
STATEMENT = re.compile(r"(?:statement|execute [^:]*): (.*)", re.DOTALL)
TELLS = re.compile(r"set_config\('kvitto\.face'")
FACE = re.compile(r"\$1 = '(\w*)'")
ENTRY = re.compile(r"INSERT INTO audit_entry", re.IGNORECASE)
KEYS = re.compile(r"FROM vault_key WHERE id = ANY", re.IGNORECASE)
OF_MEMBERS = re.compile(
    r'SELECT .*FROM "?(members_contact|choices_statement|purchases_receipt)\b', re.IGNORECASE | re.DOTALL
)


@dataclass
class Session:
    """What one connection has done so far."""

    face: str = ""
    inside: bool = False  # a transaction
    openings: list[bool] = field(default_factory=list)  # entries about openings not used up yet: whether committed
    entries: int = 0  # of staff, in this transaction
    unmatched: list[str] = field(default_factory=list)  # reads of staff that wait for an entry


def main() -> int:
    """Run the tests on the server, read its log, and say what was read without an entry."""
    tests = sys.argv[1:] or ["tests/architecture/test_untraced.py"]
    server_files._CONFIGURATION += LOGGED  # noqa: SLF001
    server = EmbeddedServer(HOME)
    server.start()
    log = HOME / "postgres" / "log" / "postgres.log"
    since = log.stat().st_size
    try:
        environment = os.environ | {
            "KVITTO_DATABASE_URL": server.url("web"),
            "KVITTO_DATABASE_OWNER_URL": server.url("owner"),
        }
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-n", "0", *tests], env=environment, check=False)
    finally:
        server.stop()
    with log.open(encoding="utf-8", errors="replace") as file:
        file.seek(since)
        counts, faults = reconciled(_records(file))
    log.unlink()  # it holds what no log of ours may hold
    print("  ".join(f"{name} {count:,}" for name, count in counts.items()))  # noqa: T201  data goes to stdout
    for fault in faults[:20]:
        print(f"WITHOUT ENTRY: {fault}")  # noqa: T201  as above
    return done.returncode or int(bool(faults) or not counts["openings"])


def reconciled(records: Iterator[tuple[str, str, str]]) -> tuple[Counter[str], list[str]]:
    """What was counted, and every read without its entry. Records: process, kind of line, text."""
    sessions: dict[str, Session] = defaultdict(Session)
    counts: Counter[str] = Counter()
    faults: list[str] = []
    last = ""
    for process, kind, text in records:
        session = sessions[process]
        if kind == "DETAIL" and TELLS.search(last) and (told := FACE.search(text)):
            session.face = told.group(1)
        if kind == "ERROR":
            _take_back(session)
        found = STATEMENT.match(text) if kind == "LOG" else None
        if found is None:
            continue
        last = found.group(1)
        counts["statements"] += 1
        faults += _step(session, last, counts)
    return counts, faults + [each for session in sessions.values() for each in session.unmatched]


def _step(session: Session, statement: str, counts: Counter[str]) -> Iterator[str]:  # noqa: C901  one case a kind of statement
    word = statement.split(maxsplit=1)[0].upper().rstrip(";")
    if word == "BEGIN":
        session.inside, session.entries = True, 0
    elif word == "COMMIT":
        session.inside, session.openings = False, [True] * len(session.openings)
        if session.entries:
            session.unmatched.clear()
    elif word == "ROLLBACK" and "TO SAVEPOINT" not in statement.upper():
        session.inside = False
        _take_back(session)
    elif ENTRY.search(statement):
        counts["entries"] += 1
        if "vault.open" in statement:
            session.openings.append(not session.inside)
        if session.face == "staff":
            session.entries += 1
            session.unmatched.clear()
    elif KEYS.search(statement):
        counts["openings"] += 1
        if not session.openings:
            yield statement[:200]
        del session.openings[:1]
    elif session.face == "staff" and OF_MEMBERS.search(statement):
        counts["reads of staff"] += 1
        if not session.entries:
            session.unmatched.append(statement[:200])


def _take_back(session: Session) -> None:
    """What has not been committed has not happened; what was read in it was shown to nobody."""
    session.openings = [True for committed in session.openings if committed]
    session.entries = 0
    session.unmatched.clear()


def _records(lines: Iterator[str]) -> Iterator[tuple[str, str, str]]:
    """The web role's lines in the tests' databases, each with the lines that belong to it."""
    held: tuple[str, str, str, str] | None = None
    for line in lines:
        found = LINE.match(line)
        if found is None:
            if held:
                held = (*held[:3], held[3] + line)
            continue
        if held and held[1] == "kvitto_web":
            yield held[0], held[2], held[3]
        process, user, _database, kind, text = found.groups()
        held = (process, user, kind, text)
    if held and held[1] == "kvitto_web":
        yield held[0], held[2], held[3]


if __name__ == "__main__":
    sys.exit(main())
