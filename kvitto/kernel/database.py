"""Which database this installation talks to, in two roles.

Given by `KVITTO_DATABASE_URL` (web role) and `KVITTO_DATABASE_OWNER_URL` (owner role), PostgreSQL 15 or newer; without
them the embedded server under the installation's home.
"""

import os
import re
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from kvitto.kernel.errors import SetupError
from kvitto.kernel.home import home
from kvitto.kernel.server import EmbeddedServer, Role

MINIMUM_VERSION = 15_00_00
_MENDS = {  # what a database error says, and what mends it
    r'relation ".*" does not exist': "the database is not set up, or older than the program: run kvitto migrate",
    r"row-level security policy": "the wall around personal tables refused it: who asks may not, or nobody said who asks",
    r"permission denied for table": "the web role lacks a grant: run kvitto migrate",
    r"no partition of relation": "the months ahead are missing: run kvitto retention run, which should run every night",
}


def is_embedded() -> bool:
    """Whether the embedded server is used; one URL without the other is refused."""
    given = [bool(os.environ.get(name)) for name in ("KVITTO_DATABASE_URL", "KVITTO_DATABASE_OWNER_URL")]
    if any(given) and not all(given):
        raise SetupError("set both KVITTO_DATABASE_URL (web role) and KVITTO_DATABASE_OWNER_URL, or neither")
    return not any(given)


def url(role: Role) -> str:
    """The connection URL of a role."""
    if is_embedded():
        return EmbeddedServer(home()).url(role)
    return os.environ["KVITTO_DATABASE_URL" if role == "web" else "KVITTO_DATABASE_OWNER_URL"]


def django_settings(role: Role) -> dict[str, Any]:
    """The role's entry of Django's DATABASES.

    No connection outlives a request: under ASGI each request has a thread of its own, and would leave its connection open.
    A web server turns the pool on instead.
    """
    parts = {key: str(value) for key, value in conninfo_to_dict(url(role)).items() if value is not None}
    known = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    entry: dict[str, Any] = {name: parts.pop(key, "") for name, key in known.items()}
    return entry | {"ENGINE": "kvitto.kernel.postgres", "CONN_MAX_AGE": 0, "OPTIONS": parts}


def ensure_running() -> None:
    """Start the embedded server when it is the one used and does not run yet."""
    if is_embedded():
        EmbeddedServer(home()).start()


def explained(error: str) -> str:
    """A database error in one line, with its mend where it is a known one; never a value of a row."""
    line = next(iter(error.strip().splitlines()), "unknown error")
    mends = [mend for pattern, mend in _MENDS.items() if re.search(pattern, line)]
    return f"{line} ({mends[0]})" if mends else line
