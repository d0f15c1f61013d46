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
    assert (told.data.training_side, told.synth.stamps) == (256, "mnist")
    assert told.synth.padding == (10 / 128, 30 / 128)
    assert (told.synth.rotation, told.synth.threshold) == ((-10, 10), 20)


def test_the_augmentation_is_table_1_of_the_write_up_and_nothing_else() -> None:
    told = recipe.load(RESOURCES / "recipes" / "mnist-w-resnet18.yaml")
    used = {name: operation.model_dump() for name, operation in told.augment.operations() if operation.used}
    assert used == {
        "crop": {"enabled": True, "probability": 1, "area": (0.7, 1), "ratio": (0.75, 1.33)},
        "rotation": {"enabled": True, "probability": 1, "degrees": (-20, 20)},
        "perspective": {"enabled": True, "probability": 0.5, "distortion": 0.2},
        "affine": {"enabled": True, "probability": 1, "shift": 0.1, "scale": (0.9, 1.1), "shear": (0, 0)},
        "jitter": {"enabled": True, "probability": 1, "hue": (-0.1, 0.1)}
        | dict.fromkeys(("brightness", "contrast", "saturation"), (0.6, 1.4)),
        "blur": {"enabled": True, "probability": 1, "kernel": 5, "sigma": (0.1, 2)},
        "noise": {"enabled": True, "probability": 1, "sigma": (0.05, 0.05)},
        "erasing": {"enabled": True, "probability": 0.25, "area": (0.02, 0.15), "ratio": (0.3, 3.3), "fill": "black"},
        "mixup": {"enabled": True, "probability": 0.2, "alpha": 0.2},
    }
    assert (told.data.normalize, told.augment.border) == ("imagenet", "black")
