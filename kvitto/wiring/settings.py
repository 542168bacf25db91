"""One settings file; what differs between installations comes from the environment and nonsense is refused."""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from kvitto.accounts.rules import keeps_secrets
from kvitto.kernel import database, identity
from kvitto.kernel.errors import SetupError
from kvitto.kernel.home import home, keep_once
from kvitto.members.rules import read_contact
from kvitto.members.types import ContactKind
from kvitto.notices.rules import mail_server
from kvitto.notices.types import MailServer


def env_bool(name: str, *, default: bool) -> bool:
    """A yes-or-no setting; three spellings each, nothing else."""
    text = os.environ.get(name, "").lower()
    if text in {"1", "true", "yes"}:
        return True
    if text in {"0", "false", "no"}:
        return False
    if text:
        raise SetupError(f"{name} must be yes or no, not {text!r}")
    return default


def env_list(name: str, *, default: list[str]) -> list[str]:
    """A comma-separated setting."""
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()] or default


def env_together(*names: str) -> list[str]:
    """Settings that say something together only: all of them, or none, as empty texts."""
    values = [os.environ.get(name, "").strip() for name in names]
    if any(values) and not all(values):
        raise SetupError(f"set {', '.join(names)} together, or none of them")
    return values


def staff_oidc() -> list[str]:
    """The provider of the staff's single sign-on, our name there, and the file with our secret; empty texts without it."""
    prefix = "KVITTO_STAFF_OIDC_"
    issuer, client, file = env_together(f"{prefix}ISSUER", f"{prefix}CLIENT_ID", f"{prefix}CLIENT_SECRET_FILE")
    if not issuer:
        return [issuer, client, file]
    if not keeps_secrets(issuer) or "?" in issuer or "#" in issuer:
        raise SetupError(f"{prefix}ISSUER must be an address with https, as the provider itself writes it: {issuer!r}")
    secret_in(file, f"{prefix}CLIENT_SECRET_FILE")
    return [issuer, client, file]


def secret_in(file: str, setting: str) -> None:
    """Refuse a file that holds no secret; what it holds is read where it is used."""
    try:
        secret = Path(file).read_text().strip()
    except (OSError, ValueError) as error:
        raise SetupError(f"{setting}: {file} cannot be read as text: mend it") from error
    if not secret:
        raise SetupError(f"{setting}: {file} is empty: write the secret into it")


def mail() -> tuple[MailServer | None, str, str, str]:
    """The mail server, the file with its password, who mails are from, and the pages' own address; nothing without it."""
    url, sender, site = env_together("KVITTO_SMTP_URL", "KVITTO_MAIL_FROM", "KVITTO_SITE_URL")
    if not url:
        return None, "", "", ""
    server = mail_server(url)
    if server is None:
        raise SetupError(
            "KVITTO_SMTP_URL must be like smtps://user@mail.example.org:465 or smtp://user@mail.example.org:587"
        )
    if read_contact(ContactKind.EMAIL, sender) is None:
        raise SetupError(f"KVITTO_MAIL_FROM must be an e-mail address: {sender!r}")
    if not keeps_secrets(site) or urlsplit(site).path not in {"", "/"} or "?" in site or "#" in site:
        raise SetupError(
            f"KVITTO_SITE_URL must be where members find the pages, with https and without a path: {site!r}"
        )
    file = os.environ.get("KVITTO_SMTP_PASSWORD_FILE", "").strip()
    if bool(file) is not bool(server.user):
        raise SetupError("a user in KVITTO_SMTP_URL takes a KVITTO_SMTP_PASSWORD_FILE, and the other way round")
    if file:
        secret_in(file, "KVITTO_SMTP_PASSWORD_FILE")
    return server, file, sender, site.rstrip("/")


def secret_key() -> str:
    """The signing key of sessions: a file of the installation's own, made on first use."""
    path = home() / "keys" / "django.key"
    if not path.exists():
        keep_once(path, secrets.token_urlsafe(50).encode())
    return path.read_text()


BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = env_bool("KVITTO_DEBUG", default=False)
SECRET_KEY = secret_key()
ALLOWED_HOSTS = env_list("KVITTO_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
SERVICE_NAME = os.environ.get("KVITTO_SERVICE_NAME") or "Kvitto"  # what members read
LOG_NAME = os.environ.get("KVITTO_LOG_NAME") or "kvitto/log"  # what signed checkpoints of the record of acts are called
SECURE = env_bool("KVITTO_HTTPS", default=False)
DEMO_DOOR = env_bool("KVITTO_DEMO_DOOR", default=False)  # `kvitto demo` says yes: its people need no password

STAFF_OIDC_ISSUER, STAFF_OIDC_CLIENT_ID, STAFF_OIDC_CLIENT_SECRET_FILE = staff_oidc()
MAIL_SERVER, MAIL_PASSWORD_FILE, MAIL_FROM, SITE_URL = mail()
EMAIL_BACKEND = (
    "django.core.mail.backends.dummy.EmailBackend"  # nothing but `kvitto.notices.mail` sends, by a server of its own
)

STAFF_OIDC_CLAIM = os.environ.get("KVITTO_STAFF_OIDC_CLAIM", "").strip() or "preferred_username"  # names the user

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.auth",
    "django.contrib.staticfiles",
    "django_htmx",
    "procrastinate.contrib.django",
    "kvitto.audit",
    "kvitto.accounts",
    "kvitto.stores",
    "kvitto.assortment",
    "kvitto.members",
    "kvitto.notices",
    "kvitto.households",
    "kvitto.choices",
    "kvitto.staff",
    "kvitto.tills",
    "kvitto.vault",
    "kvitto.purchases",
    "kvitto.archive",
    "kvitto.warranties",
    "kvitto.bonus",
    "kvitto.intake",
    "kvitto.oversight",
    "kvitto.rights",
    "kvitto.demo",
]

MIDDLEWARE = [
    "kvitto.wiring.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "kvitto.wiring.statics.StaticMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # lengths are blurred, and form tokens differ each time
    "kvitto.wiring.faces.FaceMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "kvitto.wiring.faces.KindMiddleware",
    "kvitto.wiring.sign_in_again.SignInAgainMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "kvitto.wiring.staff_gate.StaffGateMiddleware",
    "kvitto.wiring.errors.ErrorMiddleware",
]

DATABASES = {"default": database.django_settings("web"), "owner": database.django_settings("owner")}
if env_bool("KVITTO_DATABASE_POOL", default=False):  # on in the web server, where each request is a thread of its own
    # While the database is away, whoever asks is told so within 5 s, and 5 s after it is back nobody is.
    waits = {"timeout": 5, "reconnect_timeout": 5}
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 10, "reset": identity.forget, **waits}
SERVICES_END = {  # by the topic of a choice: what deletes all that a service has kept of somebody, once they turn it off
    "receipt_archive": "kvitto.archive.actions.end",
    "warranty_receipts": "kvitto.warranties.actions.end",
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = ["kvitto.accounts.backend.FaceBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

ROOT_URLCONF = "kvitto.wiring.urls"  # the staff face has its own; see kvitto.wiring.faces
ASGI_APPLICATION = "kvitto.wiring.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / room / "templates" for room in ("doors/member_web", "doors/staff_web", "demo")],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "kvitto.wiring.faces.service",
                "kvitto.wiring.headers.csp_nonce",
                "kvitto.doors.member_web.theme.theme",
                "kvitto.doors.member_web.notices.unread",
                "kvitto.wiring.context.demo",
            ],
            "libraries": {
                "formats": "kvitto.doors.member_web.formats",
                "words": "kvitto.doors.member_web.words",
                "staff": "kvitto.doors.staff_web.words",
            },
        },
    }
]

LOGIN_URL = "sign-in"  # each face has a page of that name
SESSION_ENGINE = "kvitto.accounts.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_AGE = None  # gone with the browser: a visitor is not known again
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE else 0  # a browser that was here over HTTPS never comes without
X_FRAME_OPTIONS = "DENY"
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "doors" / door / "static" for door in ("member_web", "staff_web")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # there are no uploads
    "staticfiles": {"BACKEND": "kvitto.wiring.statics.VersionedStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False

LOGGING = {  # without this Django tells nobody of a failed request, except in debug
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"valueless": {"()": "kvitto.wiring.logs.ValuelessFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "valueless"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}

USE_TZ = True
TIME_ZONE = "Europe/Helsinki"
LANGUAGE_CODE = "en"
LANGUAGES = [("sv", "Svenska"), ("fi", "Suomi"), ("en", "English")]  # each by its own name
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME, THEME_COOKIE_NAME = "kvitto_language", "kvitto_theme"  # both faces read them
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = SECURE
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"

PROCRASTINATE_ON_APP_READY = "kvitto.wiring.jobs.register"
