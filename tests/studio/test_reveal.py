"""Where the file manager is opened."""

from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from core.errors import Error
from studio.reveal import command_for, reveal


def test_a_file_is_selected_where_the_platform_can() -> None:
    path = Path("/photos/a b.jpg")
    assert command_for(path, "darwin") == ["open", "-R", "/photos/a b.jpg"]
    assert command_for(path, "win32")[:2] == ["explorer.exe", "/select,"]
    assert command_for(path, "linux") == []


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(Error, match="no longer there"):
        reveal(tmp_path / "gone.jpg")


def test_its_folder_is_opened_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr("studio.reveal.sys.platform", "linux")
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url) or True)
    (tmp_path / "a.jpg").write_bytes(b"x")
    reveal(tmp_path / "a.jpg")
    assert [Path(url.toLocalFile()) for url in opened] == [tmp_path]
