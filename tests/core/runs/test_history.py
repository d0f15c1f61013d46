from core.events import EpochEnded, Event, Failed, RunEnded, RunStarted
from core.runs.history import from_events


def started(epoch: int = 0) -> RunStarted:
    return RunStarted(
        run="00-a", epochs=5, steps_per_epoch=2, train_images=10, val_images=4, device="CPU", epoch=epoch, at=100.0
    )


def epoch(number: int, accuracy: float, best: bool = False) -> EpochEnded:
    return EpochEnded(
        epoch=number,
        train_loss=1 / number,
        train_accuracy=0.5,
        val_loss=None,
        val_accuracy=accuracy,
        by_source={"sign": accuracy},
        seconds=2.0,
        best=best,
    )


def test_curves_best_epoch_and_status() -> None:
    events: list[Event] = [started(), epoch(1, 0.5, best=True), epoch(2, 0.8, best=True), epoch(3, 0.7)]
    running = from_events(events, alive=True)
    assert running.status == "running"
    assert running.epochs == (1, 2, 3)
    assert running.val_accuracy == (0.5, 0.8, 0.7)
    assert (running.best_epoch, running.best_accuracy) == (2, 0.8)
    assert running.by_source == {"sign": 0.8}
    assert running.seconds == 6
    assert from_events(events, alive=False).status == "interrupted"
    ended = [*events, RunEnded(run="00-a", status="early-stopped", best_epoch=2, best_accuracy=0.8)]
    assert from_events(ended, alive=False).status == "early-stopped"


def test_a_replayed_epoch_replaces_the_older_one() -> None:
    first = [started(), epoch(1, 0.5, best=True), epoch(2, 0.9, best=True)]
    resumed = from_events([*first, started(epoch=1), epoch(2, 0.6, best=True)], alive=False)
    assert resumed.epochs == (1, 2)
    assert resumed.val_accuracy == (0.5, 0.6)
    assert resumed.best_accuracy == 0.6


def test_a_resume_takes_back_the_end_and_the_problem() -> None:
    stopped = [started(), epoch(1, 0.5), RunEnded(run="00-a", status="stopped", best_epoch=1, best_accuracy=0.5)]
    assert from_events(stopped, alive=False).status == "stopped"
    assert from_events([*stopped, started(epoch=1)], alive=False).status == "interrupted"
    failed = from_events([started(), Failed(title="The loss is no number.")], alive=False)
    assert (failed.status, failed.problem) == ("interrupted", "The loss is no number.")


def test_a_run_without_events_is_interrupted_with_empty_curves() -> None:
    empty = from_events([], alive=False)
    assert (empty.status, empty.epochs, empty.best_epoch) == ("interrupted", (), None)
