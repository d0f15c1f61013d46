"""Shows a file where the platform shows files: selected in its folder on Windows and macOS, else its folder."""

import sys
from pathlib import Path

from PySide6.QtCore import QDir, QProcess, QUrl
from PySide6.QtGui import QDesktopServices

from core.errors import Error


def reveal(path: Path) -> None:
    """Open the file manager at `path`. Raises `Error` where the file is gone or nothing opens."""
    if not path.exists():
        raise Error(f"{path.name} is no longer there.", f"It was {path}.")
    command = command_for(path, sys.platform)
    if command:
        opened = QProcess.startDetached(command[0], command[1:])[0]
    else:
        opened = QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
    if not opened:
        raise Error("No file manager could be opened.", f"The image is {path}.")


def command_for(path: Path, platform: str) -> list[str]:
    """What selects a file in the file manager of `platform` (as `sys.platform`); empty where nothing does."""
    if platform == "win32":  # as two arguments: a quoted whole is not understood
        return ["explorer.exe", "/select,", QDir.toNativeSeparators(str(path))]
    return ["open", "-R", str(path)] if platform == "darwin" else []
