import os
from pathlib import Path

import pytest

from core.runs import durable
from core.runs.durable import write_durably


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.bin"
    write_durably(file, b"old")
    write_durably(file, b"new")
    assert file.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "a.bin"
    write_durably(file, b"old")
    with pytest.raises(TypeError):
        write_durably(file, "no bytes")  # type: ignore[arg-type]
    assert file.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised:
        write_durably(tmp_path / "missing" / "a.bin", b"new")
    assert raised.value.filename == str(tmp_path / "missing")


def test_a_reader_of_the_old_file_is_waited_for_on_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = [PermissionError("in use"), PermissionError("in use")]
    replace = os.replace

    def busy(old: str, new: Path) -> None:
        if refusals:
            raise refusals.pop()
        replace(old, new)

    monkeypatch.setattr(durable, "_WINDOWS", True)
    monkeypatch.setattr(os, "replace", busy)
    durable.write_durably(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert len(list(tmp_path.iterdir())) == 1
