"""What folders say, as a pure function of paths."""

import pytest

from core.importers.layout import Place, places, wrapping


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([b"a.png", b"b.png"], [(None, None)] * 2),
        ([b"cat/1.png", b"dog/1.png", b"x.png"], [("cat", None), ("dog", None), (None, None)]),
        ([b"cat/old/1.png", b"dog/1.png"], [("cat", None), ("dog", None)]),
        ([b"train/cat/1.png", b"Valid/dog/2.png", b"test/3.png"], [("cat", "train"), ("dog", "val"), (None, "test")]),
        ([b"train/cat/1.png", b"train/dog/1.png"], [("cat", "train"), ("dog", "train")]),
        ([b"train/1.png", b"car/1.png"], [("train", None), ("car", None)]),
        (["cafe\u0301/1.png".encode(), b"\xff/1.png"], [("caf\u00e9", None), ("\ufffd", None)]),
    ],
)
def test_places(paths: list[bytes], expected: list[tuple[str | None, str | None]]) -> None:
    assert places(paths) == [Place(label, split) for label, split in expected]


@pytest.mark.parametrize(
    ("paths", "manifests", "expected"),
    [
        ([b"digits/0/a.png", b"digits/1/b.png"], [], b"digits/"),
        ([b"digits/0/a.png", b"digits/1/b.png"], [b"manifest.csv"], b""),
        ([b"digits/a.png"], [b"digits/manifest.csv"], b"digits/"),
        ([b"cat/a.png", b"cat/b.png"], [], b""),
        ([b"cat/a.png", b"b.png"], [], b""),
        ([b"train/cat/a.png"], [], b""),
        ([b"up/train/cat/a.png"], [], b"up/"),
        ([b"a/0/a.png", b"b/1/b.png"], [b"a/manifest.csv"], b""),
        ([], [b"manifest.csv"], b""),
    ],
)
def test_wrapping_folders_say_nothing(paths: list[bytes], manifests: list[bytes], expected: bytes) -> None:
    assert wrapping(paths, manifests) == expected
