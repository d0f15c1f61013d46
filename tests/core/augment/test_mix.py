import numpy as np
import pytest
import torch
from torchvision.transforms import v2

from core import recipe as recipes
from core.augment.mix import Mixing, draw_mixing, mixed, soft_labels
from core.recipe import Augment, Recipe

SIDE = 24


def mixing_of(**changes: object) -> Augment:
    paths = {f"augment.{name.replace('__', '.')}": value for name, value in changes.items()}
    return recipes.change(Recipe(), paths).augment


MIXUP = mixing_of(mixup__enabled=True, mixup__probability=1.0)
CUTMIX = mixing_of(cutmix__enabled=True, cutmix__probability=1.0)


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    samples = torch.rand(6, 3, SIDE, SIDE, generator=random).contiguous(memory_format=torch.channels_last)
    return samples, torch.tensor([0, 2, 1, 1, 0, 2])


def drawn(augment: Augment, steps: int) -> list[Mixing | None]:
    return [draw_mixing(augment, 7, 3, step, SIDE) for step in range(1, steps + 1)]


@pytest.mark.parametrize("share", [0.0, 0.31, 0.97, 1.0])
def test_mixup_is_torchvisions(share: float) -> None:
    samples, labels = batch()
    theirs = v2.MixUp(num_classes=3)
    params = {"labels": labels, "batch_size": 6, "lam": share}
    mixing = Mixing("mixup", share)
    ours = mixed(samples, mixing)
    torch.testing.assert_close(ours, theirs.transform(samples, params))
    torch.testing.assert_close(
        torch.from_numpy(soft_labels(labels.numpy(), 3, mixing)), theirs.transform(labels, params)
    )
    assert ours.is_contiguous(memory_format=torch.channels_last)


def test_cutmix_is_torchvisions() -> None:
    samples, labels = batch()
    before = samples.clone()
    theirs = v2.CutMix(num_classes=3)
    for mixing in drawn(CUTMIX, 20):
        assert mixing is not None
        x, y, width, height = mixing.box
        assert mixing.share == pytest.approx(1 - width * height / SIDE**2)
        params = {"labels": labels, "batch_size": 6, "box": (x, y, x + width, y + height), "lam_adjusted": mixing.share}
        assert torch.equal(mixed(samples, mixing), theirs.transform(samples, params))
        soft = torch.from_numpy(soft_labels(labels.numpy(), 3, mixing))
        torch.testing.assert_close(soft, theirs.transform(labels, params))
    assert torch.equal(samples, before)


@pytest.mark.parametrize("augment", [MIXUP, CUTMIX], ids=["mixup", "cutmix"])
def test_arrays_of_numpy_are_mixed_as_those_of_torch(augment: Augment) -> None:
    samples, _ = batch()
    mixing = draw_mixing(augment, 0, 1, 1, SIDE)
    assert mixing is not None
    assert np.array_equal(mixed(samples.numpy(), mixing), mixed(samples, mixing).numpy())


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_shares_are_beta_distributed(alpha: float) -> None:
    shares = [
        m.share for m in drawn(mixing_of(mixup__enabled=True, mixup__probability=1.0, mixup__alpha=alpha), 2000) if m
    ]
    theirs = torch.distributions.Beta(torch.tensor(alpha), torch.tensor(alpha))
    assert np.mean(shares) == pytest.approx(0.5, abs=0.03)
    assert np.var(shares) == pytest.approx(theirs.variance.item(), rel=0.08)


def test_batches_are_mixed_as_often_as_asked() -> None:
    both = mixing_of(mixup__enabled=True, mixup__probability=0.5, cutmix__enabled=True, cutmix__probability=0.4)
    kinds = [mixing.kind if mixing else None for mixing in drawn(both, 3000)]
    assert kinds.count("mixup") / 3000 == pytest.approx(0.5 - 0.1, abs=0.03)
    assert kinds.count("cutmix") / 3000 == pytest.approx(0.4 - 0.1, abs=0.03)
    assert set(drawn(Augment(), 50)) == {None}
    assert set(drawn(mixing_of(mixup__enabled=True, mixup__probability=0.0), 50)) == {None}


def test_cuts_come_at_every_place_whatever_their_size() -> None:
    boxes = np.array([mixing.box for mixing in drawn(CUTMIX, 2000) if mixing and mixing.share < 1])
    x, y, area = boxes[:, 0] + boxes[:, 2] / 2, boxes[:, 1] + boxes[:, 3] / 2, boxes[:, 2] * boxes[:, 3]
    assert np.abs(np.corrcoef([x, y, area]) - np.eye(3)).max() < 6 / np.sqrt(len(boxes))
    for middle in (x, y):
        assert middle.min() < 0.2 * SIDE
        assert middle.max() > 0.8 * SIDE


def test_a_mixing_follows_from_seed_epoch_and_step() -> None:
    assert drawn(MIXUP, 5) == drawn(MIXUP, 5)
    one = draw_mixing(MIXUP, 7, 3, 1, SIDE)
    assert one not in (
        draw_mixing(MIXUP, 8, 3, 1, SIDE),
        draw_mixing(MIXUP, 7, 4, 1, SIDE),
        draw_mixing(MIXUP, 7, 3, 2, SIDE),
    )
