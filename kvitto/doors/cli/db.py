"""`kvitto db`: the embedded database server."""

from dataclasses import asdict
from typing import Annotated

import typer

from kvitto.doors.cli.base import messages, print_json
from kvitto.kernel import database
from kvitto.kernel.errors import SetupError
from kvitto.kernel.home import home
from kvitto.kernel.server import EmbeddedServer

app = typer.Typer(help="The embedded database server.", no_args_is_help=True)


def _server() -> EmbeddedServer:
    if not database.is_embedded():
        raise SetupError("KVITTO_DATABASE_URL names the database server: start, stop and ask it by its own means")
    return EmbeddedServer(home())


@app.command()
def start() -> None:
    """Start it, or find it running; the first start makes it."""
    server = _server()
    server.start()
    messages.print(f"the database of {server.home} runs", highlight=False, markup=False)


@app.command()
def stop() -> None:
    """Stop it, ending its sessions; nothing is lost."""
    server = _server()
    stopped = server.stop()
    text = f"the database of {server.home} {'has stopped' if stopped else 'did not run'}"
    messages.print(text, highlight=False, markup=False)


@app.command()
def status(json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Say whether it runs, as which process and version, and where its files are."""
    found = _server().status()
    if json:
        print_json(asdict(found))
        return
    state = "running" if found.running else "starting or stopping" if found.pid else "not running"
    print(f"state    {state}")
    if found.pid:
        print(f"process  {found.pid}")
    if found.version:
        print(f"version  {found.version}")
    print(f"data     {found.data}")
    print(f"socket   {found.socket_directory}")
