"""Seal, open, destroy: what is sealed opens for its place only, and never without an entry that stays."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import UUID

import pytest
from django.db import OperationalError, connection, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kvitto.kernel.actor import OPERATOR, Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period, quarter_of
from kvitto.members import queries as members
from kvitto.purchases import queries as purchases
from kvitto.vault import actions as vault
from kvitto.vault import digests
from kvitto.vault.types import Compartment, ToOpen, ToSeal
from tests.cast import NOW, line, receipt, take
from tests.dump import places_of_text

AINO = Actor(ActorKind.MEMBER, "17")
QUARTER = quarter_of(date(2026, 11, 20))
PLACE = b"this member, this receipt, this level"


def seal(person_id, plaintext=b"milk", *, quarter=QUARTER, bound_to=PLACE, compartment=Compartment.LINES):
    with opened():
        return vault.seal(items=[ToSeal(person_id, quarter, plaintext, bound_to)], compartment=compartment)[0]


def open_blob(blob, bound_to=PLACE):
    return vault.open_sealed(
        items=[ToOpen(blob, bound_to)], by=AINO, purpose="own view", subject=None, period=None, now=NOW
    )[0]


def destroy(*, before):
    with opened():
        return vault.destroy_quarters(compartment=Compartment.LINES, before=before, by=OPERATOR, now=NOW)


def query(sql, using="default"):
    with connections[using].cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def entries(using="default"):
    return query("SELECT count(*) FROM audit_entry WHERE action = 'vault.open'", using)[0][0]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(plaintexts=st.lists(st.binary(max_size=300), min_size=1, max_size=5), bound_to=st.binary(max_size=60))
def test_what_is_sealed_opens_to_what_it_was(cast, plaintexts, bound_to):
    with opened():
        blobs = vault.seal(
            items=[ToSeal(cast.aino, QUARTER, plaintext, bound_to) for plaintext in plaintexts],
            compartment=Compartment.LINES,
        )

    opened_again = vault.open_sealed(
        items=[ToOpen(blob, bound_to) for blob in blobs], by=AINO, purpose="test", subject=None, period=None, now=NOW
    )

    assert opened_again == plaintexts


def test_a_batch_of_several_people_and_quarters_keeps_its_order(cast):
    items = [
        ToSeal(person, quarter, f"{person} {quarter}".encode(), PLACE)
        for quarter in (QUARTER, QUARTER - 1)
        for person in (cast.chen, cast.aino, cast.bjorn)
    ]
    with opened():
        blobs = vault.seal(items=items, compartment=Compartment.LINES)

    assert [open_blob(blob) for blob in blobs] == [item.plaintext for item in items]
    assert query("SELECT count(*) FROM vault_key") == [(6,)]


def test_the_same_content_never_looks_the_same(cast):
    assert seal(cast.aino) != seal(cast.aino)


def test_a_key_is_made_once_for_a_member_a_compartment_and_a_quarter(cast):
    seal(cast.aino)
    seal(cast.aino, b"more milk")
    assert query("SELECT count(*) FROM vault_key") == [(1,)]

    seal(cast.aino, quarter=QUARTER + 1)
    seal(cast.aino, compartment=Compartment.ARCHIVE)
    seal(cast.chen)
    assert query("SELECT count(*) FROM vault_key") == [(4,)]


def test_sealed_lines_are_readable_in_no_table(committed_cast):
    take(receipt([line("SMOKED REINDEER", "37.91", code="7310865004703")]))

    assert query("SELECT level FROM purchases_receipt") == [(3,)]
    assert places_of_text("reindeer") == places_of_text("7310865004703") == set()


def test_every_changed_byte_is_noticed(cast):
    blob = seal(cast.aino)

    for place in range(len(blob)):
        for bit in (0x01, 0x80):
            changed = bytearray(blob)
            changed[place] ^= bit
            with pytest.raises((vault.TamperedError, vault.KeyDestroyedError)):
                open_blob(bytes(changed))


@pytest.mark.parametrize("length", [0, 1, 8, 9, 20, 21, 30])
def test_a_shortened_blob_is_noticed(cast, length):
    with pytest.raises(vault.TamperedError):
        open_blob(seal(cast.aino)[:length])


@pytest.mark.parametrize("bound_to", [b"", PLACE[:-1], PLACE + b"x", PLACE.upper()])
def test_a_blob_opens_in_its_place_only(cast, bound_to):
    with pytest.raises(vault.TamperedError):
        open_blob(seal(cast.aino), bound_to)


def contents(person_id):
    wanted = [(head.business_day, head.receipt_id) for head in purchases.receipts_of(person_id, 9)]
    return purchases.contents_of(person_id=person_id, receipts=wanted, by=AINO, purpose="own view", now=NOW)


@pytest.mark.parametrize(
    ("moved", "change"),
    [
        ("to another member", "person_id = {chen}"),
        ("to another till", "workstation = '2'"),
        ("to another number", "sequence = sequence + 10"),
        ("to another time", "begin_time = begin_time + interval '1 second'"),
        ("to another level", "level = 2"),
        ("to another receipt", "sealed = (SELECT sealed FROM purchases_receipt WHERE sequence = 2)"),
    ],
)
def test_lines_cannot_be_moved(cast, moved, change):
    take(receipt(sequence=1), receipt([line("OTHER", "3.00")], sequence=2))
    query(f"UPDATE purchases_receipt SET {change.format(chen=cast.chen)} WHERE sequence = 1 RETURNING 1")
    owner = cast.chen if "person_id" in change else cast.aino

    with pytest.raises(vault.TamperedError):
        contents(owner)


def test_a_wrapped_key_works_in_its_own_row_only(committed_cast):
    """Somebody with the owner's rights puts a key they can open in another member's row, to read what comes."""
    blob = seal(committed_cast.aino)
    seal(committed_cast.chen)
    query(
        f"UPDATE vault_key SET wrapped = (SELECT wrapped FROM vault_key WHERE person_id = {committed_cast.chen})"
        f" WHERE person_id = {committed_cast.aino} RETURNING 1",
        "owner",
    )

    with pytest.raises(vault.TamperedError, match="wrapped key"):
        seal(committed_cast.aino)
    with pytest.raises(vault.TamperedError, match="wrapped key"):
        open_blob(blob)
    assert entries("owner") == 1


def test_an_opening_is_recorded_with_what_it_was_for(cast):
    take(receipt(), receipt(sequence=2, business_day="2026-11-18", end_time="2026-11-18T12:00:00+02:00"))
    wanted = [(head.business_day, head.receipt_id) for head in purchases.receipts_of(cast.aino, 9)]
    purchases.contents_of(person_id=cast.aino, receipts=wanted, by=AINO, purpose="own view", now=NOW, case="K-7")

    (entry,) = query(
        'SELECT at, actor_kind, actor_id, purpose, subject, period, count, "case" FROM audit_entry'
        " WHERE action = 'vault.open'"
    )
    subject = members.audit_id(cast.aino)
    assert entry[:5] == (NOW, "member", "17", "own view", subject)
    assert (entry[5].lower, entry[5].upper) == (date(2026, 11, 18), date(2026, 11, 21))
    assert entry[6:] == (2, "K-7")


def test_the_entry_is_committed_before_anything_is_opened(committed_cast):
    """The opening fails, and another session sees the entry all the same."""
    blob = seal(committed_cast.aino)
    spoilt = blob[:-1] + bytes([blob[-1] ^ 1])

    with pytest.raises(vault.TamperedError):
        open_blob(spoilt)

    assert entries("owner") == 1


@pytest.mark.parametrize("spoil", [lambda blob: b"\x09" + blob[1:], lambda blob: blob[:5]], ids=["version", "length"])
def test_the_entry_stays_for_a_blob_that_is_none_at_all(committed_cast, spoil):
    blob = seal(committed_cast.aino)

    with pytest.raises(vault.TamperedError):
        open_blob(spoil(blob))

    assert entries("owner") == 1


def test_a_destroyed_key_opens_nothing_and_the_attempt_is_recorded(committed_cast):
    blob = seal(committed_cast.aino)
    assert destroy(before=QUARTER + 1) == 1

    with pytest.raises(vault.KeyDestroyedError):
        open_blob(blob)

    assert entries("owner") == 1


def test_a_new_key_for_the_same_quarter_does_not_open_the_old_blob(cast):
    blob = seal(cast.aino)
    destroy(before=QUARTER + 1)
    seal(cast.aino)

    with pytest.raises(vault.KeyDestroyedError):
        open_blob(blob)


def test_destroying_takes_whole_past_quarters_of_lines_and_nothing_else(cast):
    old, young = seal(cast.aino, quarter=QUARTER - 1), seal(cast.aino)
    archived = seal(cast.aino, quarter=QUARTER - 1, compartment=Compartment.ARCHIVE)

    assert destroy(before=QUARTER) == 1

    assert [open_blob(blob) for blob in (young, archived)] == [b"milk", b"milk"]
    with pytest.raises(vault.KeyDestroyedError):
        open_blob(old)
    assert query("SELECT purpose, count FROM audit_entry WHERE action = 'vault.destroy'") == [("retention", 1)]


def test_opening_inside_a_transaction_is_refused(committed_cast):
    """A rollback could take the entry back after the lines were seen."""
    blob = seal(committed_cast.aino)

    with opened(), pytest.raises(RuntimeError, match="durable"):
        open_blob(blob)
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        open_blob(blob)

    assert entries("owner") == 0


def test_sealing_and_destroying_need_the_transaction_of_a_whole_act(committed_cast):
    with pytest.raises(transaction.TransactionManagementError):
        vault.seal(items=[ToSeal(committed_cast.aino, QUARTER, b"", b"")], compartment=Compartment.LINES)
    with pytest.raises(transaction.TransactionManagementError):
        vault.destroy_quarters(compartment=Compartment.LINES, before=QUARTER, by=OPERATOR, now=NOW)


def destroy_in_another_session():
    try:
        with opened():
            query("SELECT set_config('lock_timeout', '200ms', true)")
            return vault.destroy_quarters(compartment=Compartment.LINES, before=QUARTER + 1, by=OPERATOR, now=NOW)
    finally:
        connection.close()


def test_a_key_is_not_destroyed_while_something_is_sealed_under_it(committed_cast):
    """Else a receipt could be committed under a key that is already gone."""
    seal(committed_cast.aino)
    with ThreadPoolExecutor(1) as other:
        with opened():
            vault.seal(items=[ToSeal(committed_cast.aino, QUARTER, b"milk", PLACE)], compartment=Compartment.LINES)
            with pytest.raises(OperationalError, match="lock timeout"):
                other.submit(destroy_in_another_session).result()

        assert other.submit(destroy_in_another_session).result() == 1


def test_nothing_is_opened_for_nobody(cast):
    assert purchases.contents_of(person_id=cast.aino, receipts=[], by=AINO, purpose="own view", now=NOW) == []
    assert entries() == 0


def test_digests_are_equal_for_equal_input_only(cast):
    assert digests.card_digest("92460000") == digests.card_digest("92460000")
    assert digests.card_digest("92460000") != digests.card_digest("92460001")
    assert digests.card_digest("92460000") != digests.receipt_digest(b"92460000"), "a card is never taken for a receipt"


def test_a_period_names_the_days_that_were_opened(cast):
    blob = seal(cast.aino)
    period = Period(date(2026, 11, 1), date(2026, 12, 1))
    vault.open_sealed(items=[ToOpen(blob, PLACE)], by=AINO, purpose="test", subject=None, period=period, now=NOW)

    (found,) = query("SELECT period FROM audit_entry WHERE action = 'vault.open'")[0]
    assert (found.lower, found.upper) == (period.start, period.end)


def test_keys_are_replaced_in_the_transaction_of_a_whole_act_only(committed):
    with pytest.raises(transaction.TransactionManagementError):
        vault.replace_keys(
            person_id=1, compartment=Compartment.LINES, quarters={QUARTER}, by=AINO, subject=UUID(int=1), now=NOW
        )
    with pytest.raises(transaction.TransactionManagementError):
        vault.open_to_replace(
            items=[], by=AINO, purpose="removal", subject=UUID(int=1), period=Period(date(2026, 11, 1)), now=NOW
        )


def test_only_the_named_quarters_of_one_person_get_a_new_key(cast):
    mine, earlier, theirs = seal(cast.aino), seal(cast.aino, quarter=QUARTER - 1), seal(cast.chen)
    archived = seal(cast.aino, compartment=Compartment.ARCHIVE)
    with opened():
        destroyed = vault.replace_keys(
            person_id=cast.aino,
            compartment=Compartment.LINES,
            quarters={QUARTER},
            by=AINO,
            subject=members.audit_id(cast.aino),
            now=NOW,
        )
    anew = seal(cast.aino)

    assert destroyed == 1
    assert [open_blob(blob) for blob in (earlier, theirs, archived, anew)] == [b"milk"] * 4
    with pytest.raises(vault.KeyDestroyedError):
        open_blob(mine)
