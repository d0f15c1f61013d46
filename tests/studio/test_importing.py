"""Choosing, dropping and pasting images: looked at first, then brought in or left."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core import paths
from core.project import records
from core.project.store import Store
from studio import recent, theme
from studio.errors import ErrorDesk
from studio.importing import project_name
from studio.session import Session
from studio.widgets.import_dialog import ImportDialog
from studio.window import Window


def photos(folder: Path, count: int = 3) -> Path:
    for n in range(count):
        file = folder / ("cat", "dog")[n % 2] / f"{n}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (32, 24), (n * 40, 10, 200)).save(file)
    return folder


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[Window]:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    theme.apply(application, "dark")
    window = Window(Session(), ErrorDesk())
    qtbot.addWidget(window)
    window.show()
    yield window
    for job in list(window.session.jobs.running):
        job.kill()
    qtbot.waitUntil(lambda: not window.session.jobs.running, timeout=20_000)
    window.session.close()


Offered = Callable[[], ImportDialog]


@pytest.fixture
def offered(window: Window, qtbot: QtBot) -> Offered:
    """The dialog, once it says what it found."""

    def wait() -> ImportDialog:
        qtbot.waitUntil(lambda: not window.session.jobs.running, timeout=30_000)
        dialog = window.importing.dialog
        assert dialog is not None
        return dialog

    return wait


class Stops:
    """Stands for the dialogs: yes, stop it."""

    def stop_jobs(self, title: str) -> bool:
        return True


def files(*chosen: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in chosen])
    return mime


def done(window: Window, qtbot: QtBot) -> records.Counts:
    qtbot.waitUntil(lambda: not window.importing.busy and not window.session.jobs.running, timeout=30_000)
    return records.counts(window.session.store)


def test_enter_imports_what_was_dropped(window: Window, tmp_path: Path, qtbot: QtBot, offered: Offered) -> None:
    window.importing.take(files(photos(tmp_path / "pets")))
    assert not paths.projects_home().exists()  # nothing is written before it is agreed to
    dialog = offered()
    assert dialog.go.text() == "Import 3 images"
    assert not window.session.is_open
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert done(window, qtbot).classes == {"cat": 2, "dog": 1}
    assert window.importing.dialog is None


def test_escape_leaves_everything_as_it_was(window: Window, tmp_path: Path, qtbot: QtBot, offered: Offered) -> None:
    window.importing.offer([photos(tmp_path / "pets")])
    qtbot.keyClick(offered(), Qt.Key.Key_Escape)
    assert window.importing.dialog is None
    assert not window.session.is_open
    assert not paths.projects_home().exists()


def test_escape_while_it_is_still_looking(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    window.importing.offer([photos(tmp_path / "pets")])
    dialog = window.importing.dialog
    assert dialog is not None
    assert not dialog.go.isEnabled()
    qtbot.keyClick(dialog, Qt.Key.Key_Return)  # there is nothing to agree to yet
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.session.jobs.running, timeout=20_000)
    assert not window.message.isVisible()
    assert not window.session.is_open


def test_a_double_click_imports_once(window: Window, tmp_path: Path, qtbot: QtBot, offered: Offered) -> None:
    window.importing.offer([photos(tmp_path / "pets")])
    dialog = offered()
    agreed: list[int] = []
    dialog.agreed.connect(lambda: agreed.append(1))
    qtbot.mouseDClick(dialog.go, Qt.MouseButton.LeftButton)
    dialog.go.click()
    assert agreed == [1]
    assert done(window, qtbot).total == 3


def test_several_things_are_dropped_at_once(window: Window, tmp_path: Path, qtbot: QtBot, offered: Offered) -> None:
    loose = photos(tmp_path / "loose", 2) / "dog" / "1.png"
    (tmp_path / "notes.txt").write_text("x")
    window.importing.take(files(photos(tmp_path / "pets"), loose, tmp_path / "notes.txt"))
    offered().go.click()
    counts = done(window, qtbot)
    assert (counts.total, counts.unlabelled) == (4, 1)
    assert window.session.root.name == "pets"


def test_more_files_than_a_command_may_name(
    window: Window, tmp_path: Path, qtbot: QtBot, offered: Offered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.path_list._MOST_LETTERS", 100)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "aside"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    (tmp_path / "aside").mkdir()
    loose = sorted(photos(tmp_path / "loose", 12).rglob("*.png"))
    window.importing.take(files(*loose))
    dialog = offered()
    assert dialog.go.text() == "Import 12 images"
    dialog.go.click()
    assert done(window, qtbot).total == 12
    assert list((tmp_path / "aside").iterdir()) == []


def test_why_nothing_can_be_imported_is_said_in_the_dialog(
    window: Window, tmp_path: Path, qtbot: QtBot, offered: Offered
) -> None:
    (tmp_path / "empty").mkdir()
    window.importing.offer([tmp_path / "empty"])
    dialog = offered()
    assert dialog._title.text() == "There are no images in empty."
    assert not dialog.go.isEnabled()
    assert dialog.back.text() == "Close"
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert window.importing.dialog is None
    assert not window.session.is_open


def test_closing_the_window_while_it_imports_leaves_nothing_half_done(
    window: Window, tmp_path: Path, qtbot: QtBot
) -> None:
    window.ask = Stops()  # type: ignore[assignment]
    window.new_project(photos(tmp_path / "pets", 100))
    window.session.jobs.running[-1].pause()  # so that it cannot be over before
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=20_000)
    assert not (paths.projects_home() / "pets").exists()
    assert recent.load() == []


def test_closing_the_window_while_it_adds_leaves_the_project_as_it_was(
    window: Window, project: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window.ask = Stops()  # type: ignore[assignment]
    window.open(project)
    window.add_images(photos(tmp_path / "pets", 100))
    window.session.jobs.running[-1].pause()  # so that it cannot be over before
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=20_000)
    with Store.open(project) as store:
        assert records.counts(store).total == 30


def test_one_dialog_at_a_time(window: Window, tmp_path: Path, offered: Offered) -> None:
    window.importing.offer([photos(tmp_path / "pets")])
    dialog = offered()
    window.importing.offer([photos(tmp_path / "more")])
    assert window.importing.dialog is dialog


def test_an_image_is_pasted(window: Window, project: Path, qtbot: QtBot) -> None:
    window.open(project)
    before = records.counts(window.session.store).total
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(0xFF336699)
    QGuiApplication.clipboard().setImage(image)
    window.actions_by_id["paste"].trigger()
    assert done(window, qtbot).total == before + 1
    added = records.image(window.session.store, before + 1)
    assert added.path.parent == window.session.root / "images" / "pasted"
    assert Image.open(added.path).getpixel((3, 3)) == (0x33, 0x66, 0x99)
    assert (added.width, added.height, added.class_name) == (40, 30, None)
    window.actions_by_id["paste"].trigger()
    assert done(window, qtbot).total == before + 1


def test_what_is_added_twice_is_told_before(
    window: Window, project: Path, tmp_path: Path, qtbot: QtBot, offered: Offered
) -> None:
    window.open(project)
    window.importing.offer([tmp_path / "photos"])  # the images of the project
    dialog = offered()
    assert dialog.go.text() == "Look for changes"
    dialog.go.click()
    assert done(window, qtbot).total == 30


def test_pasting_into_a_field_is_the_fields_own(window: Window, project: Path, qtbot: QtBot) -> None:
    window.open(project)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.focus_search()
    QGuiApplication.clipboard().setText("class:1")
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert window.top.field.text() == "class:1"
    assert not window.message.isVisible()


def test_files_are_pasted(window: Window, project: Path, tmp_path: Path, qtbot: QtBot, offered: Offered) -> None:
    window.open(project)
    before = records.counts(window.session.store).total
    QGuiApplication.clipboard().setMimeData(files(photos(tmp_path / "pets")))
    window.actions_by_id["paste"].trigger()
    offered().go.click()
    assert done(window, qtbot).total == before + 3


def test_an_image_of_a_browser_is_dropped(window: Window, project: Path, qtbot: QtBot) -> None:
    window.open(project)
    before = records.counts(window.session.store).total
    image = QImage(20, 20, QImage.Format.Format_RGB32)
    image.fill(0xFF112233)
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.org/cat.jpg")])
    mime.setImageData(image)
    assert window.importing.takes(mime)
    assert window.importing.take(mime)
    assert done(window, qtbot).total == before + 1


def test_pasting_words_or_without_a_project_is_told(window: Window, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText("words")
    window.actions_by_id["paste"].trigger()
    qtbot.waitUntil(window.message.isVisible)
    assert "no image" in window.message._title.text()
    QGuiApplication.clipboard().setImage(QImage(4, 4, QImage.Format.Format_RGB32))
    window.actions_by_id["paste"].trigger()
    qtbot.waitUntil(lambda: "no project" in window.message._title.text())


@pytest.mark.parametrize(
    ("name", "project"), [("pets", "pets"), ("pets.tar.gz", "pets"), ("a.zip", "a"), ("signs/labels.csv", "labels")]
)
def test_names_of_projects(tmp_path: Path, name: str, project: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.mkdir() if "." not in name else path.touch()
    assert project_name(path) == project


def test_an_image_by_itself_names_a_project_after_its_folder(tmp_path: Path) -> None:
    assert project_name(photos(tmp_path / "pets") / "cat" / "0.png") == "cat"
