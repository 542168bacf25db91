"""Nothing is handed to third parties. The processors that the co-op contracts are a public, dated list with the fields
that each gets.
"""

import pytest


@pytest.mark.xfail(strict=True, reason="the list of processors is not published yet")
def test_the_list_of_processors_is_public(db, client):
    assert client.get("/processors").status_code == 200
