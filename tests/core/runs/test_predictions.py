from pathlib import Path

import numpy as np
import pytest

from core.errors import Error
from core.runs.predictions import PredictionTable, load, merge, save, shares


def table(ids: list[int], label: int = 0, sources: tuple[str, ...] = ("sign", "meter")) -> PredictionTable:
    count = len(ids)
    return PredictionTable(
        ids=np.array(ids, np.int64),
        logits=np.tile(np.array([[0.0, 2.0, 1.0]], np.float32), (count, 1)),
        label=np.full(count, label, np.int16),
        split=np.full(count, 2, np.uint8),
        source=np.arange(count, dtype=np.int16) % len(sources),
        classes=("zero", "eins", "zwölf"),
        sources=sources,
    )


def test_a_table_comes_back_from_disk(tmp_path: Path) -> None:
    save(table([3, 5]), tmp_path / "predictions.npz")
    back = load(tmp_path / "predictions.npz")
    assert back.classes == ("zero", "eins", "zwölf")
    assert back.ids.tolist() == [3, 5]
    assert back.predicted.tolist() == [1, 1]
    np.testing.assert_allclose(back.confidence, np.exp(2) / (1 + np.e + np.exp(2)), rtol=1e-6)
    empty = table([])
    save(empty, tmp_path / "predictions.npz")
    assert len(load(tmp_path / "predictions.npz")) == 0


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 half a zip", b"hello"])
def test_a_damaged_or_missing_file_is_told(tmp_path: Path, damage: bytes) -> None:
    with pytest.raises(Error, match="no predictions yet"):
        load(tmp_path / "predictions.npz")
    (tmp_path / "predictions.npz").write_bytes(damage)
    with pytest.raises(Error, match="damaged"):
        load(tmp_path / "predictions.npz")


def test_a_truncated_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "predictions.npz"
    save(table(list(range(100))), file)
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(Error, match="damaged"):
        load(file)


def test_merge_keeps_old_rows_and_lets_new_ones_win() -> None:
    merged = merge(table([1, 2, 9], label=0), table([2, 4], label=1, sources=("meter", "hand")))
    assert merged.ids.tolist() == [1, 2, 4, 9]
    assert merged.label.tolist() == [0, 1, 1, 0]
    assert [merged.sources[index] for index in merged.source] == ["sign", "meter", "hand", "sign"]


def test_shares_leave_out_what_has_no_rows() -> None:
    right = np.array([True, False, True, True])
    assert shares(right, np.array([0, 0, 2, -1]), ("a", "b", "c")) == {"a": 0.5, "c": 1.0}
