"""What a run did, or would do."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class RetentionRun:
    """Counts of one run; a dry run counts what would go."""

    keep_from: date  # the oldest business day that stays
    receipts: int
    archived: int  # of them, those that were in an archive, too
    warranties: int
    keys: int
    partitions_dropped: int
    partitions_made: int
    leftovers: (
        int  # unknown cards, refusals, conflicts; what names receipts beside the ledger (not counted in a dry run)
    )
    ledger: int  # rows of the Bonus ledger that no longer tell of purchases, or are gone (not counted in a dry run)
    sessions: int  # ended ones; not counted in a dry run, nor are the next three
    tries: int  # counts of failed sign-ins
    codes: int  # whose time is over
    notices: int
    traces: int  # entries of the record of acts of which only the hash is left; not counted in a dry run
    dry_run: bool
