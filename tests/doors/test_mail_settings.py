"""The settings of the mail server: all or none, nothing readable on the way, a user with a password in a file."""

import pytest

from kvitto.kernel.errors import SetupError
from kvitto.notices.types import MailServer
from kvitto.wiring import settings as installed

RIGHT = {
    "KVITTO_SMTP_URL": "smtps://kvitto@mail.example",
    "KVITTO_MAIL_FROM": "kvitto@coop.example",
    "KVITTO_SITE_URL": "https://kvitto.example/",
}


@pytest.fixture
def setting(monkeypatch, tmp_path):
    """Sets the environment, whole and right but for what is given."""
    file = tmp_path / "password"
    file.write_text("a word\n")

    def told(**otherwise):
        for name, value in (RIGHT | {"KVITTO_SMTP_PASSWORD_FILE": str(file)} | otherwise).items():
            monkeypatch.setenv(name, value)
        return installed.mail()

    return told


def test_without_settings_nothing_is_sent(setting):
    assert setting(**dict.fromkeys(RIGHT, "")) == (None, "", "", "")
    assert installed.EMAIL_BACKEND == "django.core.mail.backends.dummy.EmailBackend"


def test_the_settings_turn_it_on(setting, tmp_path):
    server = MailServer("mail.example", 465, "kvitto", tls_from_start=True, start_tls=False)

    assert setting() == (server, str(tmp_path / "password"), "kvitto@coop.example", "https://kvitto.example")


@pytest.mark.parametrize("name", RIGHT)
def test_some_of_the_settings_are_refused(setting, name):
    with pytest.raises(SetupError, match="together"):
        setting(**{name: ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KVITTO_SMTP_URL", "mail.example"),
        ("KVITTO_SMTP_URL", "smtp://kvitto:word@mail.example"),
        ("KVITTO_MAIL_FROM", "kvitto"),
        ("KVITTO_MAIL_FROM", "Kvitto <kvitto@coop.example>"),
        ("KVITTO_SITE_URL", "http://kvitto.example"),
        ("KVITTO_SITE_URL", "https://kvitto.example/pages"),
        ("KVITTO_SITE_URL", "https://kvitto.example?a"),
        ("KVITTO_SMTP_PASSWORD_FILE", ""),
        ("KVITTO_SMTP_PASSWORD_FILE", "/nowhere/at/all"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(setting, name, value):
    with pytest.raises(SetupError, match=name) as error:
        setting(**{name: value})
    assert "word" not in str(error.value).replace("PASSWORD", "")


def test_a_server_without_a_user_takes_no_password(setting):
    assert setting(KVITTO_SMTP_URL="smtp://127.0.0.1:25", KVITTO_SMTP_PASSWORD_FILE="")[0].user == ""
    with pytest.raises(SetupError, match="KVITTO_SMTP_PASSWORD_FILE"):
        setting(KVITTO_SMTP_URL="smtp://127.0.0.1:25")
