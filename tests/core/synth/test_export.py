"""Names of folders for classes of any name."""

import pytest

from core.synth.export import folders


@pytest.mark.parametrize(
    ("classes", "names"),
    [
        (("0", "1"), ["0", "1"]),
        (("a/b", "a_b", "A_B"), ["a_b", "a_b-2", "A_B-3"]),
        (("..", ".", ""), ["class", "class-2", "class-3"]),
        (("é", "数字", "a\nb"), ["é", "数字", "a_b"]),
    ],
)
def test_folders_are_safe_and_apart(classes: tuple[str, ...], names: list[str]) -> None:
    assert folders(classes) == names
