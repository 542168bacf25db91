"""In every Python process whose PYTHONPATH begins with this folder: reaching or hearing another machine fails, and is written down.

This machine is what lies behind its loopback addresses and Unix sockets. Names are not asked for either, but the machine's own.
What was tried goes to the file that KVITTO_TRIED names, one line each. A process cannot take the hook off again.
"""

import ipaddress
import os
import socket
import sys
from pathlib import Path

REACHING = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"}  # with a socket and an address
ASKING = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}  # with a name


def is_own(host: object) -> bool:
    """Whether a host is this machine, said so that nobody has to be asked."""
    number = number_of(host)
    return host in {"localhost", b"localhost"} if number is None else number.is_loopback


def number_of(host: object) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """A host that is given by its number, for which no name has to be looked up."""
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes | bytearray) else str(host))
    except ValueError:
        return None


def stays(event: str, arguments: tuple) -> bool:
    """Whether a call leaves other machines alone."""
    if event in ASKING:
        host = arguments[0]
        return host in {None, ""} or is_own(host) or number_of(host) is not None
    sock, address = arguments[:2]
    return sock.family not in {socket.AF_INET, socket.AF_INET6} or address is None or is_own(address[0])


def hear(event: str, arguments: tuple) -> None:
    if event in REACHING | ASKING and not stays(event, arguments):
        with Path(os.environ["KVITTO_TRIED"]).open("a") as file:
            file.write(f"{event} {arguments[-1] if event in REACHING else arguments[0]!r}\n")
        raise PermissionError(f"{event}: another machine")


sys.addaudithook(hear)
