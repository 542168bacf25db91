"""Compiles the message catalogues (kvitto/locale/*/LC_MESSAGES/django.po) whenever the package is built or installed."""

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CatalogueHook(BuildHookInterface):
    """Called by hatchling before it gathers the files."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  hatchling's signature
        """Write django.mo beside each django.po. The function is run from its file: Kvitto may not be installed yet."""
        package = Path(self.root) / "kvitto"
        runpy.run_path(str(package / "wiring" / "catalogues.py"))["compile_changed"](package / "locale")
