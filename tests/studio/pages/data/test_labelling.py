"""Keys of the Data page, pressed in the real page."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from core.project import edits, predictions, query, records
from core.project.edits import Change
from core.project.scores import ScoreFile, pack
from core.project.store import Store
from studio.pages.data.view import DataPage
from studio.session import Session
from studio.widgets.roles import TILE_ROLE
from tests.said import said

Settle = Callable[[Session], None]
Key = Qt.Key


def name_of(page: DataPage, id: int) -> str | None:
    return records.image(page.session.store, id).class_name


def predict(page: DataPage, settled: Settle, guesses: dict[int, str], sure: float = 0.9) -> None:
    """Let a run say this of images."""
    known = {record.name: record.id for record in records.classes(page.session.store)}
    ids = sorted(guesses)

    def write(store: Store) -> Change:
        told = said(ids, [known[guesses[id]] for id in ids], [sure] * len(ids))
        predictions.replace(store, "00-demo", "1", told)
        return Change("Predictions", "predictions", np.zeros(0, np.int64))

    page.session.do(write)
    settled(page.session)


def suspect(page: DataPage, settled: Settle, doubts: dict[int, str]) -> None:
    """Let labels be suspect, with what they rather are."""
    ids = np.array(sorted(doubts), np.int64)
    labels = tuple(name_of(page, int(id)) or "" for id in ids)
    found = ScoreFile(
        ids,
        labels,
        np.full(len(ids), 0.9, np.float32),
        np.full(len(ids), 0.5, np.float32),
        tuple(doubts[int(id)] for id in ids),
    )
    path = page.session.store.paths.scores
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(pack(found))
    page.session.changed.emit(Change("Suspects", "predictions", np.zeros(0, np.int64)))
    settled(page.session)


def test_space_accepts_what_a_run_says_of_an_unlabelled_image(page: DataPage, settled: Settle) -> None:
    first, second = page.model.ids[:2].tolist()
    page.session.do(edits.label, [first, second], None, "bulk")
    predict(page, settled, {first: "2", second: "1"})
    index = page.model.index(0)
    assert (index.data(TILE_ROLE).badge, index.data(TILE_ROLE).ghost) == ("2? .90", True)
    page.session.select([first])
    QTest.keyClick(page.grid, Key.Key_Space)
    assert name_of(page, first) == "2"
    assert records.image(page.session.store, first).labelled_by == "model"
    assert page.session.selection.tolist() == [second]
    assert not index.data(TILE_ROLE).ghost
    page.session.undo()
    assert name_of(page, first) is None


def test_space_never_overwrites_a_label_given_by_hand(page: DataPage, settled: Settle, qtbot: QtBot) -> None:
    first = int(page.model.ids[0])
    page.session.do(edits.label, [first], "1")
    predict(page, settled, {first: "2"})
    page.session.select([first])
    with qtbot.waitSignal(page.session.notice) as told:
        QTest.keyClick(page.grid, Key.Key_Space)
    assert "by hand" in told.args[0]
    assert name_of(page, first) == "1"


def test_space_without_any_run_says_so(page: DataPage, qtbot: QtBot) -> None:
    page.session.select([int(page.model.ids[0])])
    with qtbot.waitSignal(page.session.notice) as told:
        QTest.keyClick(page.grid, Key.Key_Space)
    assert "Train or evaluate" in told.args[0]


def test_a_class_is_found_by_the_start_of_its_name(page: DataPage, settled: Settle) -> None:
    page.session.do(edits.add_class, "heron")
    settled(page.session)
    page.session.select([int(page.model.ids[0])])
    QTest.keyClick(page.grid, "/")
    line = page.prompt.findChild(QLineEdit)
    assert line is not None
    QTest.keyClicks(line, "her")
    QTest.keyClick(line, Key.Key_Return)
    assert name_of(page, int(page.model.ids[0])) == "heron"
    assert page.session.selection.tolist() == [int(page.model.ids[1])]


def test_unsure_and_tags_go_on_and_off(page: DataPage, settled: Settle) -> None:
    ids = page.model.ids[:2].tolist()
    page.session.select(ids)
    QTest.keyClick(page.grid, Key.Key_U)
    assert query.ids(page.session.store, query.parse("unsure")).tolist() == sorted(ids)
    assert page.model.index(0).data(TILE_ROLE).marks == "?"
    QTest.keyClick(page.grid, Key.Key_U)
    assert query.ids(page.session.store, query.parse("unsure")).size == 0
    QTest.keyClick(page.grid, Key.Key_T)
    line = page.prompt.findChild(QLineEdit)
    assert line is not None
    QTest.keyClicks(line, "night")
    QTest.keyClick(line, Key.Key_Return)
    assert page.model.index(1).data(TILE_ROLE).marks == "#night"
    settled(page.session)
    assert [facet.value for facet in page._state.tags] == ["night"] if page._state else False


def test_a_note_is_written_and_read_again(page: DataPage) -> None:
    id = int(page.model.ids[0])
    page.session.select([id])
    QTest.keyClick(page.grid, Key.Key_O)
    line = page.prompt.findChild(QLineEdit)
    assert line is not None
    QTest.keyClicks(line, "a scratch")
    QTest.keyClick(line, Key.Key_Return)
    assert query.ids(page.session.store, query.parse("note:scratch")).tolist() == [id]
    QTest.keyClick(page.grid, Key.Key_O)
    assert line.text() == "a scratch"


def test_on_and_back_and_to_the_next_unlabelled(page: DataPage, settled: Settle) -> None:
    ids = page.model.ids.tolist()
    page.session.do(edits.label, [ids[7], ids[20]], None, "bulk")
    page.session.select([ids[0]])
    QTest.keyClick(page.grid, Key.Key_D)
    assert page.session.current == ids[1]
    QTest.keyClick(page.grid, Key.Key_A)
    QTest.keyClick(page.grid, Key.Key_A)
    assert page.session.current == ids[0]
    for expected in (7, 20, 7):
        QTest.keyClick(page.grid, Key.Key_N)
        settled(page.session)
        assert page.session.current == ids[expected]


def test_nothing_left_to_label_is_said(page: DataPage, settled: Settle, qtbot: QtBot) -> None:
    page.session.select([int(page.model.ids[0])])
    with qtbot.waitSignal(page.session.notice) as told:
        QTest.keyClick(page.grid, Key.Key_N)
    assert "has a label" in told.args[0]


def test_suspects_are_marked_sought_fixed_and_dismissed(page: DataPage, settled: Settle) -> None:
    ids = page.model.ids.tolist()
    suspect(page, settled, {ids[3]: "1", ids[9]: "2"})
    assert page.model.index(3).data(TILE_ROLE).marks == "!"
    page.session.select([ids[0]])
    QTest.keyClick(page.grid, Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    settled(page.session)
    assert page.session.current == ids[3]
    QTest.keyClick(page.grid, Key.Key_Space)  # takes what is suggested
    assert name_of(page, ids[3]) == "1"
    settled(page.session)
    QTest.keyClick(page.grid, Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    settled(page.session)
    assert page.session.current == ids[9]
    QTest.keyClick(page.grid, Key.Key_K)  # it is right
    settled(page.session)
    assert page.model.index(9).data(TILE_ROLE).marks == ""
    assert query.ids(page.session.store, query.parse("suspect>0.5 -checked")).size == 0


def test_groups_have_headings_and_keep_the_selection(page: DataPage, settled: Settle) -> None:
    chosen = page.model.ids[:2].tolist()
    page.session.select(chosen)
    page.header.arrange("name", False, "class")
    settled(page.session)
    assert page.grid._sections.titles == ("0", "1", "2")
    assert page.session.selection.tolist() == chosen
    page.session.do(edits.label, [chosen[0]], None, "bulk")
    settled(page.session)
    assert page.grid._sections.titles == ("0", "1", "2", "Unlabelled")


def test_views_are_kept_chosen_and_forgotten(page: DataPage, settled: Settle) -> None:
    page.session.set_filter("class:1")
    page.header.arrange("id", True, "source")
    page.views.keep("ones")
    page.session.set_filter("")
    page.header.arrange("name", False, "")
    settled(page.session)
    page.views.choose("ones")
    settled(page.session)
    assert page.session.filter_text == "class:1"
    assert (page.header.sort, page.header.descending, page.header.group) == ("id", True, "source")
    assert page.model.ids.tolist() == sorted(page.model.ids.tolist(), reverse=True) or page.grid._sections.titles
    page.header.dropped.emit("ones")
    page.views.choose("ones")
    assert page.session.filter_text == "class:1"


def test_a_picked_flag_and_tag_narrow(page: DataPage, settled: Settle) -> None:
    ids = page.model.ids.tolist()
    page.session.do(edits.tag, ids[:3], "night")
    page.session.do(edits.reject, ids[:1])
    page.facets.toggled.emit("tag", "night")
    settled(page.session)
    assert len(page.model.ids) == 3
    page.facets.toggled.emit("flag", "rejected")
    settled(page.session)
    assert page.model.ids.tolist() == ids[:1]
    page.facets.toggled.emit("flag", "rejected")
    page.facets.toggled.emit("tag", "night")
    settled(page.session)
    assert len(page.model.ids) == 30


def test_order_groups_and_size_are_as_they_were_last_in_this_project(
    page: DataPage, settled: Settle, project: Path, tmp_path: Path
) -> None:
    page.header.arrange("class", True, "source")
    page.grid.set_side(140)
    settled(page.session)
    with Store.create(tmp_path / "other"):
        pass
    page.session.open(tmp_path / "other")
    assert (page.header.sort, page.header.group) == ("name", "")
    page.grid.set_side(60)
    page.session.open(project)
    settled(page.session)
    assert (page.header.sort, page.header.descending, page.header.group) == ("class", True, "source")
    assert page.grid.side() == 140


def test_a_label_stays_where_it_is_if_it_shall_not_go_on(page: DataPage) -> None:
    first, second = page.model.ids[:2].tolist()
    page.session.select([first])
    page.details.go_on.setChecked(False)
    QTest.keyClick(page.grid, Key.Key_2)
    assert (name_of(page, first), page.session.current) == ("2", first)
    QTest.keyClick(page.grid, Key.Key_D)  # that still goes on
    assert page.session.current == second
    page.details.go_on.setChecked(True)
    QTest.keyClick(page.grid, Key.Key_2)
    assert page.session.current != second
