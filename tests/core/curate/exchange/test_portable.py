import os

import pytest

from core.curate.exchange.portable import Names, portable


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cat", "cat"),
        ("a/b\\c:d", "a_b_c_d"),
        (".hidden", "_hidden"),
        ("..", "__"),
        ("ends.", "ends_"),
        ("ends ", "ends_"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("", "_"),
        ("tab\tnew\nline", "tab_new_line"),
        ("e\u0301.png", "é.png"),
        (os.fsdecode(b"caf\xe9.png"), "caf_.png"),
    ],
)
def test_names_are_those_that_every_system_takes(name: str, expected: str) -> None:
    assert portable(name) == expected


def test_long_names_keep_their_suffix() -> None:
    assert len(portable("ü" * 300 + ".png").encode()) <= 200
    assert portable("ü" * 300 + ".png").endswith(".png")


def test_each_name_is_given_once_in_a_folder_whatever_its_case() -> None:
    names = Names()
    assert [names.give(name) for name in ("a.png", "A.png", "a.png", "a-2.png")] == [
        *("a.png", "A-2.png", "a-3.png", "a-2-2.png"),
    ]
    assert names.give("a.png", "folder") == "a.png"
