import pytest

from core.cli.output import Plain
from core.events import Diverged, EpochEnded, Event, Failed, Paused, Progress, Resumed, RunStarted, Skipped, Stage


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


def _said(capsys: pytest.CaptureFixture[str], *events: Event) -> list[str]:
    sink = Plain()
    for event in events:
        sink(event)
    return capsys.readouterr().err.splitlines()


def test_an_epoch_says_how_both_kinds_of_images_went_and_which_source_is_worst(
    capsys: pytest.CaptureFixture[str],
) -> None:
    start = RunStarted(run="00-a", epochs=12, steps_per_epoch=5, train_images=50, val_images=9, device="CPU")
    plain = EpochEnded(epoch=9, train_loss=None, train_accuracy=0.5, val_loss=None, val_accuracy=None, seconds=75)
    full = EpochEnded(
        epoch=10,
        train_loss=1.25,
        train_accuracy=0.5,
        val_loss=0.75,
        val_accuracy=0.875,
        by_source={"desk": 0.9, "night": 0.25},
        seconds=75,
        seconds_left=150,
        best=True,
    )
    assert _said(capsys, start, plain, full)[1:] == [
        "  epoch  9 of 12  training loss n/a, 50.0 %  (1 min 15 s)",
        "  epoch 10 of 12  training loss 1.250, 50.0 %  validation loss 0.750, 87.5 %  worst source night 25.0 %  best"
        "  (1 min 15 s, 2 min 30 s left)",
    ]


def test_a_pause_a_divergence_and_a_failure_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    diverged = Diverged(epoch=2, step=7, ids=[4, -1, 9, -3], learning_rate=0.1)
    failed = Failed(title="The loss is no number.", hint="Lower the learning rate.")
    assert _said(capsys, Paused(), Resumed(), diverged, failed) == [
        "  paused",
        "  goes on",
        "  the loss of epoch 2, step 7 is no number; its batch: images 4, 9 and 2 composites",
        "  The loss is no number. Lower the learning rate.",
    ]
    many = Diverged(epoch=1, step=1, ids=list(range(1, 33)), learning_rate=0.1)
    (line,) = _said(capsys, many)
    assert line.endswith(" 15, 16 …")
