"""Each operation against torchvision's function of the same name with the same parameters, in grey levels of 255.

Tolerances: whole-pixel geometry, negative, JPEG and erasing are equal; interpolated geometry and filters differ by one
level at most, each step of colour by one or two (torchvision cuts off where this rounds), hue by eight (its circle has
256 steps here); shrinking crops of photos by three on average (box means where torchvision takes triangles).
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_image
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as F

from core.augment import cpu
from core.augment.normalize import NORMALIZATIONS, shown
from core.augment.plan import Plan

from .conftest import SIDE, Planner

Pixels = npt.NDArray[np.uint8]
Photo = Callable[..., Pixels]
BILINEAR = InterpolationMode.BILINEAR


def ours(plan: Plan, image: Pixels) -> Pixels:
    return shown(cpu.render([image] * len(plan), plan, "none"), "none")[0]


def tensor(image: Pixels) -> torch.Tensor:
    return torch.from_numpy(image).permute(2, 0, 1)


def difference(found: Pixels, expected: torch.Tensor | Pixels, margin: int = 0) -> npt.NDArray[np.int64]:
    other = expected.permute(1, 2, 0).numpy() if isinstance(expected, torch.Tensor) else expected
    inner = slice(margin, SIDE - margin)
    return np.abs(found.astype(np.int64) - other.astype(np.int64))[inner, inner]


def test_without_operations_a_sample_is_what_evaluation_sees(photo: Photo, planned: Planner) -> None:
    image = photo()
    sample = cpu.render([image], planned(), "imagenet")
    mean, std = (np.reshape(numbers, (3, 1, 1)) for numbers in NORMALIZATIONS["imagenet"])
    np.testing.assert_allclose(sample[0], (image.transpose(2, 0, 1) / 255 - mean) / std, atol=1e-6)
    np.testing.assert_array_equal(sample, cpu.evaluation(image[None]))


def test_many_images_without_operations_are_what_they_are_one_by_one(photo: Photo, planned: Planner) -> None:
    size = (SIDE, SIDE)
    stack = np.stack([photo(seed=n) for n in range(5)])
    plan = planned(*[size] * 5)
    one_by_one = cpu.render(list(stack), plan, "imagenet")
    np.testing.assert_array_equal(cpu.render(stack, plan, "imagenet"), one_by_one)
    np.testing.assert_array_equal(cpu.render(stack[:0], plan.rows(slice(0, 0)), "imagenet"), one_by_one[:0])
    for operation in ("invert", "erasing", "noise", "jpeg", "sharpness", "rotation"):
        changed = planned(*[size] * 5, **{operation: {}})
        found = cpu.render(stack, changed, "imagenet")
        np.testing.assert_array_equal(found, cpu.render(list(stack), changed, "imagenet"))
        assert not np.array_equal(found, one_by_one)


def test_rotation(photo: Photo, planned: Planner) -> None:
    plan = planned(rotation={"degrees": (20, 20)}, border="black")
    assert difference(ours(plan, photo()), F.rotate(tensor(photo()), 20, interpolation=BILINEAR), 14).max() <= 1


def test_scale_and_shear(photo: Photo, planned: Planner) -> None:
    plan = planned(affine={"shift": 0, "scale": (1.2, 1.2), "shear": (10, 10)})
    expected = F.affine(tensor(photo()), 0, [0, 0], 1.2, [10, 0], interpolation=BILINEAR)
    assert difference(ours(plan, photo()), expected, 10).max() <= 1


def test_shift(photo: Photo, planned: Planner) -> None:
    plan = planned(affine={"shift": 0.2, "scale": (1, 1)})
    by = [float(number) * SIDE for number in plan.geometry["affine"][0, :2]]
    assert max(abs(number) for number in by) > 1
    expected = F.affine(tensor(photo()), 0, by, 1, [0, 0], interpolation=BILINEAR)
    assert difference(ours(plan, photo()), expected, 14).max() <= 1


def test_a_scaled_image_shifts_by_the_same_px(photo: Photo, planned: Planner) -> None:
    plan = planned(affine={"shift": 0.15, "scale": (1.5, 1.5), "shear": (10, 10)})
    by = [float(number) * SIDE for number in plan.geometry["affine"][0, :2]]
    expected = F.affine(tensor(photo()), 0, by, 1.5, [10, 0], interpolation=BILINEAR)  # type: ignore[arg-type]
    assert difference(ours(plan, photo()), expected, 14).max() <= 1


def test_perspective(photo: Photo, planned: Planner) -> None:
    plan = planned(perspective={"distortion": 0.5})
    (a, b), (c, d), (e, f), (g, h) = plan.geometry["perspective"][0].reshape(4, 2) * SIDE
    assert max(a, b, c, d, e, f, g, h) > 5
    start = [[0, 0], [SIDE, 0], [SIDE, SIDE], [0, SIDE]]
    end = [[a, b], [SIDE - c, d], [SIDE - e, SIDE - f], [g, SIDE - h]]
    expected = F.perspective(tensor(photo()), start, end, interpolation=BILINEAR)  # type: ignore[arg-type]
    assert difference(ours(plan, photo()), expected, 16).max() <= 1


def test_flips_and_quarter_turns_are_exact(photo: Photo, planned: Planner) -> None:
    image = photo()
    assert (ours(planned(horizontal_flip={}), image) == image[:, ::-1]).all()
    assert (ours(planned(vertical_flip={}), image) == image[::-1]).all()
    plan = planned(*[(SIDE, SIDE)] * 20, quarter_turn={})
    turns = plan.geometry["quarter_turn"].astype(int)
    assert set(turns) == {1, 2, 3}
    for sample, turn in zip(shown(cpu.render([image] * 20, plan, "none"), "none"), turns, strict=True):
        assert (sample == np.rot90(image, turn)).all()


@pytest.mark.parametrize(("width", "height", "mean"), [(200, 150, 3.0), (320, 240, 3.0), (40, 30, 1.0)])
def test_resized_crop_of_a_photo(planned: Planner, width: int, height: int, mean: float) -> None:
    image = np.array(Image.fromarray(load_sample_image("china.jpg")).resize((width, height)))
    plan = planned((width, height), crop={"area": (0.3, 0.9)})
    x, y, w, h = np.rint(plan.geometry["crop"][0] * [width, height, width, height]).astype(int)
    expected = F.resized_crop(tensor(image), y, x, h, w, [SIDE, SIDE], antialias=True)
    assert difference(ours(plan, image), expected).mean() <= mean


def test_a_shrunk_image_keeps_its_mean_instead_of_every_nth_pixel(planned: Planner) -> None:
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    assert np.abs(ours(planned((256, 256)), stripes).astype(int) - 127.5).max() <= 1


def test_padded_crop_moves_by_whole_pixels(photo: Photo, planned: Planner) -> None:
    plan = planned(padded_crop={"padding": 0.125}, border="black")
    x, y = np.rint(plan.geometry["padded_crop"][0] * SIDE).astype(int)
    expected = F.crop(F.pad(tensor(photo()), [8] * 4), y + 8, x + 8, SIDE, SIDE)
    assert (difference(ours(plan, photo()), expected) == 0).all()


@pytest.mark.parametrize(
    ("setting", "function"),
    [
        ("brightness", F.adjust_brightness),
        ("contrast", F.adjust_contrast),
        ("saturation", F.adjust_saturation),
    ],
)
@pytest.mark.parametrize("ends", [(0.4, 0.9), (1.1, 1.9)])
def test_colour(photo: Photo, planned: Planner, setting: str, function: Any, ends: tuple[float, float]) -> None:
    jitter = {"brightness": (1, 1), "contrast": (1, 1), "saturation": (1, 1), "hue": (0, 0)}
    plan = planned(jitter=jitter | {setting: ends})
    factor = float(getattr(plan, setting)[0])
    assert ends[0] <= factor <= ends[1]
    assert difference(ours(plan, photo()), function(tensor(photo()), factor)).max() <= 2


@pytest.mark.parametrize("hue", [-0.5, -0.1, 0.05, 0.2])
def test_hue(photo: Photo, planned: Planner, hue: float) -> None:
    jitter = {"brightness": (1, 1), "contrast": (1, 1), "saturation": (1, 1), "hue": (hue, hue)}
    found = difference(ours(planned(jitter=jitter), photo()), F.adjust_hue(tensor(photo()), hue))
    assert found.max() <= 8
    assert found.mean() <= 1


def test_steps_of_colour_follow_each_other_as_in_torchvision_where_nothing_is_clipped(
    photo: Photo, planned: Planner
) -> None:
    soft = (photo() // 3 + 80).astype(np.uint8)
    jitter = {"brightness": (0.9, 0.9), "contrast": (1.2, 1.2), "saturation": (0.7, 0.7), "hue": (0, 0)}
    expected = F.adjust_brightness(tensor(soft), 0.9)
    expected = F.adjust_saturation(F.adjust_contrast(expected, 1.2), 0.7)
    expected = F.invert(F.rgb_to_grayscale(expected, 3))
    found = ours(planned(jitter=jitter, grayscale={}, invert={}), soft)
    assert difference(found, expected).max() <= 4


def test_grayscale_and_negative(photo: Photo, planned: Planner) -> None:
    assert difference(ours(planned(grayscale={}), photo()), F.rgb_to_grayscale(tensor(photo()), 3)).max() <= 1
    assert (ours(planned(invert={}), photo()) == 255 - photo()).all()


@pytest.mark.parametrize("factor", [0.0, 0.4, 1.8])
def test_sharpness(photo: Photo, planned: Planner, factor: float) -> None:
    plan = planned(sharpness={"factor": (factor, factor)})
    assert difference(ours(plan, photo()), F.adjust_sharpness(tensor(photo()), factor)).max() <= 1


@pytest.mark.parametrize(("kernel", "sigma"), [(3, 0.4), (5, 1.3), (9, 2.0)])
def test_blur(photo: Photo, planned: Planner, kernel: int, sigma: float) -> None:
    plan = planned(blur={"kernel": kernel, "sigma": (sigma, sigma)})
    expected = F.gaussian_blur(tensor(photo()), [kernel, kernel], [sigma, sigma])
    assert difference(ours(plan, photo()), expected).max() <= 1


def test_motion_blur_smears_along_one_direction(planned: Planner) -> None:
    dot = np.zeros((SIDE, SIDE, 3), np.uint8)
    dot[32, 32] = 255
    plan = planned(motion={"length": (9, 9)})
    smeared = ours(plan, dot)[..., 0].astype(float)
    y, x = np.nonzero(smeared)
    spread = np.linalg.eigvalsh(np.cov(np.stack([x, y]), aweights=smeared[y, x]))
    assert spread[1] > 4
    assert spread[0] < 0.5
    assert abs(smeared.sum() - 255) < 20


def test_noise_has_its_deviation_and_stays_in_range(photo: Photo, planned: Planner) -> None:
    grey = np.full((SIDE, SIDE, 3), 128, np.uint8)
    sample = cpu.render([grey], planned(noise={"sigma": (0.1, 0.1)}), "none")
    assert abs(float(sample.std()) - 0.1) < 0.01
    assert abs(float(sample.mean()) - 128 / 255) < 0.01
    loud = cpu.render([photo()], planned(noise={"sigma": (1, 1)}), "none")
    assert (loud.min(), loud.max()) == (0, 1)


@pytest.mark.filterwarnings("ignore:The image decoding and encoding")  # torchvision will drop it one day
@pytest.mark.parametrize("quality", [5, 50, 95])
def test_jpeg(photo: Photo, planned: Planner, quality: int) -> None:
    plan = planned(jpeg={"quality": (quality, quality)})
    assert difference(ours(plan, photo()), F.jpeg(tensor(photo()), quality)).max() <= 1


@pytest.mark.parametrize(("fill", "level"), [("black", 0), ("grey", 124)])
def test_erasing(photo: Photo, planned: Planner, fill: str, level: int) -> None:
    image = np.maximum(photo(), 1)
    plan = planned(erasing={"fill": fill})
    x, y, width, height = plan.erase[0]
    sample = cpu.render([image], plan, "imagenet")
    found = shown(sample, "imagenet")[0]
    assert (found[y : y + height, x : x + width, 0] == level).all()
    outside = np.ones((SIDE, SIDE), np.bool_)
    outside[y : y + height, x : x + width] = False
    assert (found[outside] == image[outside]).all()


def test_threads_change_nothing(photo: Photo, planned: Planner) -> None:
    plan = planned(*[(SIDE, SIDE)] * 7, rotation={}, jitter={}, noise={}, blur={})
    images = [photo(seed=n) for n in range(7)]
    alone = cpu.render(images, plan, "imagenet")
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: cpu.render(images, plan, "imagenet"), range(8)):
            np.testing.assert_array_equal(found, alone)


def test_stages_end_in_the_sample(photo: Photo, planned: Planner) -> None:
    plan = planned(rotation={}, jitter={}, blur={}, erasing={})
    strip = cpu.stages(photo(), plan, "imagenet")
    assert [title for title, _ in strip] == [
        "Original",
        "Geometry",
        "Colour",
        "Blur and noise",
        "Erased",
        "Normalised",
    ]
    sample = shown(cpu.render([photo()], plan, "imagenet"), "imagenet")[0]
    assert (strip[4][1] == sample).all()
    assert (strip[0][1] == photo()).all()
    assert (strip[3][1] != strip[4][1]).any()
