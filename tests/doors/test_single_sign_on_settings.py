"""The settings of single sign-on: all or none, an address that keeps secrets, and a file that holds one."""

from pathlib import Path

import pytest

from kvitto.accounts.rules import keeps_secrets
from kvitto.kernel.errors import SetupError
from kvitto.wiring import settings as installed
from tests.doors.openid_provider import CLIENT, SECRET

NAMES = ("ISSUER", "CLIENT_ID", "CLIENT_SECRET_FILE")


@pytest.fixture
def setting(monkeypatch, tmp_path):
    """Sets the environment, whole and right but for what is given."""
    file = tmp_path / "secret"
    file.write_text(SECRET)

    def told(**otherwise):
        right = {"ISSUER": "https://login.example/staff", "CLIENT_ID": CLIENT, "CLIENT_SECRET_FILE": str(file)}
        for name, value in (right | otherwise).items():
            monkeypatch.setenv(f"KVITTO_STAFF_OIDC_{name}", value)
        return installed.staff_oidc()

    return told


def test_without_settings_it_is_off(setting):
    assert setting(**dict.fromkeys(NAMES, "")) == ["", "", ""]


def test_three_settings_turn_it_on(setting):
    issuer, client, file = setting()
    assert (issuer, client, Path(file).read_text()) == ("https://login.example/staff", CLIENT, SECRET)


@pytest.mark.parametrize("name", NAMES)
def test_two_of_three_settings_are_refused(setting, name):
    with pytest.raises(SetupError, match="together"):
        setting(**{name: ""})


@pytest.mark.parametrize(
    "issuer",
    [
        "login.example",
        "http://login.example",
        "ftp://login.example",
        "https://",
        "https://a.example?b",
        "https://a.example#b",
    ],
)
def test_an_issuer_that_is_none_is_refused(setting, issuer):
    with pytest.raises(SetupError, match="KVITTO_STAFF_OIDC_ISSUER"):
        setting(ISSUER=issuer)


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff"])
def test_a_file_without_a_secret_is_refused(setting, tmp_path, content):
    file = tmp_path / "another"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SetupError, match="KVITTO_STAFF_OIDC_CLIENT_SECRET_FILE"):
        setting(CLIENT_SECRET_FILE=str(file))


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://login.example", True),
        ("https://login.example:8443/a", True),
        ("http://127.0.0.1:8080", True),
        ("http://127.8.9.1", True),
        ("http://[::1]:8080/a", True),
        ("http://localhost", True),
        ("http://localhost.example", False),
        ("http://10.0.0.1", False),
        ("http://login.example", False),
        ("http://127.0.0.1@login.example", False),
        ("https://somebody:word@login.example", False),
        ("https://login.example:port", False),
        ("https://[::1", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_what_is_sent_is_read_by_nobody_on_the_way(address, safe):
    assert keeps_secrets(address) is safe
