"""Which modules may reach another machine, or start another program: the whole list, each with its reason.

Every package that is not Python's own is sorted here once: it can connect by itself, or it cannot. Of Python's own modules, those
that connect are named.
"""

import ast
import sys

import pytest
from django.conf import settings

from tests.architecture.source import imports, modules, path_of

CONNECTING = {  # of Python's own
    "asyncio", "ftplib", "http.client", "http.server", "imaplib", "logging.config", "logging.handlers", "multiprocessing",
    "nntplib", "poplib", "pty", "select", "selectors", "smtplib", "socket", "socketserver", "ssl", "subprocess",
    "telnetlib", "urllib.request", "urllib.robotparser", "webbrowser", "wsgiref.simple_server", "xmlrpc",
}  # fmt: skip
PACKAGES_THAT_CONNECT = {"procrastinate", "psycopg", "psycopg_pool", "uvicorn"}
PARTS_THAT_CONNECT = {
    "django.core.mail",
    "django.core.servers",
    "django.core.cache.backends",
}  # of packages that do not
PARTS_THAT_DO_NOT = {  # of modules and packages that do
    "psycopg.sql", "psycopg.conninfo", "psycopg.errors", "psycopg.types",
}  # fmt: skip
QUIET = {
    "asgiref", "babel", "backports", "barcode", "biip", "cryptography", "django", "django_htmx", "fido2", "icalendar", "joserfc",
    "markdown_it", "msgspec", "pyarrow", "qrcode", "rich", "typer", "typst", "whitenoise",
}  # fmt: skip

DATABASE = "the database, where KVITTO_DATABASE_URL says; on a local socket unless set"
PROCESSES = "parts of one import, or of what tills hand in, run in processes of their own, over pipes"
AWAITS = "waits for what has come in and for threads of its own process; the server hands requests in"
REASONS = {
    "kvitto.kernel.db": DATABASE,
    "kvitto.kernel.identity": DATABASE,
    "kvitto.kernel.server": "the embedded database server, on a local socket",
    "kvitto.kernel.server_process": "starts and stops the embedded database server, on this machine",
    "kvitto.purchases.arrivals": DATABASE,
    "kvitto.doors.member_web.live": "waits for what the listening connection hears; opens none of its own",
    "kvitto.wiring.setup": DATABASE,
    "kvitto.wiring.jobs": "the queue of jobs, which is in the database",
    "kvitto.wiring.commands": "`kvitto serve` listens on 127.0.0.1; measurements run beside, over pipes",
    "kvitto.intake.importer": PROCESSES,
    "kvitto.intake.worker": PROCESSES,
    "kvitto.doors.till_api.bodies": AWAITS,
    "kvitto.doors.till_api.asking": AWAITS,
    "kvitto.doors.till_api.dialects": AWAITS,
    "kvitto.doors.till_api.keys": AWAITS,
    "kvitto.doors.till_api.committing": AWAITS,
    "kvitto.doors.till_api.apart": PROCESSES,
    "kvitto.purchases.actions": DATABASE,
    "kvitto.benchmarks.tills": PROCESSES,
    "kvitto.benchmarks.till_client": "asks a server that the measurement has started, on 127.0.0.1",
    "kvitto.benchmarks.browser": "asks a server that the measurement has started, on 127.0.0.1",
    "kvitto.benchmarks.copying": PROCESSES,
    "kvitto.benchmarks.intake": PROCESSES,
    "kvitto.benchmarks.pages": DATABASE,
    "kvitto.benchmarks.receipts": "open pages at a server that the measurement has started, on 127.0.0.1",
    "kvitto.benchmarks.registers": PROCESSES,
    "kvitto.benchmarks.spooled": PROCESSES,
    "kvitto.notices.mail": "the co-op's mail server, once it is set up: off without KVITTO_SMTP_URL",
    "kvitto.doors.staff_web.openid": "the co-op's own sign-in, once it is set up: off without KVITTO_STAFF_OIDC_ISSUER",
}


def within(name, group):
    """Whether a dotted name is one of a group, or below one."""
    return any(name == each or name.startswith(f"{each}.") for each in group)


def connecting(module):
    """What a module imports that can connect."""
    found = {name for name in imports(module) if within(name, CONNECTING | PACKAGES_THAT_CONNECT | PARTS_THAT_CONNECT)}
    parts = {name for name in found if within(name, PARTS_THAT_DO_NOT)}
    bases = {name.split(".")[0] for name in parts}  # `from psycopg import sql` gives both names
    whole = {base for base in bases if base in found and not _names_itself(module, base)}
    return found - parts - whole


def _names_itself(module, base):
    """Whether a package is imported as it is, and not only to take a part from it."""
    return any(
        alias.name == base
        for node in ast.walk(modules()[module])
        if isinstance(node, ast.Import)
        for alias in node.names
    )


def test_only_listed_modules_can_connect():
    found = {module: connecting(module) for module in modules() if connecting(module)}

    assert {module: names for module, names in found.items() if module not in REASONS} == {}


@pytest.mark.parametrize("module", REASONS)
def test_a_listed_module_still_can(module):
    assert connecting(module), f"{path_of(module)} connects to nothing any more: take it off the list"


def test_every_package_is_sorted():
    used = {name.split(".")[0] for module in modules() for name in imports(module)}
    foreign = used - set(sys.stdlib_module_names) - {"kvitto"}

    assert foreign == QUIET | PACKAGES_THAT_CONNECT - {"psycopg_pool"}


@pytest.mark.parametrize("text", ["urllib.request", "socket", "smtplib.SMTP", "psycopg", "django.core.mail", "ssl"])
def test_what_connects_is_noticed(text):
    assert within(text, CONNECTING | PACKAGES_THAT_CONNECT | PARTS_THAT_CONNECT)


def test_django_writes_to_nobody_when_a_page_fails():
    assert (settings.ADMINS, settings.MANAGERS) == ([], [])
