"""The program `studio [PROJECT]`: makes the parts and puts them together. The only place that knows all of them."""

import argparse
import faulthandler
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from core import paths
from core.errors import told
from studio import theme
from studio.ahead import PagesAhead
from studio.errors import ErrorDesk
from studio.session import Session
from studio.settings import window_settings
from studio.window import Window

THEMES = ("system", "dark", "light")
AHEAD_MILLISECONDS = 200  # after the first page is painted


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of the `studio` script; returns the exit code."""
    options = _parser().parse_args(arguments)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("Wildset")
    app.setDesktopFileName("wildset")
    theme.apply(app, options.theme or _remembered_theme())
    desk = ErrorDesk()
    desk.install()
    window = Window(Session(), desk)
    window.show()
    if options.project:
        _open(window, options.project)
    _obey_interrupt(window)
    PagesAhead(window.stack.grow, window).start(AHEAD_MILLISECONDS)
    return app.exec()


def _open(window: Window, project: str) -> None:
    places = [Path(project), paths.projects_home() / project]
    root = next((place for place in places if (place / "project.db").is_file()), places[0])
    try:
        window.open(root)
    except Exception as problem:
        if told(problem) is None:
            raise
        window.desk.report(problem)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="studio", description="Label images, train on them, review, fix, repeat.")
    parser.add_argument("project", nargs="?", metavar="PROJECT", help="folder or name of a project to open")
    parser.add_argument("--theme", choices=THEMES, help="dark, light, or as the system says")
    return parser


def _remembered_theme() -> theme.Choice:
    chosen = window_settings().value("theme", "system")
    return next((choice for choice in ("dark", "light") if choice == chosen), "system")


def _obey_interrupt(window: Window) -> None:
    """Ctrl-C in the terminal closes the window properly; a crash of Qt itself leaves a trace on stderr."""
    if sys.stderr is not None:
        faulthandler.enable()
    signal.signal(signal.SIGINT, lambda *_: QTimer.singleShot(0, window.close))
    # Python handles signals only while Python runs: give it a moment now and then.
    breath = QTimer(window, interval=250)
    breath.timeout.connect(lambda: None)
    breath.start()
