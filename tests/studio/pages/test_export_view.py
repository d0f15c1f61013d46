from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from core.errors import Error
from core.events import Stage
from studio.pages.export.view import ExportPage
from tests.studio.pages.conftest import Script, ScriptedSession, add_run


@pytest.fixture
def page(qtbot: QtBot, scripted: ScriptedSession) -> ExportPage:
    page = ExportPage(scripted)
    qtbot.addWidget(page)
    page.resize(1036, 640)
    page.show()
    return page


def look(qtbot: QtBot, page: ExportPage) -> None:
    page.activate()
    qtbot.waitUntil(lambda: page._session.reader.idle, timeout=5000)


def button(page: ExportPage, text: str) -> QPushButton:
    (found,) = [b for b in page.findChildren(QPushButton) if b.text() == text and b.isVisibleTo(page)]
    return found


def test_without_runs_the_page_leads_to_train(qtbot: QtBot, page: ExportPage, scripted: ScriptedSession) -> None:
    look(qtbot, page)
    went: list[str] = []
    scripted.go_to.connect(went.append)
    button(page, "Train a model").click()
    assert went == ["train"]


def test_a_run_is_exported_to_the_folder_offered(
    qtbot: QtBot, page: ExportPage, scripted: ScriptedSession, project: Path
) -> None:
    add_run(project)
    place = project / "exports" / "00-run"

    def script() -> Script:
        yield Stage(title="Writing")
        place.mkdir(parents=True)
        (place / "weights.safetensors").write_bytes(b"weights")
        return {"folder": str(place)}

    look(qtbot, page)
    assert page.form.place() == str(place)
    scripted.scripts.script = script
    button(page, "Export").click()
    assert not button(page, "Export").isEnabled()
    qtbot.waitUntil(lambda: page.form.result() == str(place), timeout=5000)
    assert scripted.scripts.asked == [["export", "00-run", str(place), "-p", str(project), "--checkpoint", "best"]]
    button(page, "Copy path").click()
    assert QGuiApplication.clipboard().text() == str(place)
    assert page.form.place() == f"{place}-2"
    page.form.which_chosen.emit("last")
    assert page.form.place() == str(project / "exports" / "00-run-last")
    qtbot.waitUntil(lambda: button(page, "Export").isEnabled(), timeout=5000)


def test_a_folder_with_something_in_it_is_refused_while_typing(
    qtbot: QtBot, page: ExportPage, project: Path, tmp_path: Path
) -> None:
    add_run(project)
    look(qtbot, page)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("")
    page.form.set_place(str(tmp_path / "mine"))
    page.form.edited.emit()
    assert "nothing in it is overwritten" in page.form.refusal()
    assert not button(page, "Export").isEnabled()
    page.choose_run("00-run")
    assert page.form.place() == str(tmp_path / "mine")  # what the user typed stays


def test_a_failed_export_is_told_and_can_be_tried_again(
    qtbot: QtBot, page: ExportPage, scripted: ScriptedSession, project: Path
) -> None:
    add_run(project)
    look(qtbot, page)

    def script() -> Script:
        yield Stage(title="Writing")
        raise Error("The disk is full.", "Free some space.")

    told: list[Any] = []
    scripted.problem.connect(told.append)
    scripted.scripts.script = script
    button(page, "Export").click()
    qtbot.waitUntil(lambda: bool(told) and button(page, "Export").isEnabled(), timeout=5000)
    assert told[0].title == "The disk is full."
    assert page.form.result() == ""


def test_every_control_has_a_tooltip_and_a_name(qtbot: QtBot, page: ExportPage, project: Path) -> None:
    add_run(project)
    look(qtbot, page)
    page.form.set_result("/somewhere")
    buttons = [b for b in page.findChildren(QPushButton) if b.isVisibleTo(page)]
    for control in [*buttons, page.form.runs, page.form._place, *page.form._radios.values()]:
        assert control.toolTip()
        assert control.accessibleName() or control.property("text")
