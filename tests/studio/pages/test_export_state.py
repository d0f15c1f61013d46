from pathlib import Path

import pytest

from core.project.store import Store
from studio.pages.export import state
from tests.studio.pages.conftest import add_run


def exportable(project: Path) -> tuple[state.Exportable, ...]:
    with Store.open(project, write=False) as store:
        return state.exportable(store)


def test_checkpoints_come_with_epoch_and_accuracy(project: Path) -> None:
    add_run(project, "first", epochs=3)
    bare = add_run(project, "second", epochs=1, status="")
    bare.best.unlink()
    bare.last.unlink()
    second, first = exportable(project)
    assert (first.title, first.best.words) == ("00-first · 75.0 %", "epoch 3 · 75.0 % validation")
    assert first.choice("last").title == "Last epoch"
    assert (second.title, second.possible, second.best.words) == ("01-second · nothing saved yet", False, "not saved")


def test_the_destination_offered_is_free(tmp_path: Path) -> None:
    first = state.default_destination(tmp_path, "00-run", "best")
    assert first == tmp_path / "exports" / "00-run"
    first.mkdir(parents=True)
    assert state.default_destination(tmp_path, "00-run", "best") == first  # empty is free
    (first / "weights.safetensors").write_bytes(b"")
    assert state.default_destination(tmp_path, "00-run", "best").name == "00-run-2"
    assert state.default_destination(tmp_path, "00-run", "last").name == "00-run-last"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  ", "Choose a folder to write to."),
        ("some/where", "Give the whole path of the folder."),
        ("{tmp}/full", "This folder is not empty. Choose a new or empty one; nothing in it is overwritten."),
        ("{tmp}/full/file", "file is a file. Choose a folder."),
        ("{tmp}/new", ""),
    ],
)
def test_a_destination_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_bytes(b"x")
    assert state.destination_problem(text.format(tmp=tmp_path)) == words


def test_export_says_why_it_cannot_be_used(project: Path, tmp_path: Path) -> None:
    run = add_run(project)
    (chosen,) = exportable(project)
    free = str(tmp_path / "out")
    assert state.refusal(free, None, "best", False) == "There is no run to export yet."
    assert state.refusal(free, chosen, "best", True) == "The export is being written."
    assert state.refusal(free, chosen, "best", False) == ""
    run.last.unlink()
    (chosen,) = exportable(project)
    assert state.refusal(free, chosen, "last", False) == "00-run has no saved last checkpoint."
