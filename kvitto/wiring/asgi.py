"""The web application, for an ASGI server such as uvicorn."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kvitto.wiring.settings")
os.environ.setdefault("KVITTO_DATABASE_POOL", "yes")

application = get_asgi_application()
