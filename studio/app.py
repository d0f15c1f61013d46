"""The program `studio [PROJECT]`: makes the parts and puts them together. The only place that knows all of them."""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from core import bugs, paths
from core.errors import told
from studio import diary, theme
from studio.ahead import PagesAhead
from studio.diary import Diary
from studio.errors import ErrorDesk
from studio.session import Session
from studio.settings import remembered_text_scale, window_settings
from studio.window import Window

_log = logging.getLogger(__name__)
THEMES = ("system", "dark", "light")
AHEAD_MILLISECONDS = 200  # after the first page is painted


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of the `studio` script; returns the exit code."""
    options = _parser().parse_args(arguments)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("Wildset")
    app.setDesktopFileName("wildset")
    if options.reset:
        window_settings().clear()
    theme.apply(app, options.theme or _remembered_theme(), remembered_text_scale())
    left, journal = diary.found(), Diary()
    journal.begin()
    desk = ErrorDesk(journal.lines)
    desk.install()
    try:
        window = Window(Session(), desk)
    except Exception as problem:  # noqa: BLE001  # there is no window to tell it
        return _no_window(problem, journal)
    window.show()
    ratio = window.devicePixelRatio()
    _log.info("%s processors, windows by %s, %s device px a px", os.cpu_count(), app.platformName(), ratio)
    if options.project:
        _open(window, options.project)
    if left:
        QTimer.singleShot(0, window, lambda: desk.tell_of(left[-1]))
    _obey_interrupt(window)
    PagesAhead(window.stack.grow, window).start(AHEAD_MILLISECONDS)
    code = app.exec()
    journal.end()
    return code


def _open(window: Window, project: str) -> None:
    places = [Path(project), paths.projects_home() / project]
    root = next((place for place in places if (place / "project.db").is_file()), places[0])
    try:
        window.open(root)
    except Exception as problem:
        if told(problem) is None:
            raise
        window.desk.report(problem)


def _no_window(problem: Exception, journal: Diary) -> int:
    """Say in a box of the system why there is no window; returns the exit code."""
    known = told(problem)
    file = None if known else bugs.write_report(problem, journal.lines())
    box = QMessageBox(QMessageBox.Icon.Critical, "Wildset", known.title if known else "Wildset could not start.")
    box.setInformativeText(known.hint if known else f"Your labels are safe. The report is in {file}.")
    box.setDetailedText("" if known else bugs.report(bugs.traced(problem), journal.lines()))
    box.exec()
    journal.end()
    return 1 if known else 3


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="studio", description="Label images, train on them, review, fix, repeat.")
    parser.add_argument("project", nargs="?", metavar="PROJECT", help="folder or name of a project to open")
    parser.add_argument("--theme", choices=THEMES, help="dark, light, or as the system says")
    parser.add_argument(
        "--reset", action="store_true", help="go back to the usual theme, layout and keys; projects are not touched"
    )
    return parser


def _remembered_theme() -> theme.Choice:
    chosen = window_settings().value("theme", "system")
    return next((choice for choice in ("dark", "light") if choice == chosen), "system")


def _obey_interrupt(window: Window) -> None:
    """Ctrl-C in the terminal, or the system that asks for it, closes the window properly."""
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, lambda *_: QTimer.singleShot(0, window.close))
    # Python handles signals only while Python runs: give it a moment now and then.
    breath = QTimer(window, interval=250)
    breath.timeout.connect(lambda: None)
    breath.start()
