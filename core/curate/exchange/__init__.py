"""Labels handed round: written in the forms that others read, and joined with the project's again."""

from core.curate.exchange.aside import refuse
from core.curate.exchange.merging import CONFLICTS, apply, merge, preview
from core.curate.exchange.registry import FORMATS, ExportReport, export, format_for, read
from core.curate.exchange.report import Conflict, MergeReport, described, details, write_csv

__all__ = [
    "CONFLICTS",
    "FORMATS",
    "Conflict",
    "ExportReport",
    "MergeReport",
    "apply",
    "described",
    "details",
    "export",
    "format_for",
    "merge",
    "preview",
    "read",
    "refuse",
    "write_csv",
]
