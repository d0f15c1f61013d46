from pathlib import Path

import numpy as np
import pytest

from core.project import classes, edits
from core.project.store import Store
from core.runs.predictions import PredictionTable
from studio.pages.review import state
from tests.studio.pages.conftest import add_predictions, add_run


def table(
    true: list[int], said: list[int], sure: list[float] | None = None, split: list[int] | None = None
) -> PredictionTable:
    """Predictions of images 1, 2 … with three classes; `sure` are logits of the class that was said."""
    logits = np.zeros((len(true), 3), np.float32)
    logits[np.arange(len(true)), said] = sure or [5.0] * len(true)
    return PredictionTable(
        np.arange(1, len(true) + 1),
        logits,
        np.array(true, np.int16),
        np.array(split or [2] * len(true), np.uint8),
        np.arange(len(true), dtype=np.int16) % 2,
        ("1", "7", "9"),
        ("sign", "meter"),
    )


def test_the_matrix_has_true_classes_in_rows() -> None:
    shown = state.outcome("00-run", table([0, 0, 1, 2, -1], [1, 0, 1, 2, 2]))
    assert shown.counts.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert state.reading(shown, 0, 1) == "1 read as 7"
    assert [(pair.title, pair.number) for pair in state.most_confused(shown)] == [("1 read as 7", 1)]


def test_wrong_images_come_surest_first() -> None:
    shown = state.outcome("00-run", table([0, 0, 0, 1, -1], [1, 1, 0, 2, 2], [1.0, 3.0, 9.0, 2.0, 4.0]))
    listing = state.listing(shown, None, None, wrong_only=True)
    assert (listing.title, listing.number) == ("Wrong", "3 images")
    assert listing.ids.tolist() == [2, 4, 1]
    listing = state.listing(shown, None, None, wrong_only=False)
    assert (listing.title, listing.ids.tolist()) == ("Validation", [3, 5, 2, 4, 1])
    listing = state.listing(shown, None, (0, 1), wrong_only=True)
    assert (listing.title, listing.number, listing.ids.tolist()) == ("1 read as 7", "2 images", [2, 1])


def test_marks_tell_what_was_read_and_what_changed_since() -> None:
    shown = state.outcome("00-run", table([0, 1, -1], [1, 1, 2], [5.0, 1.0, 50.0]))
    assert state.mark(shown, None, 1) == state.Mark("1→7 .99", True, False, "labelled 1, read as 7 at 0.99")
    assert state.mark(shown, None, 2).badge == "7 .58"
    assert state.mark(shown, None, 3).badge == "→9 1.0"
    today = state.compare(shown, {1: "7", 2: "7", 3: None}, ["1", "7", "9"])
    assert today.changed == {1: "7"}
    mark = state.mark(shown, today, 1)
    assert (mark.badge, mark.bad, mark.relabelled) == ("was 1, now 7", False, True)
    assert mark.words.endswith("; now labelled 7")
    assert state.changes_line(today) == "1 label changed since this run"
    assert state.mark(shown, today, 99).badge == ""


def test_the_matrix_keeps_the_labels_of_the_run(project: Path) -> None:
    run = add_run(project)
    add_predictions(project, run)
    with Store.open(project) as store:
        loaded = state.load(store, run.name)
        shown = loaded.outcome
        assert shown is not None
        before = shown.counts.tolist()
        edits.label(store, [1, 6, 11], "2")
        edits.label(store, [2], None)
        today = state.today(store, shown)
        again = state.load(store, run.name)
        assert again.outcome is not None
        assert again.outcome.counts.tolist() == before
        assert today.changed == {1: "2", 11: "2", 2: None} | ({6: "2"} if shown.true[5] != 2 else {})
        assert state.changes_line(today).endswith("labels changed since this run")


def test_images_that_are_gone_are_told_and_not_listed() -> None:
    shown = state.outcome("00-run", table([0, 0], [1, 1]))
    today = state.compare(shown, {2: "1"}, ["1", "7", "9"])
    listing = state.listing(shown, today, None, wrong_only=True)
    assert (listing.number, listing.ids.tolist()) == ("2 images, 1 no longer in the project", [2])
    assert today.changed == {}


def test_a_renamed_class_is_no_label_change() -> None:
    shown = state.outcome("00-run", table([0, 1, 2], [0, 1, 2]))
    today = state.compare(shown, {1: "one", 2: "9", 3: "9"}, ["one", "9"])
    assert today.lost == ("1", "7")
    assert today.changed == {2: "9"}
    line = state.changes_line(today)
    assert line == "1 label changed since this run; its classes are no longer in the project: 1, 7"


def test_classes_that_were_renamed_or_merged_in_the_project_are_understood(project: Path) -> None:
    run = add_run(project)
    add_predictions(project, run)
    with Store.open(project) as store:
        shown = state.load(store, run.name).outcome
        assert shown is not None
        classes.rename(store, "0", "zero")
        classes.rename(store, "1", "0")
        today = state.today(store, shown)
        assert (len(today.changed), today.lost) == (10, ())  # a name that another class has by now is that one's
        edits.undo(store)
        classes.merge(store, ["1"], "2")
        today = state.today(store, shown)
        assert (today.changed, today.lost) == ({}, ())
        edits.label(store, [2], "zero")
        assert state.today(store, shown).changed == {2: "zero"}


def test_figures_say_what_they_are_of() -> None:
    shown = state.outcome("00-run", table([0, 0, 1, 1], [0, 0, 1, 0]))
    figures = state.figures(shown)
    assert (figures.head, figures.accuracy) == ("Validation, 4 images", "75.0 %")
    assert figures.margin == "30.1 – 95.4 at 95 %"
    assert figures.by_source == {"sign": 1.0, "meter": 0.5}
    lines = state.class_lines(shown)
    assert [(line.precision, line.recall, line.f1) for line in lines] == [
        ("0.67", "1.00", "0.80"),
        ("1.00", "0.50", "0.67"),
        ("n/a ", "n/a ", "n/a "),
    ]


def test_parts_with_images_are_offered() -> None:
    both = table([0, 1, 2], [0, 1, 1], split=[2, 2, 3])
    shown = state.outcome("00-run", both)
    assert (shown.part, shown.parts, len(shown.ids)) == ("val", ("val", "test", "all"), 2)
    assert state.outcome("00-run", both, "test").counts.sum() == 1
    assert len(state.outcome("00-run", both, "all").ids) == 3
    only = state.outcome("00-run", table([0], [0], split=[0]))
    assert (only.part, only.parts) == ("all", ("all",))


@pytest.mark.parametrize("damage", ["missing", "truncated", "shape", "junk"])
def test_predictions_that_cannot_be_read_are_told(project: Path, damage: str) -> None:
    run = add_run(project)
    whole = add_predictions(project, run)
    body = run.predictions_file.read_bytes()
    if damage == "missing":
        run.predictions_file.unlink()
    elif damage == "truncated":
        run.predictions_file.write_bytes(body[: len(body) // 2])
    elif damage == "junk":
        run.predictions_file.write_bytes(b"no zip")
    else:
        names = {"classes": np.array(whole.classes), "sources": np.array(whole.sources)}
        np.savez(
            run.predictions_file,
            ids=whole.ids,
            logits=whole.logits[:3],
            label=whole.label,
            split=whole.split,
            source=whole.source,
            **names,
        )
    with Store.open(project) as store:
        loaded = state.load(store, run.name)
        (line,) = state.run_lines(store)
    empty = state.empty(loaded, line)
    assert loaded.outcome is None
    assert empty is not None
    assert empty.button == "Evaluate"
    assert run.name in empty.sentence


def test_a_run_without_a_network_cannot_be_evaluated(project: Path) -> None:
    run = add_run(project, epochs=0, status="")
    run.best.unlink()
    with Store.open(project) as store:
        (line,) = state.run_lines(store)
        empty = state.empty(state.load(store, run.name), line)
    assert empty is not None
    assert (empty.sentence, empty.button) == ("00-run has no network to look at yet.", "")


def test_runs_are_offered_newest_first(project: Path) -> None:
    add_run(project, "first", epochs=1)
    add_run(project, "second", epochs=3)
    with Store.open(project) as store:
        assert [line.title for line in state.run_lines(store)] == ["01-second · 75.0 %", "00-first · 50.0 %"]


def test_wilsons_interval_stays_within_bounds() -> None:
    assert state.wilson(0, 0) == (0.0, 1.0)
    low, high = state.wilson(10, 10)
    assert (round(low, 3), round(high, 9)) == (0.722, 1.0)
