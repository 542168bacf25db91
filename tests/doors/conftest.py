import os

import pytest

from tests.doors.entering import people
from tests.doors.openid_provider import CLIENT, SECRET, provided
from tests.journeys.conftest import database_environment


@pytest.fixture
def register(committed_cast):
    """The environment of a process that works on this test's register."""
    return os.environ | database_environment()


@pytest.fixture
def provider(settings, tmp_path):
    """The provider that this installation trusts."""
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    with provided() as found:
        settings.STAFF_OIDC_ISSUER = found.issuer
        settings.STAFF_OIDC_CLIENT_ID = CLIENT
        settings.STAFF_OIDC_CLIENT_SECRET_FILE = str(file)
        yield found


@pytest.fixture
def elsa(client, cast, provider):
    """A browser of Elsa's, whose account is there; she is signed in at the provider."""
    people(cast)
    return client
