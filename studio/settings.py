"""Where the window keeps its own layout: window.ini in the user's settings. Projects never depend on it."""

from PySide6.QtCore import QSettings

from core import paths


def window_settings() -> QSettings:
    """The settings, read and written at once."""
    return QSettings(str(paths.user_config() / "window.ini"), QSettings.Format.IniFormat)


def remembered_text_scale() -> float:
    """How large the user wants words to be: 1.0, 1.25, 1.5 or 2.0."""
    chosen = str(window_settings().value("text", ""))
    return int(chosen) / 100 if chosen in ("100", "125", "150", "200") else 1.0
