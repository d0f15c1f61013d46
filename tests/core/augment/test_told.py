from core.augment.told import told
from core.recipe.operations import operations

from .conftest import Planner


def test_everything_that_happened_is_told_in_order_and_nothing_else(planned: Planner) -> None:
    names = [name for name in operations() if name not in ("mixup", "cutmix")]
    everything = planned((64, 64), **{name: {} for name in names})
    titles = [(operations()[name].__doc__ or "").strip() for name in names]
    assert [title for title, _ in told(everything, 0)] == titles
    assert all(words for _, words in told(everything, 0))
    assert told(planned(), 0) == []


def test_numbers_are_told_with_their_units(planned: Planner) -> None:
    plan = planned(rotation={"degrees": (-12.34, -12.34)}, jpeg={"quality": (40, 40)}, noise={"sigma": (0.05, 0.05)})
    assert told(plan, 0) == [
        ("Rotation", "−12.3°"),
        ("Gaussian noise", "sigma 0.050"),
        ("JPEG artefacts", "quality 40"),
    ]


def test_a_jitter_tells_only_what_it_changed(planned: Planner) -> None:
    still = {"brightness": (1, 1), "contrast": (1, 1), "saturation": (1, 1), "hue": (0, 0)}
    assert told(planned(jitter=still | {"contrast": (0.8, 0.8)}), 0) == [("Colour jitter", "contrast × 0.80")]
    assert told(planned(jitter=still | {"hue": (-0.05, -0.05)}), 0) == [("Colour jitter", "hue −0.05")]
    assert told(planned(jitter=still | {"brightness": (1.001, 1.001)}), 0) == [("Colour jitter", "too little to see")]
