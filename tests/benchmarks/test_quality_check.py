"""The benchmark of core check, made small: that it runs and tells its figures. How fast it is, is no test."""

from pathlib import Path

import pytest

from benchmarks import quality_check


def test_it_tells_its_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality_check, "VARIED", 20)
    found = quality_check.measure(tmp_path, 40)
    assert found["files"] == 40
    assert all(found[name] > 0 for name in ("check_s", "again_s", "check_cpu_s", "scaled_s"))
    assert (found["found"], found["wrong"]) == (1.0, 0)
