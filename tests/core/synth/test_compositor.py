"""Composites pixel by pixel: blending, contrast, strokes, shadows, softness and grain."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.recipe.sections import Synth
from core.synth import compositor, layout
from core.synth.compositor import lay, redrawn, standing_off
from core.synth.layout import Layout, Material

LUMA = np.array([0.299, 0.587, 0.114])
BYTES = st.integers(0, 255)


def square(side: int = 64) -> npt.NDArray[np.uint8]:
    """A stamp: a filled square of a quarter of its area."""
    stamp = np.zeros((side, side), np.uint8)
    stamp[side // 4 : -side // 4, side // 4 : -side // 4] = 255
    return stamp


def plan(synth: Synth, count: int = 20, side: int = 96, ground_side: int = 96) -> Layout:
    return layout.make(synth, 0, np.arange(count), side, Material(square()[None], 1, ground_side))


def composites(synth: Synth, photo: npt.NDArray[np.uint8], count: int = 20, side: int = 96) -> npt.NDArray[np.uint8]:
    laid = plan(synth, count, side, ground_side=len(photo))
    out = np.empty((count, side, side, 3), np.uint8)
    for n in range(count):
        compositor.compose(synth, photo, square(), laid, n, out[n])
    return out


def grey(level: int, side: int = 96) -> npt.NDArray[np.uint8]:
    return np.full((side, side, 3), level, np.uint8)


@given(BYTES, BYTES, BYTES)
def test_blending_is_within_a_level_of_exact(below: int, alpha: int, ink: int) -> None:
    region = np.full((5, 7, 3), below, np.uint8)
    lay(region, np.full((5, 7), alpha, np.uint8), np.array([ink, 0, 255], np.uint8))
    exact = below + (np.array([ink, 0, 255]) - below) * alpha / 255
    assert np.abs(region[0, 0] - exact).max() <= 1
    if alpha in (0, 255):
        assert (region[0, 0] == exact).all()


def test_blending_touches_only_its_region() -> None:
    picture = grey(100, 20)
    lay(picture[5:9, 6:12], np.full((4, 6), 255, np.uint8), np.array([1, 2, 3], np.uint8))
    assert (picture[5:9, 6:12] == (1, 2, 3)).all()
    assert (picture != 100).any(axis=2).sum() == 24


def test_defaults_are_the_write_ups() -> None:
    """A 128 px canvas with 10 to 30 px around a digit turned by up to 10 degrees, in one colour of any kind."""
    synth = Synth()
    laid = plan(synth, 3000, 128)
    around = laid.padding * 128
    assert 10 <= around.min() < 10.5 < 29 < around.max() <= 30
    assert laid.angle.min() == pytest.approx(-10, abs=0.1)
    assert laid.angle.max() == pytest.approx(10, abs=0.1)
    assert laid.ink.min(axis=0).tolist() == [0, 0, 0]
    assert laid.ink.max(axis=0).tolist() == [255, 255, 255]
    assert (laid.opacity == 1).all()
    assert not laid.shadow.any()
    assert synth.threshold == 20


def test_no_two_numbers_of_a_layout_go_together() -> None:
    spans = {"opacity": (0.2, 0.9), "stroke": (-0.5, 0.5), "shadow": (0, 1), "padding": (0, 0.4), "rotation": (-40, 40)}
    laid = layout.make(Synth(**spans), 0, np.arange(5000), 64, Material(square()[None].repeat(500, 0), 400, 10_000))
    x, y, side = laid.crop.T
    columns = [laid.stamp, laid.background, x / (10_001 - side), y / (10_001 - side), side, laid.padding, laid.angle]
    columns += [*laid.ink.T, laid.opacity, laid.stroke, laid.shadow, laid.shadow_angle, *laid.grain_at.T]
    together = np.corrcoef(np.stack(columns).astype(np.float64))
    assert np.abs(together - np.eye(len(columns))).max() < 6 / np.sqrt(5000)
    ends = {"opacity": laid.opacity, "stroke": laid.stroke, "shadow": laid.shadow}
    ends |= {"padding": laid.padding, "rotation": laid.angle}
    for name, found in ends.items():
        assert np.percentile(found, (0, 50, 100)) == pytest.approx(
            [spans[name][0], np.mean(spans[name]), spans[name][1]], abs=0.03 * np.ptp(spans[name])
        )


def test_digit_has_its_size_and_centre() -> None:
    synth = Synth(padding=(0.25, 0.25), rotation=(0, 0))
    for picture, ink in zip(composites(synth, grey(90)), plan(synth).ink, strict=True):
        rows, columns = np.nonzero((picture != 90).any(axis=2))
        if np.abs(ink.astype(int) - 90).max() < 60:
            continue
        assert rows.min() + rows.max() == 95
        assert columns.min() + columns.max() == 95
        assert rows.max() - rows.min() + 1 == pytest.approx(24, abs=2)  # half of half of 96


def test_turning_is_counter_clockwise() -> None:
    stamp = np.zeros((64, 64), np.uint8)
    stamp[30:34, 32:60] = 255  # points to the right
    synth = Synth(rotation=(45, 45), padding=(0, 0))
    laid = plan(synth, 1)
    alpha = compositor.digit(stamp, laid, 0)
    rows, columns = np.nonzero(alpha > 128)
    assert rows.mean() < columns.mean()  # up and to the right


def test_faint_ink_is_left_out() -> None:
    stamp = square()
    stamp[16:32, 16:48] = 100
    synth = Synth(threshold=120, padding=(0, 0), rotation=(0, 0))
    out = grey(0)
    laid = plan(synth, 1)
    compositor.compose(synth, grey(0), stamp, laid, 0, out)
    assert not out[:40].any()
    assert out[60].any()


def test_opacity_is_how_much_shows_through() -> None:
    full = composites(Synth(), grey(100)).astype(int)
    half = composites(Synth(opacity=(0.5, 0.5)), grey(100)).astype(int)
    assert np.abs((full - 100) / 2 - (half - 100)).max() <= 2


@given(st.tuples(BYTES, BYTES, BYTES), st.floats(0, 255), st.floats(0, 127))
def test_contrast_is_kept_wherever_there_is_room(colour: tuple[int, int, int], below: float, contrast: float) -> None:
    ink = np.array(colour, np.uint8)
    found = standing_off(ink, below, contrast)
    assert abs(found @ LUMA - below) >= contrast - 1e-6
    if abs(ink @ LUMA - below) >= contrast:
        assert found is ink


@given(st.tuples(BYTES, BYTES, BYTES), st.floats(0, 255), st.floats(128, 200))
def test_too_much_contrast_is_black_or_white(colour: tuple[int, int, int], below: float, contrast: float) -> None:
    found = standing_off(np.array(colour, np.uint8), below, contrast)
    assert abs(found @ LUMA - below) >= min(contrast, max(below, 255 - below)) - 1e-6


def test_contrast_keeps_the_hue() -> None:
    found = standing_off(np.array([120, 60, 30], np.uint8), 100, 60).astype(int)
    assert found[0] > found[1] > found[2]


@pytest.mark.parametrize("level", [0, 90, 127, 200, 255])
def test_contrasting_ink_stands_off_the_photo(level: int) -> None:
    synth = Synth(ink="contrast", padding=(0.1, 0.1))
    for picture in composites(synth, grey(level)):
        assert abs(picture[48, 48] @ LUMA - level) >= 80 - 1


def test_strokes_grow_and_shrink_evenly() -> None:
    line = np.zeros((64, 64), np.uint8)
    line[10:54, 28:36] = 255  # 8 px wide
    widths = [(redrawn(line, growth)[32] / 255).sum() for growth in (-0.75, -0.5, -0.25, 0.25, 0.5, 1.0)]
    assert widths == pytest.approx([2, 4, 6, 10, 12, 16], abs=1.5)
    assert (redrawn(line, 0.01) >= line).all()
    assert (redrawn(line, 1.0) >= line).all()
    assert (redrawn(line, -0.9) <= line).all()


@pytest.mark.parametrize("width", [3, 5, 9])
def test_thin_strokes_do_not_break(width: int) -> None:
    ring = cv2.circle(np.zeros((64, 64), np.uint8), (32, 32), 14, 255, width)
    thin = redrawn(ring, -0.9)
    assert thin.sum(dtype=int) < 0.5 * ring.sum(dtype=int)
    free = (thin <= Synth().threshold).astype(np.uint8)
    assert cv2.connectedComponents(free, connectivity=4)[0] == 3  # the stroke, outside and inside


def test_gaps_stay_open() -> None:
    eye = cv2.circle(np.zeros((64, 64), np.uint8), (32, 32), 8, 255, 8)
    assert redrawn(eye, 1.0)[32, 32] < 100


def test_an_empty_stamp_stays_empty() -> None:
    empty = np.zeros((64, 64), np.uint8)
    assert not redrawn(empty, 0.5).any()
    assert not redrawn(empty, -0.5).any()


def test_shadow_darkens_beside_the_stroke() -> None:
    plain = composites(Synth(), grey(200)).astype(int)
    shaded = composites(Synth(shadow=(0.8, 0.8)), grey(200)).astype(int)
    for without, with_shadow in zip(plain, shaded, strict=True):
        beside = (without == 200).all(axis=2)
        assert with_shadow[beside].min() < 120
        assert (with_shadow[beside] <= 200).all()
    assert (shaded[:, 0] == 200).all()


def test_soft_backgrounds_get_soft_digits() -> None:
    stripes = np.repeat((np.arange(192) // 24 % 2 * 150 + 50).astype(np.uint8)[None], 192, 0)
    sharp = np.dstack([stripes] * 3)
    soft = cv2.GaussianBlur(sharp, (0, 0), 3)
    sizes = []
    for photo in (sharp, soft):
        synth = Synth(match_blur=True, crop=(1, 1))
        laid = plan(synth, 1, 192, ground_side=192)
        sizes.append(compositor.compose(synth, photo, square(), laid, 0, grey(0, 192)).blur)
    assert sizes[0] == 0
    assert sizes[1] == pytest.approx(3, abs=0.6)


def test_grain_is_added_to_the_ink_alone() -> None:
    luck = np.random.default_rng(0)
    photo = np.clip(120 + luck.normal(0, 8, (96, 96, 1)).repeat(3, 2), 0, 255).astype(np.uint8)
    fixed = {"crop": (1, 1), "padding": (0.05, 0.05), "rotation": (0, 0)}
    plain, grainy = (composites(Synth(**fixed, match_noise=noise), photo) for noise in (False, True))
    inks = plan(Synth(**fixed)).ink
    clear = [n for n, ink in enumerate(inks) if ink.min() > 40 and ink.max() < 215]
    assert clear
    for n in clear:
        assert plain[n, 30:66, 30:66].std(axis=(0, 1)).max() == 0
        assert grainy[n, 30:66, 30:66].std(axis=(0, 1)) == pytest.approx([8, 8, 8], rel=0.2)
    outside = (plain == cv2.resize(photo, (96, 96))).all(axis=3)
    assert (grainy[outside] == plain[outside]).all()


@pytest.mark.parametrize("side", [16, 32, 100, 256])
@pytest.mark.parametrize("ground_side", [8, 64, 300])
def test_any_sizes_with_everything_at_its_limits(side: int, ground_side: int) -> None:
    luck = np.random.default_rng(1)
    photo = luck.integers(0, 256, (ground_side, ground_side, 3), np.uint8)
    synth = Synth(
        crop=(0.05, 1), padding=(0, 0.4), rotation=(-180, 180), perspective=0.5, ink="contrast", contrast=200,
        opacity=(0.1, 1), stroke=(-0.9, 1), shadow=(0, 1), match_blur=True, match_noise=True, threshold=0,
    )  # fmt: skip
    pictures = composites(synth, photo, 60, side)
    laid = plan(synth, 60, side, ground_side=ground_side)
    assert (laid.box[:, :2] < laid.box[:, 2:]).all()
    assert laid.box.min() >= 0
    assert laid.box.max() <= side
    assert (laid.crop[:, :2] + laid.crop[:, 2:] <= ground_side).all()
    assert len(np.unique(pictures.reshape(60, -1), axis=0)) > 50


def test_ink_stays_within_its_box() -> None:
    """The box is where blending happens: what a larger one would hold beyond it is empty."""
    synth = Synth(perspective=0.4, rotation=(-40, 40), padding=(0.2, 0.3))
    laid = plan(synth, 200)
    for n in range(200):
        alpha = compositor.digit(square(), laid, n)
        left, top, right, bottom = laid.box[n]
        edges = (alpha[0] * (top > 0), alpha[:, 0] * (left > 0), alpha[-1] * (bottom < 96), alpha[:, -1] * (right < 96))
        assert max(edge.max() for edge in edges) < 20  # at the image's border ink may be cut
