"""What is sealed, and what a sealed blob looks like."""

from enum import IntEnum
from typing import NamedTuple


class Compartment(IntEnum):
    """What a key opens. A member who switches a service off loses that compartment's keys and nothing else.

    The quarter of a key is that of the business days of its receipts; of warranty receipts, the one their guarantees end in.
    """

    LINES = 1
    ARCHIVE = 2
    WARRANTY = 3


class ToSeal(NamedTuple):
    """Plaintext for one member, to be sealed under the key of a quarter (`kernel.periods.quarter_of`).

    `bound_to` is the associated data: a blob opens only with the same bytes, so it cannot be moved to another member,
    receipt or level.
    """

    person_id: int
    quarter: int
    plaintext: bytes
    bound_to: bytes


class ToOpen(NamedTuple):
    """A sealed blob with the associated data it was sealed with."""

    blob: bytes
    bound_to: bytes
