from pathlib import Path

from PySide6.QtCore import QByteArray

from studio.settings import window_settings
from studio.view_memory import KEPT, ViewMemory, forget_old


def test_each_project_has_its_own_view(tmp_path: Path) -> None:
    one, other = ViewMemory(tmp_path / "one"), ViewMemory(tmp_path / "other")
    one.keep("data/sort", "confidence")
    one.keep("data/side", 120)
    one.keep("data/descending", True)
    one.keep("data/columns", QByteArray(b"\x01\x02"))
    window_settings().sync()
    again = ViewMemory(tmp_path / "one")
    assert again.value("data/sort", "name") == "confidence"
    assert again.value("data/side", 96) == 120
    assert again.value("data/descending", False) is True
    assert again.value("data/columns", QByteArray()) == QByteArray(b"\x01\x02")
    assert other.value("data/sort", "name") == "name"
    assert other.value("data/descending", False) is False


def test_a_new_project_begins_with_what_is_for_new_ones(tmp_path: Path) -> None:
    ViewMemory(tmp_path / "one").keep("data/side", 200, for_new=True)
    assert ViewMemory(tmp_path / "new").value("data/side", 96) == 200
    assert ViewMemory(None).value("data/side", 96) == 200
    ViewMemory(tmp_path / "new").keep("data/side", 64)
    assert ViewMemory(tmp_path / "one").value("data/side", 96) == 200
    assert ViewMemory(tmp_path / "new").value("data/side", 96) == 64


def test_what_cannot_be_read_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    memory = ViewMemory(tmp_path)
    memory.keep("data/side", "wide")
    assert memory.value("data/side", 96) == 96
    assert memory.value("data/side", QByteArray(b"usual")) == QByteArray(b"usual")


def test_only_the_latest_projects_are_remembered(tmp_path: Path) -> None:
    for number in range(KEPT + 3):
        ViewMemory(tmp_path / str(number)).keep("place", "train")
    forget_old()
    settings = window_settings()
    settings.beginGroup("views")
    assert len(settings.childGroups()) == KEPT
