from hypothesis import given
from hypothesis import strategies as st

from studio import fuzzy

TITLES = ["New project from a folder", "Open project", "Go to Train", "Start training", "Reject", "Redo"]
ABOUTS = ["", "Open the folder of a project", "", "Train with the recipe", "Keep out of training", "Do again"]


def found(typed: str) -> list[str]:
    return [TITLES[hit.at] for hit in fuzzy.find(typed, TITLES, ABOUTS)]


def test_nothing_typed_finds_all_in_their_order() -> None:
    assert found("") == TITLES


def test_starts_of_words_come_before_letters_within() -> None:
    assert set(found("tra")[:2]) == {"Start training", "Go to Train"}
    assert found("redo")[0] == "Redo"


def test_letters_may_be_left_out() -> None:
    assert found("npf") == ["New project from a folder"]
    assert found("strtr")[0] == "Start training"


def test_words_may_come_in_any_order_and_all_must_fit() -> None:
    assert found("project open") == ["Open project"]
    assert found("project train") == []


def test_what_is_said_of_a_command_finds_it_too_but_last() -> None:
    assert found("training") == ["Start training", "Reject"]


def test_the_letters_that_were_typed_are_told() -> None:
    hit = fuzzy.find("go tr", TITLES, ABOUTS)[0]
    assert "".join(TITLES[2][at] for at in hit.letters) == "GoTr"


@given(st.text(max_size=12), st.lists(st.text(max_size=20), max_size=5))
def test_any_text_is_searched_for(typed: str, titles: list[str]) -> None:
    for hit in fuzzy.find(typed, titles, titles):
        assert all(0 <= at < len(titles[hit.at].lower()) for at in hit.letters)
