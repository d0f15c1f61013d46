"""The recipes that ship."""

from pathlib import Path

import pytest

from core import recipe
from core.paths import RESOURCES

SHIPPED = sorted((RESOURCES / "recipes").glob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_is_valid_and_named_like_its_file(path: Path) -> None:
    assert recipe.load(path).name == path.stem


def test_the_write_up_is_told_as_it_stands() -> None:
    told = recipe.load(RESOURCES / "recipes" / "mnist-w-resnet18.yaml")
    assert (told.model.name, told.data.image_size, told.synth.count) == ("resnet18", 128, 9000)
    assert (told.optim.learning_rate, told.optim.weight_decay, told.optim.batch_size) == (1e-3, 1e-4, 64)
    assert (told.schedule.epochs, told.schedule.warmup_epochs, told.schedule.patience) == (200, 5, 50)
    assert (told.optim.label_smoothing, told.schedule.floor) == (0.05, 1e-6)
    assert (told.augment.rotation.degrees, told.augment.mixup.probability) == ((-20, 20), 0.2)
    assert (told.data.training_side, told.synth.stamps) == (256, "mnist")
