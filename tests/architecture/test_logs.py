"""Logs carry ids, never values."""

import logging

import pytest
from django.db import IntegrityError, transaction

from kvitto.members.models import Card
from kvitto.wiring.logs import ValuelessFormatter
from tests.cast import AINO_CARD


def test_what_the_database_quotes_of_a_row_stays_out_of_the_log(cast):
    card = Card.objects.get(number=AINO_CARD)
    with pytest.raises(IntegrityError, match=AINO_CARD) as raised, transaction.atomic():
        Card.objects.create(number=AINO_CARD, person_id=cast.chen, period=card.period)

    failure = (raised.type, raised.value, raised.tb)
    line = ValuelessFormatter().format(logging.LogRecord("x", logging.ERROR, "x", 1, "failed", None, failure))

    assert AINO_CARD not in line
    assert "members_card_one_holder" in line
