import sys
import threading

from pytestqt.qtbot import QtBot

from core import paths
from core.errors import Error
from studio.errors import ErrorDesk


def test_a_told_error_is_a_sentence_and_a_hint(qtbot: QtBot) -> None:
    desk = ErrorDesk()
    with qtbot.waitSignal(desk.shown) as shown:
        desk.report(Error("The folder is empty.", "Choose another."))
    assert shown.args == ["The folder is empty.", "Choose another.", "error"]
    assert not paths.reports().exists()


def test_a_full_disk_is_no_bug(qtbot: QtBot) -> None:
    desk = ErrorDesk()
    with qtbot.waitSignal(desk.shown) as shown:
        desk.report(OSError(28, "No space left on device"))
    assert "full" in shown.args[0]
    assert shown.args[2] == "error"


def test_a_bug_leaves_a_report_with_versions_and_traceback(qtbot: QtBot) -> None:
    desk = ErrorDesk()
    with qtbot.waitSignal(desk.shown) as shown:
        try:
            _ = {}["missing"]
        except KeyError as problem:
            desk.report(problem)
    (report,) = paths.reports().iterdir()
    text = report.read_text()
    assert shown.args[2] == "bug"
    assert report.name in shown.args[1]
    assert "KeyError: 'missing'" in text
    assert "PySide6-Essentials 6." in text


def test_exceptions_of_other_threads_come_to_the_window(qtbot: QtBot, monkeypatch: object) -> None:
    before = sys.excepthook, threading.excepthook
    desk = ErrorDesk()
    try:
        desk.install()

        def fail() -> None:
            raise Error("Told from a thread.", "")

        with qtbot.waitSignal(desk.shown, timeout=5000) as shown:
            threading.Thread(target=fail).start()
        assert shown.args[0] == "Told from a thread."
    finally:
        sys.excepthook, threading.excepthook = before


def test_a_report_that_cannot_be_written_is_said(qtbot: QtBot) -> None:
    paths.reports().parent.mkdir(parents=True, exist_ok=True)
    paths.reports().write_text("in the way")
    desk = ErrorDesk()
    with qtbot.waitSignal(desk.shown) as shown:
        desk.report(ZeroDivisionError())
    assert "could not be written" in shown.args[1]
