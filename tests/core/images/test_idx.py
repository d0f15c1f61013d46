import contextlib
import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.errors import Error
from core.images.idx import Missing, find_digits, read_idx

SMALL = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


def idx(array: NDArray[np.uint8], kind: int = 8) -> bytes:
    return bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def digits_in(folder: Path, count: int = 5, dot: str = "-", pack: Callable[[bytes], bytes] = bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    images = np.random.default_rng(0).integers(0, 256, (count, 28, 28), np.uint8)
    end = "" if pack is bytes else ".gz"
    (folder / f"train-images{dot}idx3-ubyte{end}").write_bytes(pack(idx(images)))
    (folder / f"train-labels{dot}idx1-ubyte{end}").write_bytes(pack(idx(np.arange(count, dtype=np.uint8) % 10)))


@pytest.mark.parametrize("shape", [(7,), (0,), (2, 3), (2, 3, 4), (2, 0, 5), (1, 2, 3, 4, 5)])
def test_arrays_of_any_rank(shape: tuple[int, ...], tmp_path: Path) -> None:
    array = np.arange(np.prod(shape)).astype(np.uint8).reshape(shape)
    (tmp_path / "a").write_bytes(idx(array))
    assert np.array_equal(read_idx(tmp_path / "a"), array)


def test_compression_is_seen_in_the_content_not_in_the_name(tmp_path: Path) -> None:
    (tmp_path / "plain.gz").write_bytes(idx(SMALL))
    (tmp_path / "packed").write_bytes(gzip.compress(idx(SMALL)))
    assert np.array_equal(read_idx(tmp_path / "plain.gz"), SMALL)
    assert np.array_equal(read_idx(tmp_path / "packed"), SMALL)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (idx(SMALL)[:-1], "cut off"),
        (idx(SMALL)[:6], "cut off"),
        (idx(SMALL) + b"x", "goes on after the 24 bytes"),
        (idx(SMALL, kind=0x0D), "holds float32, not unsigned bytes"),
        (b"\x89PNG" + bytes(30), "does not begin like one"),
        (b"\0\0\x08\0", "0 dimensions"),
        (b"\0\0\x08\x02" + bytes(4) + b"\xff" * 4, "promises 0 × 4,294,967,295 bytes, more than 2 GiB"),
        (b"\0\0\x08\x02" + b"\xff" * 8, "promises 4,294,967,295 × 4,294,967,295 bytes, more than 2 GiB"),
    ],
)
def test_told_what_is_wrong_with_a_file(
    data: bytes, reason: str, pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    (tmp_path / "some.idx").write_bytes(pack(data))
    with pytest.raises(Error, match=reason) as told:
        read_idx(tmp_path / "some.idx")
    assert told.value.title.startswith("some.idx ")
    assert told.value.hint


@pytest.mark.parametrize("at", [3, 15, -6, -2])
def test_damaged_compression_is_told(at: int, tmp_path: Path) -> None:
    data = bytearray(gzip.compress(idx(np.tile(SMALL, (9, 9, 9)))))
    data[at] ^= 0xFF
    (tmp_path / "some.gz").write_bytes(data)
    with pytest.raises(Error, match=r"some\.gz .*(damaged|cut off)"):
        read_idx(tmp_path / "some.gz")


def test_missing_and_empty_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(Error, match="empty"):
        read_idx(tmp_path / "empty")
    with pytest.raises(Error, match="not there"):
        read_idx(tmp_path / "nowhere")


_many = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@_many
@given(
    data=st.one_of(
        st.binary(max_size=200),
        st.binary(max_size=60).map(lambda rest: b"\0\0\x08" + rest),
        st.binary(max_size=60).map(lambda rest: gzip.compress(b"\0\0\x08" + rest)),
        st.binary(max_size=60).map(lambda rest: b"\x1f\x8b\x08" + rest),
    )
)
def test_random_bytes_give_an_array_or_an_error(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "random").write_bytes(data)
    with contextlib.suppress(Error):
        assert read_idx(tmp_path / "random").dtype == np.uint8


@_many
@given(share=st.floats(0, 1, exclude_max=True), packed=st.booleans())
def test_every_truncation_is_told(share: float, packed: bool, tmp_path: Path) -> None:
    whole = gzip.compress(idx(SMALL)) if packed else idx(SMALL)
    (tmp_path / "cut").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(Error):
        read_idx(tmp_path / "cut")


@pytest.mark.parametrize("dot", ["-", "."])
@pytest.mark.parametrize("below", [".", "MNIST/raw"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_digits_are_found_under_their_usual_names(
    dot: str, below: str, pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    digits_in(tmp_path / below, 12, dot, pack)
    images, labels = find_digits(tmp_path)
    assert images.shape == (12, 28, 28)
    assert labels.tolist() == [*range(10), 0, 1]


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="no train-images-idx3-ubyte"):
        find_digits(tmp_path / "nowhere")
    digits_in(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(Missing, match="no train-labels-idx1-ubyte"):
        find_digits(tmp_path)


@pytest.mark.parametrize(
    ("name", "array", "reason"),
    [
        ("train-labels-idx1-ubyte", np.zeros(4, np.uint8), "5 images and 4 labels"),
        ("train-labels-idx1-ubyte", np.full(5, 11, np.uint8), "the label 11"),
        ("train-images-idx3-ubyte", np.zeros((5, 32, 32), np.uint8), "5 × 32 × 32 numbers"),
        ("train-images-idx3-ubyte", np.zeros((0, 28, 28), np.uint8), "no images"),
    ],
)
def test_files_that_are_no_digits_are_told(name: str, array: NDArray[np.uint8], reason: str, tmp_path: Path) -> None:
    digits_in(tmp_path)
    (tmp_path / name).write_bytes(idx(array))
    with pytest.raises(Error, match=reason):
        find_digits(tmp_path)


def test_the_real_mnist(shared_data: Path) -> None:
    if not (shared_data / "mnist").is_dir():
        pytest.skip("the real MNIST beside the repository (../shared/data/mnist) is absent")
    images, labels = find_digits(shared_data / "mnist")
    assert images.shape == (60000, 28, 28)
    assert np.bincount(labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert images[0].sum() == 27525  # a five
