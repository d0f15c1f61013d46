from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from core.project import edits, query
from core.project.predictions import Guess
from core.project.records import ImageRecord
from core.project.store import Store
from studio.models.images import PAGE, ImageModel, Shown, badge, short
from studio.widgets.roles import TILE_ROLE


@pytest.fixture
def store(project: Path) -> Iterator[Store]:
    with Store.open(project) as store:
        yield store


@pytest.fixture
def model(store: Store, qtbot: QtBot) -> ImageModel:
    model = ImageModel()
    model.open(store, None)
    model.set_ids(query.ids(store))
    return model


def test_rows_are_the_ids_in_their_order(model: ImageModel, store: Store) -> None:
    model.set_ids(query.ids(store, sort="class", descending=True))
    assert model.rowCount() == 30
    assert [model.data(model.index(row), TILE_ROLE).badge for row in (0, 10, 29)] == ["2", "1", "0"]
    assert model.data(model.index(0), TILE_ROLE).position == 2
    assert model.data(model.index(0), TILE_ROLE).image is None
    assert model.data(model.index(0), Qt.ItemDataRole.AccessibleTextRole) == "002.png, label 2"


def test_rows_are_found_by_id_in_any_order(model: ImageModel) -> None:
    model.set_ids(np.array([9, 3, 7, 1], np.int64))
    assert model.rows_of(np.array([1, 3, 8, 100], np.int64)).tolist() == [1, 3]
    assert model.row_of(7) == 2
    assert model.row_of(8) is None


def test_an_empty_model_knows_no_rows(model: ImageModel) -> None:
    model.set_ids(np.zeros(0, np.int64))
    assert model.row_of(1) is None
    assert model.rowCount() == 0


def test_an_edit_renews_only_what_it_touched(model: ImageModel, store: Store, qtbot: QtBot) -> None:
    ids = model.ids[[2, 5]]
    assert model.data(model.index(2), TILE_ROLE).badge == "2"
    change = edits.label(store, ids.tolist(), "0")
    with qtbot.waitSignal(model.dataChanged) as renewed:
        model.refresh(change)
    assert [index.row() for index in renewed.args[:2]] == [2, 5]
    assert [model.data(model.index(row), TILE_ROLE).badge for row in (2, 5)] == ["0", "0"]


def test_a_million_rows_cost_nothing_until_they_are_seen(model: ImageModel) -> None:
    model.set_ids(np.arange(10**6, dtype=np.int64))
    assert model.rowCount() == 10**6
    assert model.data(model.index(10**6 - 1), TILE_ROLE) is None  # gone from the project
    assert len(model._pages) == 1
    assert PAGE < 1000


@pytest.mark.parametrize(
    ("confidence", "words"), [(0.94, ".94"), (0.996, "1.0"), (0.05, ".05"), (1.0, "1.0"), (0.994, ".99")]
)
def test_confidence_in_two_digits(confidence: float, words: str) -> None:
    assert short(confidence) == words


def test_badges_say_what_is_wrong() -> None:
    def shown(label: str | None, guess: str | None, rejected: bool = False) -> Shown:
        record = ImageRecord(
            1, Path("a"), "a", b"", 1, 1, 1, None, label, "hand" if label else None, None, None, None, rejected, ()
        )
        return Shown(record, Guess("00", guess, 0.94) if guess else None)

    assert badge(shown("1", None)) == "1"
    assert badge(shown("1", "1")) == "1 ✓"
    assert badge(shown("1", "4")) == "1→4 .94"
    assert badge(shown(None, "4")) == "4? .94"
    assert badge(shown(None, "4"), guesses=False) == ""
    assert badge(shown("1", None, rejected=True)) == "1 · rejected"
    assert not shown(None, "4").wrong
