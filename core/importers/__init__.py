"""Bringing images into a project."""

from core.importers.registry import ImportReport, import_path
from core.importers.several import import_several

__all__ = ["ImportReport", "import_path", "import_several"]
