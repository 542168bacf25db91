"""Handling is monitored: access needs a personal user name and password, every use leaves a trace, and looking at one
person is the exception, counted and published.
"""

import pytest


@pytest.mark.xfail(strict=True, reason="openings are recorded, but their number is not published yet")
def test_the_number_of_look_ups_is_public(db, client):
    assert client.get("/look-ups").status_code == 200
