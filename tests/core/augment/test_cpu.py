import numpy as np
import numpy.typing as npt
import pytest

from core.augment import cpu
from core.augment.draws import Parameter, uniform
from core.recipe import Augment

OFF = Augment(rotation=0, translate=0, scale=0, brightness=0, contrast=0, invert=0)
IDS = np.arange(12, dtype=np.int64)


@pytest.fixture
def pixels() -> npt.NDArray[np.uint8]:
    """Smooth pictures of 32 px, so that resampling hardly loses anything."""
    y, x = np.mgrid[:32, :32] / 31
    waves = [np.stack([x * (n + 1) / 12, y, (x + y) / 2 * n / 12], axis=2) for n in range(12)]
    return (np.stack(waves) * 255).astype(np.uint8)


def test_without_augmentation_training_sees_what_evaluation_sees(pixels: npt.NDArray[np.uint8]) -> None:
    plain = cpu.evaluation(pixels)
    assert plain.shape == (12, 3, 32, 32)
    assert plain.dtype == np.float32
    expected = (pixels.transpose(0, 3, 1, 2) / 255 - np.reshape(cpu.MEAN, (3, 1, 1))) / np.reshape(cpu.STD, (3, 1, 1))
    np.testing.assert_allclose(plain, expected, atol=1e-6)
    np.testing.assert_array_equal(cpu.render(pixels, IDS, OFF, seed=0, epoch=1), plain)


def test_a_sample_depends_on_seed_epoch_and_id_only(pixels: npt.NDArray[np.uint8]) -> None:
    together = cpu.render(pixels, IDS, Augment(invert=0.5), seed=3, epoch=2)
    for n in (0, 5, 11):
        alone = cpu.render(pixels[n : n + 1], IDS[n : n + 1], Augment(invert=0.5), seed=3, epoch=2)
        np.testing.assert_array_equal(alone[0], together[n])
    assert not np.array_equal(together, cpu.render(pixels, IDS, Augment(invert=0.5), seed=3, epoch=3))
    assert not np.array_equal(together, cpu.render(pixels, IDS, Augment(invert=0.5), seed=4, epoch=2))
    assert not np.array_equal(together, cpu.render(pixels, IDS + 50, Augment(invert=0.5), seed=3, epoch=2))


def test_shift_moves_by_the_drawn_pixels(pixels: npt.NDArray[np.uint8]) -> None:
    augment = OFF.model_copy(update={"translate": 0.25})
    samples = cpu.render(pixels, IDS, augment, seed=0, epoch=1)
    shift_x = np.round(32 * 0.25 * (2 * uniform(0, 1, IDS, Parameter.SHIFT_X) - 1)).astype(int)
    shift_y = np.round(32 * 0.25 * (2 * uniform(0, 1, IDS, Parameter.SHIFT_Y) - 1)).astype(int)
    plain = cpu.evaluation(pixels)
    for n in range(12):
        rolled = np.roll(plain[n], (shift_y[n], shift_x[n]), axis=(1, 2))
        np.testing.assert_allclose(samples[n, :, 9:-9, 9:-9], rolled[:, 9:-9, 9:-9], atol=0.1)


def test_rotation_turns_about_the_centre(pixels: npt.NDArray[np.uint8]) -> None:
    half_turn = OFF.model_copy(update={"rotation": 180})
    samples = cpu.render(pixels, IDS, half_turn, seed=0, epoch=1)
    degrees = 180 * (2 * uniform(0, 1, IDS, Parameter.ROTATION) - 1)
    n = int(np.abs(np.abs(degrees) - 90).argmin())  # the image turned most nearly by a quarter
    assert abs(abs(degrees[n]) - 90) < 15
    quarters = np.stack([np.rot90(cpu.evaluation(pixels)[n], k, axes=(1, 2)) for k in (0, 1, 2, 3)])
    distances = np.abs(quarters - samples[n])[:, :, 8:-8, 8:-8].mean(axis=(1, 2, 3))
    assert distances.argmin() in (1, 3)


def test_edges_are_mirrored_not_filled(pixels: npt.NDArray[np.uint8]) -> None:
    bright = np.full_like(pixels, 200)
    samples = cpu.render(bright, IDS, OFF.model_copy(update={"translate": 0.5, "rotation": 90}), seed=0, epoch=1)
    np.testing.assert_allclose(samples, cpu.evaluation(bright), atol=1e-6)


def test_brightness_contrast_and_inversion_are_one_clipped_map(pixels: npt.NDArray[np.uint8]) -> None:
    augment = OFF.model_copy(update={"brightness": 0.6, "contrast": 0.6, "invert": 0.5})
    samples = cpu.render(pixels, IDS, augment, seed=1, epoch=4)
    levels = samples * np.reshape(cpu.STD, (3, 1, 1)) + np.reshape(cpu.MEAN, (3, 1, 1))
    brightness = 1 + 0.6 * (2 * uniform(1, 4, IDS, Parameter.BRIGHTNESS) - 1)
    contrast = 1 + 0.6 * (2 * uniform(1, 4, IDS, Parameter.CONTRAST) - 1)
    inverted = uniform(1, 4, IDS, Parameter.INVERT) < 0.5
    assert 0 < inverted.sum() < 12
    for n in range(12):
        lit = pixels[n] / 255 * brightness[n]
        pivot = (lit @ [0.299, 0.587, 0.114]).mean()
        expected = np.clip((lit - pivot) * contrast[n] + pivot, 0, 1)
        expected = 1 - expected if inverted[n] else expected
        np.testing.assert_allclose(levels[n].transpose(1, 2, 0), expected, atol=2e-6)
