"""What is handed in to the archive."""

from datetime import date
from typing import NamedTuple

from kvitto.purchases.types import GroupContent, ProductContent


class ToArchive(NamedTuple):
    """A stored receipt of a member who has less recorded, with what its chain records."""

    person_id: int
    business_day: date
    receipt_id: int
    store_id: int
    content: ProductContent | GroupContent
