"""Where the window keeps its own layout: window.ini in the user's settings. Projects never depend on it."""

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtWidgets import QSplitter

from core import paths


def window_settings() -> QSettings:
    """The settings, read and written at once."""
    return QSettings(str(paths.user_config() / "window.ini"), QSettings.Format.IniFormat)


def remember_columns(columns: QSplitter, page: str) -> None:
    """Give columns the widths they had last, and keep those that the user gives them from now on."""
    key = f"{page}/columns"
    saved = window_settings().value(key)
    if isinstance(saved, QByteArray):
        columns.restoreState(saved)
    whole = columns.count()  # fewer are beside each other while one is a drawer

    def keep() -> None:
        if columns.count() == whole:
            window_settings().setValue(key, columns.saveState())

    columns.splitterMoved.connect(lambda *_: keep())
