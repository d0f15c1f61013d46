from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from core.errors import Error
from core.project import edits, query, records
from core.project.store import Store
from core.recipe import Recipe, change, find, make
from core.runs import folder
from studio.session import Session

Settle = Callable[[Session], None]


def test_an_edit_is_on_disk_before_anybody_hears_of_it(session: Session, project: Path) -> None:
    session.open(project)
    seen = []

    def look(change: edits.Change) -> None:
        with Store.open(project, write=False) as other:
            seen.append((change.title, records.image(other, 1).class_name))

    session.changed.connect(look)
    change = session.do(edits.label, [1], "2")
    assert change is not None
    assert seen == [(change.title, "2")]


def test_undo_and_redo_go_through_the_same_signal(session: Session, project: Path) -> None:
    session.open(project)
    titles = []
    session.changed.connect(lambda change: titles.append(change.title))
    session.do(edits.label, [1, 2], "2")
    session.undo()
    assert records.image(session.store, 1).class_name == "0"
    session.redo()
    assert records.image(session.store, 1).class_name == "2"
    assert titles == ["Label 2 images as 2", "Undo: Label 2 images as 2", "Redo: Label 2 images as 2"]
    assert session.redo() is None


def test_a_refused_edit_is_told_and_changes_nothing(session: Session, project: Path) -> None:
    session.open(project)
    told = []
    session.problem.connect(told.append)
    assert session.do(edits.label, [1], "cat") is None
    assert [type(problem) for problem in told] == [Error]
    assert "cat" in told[0].title
    assert records.image(session.store, 1).class_name == "0"


def test_a_second_window_can_look_but_not_change(session: Session, project: Path) -> None:
    session.open(project)
    second = Session()
    second.open(project)
    assert session.writable
    assert not second.writable
    assert second.read_only_reason is not None
    assert "open for writing" in second.read_only_reason.title
    told = []
    second.problem.connect(told.append)
    assert second.do(edits.label, [1], "2") is None
    assert len(told) == 1
    assert records.image(second.store, 1).class_name == "0"
    second.close()


def test_a_folder_without_a_project_is_an_error_and_keeps_the_open_one(
    session: Session, project: Path, tmp_path: Path
) -> None:
    session.open(project)
    with pytest.raises(Error, match="no project"):
        session.open(tmp_path)
    assert session.root == project


def test_opening_the_open_project_again_changes_nothing(session: Session, project: Path) -> None:
    session.open(project)
    session.set_filter("class:2")
    session.open(project.parent / "." / project.name)
    assert session.writable
    assert session.filter_text == "class:2"


def test_the_filter_is_refused_politely_and_stays(session: Session, project: Path) -> None:
    session.open(project)
    refused = []
    session.filter_refused.connect(refused.append)
    assert session.set_filter("class:2")
    assert not session.set_filter("clas:3")
    assert session.filter == query.parse("class:2")
    assert session.filter_text == "class:2"
    assert "class" in refused[0].hint


def test_a_filter_made_by_a_page_has_a_text(session: Session, project: Path) -> None:
    session.open(project)
    session.set_filter(query.OneOf("source", ("sign", "meter")))
    assert session.filter_text == "source:sign,meter"


def test_selection_is_told_once(session: Session, project: Path) -> None:
    session.open(project)
    told = []
    session.selection_changed.connect(lambda: told.append(session.selection.tolist()))
    session.select([3, 5])
    session.select(np.array([3, 5]), 5)
    assert told == [[3, 5]]
    assert session.current == 5


def test_the_latest_question_of_a_kind_wins(session: Session, project: Path, settled: Settle) -> None:
    session.open(project)
    answers: list[int] = []
    for text in ("class:0", "class:1", "class:0 source:sign"):
        filter = query.parse(text)
        session.reader.ask("ids", lambda store, f=filter: len(query.ids(store, f)), answers.append)
    settled(session)
    assert answers[-1] == 5
    assert len(answers) == 1


def test_a_failing_question_is_told(session: Session, project: Path, settled: Settle) -> None:
    session.open(project)
    told = []
    session.problem.connect(told.append)
    session.reader.ask("image", lambda store: records.image(store, 999), lambda _: None)
    settled(session)
    assert "no image 999" in told[0].title


def test_importing_lends_the_lock_and_takes_it_back(
    session: Session, project: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    from PIL import Image

    (tmp_path / "more" / "2").mkdir(parents=True)
    Image.new("RGB", (20, 20), (1, 2, 3)).save(tmp_path / "more" / "2" / "new.png")
    session.open(project)
    told = []
    session.problem.connect(told.append)
    job = session.add_images(tmp_path / "more")
    assert session.lent
    assert not session.writable
    assert session.do(edits.label, [1], "2") is None
    with qtbot.waitSignals([job.finished, session.access_changed], timeout=30_000):
        pass
    assert session.writable
    assert not session.lent
    assert records.counts(session.store).total == 31
    assert [problem.title for problem in told] == ["Images are being imported."]
    assert session.do(edits.label, [1], "2") is not None


def test_the_recipe_is_told_once_and_every_project_has_its_own(session: Session, project: Path) -> None:
    told = []
    session.recipe_changed.connect(lambda: told.append(session.recipe.seed))
    session.open(project)
    assert session.recipe == find("demo")
    assert told == []
    session.set_recipe(change(session.recipe, {"seed": 4}))
    session.set_recipe(change(session.recipe, {"seed": 4}))
    assert told == [4]
    session.close()
    assert session.recipe == find("demo")
    assert told == [4, 0]


def test_the_recipe_of_a_project_begins_as_its_last_run(session: Session, project: Path) -> None:
    folder.create(project / "runs", "one", Recipe())
    last = make({"name": "two", "seed": 7})
    run = folder.create(project / "runs", "two", last)
    session.open(project)
    assert session.recipe == last
    assert session.recipe_origin == "run:01-two"
    session.set_recipe(find("wild-digits"), "wild-digits")
    session.close()
    assert session.recipe_origin == "demo"
    run.recipe_file.write_text("augment: {rotation: 10.0}")
    told = []
    session.problem.connect(told.append)
    session.open(project)
    assert session.recipe == find("demo")
    assert told == []
