"""The server's processes, each with a fate: killed with SIGKILL at a named point, or some time after it began.

Run as `python -m tests.faults.server SEED PATIENCE`. It says its port, and then a line for each process that was killed. The
application is the real one; what a process is killed at is a call of the real code, before or after it.

The processes that take lists in share their server's fate: whichever comes to the point first is killed. They are forked here,
since a new interpreter for every short life would take most of the time; the server begins those that follow them by itself.
"""

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from random import Random
from typing import Any

import uvicorn

WORKERS = 2
POINTS = {  # name -> (module, attribute, whether after the call)
    "taken": ("kvitto.doors.till_api.taking", "commit", False),
    "storing": ("kvitto.purchases.actions", "store", False),
    "stored": ("kvitto.purchases.actions", "store", True),
    "noted": ("kvitto.intake.gaps", "note", True),  # the last statement before the commit
    "committed": ("kvitto.doors.till_api.taking", "commit", True),
    "answering": ("kvitto.doors.till_api.app.TillApi", "_send", False),
}


def main(seed: int, patience: int) -> None:
    """Keep the processes running until this one is told to end.

    Each lives for so many passages of its point, or twentieths of a second, at most.
    """
    from kvitto.wiring.asgi import application

    listening = socket.create_server(("127.0.0.1", 0), backlog=1_024)
    print(listening.getsockname()[1], flush=True)
    fates: dict[int, str] = {}
    signal.signal(signal.SIGTERM, lambda *_: _end(fates))
    life = 0
    while True:
        while len(fates) < WORKERS:
            random = Random(f"{seed}: life {life}")
            point = random.choice([*POINTS, "time"])
            after = random.randint(1, patience)
            life += 1
            pid = os.fork()
            if not pid:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                _live(application, listening, point, after)
            fates[pid] = point
        pid, status = os.wait()
        print(fates.pop(pid) if os.WIFSIGNALED(status) else "ended", flush=True)


def _end(fates: dict[int, str]) -> None:
    for pid in fates:
        os.kill(pid, signal.SIGKILL)
    os._exit(0)


def _live(application: Any, listening: socket.socket, point: str, after: int) -> None:
    if point == "time":
        threading.Timer(after / 20, _die).start()
    else:
        _set(point, after)
    _fork_takers(point)
    config = uvicorn.Config(application, lifespan="off", access_log=False, log_level="critical")
    asyncio.run(uvicorn.Server(config).serve(sockets=[listening]))
    os._exit(1)


def _fork_takers(point: str) -> None:
    """Processes for lists that are there already; one that is killed says so as its server would."""
    from kvitto.doors.till_api import apart, committing

    ends: list[Connection] = []
    begin = apart.Apart._begin
    for _ in range(committing.LISTS):
        ours, theirs = Pipe()
        ends.append(ours)
        pid = os.fork()
        if not pid:
            for each in ends:  # so that it sees its server die
                each.close()
            told.append(point)
            apart.serve(theirs)
            os._exit(0)
        theirs.close()
    apart.Apart._begin = lambda self: ends.pop() if ends else begin(self)  # type: ignore[method-assign]


told: list[str] = []  # what a process says before it is killed; of a server whoever waits for it knows


def _die() -> None:
    for point in told:
        print(point, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


def _set(point: str, after: int) -> None:
    """Have this process killed when it passes the point for the so-manyth time."""
    place, name, is_after = POINTS[point]
    module, _, _within = place.partition(".TillApi")
    owner: Any = sys.modules[module].TillApi if place.endswith("TillApi") else sys.modules[module]
    call: Callable[..., Any] = getattr(owner, name)
    left = [after]

    def passed(*args: Any, **kwargs: Any) -> Any:
        left[0] -= 1
        if not is_after and left[0] <= 0:
            _die()
        found = call(*args, **kwargs)
        if is_after and left[0] <= 0:
            _die()
        return found

    setattr(owner, name, passed)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
