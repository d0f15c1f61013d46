import pytest

from core.cli.output import Plain
from core.events import Progress, Skipped, Stage


def test_finished_work_has_no_time_left(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    sink = Plain()
    monkeypatch.setattr(sink, "seconds_between", 0.0)
    sink(Stage(title="Reading images", total=2))
    for done in (1, 2):
        sink(Progress(done=done, total=2))
    half, whole = capsys.readouterr().err.splitlines()[1:]
    assert half.endswith("s left")
    assert whole.startswith("  2 of 2, ")
    assert "left" not in whole


def test_many_skipped_files_say_where_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    sink = Plain()
    for number in range(25):
        sink(Skipped(name=f"{number}.png", reason="it is empty (0 bytes)"))
    sink.close()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 21
    assert lines[-1] == "  … 25 files skipped in all; --events lists each"
