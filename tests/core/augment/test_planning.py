"""What is drawn: for any batch, order, thread and process the same; within the ranges; by the rules."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import recipe as recipes
from core.augment import cpu
from core.augment.caution import visible
from core.augment.plan import Plan
from core.augment.planning import make_plan
from core.augment.sample import digest, plan_samples, samples
from core.augment.told import told
from core.errors import Error
from core.recipe import Augment, Recipe
from core.recipe.operations import operations
from core.recipe.rules import CAPPED

from .conftest import Planner

COUNT = 10_000
DIGITS = tuple("0123456789")
EVERYTHING = {name: {"enabled": True} for name in operations()}


def everything() -> Recipe:
    return recipes.make({"augment": EVERYTHING | {"rules": "rotation at most 3 for 6"}, "data": {"image_size": 16}})


EVERY_AUGMENT = everything().augment


def plan_of(ids: np.ndarray, epoch: int = 3) -> Plan:
    sizes = np.stack([16 + ids % 7, 20 + ids % 11], axis=1)
    return make_plan(EVERY_AUGMENT, 16, sizes, ids, ids % 10, DIGITS, 5, epoch)


def same(a: Plan, b: Plan) -> None:
    for name, value in vars(a).items():
        other = getattr(b, name)
        if isinstance(value, dict):
            assert all((value[key] == other[key]).all() for key in value), name
        elif isinstance(value, np.ndarray):
            assert (value == other).all(), name


def test_ten_thousand_samples_are_planned_alike_in_any_batch_order_and_thread() -> None:
    ids = np.arange(1, COUNT + 1)
    whole = plan_of(ids)
    shuffled = np.random.default_rng(0).permutation(COUNT)
    for size in (1, 7, 64, 1000):
        parts = np.split(shuffled, range(size, COUNT, size))[:500]
        with ThreadPoolExecutor(4) as pool:
            for part, plan in zip(parts, pool.map(plan_of, [ids[part] for part in parts]), strict=True):
                same(plan, whole.rows(part))


def test_ten_thousand_samples_are_rendered_alike_in_any_batch_order_and_thread() -> None:
    rng = np.random.default_rng(1)
    stored = rng.integers(0, 256, (COUNT, 16, 16, 3), dtype=np.uint8)
    ids = np.arange(COUNT)
    recipe = everything()
    whole, _ = samples(stored, ids, ids % 10, DIGITS, recipe, 2)
    shuffled = rng.permutation(COUNT)

    def same_as_in_whole(part: np.ndarray) -> bool:
        found, _ = samples(stored[part], ids[part], ids[part] % 10, DIGITS, recipe, 2)
        return bool((found == whole[part]).all())

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(same_as_in_whole, np.split(shuffled, range(333, COUNT, 333))))


def test_another_process_draws_the_same() -> None:
    code = (
        "import numpy as np\n"
        "from core.augment.sample import digest, samples\n"
        "from tests.core.augment.test_planning import DIGITS, everything\n"
        "stored = np.random.default_rng(1).integers(0, 256, (50, 16, 16, 3), dtype=np.uint8)\n"
        "found, _ = samples(stored, np.arange(50), np.arange(50) % 10, DIGITS, everything(), 4)\n"
        "print(' '.join(digest(one) for one in found))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    stored = np.random.default_rng(1).integers(0, 256, (50, 16, 16, 3), dtype=np.uint8)
    found, _ = samples(stored, np.arange(50), np.arange(50) % 10, DIGITS, everything(), 4)
    assert told == [digest(one) for one in found]


def test_epochs_and_seeds_differ() -> None:
    ids = np.arange(100)
    assert (plan_of(ids).homography != plan_of(ids, epoch=4).homography).any(axis=(1, 2)).all()


def test_an_operation_happens_with_its_probability(planned: Planner) -> None:
    plan = planned(
        *[(64, 64)] * 4000, rotation={"probability": 0.3}, blur={"probability": 0.6}, noise={"probability": 0}
    )
    assert abs(plan.happened["rotation"].mean() - 0.3) < 0.03
    assert abs(plan.happened["blur"].mean() - 0.6) < 0.03
    assert abs((plan.happened["rotation"] & plan.happened["blur"]).mean() - 0.18) < 0.03
    assert "noise" not in plan.happened
    assert (plan.noise == 0).all()
    assert ((plan.blur > 0) == plan.happened["blur"]).all()
    assert ((plan.geometry["rotation"] != 0) == plan.happened["rotation"]).all()


def test_draws_fill_their_ranges_evenly(planned: Planner) -> None:
    plan = planned(*[(64, 64)] * 4000, rotation={"degrees": (-20, 40)}, jpeg={"quality": (30, 33)})
    degrees = plan.geometry["rotation"]
    assert -20 <= degrees.min() < -19.5
    assert 39.5 < degrees.max() <= 40
    assert np.histogram(degrees, 6, (-20, 40))[0].std() < 60
    assert sorted(set(plan.jpeg)) == [30, 31, 32, 33]
    assert np.bincount(plan.jpeg)[30:].std() < 60


WIDE: dict[str, dict[str, object]] = {
    "crop": {"area": (0.3, 0.5), "ratio": (0.8, 1.25)},
    "padded_crop": {"padding": 0.25},
    "horizontal_flip": {"probability": 0.5},
    "vertical_flip": {"probability": 0.5},
    "quarter_turn": {"probability": 0.75},
    "rotation": {"degrees": (-20, 40)},
    "perspective": {"distortion": 0.4},
    "affine": {"shift": 0.2, "scale": (0.5, 1), "shear": (-30, 10)},
    "jitter": {"brightness": (0.5, 2), "contrast": (0, 1), "saturation": (0.2, 3), "hue": (-0.5, 0.3)},
    "grayscale": {"probability": 0.3},
    "invert": {"probability": 0.3},
    "sharpness": {"factor": (0, 5)},
    "blur": {"sigma": (0.1, 3)},
    "motion": {"length": (1, 9)},
    "noise": {"sigma": (0.1, 0.3)},
    "jpeg": {"quality": (20, 80)},
    "erasing": {"area": (0.1, 0.3), "ratio": (0.5, 2)},
}


def numbers_of(plan: Plan) -> dict[str, np.ndarray]:
    """All that was drawn for the samples of a plan with WIDE, as numbers that should fill their ranges evenly."""
    side, (x, y, wide, high) = 64, plan.geometry["crop"].T
    found = {"crop x": x / (1 - wide), "crop y": y / (1 - high), "crop area": wide * high, "crop ratio": wide / high}
    x, y, wide, high = plan.erase.T
    found |= {
        "erase x": x / (side - wide),
        "erase y": y / (side - high),
        "erase area": wide * high,
        "erase ratio": high / wide,
    }
    for name in ("brightness", "contrast", "saturation", "hue", "sharpness", "blur", "motion", "motion_angle", "noise"):
        found[name] = getattr(plan, name)
    found |= {f"noise at {axis}": plan.noise_at[:, axis] for axis in range(2)} | {"jpeg": plan.jpeg}
    for name, parts in plan.geometry.items():
        if name != "crop":
            found |= {f"{name} {n}": part for n, part in enumerate(parts.reshape(len(plan), -1).T)}
    return found | {name: plan.happened[name] for name in ("horizontal_flip", "vertical_flip", "grayscale", "invert")}


def test_no_two_numbers_of_a_plan_go_together(planned: Planner) -> None:
    columns = numbers_of(planned(*[(64, 64)] * 5000, **WIDE))
    assert len(columns) == 8 + 9 + 3 + 2 + 1 + 1 + 8 + 4 + 4
    together = np.corrcoef(np.stack([column.astype(np.float64) for column in columns.values()]))
    np.fill_diagonal(together, 0)
    assert np.abs(together).max() < 6 / np.sqrt(5000)


def test_geometry_comes_in_the_order_of_the_operations_each_as_if_alone(planned: Planner) -> None:
    flips = ("horizontal_flip", "vertical_flip", "quarter_turn")
    moves = {name: WIDE[name] for name in ("crop", "padded_crop", *flips, "rotation", "perspective", "affine")}
    sizes = [(64, 64)] * 200
    one_after_the_other = np.tile(np.eye(3), (len(sizes), 1, 1))
    for name, ranges in moves.items():
        one_after_the_other = one_after_the_other @ planned(*sizes, **{name: ranges}).homography
    together = planned(*sizes, **moves).homography
    np.testing.assert_allclose(together, one_after_the_other / one_after_the_other[:, 2:, 2:], rtol=1e-6, atol=1e-6)


def test_all_numbers_fill_their_ranges(planned: Planner) -> None:
    found = numbers_of(planned(*[(64, 64)] * 5000, **WIDE))
    inner = {"crop x": (0, 1), "crop y": (0, 1), "crop area": (0.3, 0.5), "erase x": (0, 1), "erase y": (0, 1)}
    jitter = {"brightness": (0.5, 2), "contrast": (0, 1), "saturation": (0.2, 3), "hue": (-0.5, 0.3)}
    grain = {"sharpness": (0, 5), "blur": (0.1, 3), "motion": (1, 9), "motion_angle": (0, np.pi), "noise": (0.1, 0.3)}
    affine = {"affine 0": (-0.2, 0.2), "affine 1": (-0.2, 0.2), "affine 2": (0.5, 1), "affine 3": (-30, 10)}
    moved = {f"padded_crop {n}": (-0.25, 0.25) for n in range(2)} | {f"perspective {n}": (0, 0.2) for n in range(8)}
    for name, (low, high) in (inner | jitter | grain | affine | moved).items():
        room = 0.03 * (high - low)
        assert low - room < found[name].min() < low + room, name
        assert high - room < found[name].max() < high + room, name
        assert abs(found[name].mean() - (low + high) / 2) < room, name
    assert found["padded_crop 0"].min() == -0.25
    assert found["padded_crop 0"].max() == 0.25


@pytest.mark.parametrize("name", CAPPED)
def test_a_cap_holds_for_each_number_that_can_be_capped(planned: Planner, name: str) -> None:
    most = {"rotation": 5, "perspective": 0.1, "affine": 0.05, "blur": 0.5, "motion": 3, "noise": 0.15, "erasing": 0.15}
    plan = planned(*[(64, 64)] * 500, rules=f"{name} at most {most[name]} for 0", **{name: WIDE[name]})
    largest = {
        "rotation": lambda: np.abs(plan.geometry["rotation"]).max(),
        "perspective": lambda: 2 * plan.geometry["perspective"].max(),
        "affine": lambda: np.abs(plan.geometry["affine"][:, :2]).max(),
        "blur": plan.blur.max,
        "motion": plan.motion.max,
        "noise": plan.noise.max,
        "erasing": lambda: (plan.erase[:, 2] * plan.erase[:, 3]).max() / 64**2,
    }
    assert 0.95 * most[name] < largest[name]() <= 1.03 * most[name]  # patches have whole px


def test_a_crop_that_fits_nowhere_is_the_largest_in_the_middle(planned: Planner) -> None:
    plan = planned((1000, 100), (100, 1000), crop={"area": (0.9, 1), "ratio": (0.5, 2)})
    np.testing.assert_array_equal(plan.geometry["crop"] * 1000, [[400, 0, 200, 1000], [0, 400, 1000, 200]])


def test_a_label_turns_as_its_image_does(planned: Planner) -> None:
    classes = ("up", "left", "down", "right")
    rules = (
        "horizontal_flip turns left into right, right into left; vertical_flip turns up into down, down into up;"
        "quarter_turn turns up into left, left into down, down into right, right into up"
    )
    upwards = np.zeros((64, 64, 3), np.uint8)
    upwards[4:12, 24:40] = 255
    arrows = [np.ascontiguousarray(np.rot90(upwards, turns)) for turns in range(4)]
    moving = {name: WIDE[name] for name in ("horizontal_flip", "vertical_flip", "quarter_turn")}
    for label, arrow in enumerate(arrows):
        plan = planned(*[(64, 64)] * 60, label=label, classes=classes, rules=rules, **moving)
        for sample, turned in zip(cpu.render([arrow] * 60, plan, "none"), plan.label, strict=True):
            assert (sample.transpose(1, 2, 0) * 255 == arrows[turned]).all()


def test_crops_have_the_area_and_ratio_that_torchvision_gives(planned: Planner) -> None:
    from torchvision.transforms.v2 import RandomResizedCrop

    plan = planned(*[(320, 240)] * 3000, crop={"area": (0.7, 1.0), "ratio": (0.75, 1.33)})
    found = plan.geometry["crop"] * [320, 240, 320, 240]
    import torch

    torch.manual_seed(0)
    transform = RandomResizedCrop(64, scale=(0.7, 1.0), ratio=(0.75, 1.33))
    image = torch.zeros(3, 240, 320)
    theirs = [transform.make_params([image]) for _ in range(3000)]
    for column, name in ((2, "width"), (3, "height"), (0, "left"), (1, "top")):
        expected = np.array([params[name] for params in theirs])
        assert abs(found[:, column].mean() - expected.mean()) < 0.05 * max(20, expected.std() + 20)
        assert abs(found[:, column].std() - expected.std()) < 3


def test_a_horizon_in_the_frame_does_not_shrink_all_of_the_image(planned: Planner) -> None:
    perspective, affine = {"distortion": 0.65}, {"shift": 0.3, "scale": (0.8, 1)}
    plan = planned(*[(64, 64)] * 4000, perspective=perspective, affine=affine)
    assert plan.reduce.min() == 1
    assert plan.reduce.max() < 16


def test_erased_patches_have_their_area(planned: Planner) -> None:
    plan = planned(*[(64, 64)] * 2000, erasing={"area": (0.02, 0.15)})
    share = plan.erase[:, 2] * plan.erase[:, 3] / 64**2
    assert 0.015 < share.min() < 0.03
    assert 0.14 < share.max() < 0.16
    assert (plan.erase[:, :2] + plan.erase[:, 2:] <= 64).all()


def test_a_banned_class_is_left_alone_and_a_capped_one_stays_within(planned: Planner) -> None:
    sizes = [(64, 64)] * 300
    rules = "no horizontal_flip for 6, 9; rotation at most 5 for 6; no blur for *"
    for label, name in enumerate("069"):
        plan = planned(
            *sizes,
            label=label,
            classes=("0", "6", "9"),
            rules=rules,
            horizontal_flip={},
            rotation={"degrees": (-40, 40)},
            blur={},
        )
        assert plan.happened["horizontal_flip"].all() == (name == "0")
        assert plan.happened["horizontal_flip"].any() == (name == "0")
        assert (np.abs(plan.geometry["rotation"]).max() <= 5) == (name == "6")
        assert not plan.happened["blur"].any()


def test_a_flip_turns_the_label_that_its_rule_names(planned: Planner) -> None:
    classes = ("left", "right", "up")
    rules = "horizontal_flip turns left into right, right into left"
    for label, expected in ((0, 1), (1, 0), (2, 2)):
        plan = planned(label=label, classes=classes, rules=rules, horizontal_flip={"probability": 1})
        assert plan.label[0] == expected
    quarter = "quarter_turn turns up into left, left into down, down into right, right into up"
    plan = planned(*[(64, 64)] * 50, label=0, classes=("up", "left", "down", "right"), rules=quarter, quarter_turn={})
    assert (plan.label == plan.geometry["quarter_turn"]).all()


def test_a_rule_that_turns_a_label_into_an_unknown_one_is_told(planned: Planner) -> None:
    with pytest.raises(Error, match="there is no class right"):
        planned(classes=("left",), rules="horizontal_flip turns left into right", horizontal_flip={})


spans = {
    "crop": {"area": (0.01, 1), "ratio": (0.2, 5)},
    "rotation": {"degrees": (-180, 180)},
    "affine": {"scale": (0.1, 4), "shear": (-60, 60)},
    "jitter": {"brightness": (0, 3), "contrast": (0, 3), "saturation": (0, 3), "hue": (-0.5, 0.5)},
    "sharpness": {"factor": (0, 5)},
    "blur": {"sigma": (0.05, 10)},
    "motion": {"length": (1, 31)},
    "noise": {"sigma": (0, 1)},
    "jpeg": {"quality": (1, 100)},
    "erasing": {"area": (0.001, 0.9), "ratio": (0.1, 10)},
}
numbers = {
    "padded_crop": {"padding": (0, 1)},
    "perspective": {"distortion": (0, 0.65)},
    "affine": {"shift": (0, 1)},
}


@st.composite
def any_augment(draw: st.DrawFn) -> Augment:
    """Every recipe that the program accepts may come out of this."""
    values: dict[str, object] = {"border": draw(st.sampled_from(["mirror", "edge", "black"]))}
    for name in operations():
        inner: dict[str, object] = {"enabled": draw(st.booleans()), "probability": draw(st.sampled_from([0.5, 1.0]))}
        for setting, (low, high) in spans.get(name, {}).items():
            ends = st.integers(low, high) if name == "jpeg" else st.floats(low, high)
            inner[setting] = tuple(sorted((draw(ends), draw(ends))))
        for setting, (low, high) in numbers.get(name, {}).items():
            inner[setting] = draw(st.floats(low, high))
        if name == "padded_crop":
            inner["window"] = draw(st.floats(0.05, 1 + 2 * float(str(inner["padding"]))))
        if name == "blur":
            inner["kernel"] = draw(st.sampled_from([3, 5, 31]))
        if name == "erasing":
            inner["fill"] = draw(st.sampled_from(["black", "grey"]))
        values[name] = inner
    return Augment.model_validate(values)


@settings(max_examples=120)
@given(
    any_augment(),
    st.lists(
        st.tuples(st.integers(1, 70), st.integers(1, 70)) | st.just((1, 5000)) | st.just((5000, 1)),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from([16, 33]),
    st.integers(0, 2**31 - 1),
)
def test_any_recipe_makes_sound_samples_of_any_image(
    augment: Augment, sizes: list[tuple[int, int]], side: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    stored = [rng.integers(0, 256, (height, width, 3), dtype=np.uint8) for width, height in sizes]
    kept = [image.copy() for image in stored]
    ids = np.arange(len(sizes)) - 1
    recipe = recipes.Recipe(augment=augment, data=recipes.Data(image_size=side), seed=seed)
    plan = plan_samples(stored, ids, np.zeros(len(ids), np.int64), ("a",), recipe, 1)
    sample = cpu.render(stored, plan, "none")
    assert sample.shape == (len(sizes), 3, side, side)
    assert sample.dtype == np.float32
    assert np.isfinite(sample).all()
    assert sample.min() >= 0
    assert sample.max() <= 1
    assert all((a == b).all() for a, b in zip(stored, kept, strict=True))
    seen = visible(plan, np.array(sizes))
    assert ((seen >= 0) & (seen <= 1)).all()
    assert all(text for n in range(len(plan)) for _, text in told(plan, n))
