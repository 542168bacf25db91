"""Reads of the demo."""

from kvitto.demo.models import Load
from kvitto.demo.types import Loaded


def loaded() -> Loaded | None:
    """What was loaded and when; None on an installation without the demo."""
    row = Load.objects.first()
    return Loaded(row.shift_days, row.source, row.loaded_at, row.finished_at) if row else None
