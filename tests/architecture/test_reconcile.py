"""The comparison of PostgreSQL's own log with the record of acts finds what it is there to find."""

from tools.reconcile import reconciled

TELL = "execute <unnamed>: SELECT set_config('kvitto.face', $1, false), set_config('kvitto.account', $2, false)"
ENTRY = "statement: INSERT INTO audit_entry (at, action) VALUES ('2026-11-26', 'vault.open') RETURNING id"
KEYS = "execute <unnamed>: SELECT id, wrapped FROM vault_key WHERE id = ANY($1)"
READ = 'statement: SELECT "members_contact"."value" FROM "members_contact" WHERE person_id = 3'
BEGIN, COMMIT, ROLLBACK = "statement: BEGIN", "statement: COMMIT", "statement: ROLLBACK"


def faults(*lines, face="staff"):
    told = [("LOG", TELL), ("DETAIL", f"Parameters: $1 = '{face}', $2 = '7'")]
    every = told + [("ERROR", "no") if line == "ERROR" else ("LOG", line) for line in lines]
    return reconciled(iter([("41", kind, text) for kind, text in every]))[1]


def test_keys_are_read_after_an_entry_of_their_own():
    assert faults(BEGIN, ENTRY, COMMIT, KEYS) == []
    assert len(faults(BEGIN, ENTRY, COMMIT, KEYS, KEYS)) == 1
    assert len(faults(KEYS)) == 1
    assert len(faults(BEGIN, ENTRY, ROLLBACK, KEYS)) == 1
    assert len(faults(BEGIN, ENTRY, "ERROR", KEYS)) == 1


def test_what_staff_read_has_an_entry_in_its_transaction_or_after_it():
    assert faults(BEGIN, ENTRY, READ, COMMIT) == faults(BEGIN, READ, ENTRY, COMMIT) == []
    assert faults(READ, BEGIN, ENTRY, COMMIT) == []
    assert len(faults(BEGIN, READ, COMMIT)) == len(faults(BEGIN, ENTRY, COMMIT, BEGIN, READ, COMMIT)) == 1
    assert faults(BEGIN, READ, "ERROR", ROLLBACK) == []  # nobody was shown it
    assert faults(READ, face="member") == []
