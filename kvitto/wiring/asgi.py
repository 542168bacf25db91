"""The web application, for an ASGI server such as uvicorn."""

import gc
import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application

from kvitto.wiring import catalogues

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kvitto.wiring.settings")
os.environ.setdefault("KVITTO_DATABASE_POOL", "yes")

if settings.DEBUG and find_spec("babel"):  # whoever works on the texts sees them as they are now
    catalogues.compile_changed()
BELOW = "/api/v1/"  # the tills'; members' own tools ask at /api/me/, of the pages' side
pages = get_asgi_application()
tills = import_module("kvitto.doors.till_api.app").TillApi(secure=settings.SECURE)  # now that the rooms are ready


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """What is below `/api/v1/` is the tills', and nothing of the pages' is asked about it; everything else is a page."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "http" and scope["path"].startswith(BELOW):
        await tills(scope, receive, send)
    else:
        await pages(scope, receive, send)


async def _live(receive: Any, send: Any) -> None:
    """From the server's start to its end, when what tills have handed in is finished."""
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await tills.close()
    await send({"type": "lifespan.shutdown.complete"})


import_module(settings.ROOT_URLCONF)  # every page, and so every room
# What is loaded now stays: the collector need not look at it again. Without this a search over 12,000 lines takes 60 ms, and
# at times 140 ms; with it never more than 65 ms.
gc.collect()
gc.freeze()
