"""Where the window keeps its own layout: window.ini in the user's settings. Projects never depend on it."""

from PySide6.QtCore import QSettings

from core import paths


def window_settings() -> QSettings:
    """The settings, read and written at once."""
    return QSettings(str(paths.user_config() / "window.ini"), QSettings.Format.IniFormat)
