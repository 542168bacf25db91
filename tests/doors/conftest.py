from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher

from kvitto.kernel.db import opened
from kvitto.staff.types import Duty
from tests.cast import CHEN_CARD, MILK, line, receipt, take
from tests.crew import hire, hire_all
from tests.doors.at_work import HIRED
from tests.doors.entering import people
from tests.doors.openid_provider import CLIENT, SECRET, provided
from tests.ground import layer


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch):
    """The real hasher with the least work: these tests sign in some hundred times."""
    monkeypatch.setattr(Argon2PasswordHasher, "time_cost", 1)
    monkeypatch.setattr(Argon2PasswordHasher, "memory_cost", 8)
    monkeypatch.setattr(Argon2PasswordHasher, "parallelism", 1)


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


@layer("crew")
def all_at_work(cast):
    """Everybody who works here; Aino and Chen have bought milk this morning."""
    bought = datetime.now(UTC) - timedelta(hours=3)
    day = {"business_day": bought.date().isoformat(), "end_time": bought.replace(microsecond=0).isoformat()}
    take(
        receipt([line(code=MILK)], **day),
        receipt([line(code=MILK)], card=CHEN_CARD, sequence=2, **day),
        now=datetime.now(UTC),
    )
    return hire_all(HIRED, cast.aino)


@pytest.fixture
def crew(ground, cast):
    return ground["crew"]


@pytest.fixture
def nils(crew):
    """A data handler who has not signed yet."""
    with opened():
        nils = hire("Nils Nyman", HIRED)
        crew.give(nils, Duty.DATA_HANDLER, HIRED)
    return nils
