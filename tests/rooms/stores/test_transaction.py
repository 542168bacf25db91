"""A load belongs to a whole act; no database is needed to see it refused without one."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from kvitto.kernel.actor import OPERATOR
from kvitto.stores.actions import load_network
from kvitto.stores.types import Network, Profile


def test_a_load_outside_a_transaction_is_refused():
    empty = Network(Profile.DEFAULT, {}, {}, {})
    with pytest.raises(transaction.TransactionManagementError):
        load_network(network=empty, by=OPERATOR, now=datetime(2016, 9, 1, tzinfo=UTC))
