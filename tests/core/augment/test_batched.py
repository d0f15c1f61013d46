"""The torch renderer against functions of torchvision and OpenCV with the same parameters, and the OpenCV renderer.

Tolerances in grey levels of 255. Against functions: whole-pixel geometry, negative, JPEG, noise and erasing are equal;
all else differs by its rounding, 0.5 (0.6 with the numerical error), from torchvision in floating point; hue by 7 at
most and 0.5 on average, as its circle has 256 steps. Against the OpenCV renderer: one level for each operation alone;
a perspective that folds infinity into the image may differ anywhere in a thousandth of it. Where operations
follow, the later ones enlarge a level's difference (JPEG rounds to another step, sharpness multiplies): 1 on average
and at most 1 at four of five levels.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as F

from core.augment import batched, cpu, geometry, noise
from core.augment.kernels import motion_kernel
from core.augment.normalize import NORMALIZATIONS
from core.augment.plan import Plan
from core.augment.planning import make_plan
from core.recipe import Augment

from .conftest import SIDE

Pixels = npt.NDArray[np.uint8]
Photo = Callable[..., Pixels]
Levels = npt.NDArray[np.float32]
BILINEAR = InterpolationMode.BILINEAR
ROUNDING = 0.6


def planned(count: int = 1, side: int = SIDE, size: tuple[int, int] | None = None, **changes: Any) -> Plan:
    """A plan in which nothing happens to images of `size` but what `changes` say of all samples."""
    sizes = np.tile(size or (side, side), (count, 1))
    ids = np.arange(count)
    plan = make_plan(Augment.none(), side, sizes, ids, np.zeros(count, np.int64), ["0"], seed=0, epoch=1)
    rows = {
        name: value
        if isinstance(value, str | int) and name in ("border", "fill", "kernel")
        else np.array([value] * count)
        for name, value in changes.items()
    }
    return replace(plan, **rows)


def drawn(
    count: int, side: int, size: tuple[int, int], seed: int = 0, border: str = "mirror", **operations: Any
) -> Plan:
    """A plan drawn from a recipe with these operations only, which happen to all samples."""
    values = Augment.none().model_dump() | {"border": border}
    for name, settings_of in operations.items():
        values[name] |= {"enabled": True, "probability": 1.0} | settings_of
    sizes, ids = np.tile(size, (count, 1)), np.arange(1, count + 1)
    augment = Augment.model_validate(values)
    return make_plan(augment, side, sizes, ids, np.zeros(count, np.int64), ["0"], seed, epoch=1)


def render(images: Pixels, plan: Plan) -> Levels:
    """Levels float32[N,S,S,3] in 0..255."""
    stored = torch.from_numpy(images)
    sample = batched.render(stored, plan, "none")
    assert sample.dtype == torch.float32
    assert sample.shape == (len(plan), 3, plan.side, plan.side)
    return np.asarray(sample.permute(0, 2, 3, 1).numpy() * 255)


def one(image: Pixels, plan: Plan) -> Levels:
    return render(image[None], plan)[0]


def lights(image: Pixels) -> torch.Tensor:
    """As torchvision's functions compute most exactly: float32[3,H,W] in 0..1."""
    return torch.from_numpy(image).permute(2, 0, 1) / 255


def worst(found: Levels, expected: torch.Tensor | Pixels, margin: int = 0) -> float:
    other = expected.permute(1, 2, 0).numpy() * 255 if isinstance(expected, torch.Tensor) else expected
    inner = slice(margin, len(found) - margin)
    return float(np.abs(found - other.astype(np.float32))[inner, inner].max())


def written_and_read(image: Pixels, quality: int) -> Pixels:
    data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1], np.uint8)


def in_pixels(maps: geometry.Maps, size: tuple[int, int] = (SIDE, SIDE)) -> npt.NDArray[np.float64]:
    return np.asarray(geometry.in_pixels(maps, SIDE, np.array([size]))[0])


@pytest.mark.parametrize("normalize", sorted(NORMALIZATIONS))
def test_where_nothing_happens_levels_are_normalised_only(photo: Photo, normalize: str) -> None:
    images = np.stack([photo(seed=seed) for seed in range(3)])
    sample = batched.render(torch.from_numpy(images), planned(3), normalize)
    assert sample.is_contiguous(memory_format=torch.channels_last)
    np.testing.assert_allclose(sample.numpy(), cpu.evaluation(images, normalize), atol=2e-6)


def test_rotation(photo: Photo) -> None:
    plan = planned(homography=in_pixels(geometry.rotation(np.array([20.0]))), border="black")
    assert worst(one(photo(), plan), F.rotate(lights(photo()), 20, interpolation=BILINEAR), 14) <= ROUNDING


def test_shift_scale_and_shear(photo: Photo) -> None:
    maps = geometry.affine(*(np.array([number]) for number in (5 / SIDE, -3 / SIDE, 1.2, 10.0)))
    expected = F.affine(lights(photo()), 0, [5, -3], 1.2, [10, 0], interpolation=BILINEAR)
    assert worst(one(photo(), planned(homography=in_pixels(maps))), expected, 12) <= ROUNDING


def test_perspective(photo: Photo) -> None:
    corners = np.array([[4.0, 7, 9, 2, 3, 8, 5, 6]])
    (a, b), (c, d), (e, f), (g, h) = corners.reshape(4, 2)
    start = [[0, 0], [SIDE, 0], [SIDE, SIDE], [0, SIDE]]
    end = [[a, b], [SIDE - c, d], [SIDE - e, SIDE - f], [g, SIDE - h]]
    expected = F.perspective(lights(photo()), start, end, interpolation=BILINEAR)  # type: ignore[arg-type]
    plan = planned(homography=in_pixels(geometry.perspective(corners / SIDE)))
    assert worst(one(photo(), plan), expected, 16) <= ROUNDING


@pytest.mark.parametrize(("border", "mode"), [("mirror", "symmetric"), ("edge", "edge"), ("black", "constant")])
def test_what_comes_in_from_outside(photo: Photo, border: str, mode: Any) -> None:
    homography = np.array([[1.0, 0, -70], [0, 1, 9], [0, 0, 1]])
    around = np.pad(photo(), ((80, 80), (80, 80), (0, 0)), mode)
    found = one(photo(), planned(homography=homography, border=border))
    assert (found == around[89 : 89 + SIDE, 10 : 10 + SIDE]).all()


def test_images_shrink_by_the_means_of_boxes(photo: Photo) -> None:
    image = photo(3 * SIDE + 2, 2 * SIDE + 1)
    homography = np.array([[3.0, 0, 1], [0, 2, 0.5], [0, 0, 1]])  # the centres of the boxes
    boxes = image[: 2 * SIDE, : 3 * SIDE].reshape(SIDE, 2, SIDE, 3, 3).mean(axis=(1, 3))
    assert np.abs(one(image, planned(homography=homography, reduce=(3, 2))) - boxes).max() <= ROUNDING


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation"])
@pytest.mark.parametrize("factor", [0.0, 0.6, 1.7])
def test_colour(photo: Photo, name: str, factor: float) -> None:
    expected = getattr(F, f"adjust_{name}")(lights(photo()), factor)
    assert worst(one(photo(), planned(**{name: factor})), expected) <= ROUNDING


@pytest.mark.parametrize("hue", [-0.5, -0.2, 0.05, 0.3])
def test_hue(photo: Photo, hue: float) -> None:
    expected = F.adjust_hue(lights(photo()), hue)
    found = one(photo(), planned(hue=hue))
    assert worst(found, expected) <= 7
    assert np.abs(found - expected.permute(1, 2, 0).numpy() * 255).mean() <= 0.5


@pytest.mark.parametrize("hue", [0.0, 0.25])
def test_colours_follow_each_other_as_in_torchvision_where_nothing_is_cut_off(photo: Photo, hue: float) -> None:
    soft = (photo() // 3 + 80).astype(np.uint8)
    expected = F.adjust_saturation(F.adjust_contrast(F.adjust_brightness(lights(soft), 0.9), 1.2), 0.7)
    expected = F.invert(F.rgb_to_grayscale(F.adjust_hue(expected, hue), 3))
    plan = planned(brightness=0.9, contrast=1.2, saturation=0.7, hue=hue, grayscale=True, invert=True)
    assert worst(one(soft, plan), expected) <= (2 if hue else ROUNDING)


def test_grayscale_and_negative(photo: Photo) -> None:
    assert worst(one(photo(), planned(grayscale=True)), F.rgb_to_grayscale(lights(photo()), 3)) <= ROUNDING
    assert (one(photo(), planned(invert=True)) == 255 - photo()).all()


@pytest.mark.parametrize("factor", [0.0, 0.5, 3.0])
def test_sharpness(photo: Photo, factor: float) -> None:
    expected = F.adjust_sharpness(lights(photo()), factor)
    assert worst(one(photo(), planned(sharpness=factor)), expected) <= ROUNDING


@pytest.mark.parametrize(("kernel", "sigma"), [(3, 0.05), (5, 1.0), (31, 9.0)])
def test_gaussian_blur(photo: Photo, kernel: int, sigma: float) -> None:
    expected = F.gaussian_blur(lights(photo()), [kernel, kernel], [sigma, sigma])
    assert worst(one(photo(), planned(kernel=kernel, blur=sigma)), expected) <= ROUNDING


def test_motion_blur_of_different_lengths_in_a_batch(photo: Photo) -> None:
    plan = replace(planned(3), motion=np.array([3.3, 12, 31]), motion_angle=np.array([0.3, 1.5, 2.8]))
    found = render(np.stack([photo()] * 3), plan)
    for sample, length, angle in zip(found, plan.motion, plan.motion_angle, strict=True):
        around = np.pad(photo().astype(np.float32), ((40, 40), (40, 40), (0, 0)), "reflect")
        expected = cv2.filter2D(around, -1, motion_kernel(length, angle))[40:-40, 40:-40]
        assert np.abs(sample - expected).max() <= ROUNDING


@pytest.mark.parametrize("side", [1, 2, 3, 4, 5, 8, 15, 16, 17, 18, 33, 50])
def test_jpeg_is_opencvs_to_the_bit(side: int) -> None:
    quality = np.array([1, 7, 40, 49, 50, 75, 90, 99, 100])
    random = np.random.default_rng(side)
    loud = random.integers(0, 256, (len(quality), side, side, 3), dtype=np.uint8)
    for images in (loud, np.stack([cv2.GaussianBlur(image, (0, 0), 3) for image in loud])):
        found = render(images, replace(planned(len(quality), side), jpeg=quality))
        for sample, image, number in zip(found, images, quality, strict=True):
            assert (sample == written_and_read(image, int(number))).all()


def test_noise_is_a_piece_of_the_sheet(photo: Photo) -> None:
    start = 3 * (200 * noise.SIDE + 31)
    piece = noise.sheet().reshape(-1)[start : start + 3 * SIDE**2].reshape(SIDE, SIDE, 3)
    expected = np.clip(photo() / 255 + 0.2 * piece, 0, 1) * 255
    found = one(photo(), planned(noise=0.2, noise_at=(31, 200)))
    assert np.abs(found - expected).max() <= 0.2 * 255 / noise.UNIT / 2 + ROUNDING
    compressed = one(photo(), planned(noise=0.2, noise_at=(31, 200), jpeg=60))
    assert (compressed == written_and_read(found.astype(np.uint8), 60)).all()


@pytest.mark.parametrize("fill", ["black", "grey"])
def test_erasing(photo: Photo, fill: str) -> None:
    mean, std = (np.array(numbers, np.float32) for numbers in NORMALIZATIONS["imagenet"])
    images = np.stack([photo()] * 2)
    before = batched.render(torch.from_numpy(images), planned(2), "imagenet").permute(0, 2, 3, 1).numpy()
    plan = replace(planned(2, fill=fill), erase=np.array([[0, 0, 0, 0], [5, 20, 11, 30]]))
    found = batched.render(torch.from_numpy(images), plan, "imagenet").permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(found[1, 20:50, 5:16], np.broadcast_to(-mean / std * (fill == "black"), (30, 11, 3)))
    before[1, 20:50, 5:16] = found[1, 20:50, 5:16]
    np.testing.assert_array_equal(found, before)


ALONE: dict[str, dict[str, Any]] = {
    "horizontal_flip": {},
    "quarter_turn": {},
    "rotation": {"degrees": (-90, 90)},
    "affine": {"shift": 0.5, "scale": (0.3, 4.0), "shear": (-40, 40)},
    "crop": {"area": (0.1, 1.0)},
    "padded_crop": {},
    "jitter": {"brightness": (0, 3), "contrast": (0, 3), "saturation": (0, 3)},
    "grayscale": {},
    "invert": {},
    "sharpness": {"factor": (0, 5)},
    "blur": {"kernel": 9, "sigma": (0.05, 5)},
    "motion": {"length": (1, 31)},
    "noise": {"sigma": (0, 0.3)},
    "jpeg": {"quality": (1, 100)},
    "erasing": {},
}


@pytest.mark.parametrize("border", ["mirror", "edge", "black"])
@pytest.mark.parametrize("operation", ALONE)
def test_each_operation_is_the_other_renderers(photo: Photo, operation: str, border: str) -> None:
    images = np.stack([photo(seed=seed) for seed in range(8)])
    plan = drawn(8, SIDE, (SIDE, SIDE), border=border, **{operation: ALONE[operation]})
    assert np.abs(render(images, plan) - opencv(images, plan)).max() <= 1.01


def test_hue_is_the_other_renderers(photo: Photo) -> None:
    images = np.stack([photo(seed=seed) for seed in range(8)])
    jitter = {"brightness": (1, 1), "contrast": (1, 1), "hue": (-0.5, 0.5)}
    for more in ({}, {"grayscale": {}}, {"invert": {}}):
        plan = drawn(8, SIDE, (SIDE, SIDE), jitter=jitter, **more)
        assert np.abs(render(images, plan) - opencv(images, plan)).max() <= 1.01


@pytest.mark.parametrize("border", ["mirror", "edge", "black"])
def test_wild_perspectives_are_the_other_renderers(photo: Photo, border: str) -> None:
    images = np.stack([photo(90, 50, seed=seed) for seed in range(16)])
    plan = drawn(16, SIDE, (90, 50), border=border, perspective={"distortion": 0.65})
    assert (np.abs(render(images, plan) - opencv(images, plan)) > 1.01).mean() <= 1e-3


@pytest.mark.parametrize("seed", range(6))
def test_all_operations_together_are_the_other_renderers(photo: Photo, seed: int) -> None:
    images = np.stack([photo(200, 140, seed=number) for number in range(8)])
    half = {name: {"probability": 0.5} for name in ALONE}
    jitter = half["jitter"] | {"saturation": (0.5, 1.5), "hue": (-0.1, 0.1)}
    plan = drawn(8, 48, (200, 140), seed, perspective={"probability": 0.5}, **half | {"jitter": jitter})
    difference = np.abs(render(images, plan) - opencv(images, plan))
    assert difference.mean() <= 1
    assert (difference <= 1.01).mean() >= 0.8


def opencv(images: Pixels, plan: Plan) -> Levels:
    return np.asarray(cpu.render(images, plan, "none").transpose(0, 2, 3, 1) * 255)


SIZES = st.integers(1, 40)


@settings(max_examples=40)
@given(width=SIZES, height=SIZES, side=SIZES, seed=st.integers(0, 1000))
@example(width=1, height=1, side=1, seed=0)
@example(width=5000, height=1, side=32, seed=0)
@example(width=1, height=5000, side=17, seed=1)
def test_any_size_gives_finite_samples(width: int, height: int, side: int, seed: int) -> None:
    images = np.random.default_rng(seed).integers(0, 256, (3, height, width, 3), dtype=np.uint8)
    every = ALONE | {"perspective": {"distortion": 0.65}, "jitter": {"hue": (-0.5, 0.5)}}
    plan = drawn(3, side, (width, height), seed, **every)
    before = images.copy()
    found = render(images, plan)
    assert np.isfinite(found).all()
    assert found.min() >= 0
    assert found.max() <= 255
    assert (images == before).all()


@settings(max_examples=40)
@given(width=SIZES, height=SIZES, side=SIZES, seed=st.integers(0, 1000))
@example(width=1, height=1, side=1, seed=0)
@example(width=5000, height=1, side=32, seed=0)
@example(width=1, height=5000, side=17, seed=1)
def test_geometry_of_any_size_is_the_other_renderers(width: int, height: int, side: int, seed: int) -> None:
    images = np.random.default_rng(seed).integers(0, 256, (3, height, width, 3), dtype=np.uint8)
    plan = drawn(3, side, (width, height), seed, rotation={"degrees": (-180, 180)}, affine={"scale": (0.5, 2.0)})
    assert np.abs(render(images, plan) - opencv(images, plan)).max() <= 1.01


def test_samples_do_not_depend_on_their_neighbours(photo: Photo) -> None:
    images = np.stack([photo(seed=seed) for seed in range(6)])
    half = {name: {"probability": 0.5} for name in ALONE}
    plan = drawn(6, SIDE, (SIDE, SIDE), 3, **half)
    together = render(images, plan)
    for n in range(6):
        alone = render(images[n : n + 1], plan.rows(slice(n, n + 1)))
        assert np.abs(alone - together[n]).max() < 1e-3
    assert render(images[:0], plan.rows(slice(0, 0))).shape == (0, SIDE, SIDE, 3)


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_devices_give_the_samples_of_the_cpu(photo: Photo, device: str) -> None:
    if not getattr(torch, device).is_available():
        pytest.skip(f"no {device} device on this machine")
    images = torch.from_numpy(np.stack([photo(100, 80, seed=seed) for seed in range(8)]))
    every = {**ALONE, "perspective": {}, "jitter": {"hue": (-0.1, 0.1)}}
    for operations in [*({name: values} for name, values in every.items()), every]:
        plan = drawn(8, SIDE, (100, 80), **operations)
        found = batched.render(images.to(device), plan, "none")
        assert found.device.type == device
        difference = (found.cpu() - batched.render(images, plan, "none")).abs() * 255
        assert float(difference.mean()) <= (1 if len(operations) > 1 else 0.1)
