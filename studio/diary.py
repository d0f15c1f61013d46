"""What the window did last, on disk until it ends well: so that an end without a word still leaves something to read.

Whatever is logged below "studio", warnings of anybody and Qt's messages are lines of the diary. Its file also takes
what Python can still write when the process is killed by a fault of a library (faulthandler). A file whose process is
gone was left behind: `found` gives it to the next start, once.
"""

import faulthandler
import logging
import os
import sys
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import filelock
from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from core import paths

KEPT = 60  # lines that details have
_NAME, _LOCK = "open-{}.log", ".lock"
_LEVELS = {QtMsgType.QtDebugMsg: logging.DEBUG, QtMsgType.QtInfoMsg: logging.INFO}


@dataclass(frozen=True)
class Left:
    """What a process left that ended without saying why."""

    file: Path
    text: str

    @property
    def fault(self) -> bool:
        """Whether it was a fault that stopped it, not the system or a loss of power."""
        return "Fatal Python error" in self.text or "Windows fatal exception" in self.text


class Diary(logging.Handler):
    """Keeps the last lines, and all of them in a file of its own; only in memory where none can be written."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S"))
        self._lines: deque[str] = deque(maxlen=KEPT)
        self._file: TextIO | None = None
        self._lock: filelock.BaseFileLock | None = None

    def begin(self) -> None:
        """Open the file, and take the lines and last words of this process."""
        path = paths.reports() / _NAME.format(os.getpid())
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = filelock.FileLock(f"{path}{_LOCK}", timeout=0)
            self._lock.acquire()
            self._file = path.open("w", encoding="utf-8", errors="replace", buffering=1)
        except OSError:
            self._file = None
        if self._file is not None or sys.stderr is not None:
            faulthandler.enable(self._file or sys.stderr)
        logging.getLogger().addHandler(self)
        logging.getLogger("studio").setLevel(logging.INFO)
        qInstallMessageHandler(_qt_said)
        logging.getLogger("studio").info("Wildset starts, %s", time.strftime("%Y-%m-%d"))

    def end(self) -> None:
        """All went well: nothing is left behind."""
        qInstallMessageHandler(None)
        logging.getLogger().removeHandler(self)
        if self._file is not None:
            faulthandler.disable()
            self._file.close()
            _forget(Path(self._file.name), self._lock)
            self._file = None

    def lines(self) -> list[str]:
        """The last lines, the oldest first."""
        return list(self._lines)

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record)
        self._lines.append(line)
        if self._file is not None:
            try:
                self._file.write(f"{line}\n")
            except OSError:  # a full disk is told where it matters: at the next edit
                self._file = None


def found() -> list[Left]:
    """What processes left that did not end well, the latest last; each is given once and stays as a report."""
    left = []
    for path in sorted(paths.reports().glob(_NAME.format("*")), key=lambda path: path.stat().st_mtime):
        lock = filelock.FileLock(f"{path}{_LOCK}", timeout=0)
        try:
            lock.acquire()
            text = path.read_text(encoding="utf-8", errors="replace")
            kept = path.with_name(f"{time.strftime('%Y%m%d-%H%M%S')}-{path.stem}.txt")
            path.rename(kept)
        except (filelock.Timeout, OSError):  # another window is open, or looks too
            continue
        _forget(path, lock)
        left.append(Left(kept, text))
    return left


def _forget(path: Path, lock: filelock.BaseFileLock | None) -> None:
    path.unlink(missing_ok=True)
    if lock is not None:
        lock.release()
        Path(f"{path}{_LOCK}").unlink(missing_ok=True)


def _qt_said(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    logging.getLogger("studio.qt").log(_LEVELS.get(kind, logging.WARNING), "%s", text)
    if sys.stderr is not None:
        sys.stderr.write(f"{text}\n")
