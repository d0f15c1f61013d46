"""The benchmark of imports, made small: that it runs and tells its figures. How fast it is, is no test."""

from pathlib import Path

import pytest

from benchmarks import imports


def test_it_tells_its_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "JPEGS", 12)
    monkeypatch.setattr(imports, "VARIED", 3)
    monkeypatch.setattr(imports, "MNIST", tmp_path / "absent")
    monkeypatch.setenv("WILDSET_CACHE", str(tmp_path / "cache"))
    found = imports.measure(tmp_path, 1)
    assert (found["idx_s"], found["jpeg_images"]) == (None, 12)
    assert "absent" in found["idx_absent"]
    assert all(found[f"{name}_s"] > 0 for name in ("first_image", "jpeg", "jpeg_again", "relink"))
