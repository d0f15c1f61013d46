import numpy as np
import pytest

from core.augment.rules import turned_targets
from core.errors import Error
from core.recipe import Augment, make, parse_rules
from core.recipe.operations import operations


def test_the_three_forms_are_read() -> None:
    text = " no  horizontal_flip for 2, 3 ; rotation at most 30.5 for 6;horizontal_flip turns left into right; "
    ban, cap, turn = parse_rules(text, operations())
    assert (ban.kind, ban.operation, ban.classes) == ("ban", "horizontal_flip", ("2", "3"))
    assert (cap.kind, cap.most, cap.classes) == ("cap", 30.5, ("6",))
    assert (turn.kind, turn.pairs) == ("turn", (("left", "right"),))
    assert ban.concerns("3")
    assert not ban.concerns("4")
    for text in ("no blur for *", "no blur for 6, *"):
        assert parse_rules(text, operations())[0].concerns("anything")


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("flip nothing", "of none of the three forms"),
        ("no spinning for 6", "names no operation; there are crop,"),
        ("jpeg at most 30 for 6", "limits jpeg; only rotation,"),
        ("rotation at most 1.2.3 for 6", "has no number after"),
        ("rotation turns left into right", "only horizontal_flip, vertical_flip, quarter_turn turn labels"),
        ("horizontal_flip turns left to right", "should read like"),
        ("horizontal_flip turns left into right, left into up", "turn left into two by horizontal_flip"),
        ("horizontal_flip turns 2 into 5; horizontal_flip turns 2 into 3", "turn 2 into two by horizontal_flip"),
        ("no rotation for ,", "names no class"),
        ("horizontal_flip turns ,", "names no class"),
        ("no mixup for 6", "about whole batches"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_its_words(rules: str, words: str) -> None:
    with pytest.raises(Error) as told:
        make({"augment": {"rules": rules}})
    assert words in str(told.value)
    assert "augment.rules" in str(told.value)


def test_a_long_rule_is_told_in_a_short_sentence() -> None:
    with pytest.raises(Error) as told:
        make({"augment": {"rules": "6" * 10_000}})
    assert len(str(told.value)) < 400


def test_targets_follow_flips_and_turns() -> None:
    names = ("squares", "up", "right", "down", "left")
    rules = (
        "horizontal_flip turns left into right, right into left;"
        "quarter_turn turns up into left, left into down, down into right, right into up"
    )
    augment = Augment(rules=rules)
    values = np.array([[5.0, 1, 2, 3, 4]] * 3)
    times = {"horizontal_flip": np.array([0, 1, 1]), "quarter_turn": np.array([1, 0, 1])}
    found = turned_targets(values, names, augment, times)
    assert found.tolist() == [[5, 2, 3, 4, 1], [5, 1, 4, 3, 2], [5, 4, 3, 2, 1]]
    assert (values[0] == [5, 1, 2, 3, 4]).all()
