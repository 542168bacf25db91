"""Logs carry ids, never values."""

import logging

import pytest
from django.db import IntegrityError, transaction

from kvitto.members.models import Card
from kvitto.stores.models import Chain
from kvitto.wiring.logs import ValuelessFormatter
from tests.cast import AINO_CARD


def logged(raised):
    failure = (raised.type, raised.value, raised.tb)
    return ValuelessFormatter().format(logging.LogRecord("x", logging.ERROR, "x", 1, "failed", None, failure))


def test_what_the_database_quotes_of_a_row_stays_out_of_the_log(cast):
    with pytest.raises(IntegrityError, match=r"DETAIL: .*\(grocer\)") as raised, transaction.atomic():
        Chain.objects.create(code="grocer", name="Another")

    line = logged(raised)
    assert "(grocer)" not in line
    assert "DETAIL: (left out)" in line


def test_of_a_walled_table_the_database_quotes_nothing(cast):
    card = Card.objects.get(number=AINO_CARD)
    with pytest.raises(IntegrityError, match="members_card_one_holder") as raised, transaction.atomic():
        Card.objects.create(number=AINO_CARD, person_id=cast.chen, period=card.period)

    assert AINO_CARD not in str(raised.value) + logged(raised)
