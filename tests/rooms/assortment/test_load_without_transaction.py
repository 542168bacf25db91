"""A load outside a transaction is refused before anything reaches the database."""

from datetime import UTC, datetime

import pytest
from django.db.transaction import TransactionManagementError

from kvitto.assortment.actions import load
from kvitto.kernel.actor import OPERATOR


def test_a_load_needs_the_transaction_of_its_door():
    with pytest.raises(TransactionManagementError):
        load(by=OPERATOR, now=datetime(2026, 3, 1, tzinfo=UTC))
