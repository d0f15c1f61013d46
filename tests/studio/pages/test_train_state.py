from dataclasses import replace
from pathlib import Path

import pytest

from core.events import EpochEnded, Event, Notice, RunEnded, RunStarted, Stage, Step
from core.project import edits, split
from core.project.store import Store
from core.recipe import Augment, Recipe, change
from core.runs import folder
from core.runs.history import History
from studio.pages.train import ground as grounds
from studio.pages.train import live as living
from studio.pages.train import state
from studio.pages.train.ground import Ground
from studio.pages.train.live import Live
from studio.progress import Pace
from tests.studio.conftest import fill


def started(epoch: int = 0, epochs: int = 12) -> RunStarted:
    return RunStarted(
        at=100.0,
        run="00-run",
        epochs=epochs,
        steps_per_epoch=5,
        train_images=80,
        val_images=100,
        device="cpu",
        epoch=epoch,
    )


def ended(epoch: int, accuracy: float, best: bool = True) -> EpochEnded:
    return EpochEnded(
        at=100.0 + epoch,
        epoch=epoch,
        train_loss=1 / epoch,
        train_accuracy=accuracy,
        val_loss=1.1 / epoch,
        val_accuracy=accuracy,
        by_source={"sign": accuracy, "meter": accuracy / 2},
        learning_rate=1e-3,
        seconds=3.0,
        seconds_left=30.0,
        best=best,
    )


def follow(*events: Event) -> Live:
    live = Live()
    for event in events:
        live = living.follow(live, event)
    return live


def survey(root: Path) -> Ground:
    with Store.open(root, write=False) as store:
        return grounds.survey(store)


def test_training_names_the_one_thing_it_lacks_and_the_button_for_it(tmp_path: Path) -> None:
    with Store.create(tmp_path / "project") as store:
        lack = grounds.missing(grounds.survey(store))
        assert lack is not None
        assert (lack.sentence, lack.goal) == ("There are no images to train on yet.", "data")
        fill(store, tmp_path / "photos")
        lack = grounds.missing(grounds.survey(store))
        assert lack is not None
        assert (lack.sentence, lack.button) == ("No images are chosen for training yet.", "Split now")
        split.assign(store)
        assert grounds.missing(grounds.survey(store)) is None
        edits.label(store, range(1, 31), "1")
        lack = grounds.missing(grounds.survey(store))
        assert lack is not None
        assert lack.sentence == "All labelled images are of one class."
        edits.label(store, range(1, 31), None)
        lack = grounds.missing(grounds.survey(store))
        assert lack is not None
        assert (lack.sentence, lack.goal) == ("No image has a label yet.", "data")


def test_start_says_why_it_cannot_be_used(project: Path) -> None:
    ground = survey(project)
    assert grounds.start_refusal(None, True, "") == "The project is being read."
    assert "No images are chosen for training yet." in grounds.start_refusal(ground, True, "")
    with Store.open(project) as store:
        split.assign(store)
    ground = survey(project)
    assert grounds.start_refusal(ground, True, "") == ""
    assert grounds.start_refusal(ground, True, "Importing photos") == "Wait until this is done: Importing photos."
    assert "not valid" in grounds.start_refusal(ground, False, "")
    assert "read-only" in grounds.start_refusal(replace(ground, writable=False), True, "")


def test_runs_are_read_with_their_status(project: Path) -> None:
    runs = project / "runs"
    done = folder.create(runs, "done", Recipe())
    for event in (
        started(),
        ended(1, 0.5),
        ended(2, 0.75),
        RunEnded(run="x", status="completed", best_epoch=2, best_accuracy=0.75),
    ):
        done.append(event)
    cut = folder.create(runs, "cut", Recipe())
    cut.append(started())
    cut.events_file.write_bytes(cut.events_file.read_bytes() + b'{"event": "EpochEnd')
    ground = survey(project)
    assert [state.title(past) for past in ground.runs] == ["00-done · 75.0 % · completed", "01-cut · interrupted"]
    past = ground.past("00-done")
    assert past is not None
    assert state.trouble(past) is None
    assert state.past_line(past.history) == "2 of 12 epochs · 6.0 s · cpu"
    torn = ground.past("01-cut")
    assert torn is not None
    assert state.trouble(torn) == state.Trouble(
        "The training of 01-cut was cut off before its first epoch ended.",
        "Everything it saved is safe. Resume goes on where it was.",
    )


def test_a_live_run_is_told_by_its_events() -> None:
    live = follow(
        started(),
        ended(1, 0.5),
        ended(2, 0.75),
        Step(epoch=3, step=1, loss=0.2, learning_rate=9e-4, images_per_second=1900.2),
    )
    pace = Pace("Training", marks=((0.0, 0), (10.0, 10)), done=10, total=74)
    assert state.live_line(live, pace, "running") == "epoch 3 of 12 · 1,900 images/s · 1 min 4 s left"
    assert state.live_line(live, Pace("Training"), "running") == "epoch 3 of 12 · 1,900 images/s · 30 s left"
    assert state.live_line(live, pace, "paused") == "epoch 3 of 12 · paused"
    assert state.live_line(live, pace, "stopping") == "saving what there is"
    past = living.live_history(live)
    assert past.epochs == (1, 2)
    assert past.val_accuracy == (0.5, 0.75)
    assert (past.best_epoch, past.best_accuracy) == (2, 0.75)
    rows = dict(state.facts(past, live, 3, now=105.0))
    assert rows["Learning rate"] == "9.0e-4"
    assert rows["Checkpoint"] == "saved 3 s ago"
    assert rows["Label edits since start"] == "3"


def test_the_facts_name_the_lowest_and_keep_their_lines() -> None:
    past = History(status="completed", by_source={"a": 0.5, "": 0.25}, by_class={"7": 1.0}, epochs=(1, 2))
    rows = dict(state.facts(past, None, None, now=0.0))
    assert rows["Lowest source"] == "none · 25.0 %"
    assert rows["Lowest class"] == "–"
    assert rows["Checkpoint"] == "after epoch 2"
    live = follow(started(), Step(epoch=1, step=1, loss=1.0, learning_rate=1e-3, images_per_second=1.0))
    assert list(dict(state.facts(past, live, 0, now=0.0))) == list(rows)
    fast = follow(started(), Step(epoch=1, step=1, loss=1.0, learning_rate=4.468, images_per_second=1.0))
    assert dict(state.facts(past, fast, 0, now=0.0))["Learning rate"] == "4.5"
    gpu = replace(live, gpu_memory=3_100_000_000)
    assert dict(state.facts(past, gpu, 0, now=0.0))["GPU memory"] == "3.1 GB"


def test_a_run_that_stopped_early_gets_patience_for_its_further_epochs() -> None:
    past = grounds.Past("00-run", History(status="early-stopped", epochs=tuple(range(1, 11)), best_epoch=4))
    assert state.longer(past.history) == 15
    assert state.lengthened(past, 15, patience=6)[2:] == ["--schedule.epochs", "15", "--schedule.patience", "11"]
    assert state.lengthened(past, 15, patience=7)[2:] == ["--schedule.epochs", "15"]


def test_leaving_tells_what_either_answer_does() -> None:
    one = state.parting("03-demo", "running", waiting=0, of_queue=False)
    assert one.question == "Training 03-demo is running."
    assert "queue" not in one.stop + one.go_on
    paused = state.parting("03-demo", "paused", waiting=2, of_queue=False)
    assert "it is paused now; it goes on without this window. The 2 runs that wait stay" in paused.go_on
    assert "The run that waits is trained after it." in state.parting("03-demo", "running", 1, of_queue=True).go_on


def test_the_next_run_of_a_queue_is_followed_from_its_own_beginning() -> None:
    live = follow(started(), ended(1, 0.5), RunEnded(run="00-run", status="completed", best_epoch=1, best_accuracy=0.5))
    failed = Notice(text="01-next failed. The disk is full.", level="warning")
    for event in (replace(started(), run="01-next"), failed, replace(started(), run="02-last")):
        live = living.follow(live, event)
    assert (live.run, live.done, live.ended) == ("02-last", 0, False)
    assert living.live_history(live).epochs == ()
    assert state.warning(live) == failed.text, "the one before is told where somebody looks"


def test_a_survey_reads_again_only_what_has_changed(project: Path) -> None:
    runs = project / "runs"
    first, second = (folder.create(runs, name, Recipe()) for name in ("first", "second"))
    for run in (first, second):
        run.append(started())
    with Store.open(project, write=False) as store:
        before = grounds.survey(store)
        assert grounds.look(store) == before.look
        second.write_notes("Better")
        first.append(ended(1, 0.5))
        assert grounds.look(store) != before.look
        after = grounds.survey(store, before)
        assert [past.notes for past in after.runs] == ["", "Better"]
        assert after.runs[0].history.epochs == (1,)
        again = grounds.survey(store, after)
        assert all(old is new for old, new in zip(after.runs, again.runs, strict=True))


def test_preparing_shows_its_stage_and_share() -> None:
    live = follow(Stage(title="Reading images", total=200))
    assert state.live_line(live, Pace("Training", done=50, total=200), "running") == "reading images · 25 %"
    assert state.live_line(Live(), Pace("Training"), "running") == "starting"


def test_a_resumed_run_keeps_its_earlier_curves(project: Path) -> None:
    run = folder.create(project / "runs", "run", Recipe())
    for event in (started(), ended(1, 0.5), ended(2, 0.6), ended(3, 0.65)):
        run.append(event)
    past = survey(project).past("00-run")
    assert past is not None
    live = living.resumed(past)
    for event in (started(epoch=2), ended(3, 0.7)):  # the kill came before epoch 3 was in the checkpoint
        live = living.follow(live, event)
    curves = living.live_history(live)
    assert curves.epochs == (1, 2, 3)
    assert curves.val_accuracy == (0.5, 0.6, 0.7)


def test_the_best_figure_has_its_margin() -> None:
    past = History(status="completed", best_epoch=138, best_accuracy=0.9, val_images=900)
    assert state.best(past) == state.Best("90.0 %", "validation, epoch 138, ± 2.0 at 95 %")
    assert state.best(History(status="running")).figure == "–"


def test_label_edits_are_counted_from_the_start_of_the_run(project: Path) -> None:
    with Store.open(project) as store:
        edits.label(store, [1, 2, 4], "2")
        edits.label(store, [1], "1")
        assert grounds.label_edits_since(store, 0.0) == 3
        edits.undo(store)
        edits.undo(store)
        assert grounds.label_edits_since(store, 0.0) == 0
        assert grounds.label_edits_since(store, 4e9) == 0


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "just now"), (40, "40 s ago"), (200, "3 min ago"), (7300, "2 h ago")]
)
def test_ages_are_short(seconds: float, words: str) -> None:
    assert state.age(seconds) == words


def test_the_lines_about_augmentation_and_synthesis() -> None:
    assert state.augmentation(Recipe()) == "Rotation, shift, scale, shear, colour jitter"
    assert state.augmentation(Recipe(augment=Augment.none())) == "Nothing: images are used as they are."
    assert state.synthesis(Recipe()) == "None"
    digits = change(Recipe(), {"synth.count": 1, "synth.stamps": "/home/a/my digits"})
    assert state.synthesis(digits) == "1 digit from my digits"
