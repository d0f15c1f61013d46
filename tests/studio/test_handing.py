"""Labels handed round from the window, with the real dialogs of ours and real child processes."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.project import edits, query, records
from studio import theme
from studio.errors import ErrorDesk
from studio.pages.data.labels_in_dialog import LabelsInDialog
from studio.pages.data.labels_out_dialog import LabelsOutDialog
from studio.session import Session
from studio.widgets.count_list import CountList
from studio.window import Window


class Answers:
    """Stands for the dialogs of the system."""

    path: Path | None = None

    def folder(self, title: str) -> Path | None:
        return self.path

    def labels(self, title: str) -> Path | None:
        return self.path

    def new_file(self, title: str, name: str, kind: str) -> Path | None:
        return self.path


@pytest.fixture
def window(project: Path, qtbot: QtBot) -> Iterator[Window]:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    theme.apply(application, "dark")
    window = Window(Session(), ErrorDesk())
    window.ask = Answers()  # type: ignore[assignment]
    qtbot.addWidget(window)
    window.show()
    window.open(project)
    yield window
    for job in list(window.session.jobs.running):
        job.kill()
    qtbot.waitUntil(lambda: not window.session.jobs.running, timeout=20_000)
    window.session.close()


Settled = Callable[[], None]


@pytest.fixture
def done(window: Window, qtbot: QtBot) -> Settled:
    """Wait until nothing runs any more."""

    def wait() -> None:
        idle = lambda: not window.session.jobs.running and window.session.reader.idle  # noqa: E731
        qtbot.waitUntil(idle, timeout=30_000)

    wait()
    return wait


def answer(window: Window, path: Path | None) -> None:
    window.ask.path = path  # type: ignore[attr-defined]


def out(window: Window, done: Settled) -> LabelsOutDialog:
    window.actions_by_id["labels-out"].trigger()
    done()
    dialog = window.findChild(LabelsOutDialog)
    assert dialog is not None
    return dialog


def into(window: Window, done: Settled, file: Path) -> LabelsInDialog:
    window.actions_by_id["labels-in"].trigger()
    dialog = window.findChild(LabelsInDialog)
    assert dialog is not None
    dialog.read(file)
    done()
    return dialog


def numbers(dialog: LabelsInDialog) -> dict[str, int]:
    listed = [part for part in dialog.findChildren(CountList) if part.isVisible()]
    return dict(listed[-1].rows) if listed else {}


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def test_labels_of_what_is_shown_become_a_table(window: Window, tmp_path: Path, done: Settled) -> None:
    window.session.set_filter("-source:meter")
    dialog = out(window, done)
    assert dialog.lines.text().startswith("15 images.")
    assert not dialog.scopes.button(1).isEnabled()  # nothing is selected
    (tmp_path / "labels.csv").write_text("old")
    answer(window, tmp_path / "labels.csv")
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert not dialog.isVisible()
    assert window.strip.isVisible()
    done()
    assert {row["source"] for row in rows(tmp_path / "labels.csv")} == {"sign"}
    assert window.toast.accessibleName() == "Wrote the labels of 15 images to labels.csv."
    assert window.session.writable  # an export only reads


def test_a_selection_goes_out_as_it_is(window: Window, tmp_path: Path, done: Settled) -> None:
    window.session.select([3, 4, 7])
    dialog = out(window, done)
    assert dialog.lines.text() == "3 images."
    answer(window, tmp_path / "labels.csv")
    dialog.go.click()
    done()
    assert [row["file"] for row in rows(tmp_path / "labels.csv")] == ["002.png", "003.png", "006.png"]


def test_folders_tell_what_they_leave_out(window: Window, tmp_path: Path, done: Settled) -> None:
    window.session.do(edits.label, [1, 2], None)
    window.session.do(edits.reject, [2, 3])
    dialog = out(window, done)
    next(button for button in dialog.formats.buttons() if button.text() == "Folders").click()
    done()
    lines = dialog.lines.text().splitlines()
    assert lines[:2] == [
        "27 images of 30.",
        "Left out: 2 without a label and 2 rejected, as who reads the folders would train on them.",
    ]
    assert "copied" in lines[2]
    assert dialog.go.text() == "Choose the folder…"
    answer(window, tmp_path / "photos")
    dialog.go.click()
    assert dialog.isVisible()
    assert dialog.problem.text().startswith(f"{tmp_path / 'photos'} is not empty.")
    answer(window, tmp_path / "out")
    dialog.go.click()
    done()
    assert len(list((tmp_path / "out").rglob("*.png"))) == 27
    again = out(window, done)
    assert again.formats.checkedButton().text() == "Folders"  # as it was left
    again.reject()


def test_what_cannot_be_exported_says_so(window: Window, done: Settled) -> None:
    window.session.set_filter("width>1000")
    dialog = out(window, done)
    assert dialog.lines.text() == "0 images."
    assert not dialog.go.isEnabled()
    assert dialog.go.toolTip() == "There is no image to export."
    dialog.reject()


def test_an_import_is_looked_at_then_one_edit(window: Window, tmp_path: Path, done: Settled) -> None:
    window.session.do(edits.label, [1], "2")
    file = tmp_path / "theirs.csv"
    file.write_text("file,label\n000.png,1\n001.png,ape\n002.png,2\n099.png,1\n")
    dialog = into(window, done, file)
    assert dialog.title.text() == "theirs.csv would change 1 image."
    assert numbers(dialog) == {
        "Rows": 4,
        "Images here that they mean": 3,
        "To be changed": 1,
        "Equal already": 1,
        "Conflicts": 1,
        "Rows without an image here": 1,
    }
    assert "New: 1 class, ape" in dialog.lines.text()
    shown = [dialog.table.item(0, column).text() for column in range(5)]
    assert shown == ["000.png", "label", "2", "1", "line 2"]
    done()
    assert dialog.focusWidget() is dialog.go  # Enter imports
    dialog.choices.button(2).click()
    assert not dialog.go.isEnabled()
    dialog.choices.button(1).click()
    assert dialog.go.text() == "Change 2 images"
    dialog.go.click()
    assert window.session.lent
    assert window.strip.isVisible()
    done()
    assert window.session.writable
    assert [records.image(window.session.store, id).class_name for id in (1, 2, 3)] == ["1", "ape", "2"]
    assert window.toast.accessibleName() == "Imported labels of 2 images from theirs.csv."
    window.undo()
    assert [records.image(window.session.store, id).class_name for id in (1, 2)] == ["2", "1"]


def test_conflicts_have_thumbnails_and_a_list(window: Window, tmp_path: Path, qtbot: QtBot, done: Settled) -> None:
    window.session.do(edits.label, range(1, 26), "2")
    file = tmp_path / "theirs.csv"
    file.write_text("file,label\n" + "".join(f"{n:03}.png,1\n" for n in range(25)))
    dialog = into(window, done, file)
    assert dialog.conflict_title.text() == "25 conflicts, the first 20 of them"
    assert dialog.table.rowCount() == 20
    assert not dialog.go.isEnabled()
    qtbot.waitUntil(lambda: not dialog.table.item(0, 0).icon().isNull(), timeout=5000)
    answer(window, tmp_path / "list.csv")
    dialog.save.click()
    done()
    assert len(rows(tmp_path / "list.csv")) == 25
    dialog.look.click()
    done()
    assert len(query.ids(window.session.store, window.session.filter)) == 25
    assert not dialog._kept.exists()
    assert records.image(window.session.store, 1).class_name == "2"


def test_what_is_no_file_of_labels_is_said_in_the_dialog(window: Window, tmp_path: Path, done: Settled) -> None:
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    answer(window, None)
    window.actions_by_id["labels-in"].trigger()
    dialog = window.findChild(LabelsInDialog)
    assert dialog is not None
    assert dialog.title.text() == "Choose a file or a folder of labels."
    assert not dialog.go.isEnabled()
    answer(window, tmp_path / "odd.csv")
    dialog._choose_file()
    done()
    assert dialog.title.text() == "odd.csv has no column “file” or “sha256”."
    assert "Its first line should read" in dialog.lines.text()
    assert not window.message.isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_the_dialog_is_left_while_it_reads(window: Window, tmp_path: Path, done: Settled) -> None:
    (tmp_path / "theirs.csv").write_text("file,label\n000.png,1\n")
    window.actions_by_id["labels-in"].trigger()
    dialog = window.findChild(LabelsInDialog)
    assert dialog is not None
    dialog.read(tmp_path / "theirs.csv")
    assert dialog.progress.isVisible()
    dialog.reject()
    done()
    assert not window.message.isVisible()


def test_the_commands_need_a_project(window: Window) -> None:
    known = window.actions_by_id
    assert known["labels-out"].isEnabled()
    assert known["labels-in"].isEnabled()
    window.close_project()
    assert not known["labels-out"].isEnabled()
    assert not known["labels-in"].isEnabled()
