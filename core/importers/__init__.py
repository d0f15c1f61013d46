"""Bringing images into a project."""

from core.importers.registry import ImportReport, import_path

__all__ = ["ImportReport", "import_path"]
