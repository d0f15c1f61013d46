"""Properties that tell the class are told, those that do not are not."""

import numpy as np
import numpy.typing as npt
import pytest

from core.curate.cues import FEWEST, Cue, cues
from core.images.measures import Measures
from core.project.records import Columns

COUNT = 600
Floats = npt.NDArray[np.float64]


def facts(labels: npt.NDArray[np.int64], **given: npt.NDArray[np.generic]) -> dict[str, Cue]:
    """The cues of images with `labels`, of which all that is not given is drawn at random."""
    count, chance = len(labels), np.random.default_rng(7)
    hashes = chance.integers(0, 256, (count, 32), dtype=np.uint8)
    hashes[:, :8] = np.arange(count, dtype=">u8").view(np.uint8).reshape(-1, 8)
    known = Columns(
        ids=np.arange(count),
        content_hash=hashes,
        class_index=labels.astype(np.int16),
        split=np.zeros(count, np.uint8),
        source=np.asarray(given.get("source", np.zeros(count)), np.int32),
        group=np.asarray(given.get("group", np.full(count, -1)), np.int64),
        rejected=np.asarray(given.get("rejected", np.zeros(count)), np.bool_),
        classes=tuple("abcdefghij"[: int(labels.max(initial=0)) + 1]),
        sources=("sign", "meter", "hand"),
    )
    values = {name: chance.random(count).astype(np.float32) for name in ("brightness", "contrast", "sharpness")}
    values |= {name: np.asarray(given[name], np.float32) for name in values if name in given}
    measures = Measures(
        keys=np.arange(count, dtype=np.uint64),
        phash=np.zeros(count, np.uint64),
        cluster=np.asarray(given.get("cluster", np.full(count, -1)), np.int64),
        look=np.zeros((count, 128), np.float16),
        **values,
    )
    sizes = np.asarray(given.get("sizes", chance.integers(50, 400, (count, 2))), np.int32)
    return {cue.name: cue for cue in cues(known, sizes, measures)}


def spurious(found: dict[str, Cue]) -> set[str]:
    return {name for name, cue in found.items() if cue.spurious}


@pytest.fixture
def labels() -> npt.NDArray[np.int64]:
    return np.random.default_rng(0).integers(0, 3, COUNT)


def test_nothing_tells_random_classes(labels: npt.NDArray[np.int64]) -> None:
    found = facts(labels, source=np.random.default_rng(1).integers(0, 3, COUNT))
    assert set(found) == {"brightness", "contrast", "sharpness", "size", "aspect", "source"}
    assert spurious(found) == set()
    assert all(abs(cue.accuracy - cue.guess) < 0.08 for cue in found.values())


def test_a_darker_class_is_told(labels: npt.NDArray[np.int64]) -> None:
    brightness = np.random.default_rng(2).normal(0.5, 0.1, COUNT) - 0.3 * (labels == 1)
    found = facts(labels, brightness=brightness)
    assert spurious(found) == {"brightness"}
    assert next(iter(found)) == "brightness"
    cue = found["brightness"]
    assert cue.accuracy > 0.5 > cue.guess
    assert cue.images == COUNT
    assert cue.sentence.startswith("Brightness alone tells the class of 6")


def test_a_source_with_classes_of_its_own_is_told(labels: npt.NDArray[np.int64]) -> None:
    source = np.where(np.random.default_rng(3).random(COUNT) < 0.7, labels, 0)
    assert spurious(facts(labels, source=source)) == {"source"}


def test_sizes_are_told(labels: npt.NDArray[np.int64]) -> None:
    side = 100 + 50 * labels + np.random.default_rng(4).integers(0, 9, COUNT)
    sizes = np.stack([side, side], axis=1)
    assert spurious(facts(labels, sizes=sizes)) == {"size"}


@pytest.mark.parametrize("tie", ["group", "cluster"])
def test_what_groups_share_is_no_cue(tie: str) -> None:
    """Twelve films of 50 frames, each of one class and equally bright: brightness knows the film, not the class."""
    film = np.repeat(np.arange(12), 50)
    chance = np.random.default_rng(5)
    labels = chance.permutation(np.arange(12) % 3)[film]
    brightness = chance.random(12)[film] + chance.normal(0, 0.001, 600)
    told = facts(labels, brightness=brightness)["brightness"]
    assert told.accuracy > 0.6
    tied = facts(labels, brightness=brightness, **{tie: film})["brightness"]
    assert tied.accuracy < 0.55
    assert not tied.spurious


def test_too_little_to_say_anything(labels: npt.NDArray[np.int64]) -> None:
    assert facts(labels[: FEWEST - 1]) == {}
    assert facts(np.zeros(100, np.int64)) == {}
    assert facts(np.full(100, -1)) == {}
    assert facts(labels[:100], rejected=np.arange(100) > 30) == {}
    assert facts(labels[:0]) == {}
    one = facts(labels[:100], group=np.zeros(100))
    assert spurious(one) == set()


def test_unlabelled_images_and_equal_values_do_not_disturb(labels: npt.NDArray[np.int64]) -> None:
    some = np.where(np.arange(COUNT) % 4 == 0, -1, labels)
    found = facts(some, brightness=np.full(COUNT, 0.5))
    assert "brightness" not in found
    assert found["contrast"].images == int((some >= 0).sum())
