"""The embedded PostgreSQL server."""

from pathlib import Path
from typing import Literal

Role = Literal["web", "owner"]


class EmbeddedServer:
    def __init__(self, home: Path) -> None:
        self.home = home

    def url(self, role: Role) -> str:
        raise NotImplementedError

    def start(self) -> None:
        raise NotImplementedError
