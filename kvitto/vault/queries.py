"""Counts of keys; never a key."""

from kvitto.vault.models import Key
from kvitto.vault.types import Compartment


def before(quarter: int, compartment: Compartment) -> int:
    """How many keys of a compartment belong to quarters before the given one."""
    return Key.objects.filter(quarter__lt=quarter, compartment=compartment).count()
