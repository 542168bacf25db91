"""Stub."""
from datetime import date

def ensure(*, today: date) -> None:
    """Stub."""
