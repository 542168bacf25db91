"""The API does what its document says, whatever is sent: thousands of requests made from the document by Schemathesis.

`KVITTO_EXAMPLES` says how many a kind of request; the same number makes the same requests.
"""

import asyncio
import json
import os
import socket
import urllib.request
from contextlib import contextmanager
from threading import Thread

import jsonschema
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode, checks

from kvitto.doors.till_api.app import TillApi
from kvitto.doors.till_api.openapi import document
from kvitto.doors.till_api.taking import Here
from kvitto.purchases.queries import register_counts
from tests.cast import receipt
from tests.doors.tills import issue
from tools import openapi

EXAMPLES = int(os.environ.get("KVITTO_EXAMPLES") or 15)
checks.load_all_checks()
CHECKS = [
    checks.CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "unsupported_method",
    )
]
SETTINGS = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@contextmanager
def server():
    """The application behind the HTTP server, on a free port; its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = TillApi(secure=False, lists=Here)
    running = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="error", access_log=False))

    async def serve():
        await running.serve(sockets=[listening])
        await app.close()

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        running.should_exit = True
        thread.join()
        listening.close()


def operations():
    return [each.ok() for each in schemathesis.openapi.from_dict(document()).get_all_operations()]


def takes_something(operation):
    return "requestBody" in operation.definition.raw or "parameters" in operation.definition.raw


def test_the_written_document_is_the_servers():
    assert openapi.PAGE.read_text() == openapi.text(), "python -m tools.openapi"


def test_an_example_of_the_wire_format_fits_the_document():
    schema = document()["paths"]["/api/v1/receipts"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": document()["components"]} | schema

    jsonschema.validate(receipt(), whole)
    jsonschema.validate([receipt(), receipt(sequence=2)], whole)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(receipt(tax="1.00"), whole)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["as it says", "otherwise"])
def test_every_operation_answers_as_the_document_says(committed_cast, mode):
    with server() as address:
        headers = {"Authorization": f"Bearer {issue().token}"}
        for operation in operations():
            if mode is GenerationMode.NEGATIVE and not takes_something(operation):
                continue

            @SETTINGS
            @given(case=operation.as_strategy(generation_mode=mode))
            def tried(case):
                case.call_and_validate(base_url=address, headers=headers, checks=CHECKS)

            tried()


@pytest.mark.slow
def test_nothing_is_taken_without_a_key(committed_cast):
    with server() as address:
        for operation in operations():
            if operation.definition.raw.get("security") == []:
                continue

            @SETTINGS
            @given(case=operation.as_strategy())
            def tried(case):
                answer = case.call(base_url=address)
                assert (answer.status_code, answer.headers["www-authenticate"]) == (401, ["Bearer"])

            tried()
    assert register_counts().product == 0


def test_the_document_is_given_to_everybody():
    with server() as address, urllib.request.urlopen(f"{address}/api/v1/openapi.json") as answer:  # noqa: S310  ours
        assert json.loads(answer.read()) == document()
