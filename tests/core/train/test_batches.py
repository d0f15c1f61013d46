import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core import recipe as recipes
from core.augment.normalize import NORMALIZATIONS
from core.augment.sample import digest
from core.project import edits
from core.project.store import Store
from core.recipe import Recipe
from core.train import batches, loop, onboard
from core.train.batches import Batch, Images
from core.train.device import choose
from core.train.job import images

CPU = choose("cpu")


@pytest.fixture
def busy(quick: Recipe) -> Recipe:
    """A recipe with most operations on, stored larger than its samples."""
    names = ("crop", "perspective", "invert", "sharpness", "blur", "motion", "noise", "jpeg", "erasing")
    changes = {f"augment.{name}.enabled": True for name in names}
    return recipes.change(quick, {**changes, "data.stored_size": 20, "data.normalize": "cifar10"})


@pytest.fixture
def train(shapes: Store, busy: Recipe, finish: Callable[..., Any]) -> Images:
    found: Images = finish(images(loop.new_run(shapes, busy, CPU)))[0]
    return found


def digests(made: Iterable[Batch]) -> dict[int, str]:
    return {int(id): digest(x) for batch in made for id, x in zip(batch.ids, batch.x.numpy(), strict=True)}


def test_a_sample_depends_on_neither_batch_nor_order(train: Images, busy: Recipe) -> None:
    whole = digests(batches.training(train, busy, 3, 0))
    assert len(set(whole.values())) == len(train)
    alone = digests(batches.prepare(train, np.array([n]), busy, 3) for n in range(len(train)))
    backwards = digests([batches.prepare(train, np.arange(len(train))[::-1], busy, 3)])
    assert whole == alone == backwards
    other = recipes.change(busy, {"optim.batch_size": 7})
    assert digests(batches.training(train, other, 3, 0)) == whole
    assert not set(digests(batches.training(train, busy, 4, 0)).values()) & set(whole.values())


def test_a_sample_does_not_depend_on_threads(train: Images, busy: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    one = digests(batches.training(train, busy, 1, 0))
    monkeypatch.setattr(torch, "get_num_threads", lambda: 6)
    many = list(batches.training(train, busy, 1, 0))
    assert digests(many) == one
    assert [id for batch in many for id in batch.ids] == [
        id for b in batches.training(train, busy, 1, 0) for id in b.ids
    ]


def test_other_devices_follow_the_same_plan(train: Images, busy: Recipe) -> None:
    every = np.arange(len(train))
    here, there = (batches.prepare(train, every, busy, 2, device) for device in ("cpu", "cpu:0"))
    std = np.reshape(NORMALIZATIONS["cifar10"][1], (3, 1, 1))
    levels = (here.x - there.x).abs().numpy() * 255 * std
    assert levels.mean() < 1
    assert torch.equal(here.y, there.y)
    assert (here.ids == there.ids).all()
    whole = list(batches.training(train, busy, 2, 0, "cpu:0"))
    assert [batch.ids.tolist() for batch in whole] == [b.ids.tolist() for b in batches.training(train, busy, 2, 0)]
    assert torch.equal(whole[1].x, batches.prepare(train, np.searchsorted(train.ids, whole[1].ids), busy, 2, "cpu:0").x)


CHILD = """
import json, pathlib, sys
from core.augment.sample import digest
from core.project.store import Store
from core.recipe import load
from core.train import batches, selection
root, recipe = pathlib.Path(sys.argv[1]), load(pathlib.Path(sys.argv[2]))
with Store.open(root, write=False) as store:
    chosen = selection.training(store, recipe, selection.class_names(store))
job = batches.readable(store.paths, chosen, recipe.data.training_side)
try:
    while True:
        next(job)
except StopIteration as end:
    images = end.value
made = list(batches.training(images, recipe, 3, 0))
print(json.dumps({int(id): digest(x) for batch in made for id, x in zip(batch.ids, batch.x.numpy())}))
"""


def test_another_process_makes_the_same_samples(shapes: Store, train: Images, busy: Recipe, tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(recipes.dump(busy))
    arguments = [sys.executable, "-c", CHILD, str(shapes.root), str(tmp_path / "recipe.yaml")]
    said = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    assert {int(id): found for id, found in json.loads(said).items()} == digests(batches.training(train, busy, 3, 0))


def test_an_epoch_can_begin_in_its_middle(train: Images, busy: Recipe) -> None:
    whole = [batch.ids.tolist() for batch in batches.training(train, busy, 2, 0)]
    rest = [batch.ids.tolist() for batch in batches.training(train, busy, 2, 2)]
    assert rest == whole[2:]
    assert sorted(id for ids in whole for id in ids) == train.ids.tolist()


@pytest.mark.parametrize("sampling", ["each_once", "balanced"])
@pytest.mark.parametrize("device", ["cpu", "cpu:0"])
def test_batches_do_not_depend_on_how_many_are_prepared_at_once(
    train: Images, busy: Recipe, monkeypatch: pytest.MonkeyPatch, sampling: str, device: str
) -> None:
    recipe = recipes.change(busy, {"optim.sampling": sampling, "optim.batch_size": 4})
    many = list(batches.training(train, recipe, 2, 0, device))
    monkeypatch.setattr(batches, "_CHUNK_BYTES", 1)
    single = list(batches.training(train, recipe, 2, 0, device))
    assert [batch.at.tolist() for batch in many] == [batch.at.tolist() for batch in single]
    for one, other in zip(many, single, strict=True):
        assert torch.equal(one.x, other.x)
        assert torch.equal(one.y, other.y)
        assert (one.ids == other.ids).all()


def test_what_is_kept_on_a_gpu_gives_the_same_batches(shapes: Store, busy: Recipe, finish: Callable[..., Any]) -> None:
    for digit in range(10):
        edits.add_class(shapes, str(digit))
    synthetic = {"synth.count": 9, "synth.smallest": 16}
    recipe = recipes.change(busy, {**synthetic, "optim.batch_size": 7, "optim.sampling": "balanced"})
    train = finish(images(loop.new_run(shapes, recipe, CPU)))[0]
    assert train.kept_on("cpu:0") is train  # it would only be there twice
    there = replace(train, onboard=onboard.stored(train.pixels, train.rows, "cpu:0"))
    assert there.onboard is not None
    assert len(there.onboard) == len(train) - 9
    sent = list(batches.training(train, recipe, 1, 0, "cpu:0"))
    assert any((batch.ids < 0).any() and (batch.ids > 0).any() for batch in sent)
    for one, other in zip(sent, batches.training(there, recipe, 1, 0, "cpu:0"), strict=True):
        assert torch.equal(one.x, other.x)
        assert torch.equal(one.y, other.y)


def test_only_what_fits_is_kept_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (1000, 4000))
    assert onboard.fits(150, "cuda:0")
    assert not onboard.fits(151, "cuda:0")
    assert not onboard.fits(1, "mps")


def test_closing_drops_the_batches_ahead(train: Images, busy: Recipe) -> None:
    made = batches.training(train, busy, 1, 0)
    next(made)
    made.close()  # type: ignore[attr-defined]
    assert not list(made)


@pytest.mark.parametrize("name", list(NORMALIZATIONS))
def test_evaluation_normalises_as_the_recipe_says(train: Images, name: str) -> None:
    mean, std = (np.reshape(numbers, (3, 1, 1)) for numbers in NORMALIZATIONS[name])
    batch = next(iter(batches.evaluation(train, name)))
    stored = train.gather(np.arange(len(train))).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(batch.x.numpy(), (stored / 255 - mean) / std, atol=1e-6)


def test_mixed_batches_have_soft_labels_and_others_stay_as_they_are(train: Images, busy: Recipe) -> None:
    often = recipes.change(busy, {"augment.mixup.enabled": True, "augment.mixup.probability": 0.5})
    batch = batches.prepare(train, np.arange(12), often, 1)
    made = [batches.mix(batch, often, 3, 1, step) for step in range(1, 21)]
    untouched = [one for one in made if one.soft is None]
    assert 0 < len(untouched) < 20
    assert all(one is batch for one in untouched)
    for one in made:
        if one.soft is not None:
            torch.testing.assert_close(one.soft.sum(1), torch.ones(12))
            assert torch.equal(one.y, one.soft.argmax(1))
            assert one.ids is batch.ids


def test_rules_change_the_label_of_a_sample(train: Images, busy: Recipe) -> None:
    rules = "horizontal_flip turns bar into disc, disc into bar"
    turning = {"augment.horizontal_flip.enabled": True, "augment.horizontal_flip.probability": 1.0}
    batch = batches.prepare(train, np.arange(len(train)), recipes.change(busy, {**turning, "augment.rules": rules}), 1)
    expected = np.array([1, 0, 2])[train.labels]
    assert batch.y.numpy().tolist() == expected.tolist()
