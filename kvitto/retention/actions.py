"""One run of every rule about time. Opens its transactions itself: it is the whole act of the command and of the daily job."""

from datetime import datetime

from kvitto.accounts import actions as accounts
from kvitto.accounts import tokens, tries
from kvitto.archive import actions as archive
from kvitto.archive import queries as archived
from kvitto.audit import pruning
from kvitto.bonus import actions as bonus
from kvitto.bonus import keeping
from kvitto.choices import actions as choices
from kvitto.households import actions as households
from kvitto.intake import leftovers
from kvitto.kernel.actor import SYSTEM, Actor
from kvitto.kernel.db import opened
from kvitto.kernel.periods import quarter_of
from kvitto.members import actions as members
from kvitto.notices import actions as notices
from kvitto.oversight import actions as oversight
from kvitto.purchases import actions as purchases
from kvitto.purchases import partitions, queries
from kvitto.purchases.rules import keep_from
from kvitto.retention.types import RetentionRun
from kvitto.vault import actions as vault
from kvitto.vault import queries as keys
from kvitto.vault.types import Compartment
from kvitto.warranties import actions as warranties
from kvitto.warranties import queries as warranty_receipts


def run(*, now: datetime, dry_run: bool = False, by: Actor = SYSTEM) -> RetentionRun:
    """Delete what is over its time as of `now`, destroy its keys, drop emptied partitions, make the coming ones.

    The deletion, its keys and its audit entries commit together. A receipt goes when its business day is 24 months past, also
    from an archive; a warranty receipt when its guarantee has ended; a quarter's keys go when its last day is. What pages may
    not change goes in a transaction of its own: the Bonus ledger, the record of acts.
    """
    today, oldest = now.date(), keep_from(now.date())
    over = {
        Compartment.LINES: quarter_of(oldest),
        Compartment.ARCHIVE: quarter_of(oldest),
        Compartment.WARRANTY: quarter_of(today),
    }
    if dry_run:
        return RetentionRun(
            keep_from=oldest,
            receipts=queries.due(keep_from=oldest),
            archived=archived.due(keep_from=oldest),
            warranties=warranty_receipts.due(today=today),
            keys=sum(keys.before(before, compartment) for compartment, before in over.items()),
            partitions_dropped=0,
            partitions_made=0,
            leftovers=leftovers.count_over(now=now, keep_from=oldest),
            ledger=0,
            sessions=0,
            tries=0,
            codes=0,
            notices=0,
            traces=0,
            dry_run=True,
        )
    with opened():
        receipts = purchases.purge_before(day=oldest, by=by, now=now)
        archive_receipts = archive.purge_before(day=oldest, by=by, now=now)
        destroyed = sum(
            vault.destroy_quarters(compartment=compartment, before=before, by=by, now=now)
            for compartment, before in over.items()
        )
        ended = warranties.forget_over(today=today, by=by, now=now)
        sessions = accounts.forget_sessions(now=now)
        tokens.forget(now=now)
        failures = tries.forget(now=now)
        codes = members.forget_codes(now=now) + households.forget_invitations(now=now) + choices.forget_letters(now=now)
        told = notices.forget(now=now)
        oversight.forget(now=now)
        forgotten = leftovers.forget(now=now, keep_from=oldest) + bonus.forget_late(day=oldest)
    ledger = keeping.reduce(keep_from=oldest, by=by, now=now) + keeping.clear(today=today, by=by, now=now)
    pruned = pruning.prune(by=by, now=now)
    return RetentionRun(
        keep_from=oldest,
        receipts=receipts,
        archived=archive_receipts,
        warranties=ended,
        keys=destroyed,
        partitions_dropped=len(partitions.drop_emptied(keep_from=oldest)),
        partitions_made=partitions.ensure(today=today),
        leftovers=forgotten,
        ledger=ledger,
        sessions=sessions,
        tries=failures,
        codes=codes,
        notices=told,
        traces=pruned,
        dry_run=False,
    )
