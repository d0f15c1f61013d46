from core.events import EpochEnded, Progress, RunStarted, Stage, Step
from studio.progress import Pace, fold, words


def test_time_left_follows_the_rate() -> None:
    pace = fold(Pace("Import"), Stage(title="Reading", total=100), 0.0)
    for second in range(1, 11):
        pace = fold(pace, Progress(done=second, total=100), float(second))
    assert pace.rate == 1.0
    assert pace.seconds_left == 90
    assert words(pace) == "Import · 10 % · 1 min 30 s left"


def test_nothing_is_promised_too_early() -> None:
    pace = fold(Pace("Import"), Stage(title="Reading", total=100), 0.0)
    pace = fold(pace, Progress(done=50, total=100), 0.5)
    assert pace.seconds_left is None
    assert words(pace) == "Import · 50 %"


def test_a_slow_start_is_forgotten() -> None:
    pace = fold(Pace("Import"), Stage(title="Reading", total=1000), 0.0)
    pace = fold(pace, Progress(done=1), 60.0)
    for n in range(2, 202):
        pace = fold(pace, Progress(done=n), 60.0 + n / 10)
    assert pace.rate is not None
    assert 9 < pace.rate < 11


def test_without_a_total_it_counts() -> None:
    pace = fold(Pace("Import"), Stage(title="Listing"), 0.0)
    assert words(fold(pace, Progress(done=1), 1.0)) == "Import · 1 image"
    assert words(fold(pace, Progress(done=1200), 1.0)) == "Import · 1,200 images"


def test_training_counts_steps_over_all_epochs() -> None:
    started = RunStarted(run="00", epochs=4, steps_per_epoch=10, train_images=100, val_images=10, device="cpu")
    pace = fold(Pace("Training 00"), started, 0.0)
    for step in (3, 6, 9):  # training tells a step only now and then
        pace = fold(pace, Step(epoch=1, step=step, loss=1.0, learning_rate=0.1, images_per_second=9), float(step))
    assert (pace.share, pace.rate) == (9 / 40, 1.0)
    pace = fold(pace, EpochEnded(epoch=1, train_loss=1, train_accuracy=0.5, val_loss=1, val_accuracy=0.5), 10.5)
    assert pace.share == 0.25
    assert words(pace).startswith("Training 00 · 25 % · ")


def test_a_resumed_run_starts_where_it_was() -> None:
    started = RunStarted(
        run="00", epochs=4, steps_per_epoch=10, train_images=9, val_images=9, device="cpu", epoch=2, step=5
    )
    assert fold(Pace("Training"), started, 0.0).share == 25 / 40


def test_a_paused_job_promises_no_time() -> None:
    pace = fold(Pace("Import"), Stage(title="Reading", total=100), 0.0)
    pace = fold(pace, Progress(done=10), 10.0)
    assert words(pace, "paused") == "Import: paused · 10 %"
