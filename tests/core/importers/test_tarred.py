"""Importing tar archives: with the care that zip archives get."""

import bz2
import contextlib
import gzip
import io
import lzma
import os
import random
import tarfile
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from core.errors import Error
from core.importers import import_path, members
from core.project.store import Store
from tests.core.importers.conftest import Draw, bring, names, tree

Content = Sequence[tuple[str | tarfile.TarInfo, bytes]]


@pytest.fixture
def picture(tmp_path: Path, draw: Draw) -> Callable[[], bytes]:
    """`picture()` gives the bytes of a picture unlike all before it."""
    return lambda: draw(tmp_path / "drawn.png").read_bytes()


def make_tar(path: Path, content: Content, mode: str = "w") -> Path:
    with tarfile.open(path, mode) as file:  # type: ignore[call-overload]  # the mode is a variable
        for member, data in content:
            info = member if isinstance(member, tarfile.TarInfo) else tarfile.TarInfo(member)
            info.size = info.size or len(data)
            file.addfile(info, io.BytesIO(data))
    return path


def assert_untouched(store: Store) -> None:
    assert (names(store), store.paths.images.exists()) == ({}, False)


@pytest.mark.parametrize(
    ("ending", "mode"),
    [(".tar", "w"), (".tar.gz", "w:gz"), (".tgz", "w:gz"), (".tar.bz2", "w:bz2"), (".tar.xz", "w:xz"), (".bin", "w")],
)
def test_class_folders(store: Store, tmp_path: Path, picture: Callable[[], bytes], ending: str, mode: str) -> None:
    top = tarfile.TarInfo("./pets")
    top.type = tarfile.DIRTYPE
    content: Content = [
        *((top, b""), ("./pets/cat/1.png", picture()), ("./pets/cat/._1.png", b"x"), ("./pets/notes.txt", b"hello")),
        (f"./pets/dog/{'long' * 60}/2.png", picture()),
    ]
    path = make_tar(tmp_path / f"my.pets{ending}", content, mode)
    report = bring(store, path)
    assert (report.added, report.skipped, report.classes) == (2, [], ("cat", "dog"))
    assert {name.split("/")[0] for name in tree(store.paths.images)} == {"my.pets"}
    assert bring(store, path).unchanged == 2


def test_table_and_odd_names(store: Store, tmp_path: Path, picture: Callable[[], bytes]) -> None:
    odd = ["con/AUX.png", "what?.png", "\N{SNOWMAN}.png", "new\nline.png", os.fsdecode(b"caf\xe9.png")]
    table = "path,class\n" + "".join(f'"{name}",{number}\n' for number, name in enumerate(odd[:4]))
    path = make_tar(tmp_path / "odd.tar", [*((name, picture()) for name in odd), ("t.csv", table.encode())])
    report = bring(store, path)
    assert names(store) == {
        "_con/_AUX.png": ("0", None),
        "what_.png": ("1", None),
        "\N{SNOWMAN}.png": ("2", None),
        "new_line.png": ("3", None),
    }
    assert report.skipped == [("caf\ufffd.png", "t.csv does not name it")]
    assert len(tree(store.paths.images)) == 4


@pytest.mark.parametrize("evil", ["../evil.png", "a/../../evil.png", "/etc/evil.png", "..\\evil.png", "C:/evil.png"])
def test_climbing_archive_is_refused(store: Store, tmp_path: Path, picture: Callable[[], bytes], evil: str) -> None:
    path = make_tar(tmp_path / "bad.tar", [("good.png", picture()), (evil, picture())])
    with pytest.raises(Error, match=r"^bad\.tar was refused: “.*” would be written outside of its folder\."):
        bring(store, path)
    assert_untouched(store)


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE],
)
def test_links_and_devices_are_refused(store: Store, tmp_path: Path, picture: Callable[[], bytes], kind: bytes) -> None:
    link = tarfile.TarInfo("link.png")
    link.type, link.linkname = kind, "/etc/passwd"
    path = make_tar(tmp_path / "bad.tar", [("good.png", picture()), (link, b"")])
    with pytest.raises(Error, match=r"^bad\.tar was refused: “link\.png” is a link or a device\."):
        bring(store, path)
    assert_untouched(store)


def test_swelling_archive_is_refused_before_it_is_unpacked(store: Store, tmp_path: Path) -> None:
    zeros = b"\0" * (1 << 20)
    info = tarfile.TarInfo("a.bin")  # no picture, so it would only be passed over
    info.size = 10 << 30
    with gzip.open(tmp_path / "bomb.tgz", "wb") as file:
        file.write(info.tobuf())
        for _ in range(20):
            file.write(zeros)
    with pytest.raises(Error, match=r"^bomb\.tgz was refused: its 0\.0 MB would swell to 10737 MB\."):
        bring(store, tmp_path / "bomb.tgz")
    assert_untouched(store)


def test_endless_names_and_members_do_not_fill_the_memory(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = tarfile.TarInfo("././@LongLink")
    name.type, name.size = tarfile.GNUTYPE_LONGNAME, 200 << 20
    with gzip.open(tmp_path / "name.tgz", "wb") as file:
        file.write(name.tobuf())
        for _ in range(200):
            file.write(b"a" * (1 << 20))
    header = tarfile.TarInfo("a.txt").tobuf()
    (tmp_path / "many.tgz").write_bytes(gzip.compress(header * 10_000))
    tracemalloc.start()
    try:
        with pytest.raises(Error, match=r"^name\.tgz is damaged or no tar archive\."):
            bring(store, tmp_path / "name.tgz")
        assert tracemalloc.get_traced_memory()[1] < 50 << 20
    finally:
        tracemalloc.stop()
    monkeypatch.setattr(members, "_HARMLESS_BYTES", 1_000_000)
    with pytest.raises(Error, match=r"^many\.tgz was refused: its .* MB would swell to 4 MB\."):
        bring(store, tmp_path / "many.tgz")
    assert_untouched(store)


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_cut_archive(store: Store, tmp_path: Path, picture: Callable[[], bytes], keep: float, mode: str) -> None:
    content: Content = [(f"{number}.png", picture() + os.urandom(3000)) for number in range(10)]
    path = make_tar(tmp_path / "half.tar", content, mode)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep) if mode != "w" else 20_000])
    with pytest.raises(Error, match=r"^half\.tar is damaged or no tar archive\."):
        bring(store, path)
    assert_untouched(store)


def test_a_damaged_header_is_not_taken_for_the_end(store: Store, tmp_path: Path, picture: Callable[[], bytes]) -> None:
    path = make_tar(tmp_path / "pets.tar", [(f"{number}.png", picture()) for number in range(4)])
    data = bytearray(path.read_bytes())
    data[data.index(b"2.png") + 150] ^= 1
    path.write_bytes(data)
    with pytest.raises(Error, match=r"^pets\.tar is damaged or no tar archive\."):
        bring(store, path)
    assert_untouched(store)


GZIP = gzip.compress(b"hello", mtime=0)  # a time in it would give each test process another name for the test


@pytest.mark.parametrize("content", [b"<html>", b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\0", bytes(9), GZIP])
def test_foreign_files(store: Store, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.tar.gz").write_bytes(content)
    with pytest.raises(Error, match=r"^x\.tar\.gz is damaged or no tar archive\."):
        bring(store, tmp_path / "x.tar.gz")
    assert_untouched(store)


def test_empty_and_without_images(store: Store, tmp_path: Path) -> None:
    (tmp_path / "empty.tar").touch()
    with pytest.raises(Error, match=r"^empty\.tar could not be read: it is empty"):
        bring(store, tmp_path / "empty.tar")
    inner = make_tar(tmp_path / "inner.tar", [("a.png", b"x")])
    with pytest.raises(Error, match=r"^There are no images in outer\.tar\."):
        bring(store, make_tar(tmp_path / "outer.tar", [("inner.tar", inner.read_bytes())]))
    assert_untouched(store)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_random_damage_is_told_and_leaves_nothing(
    store: Store, tmp_path: Path, picture: Callable[[], bytes], pack: Callable[[bytes], bytes]
) -> None:
    sound = pack(make_tar(tmp_path / "pets.tar", [(f"{n}.png", picture()[:200]) for n in range(4)]).read_bytes())
    chance = random.Random(0)
    for _ in range(60):
        data = bytearray(sound)
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        (tmp_path / "pets.tar").write_bytes(data)
        with contextlib.suppress(Error):
            bring(store, tmp_path / "pets.tar")
        assert not list(store.paths.images.glob(".incoming-*"))


@pytest.mark.parametrize("stop_at", [1, 2, 3, 4, 5])
def test_closing_leaves_the_project_as_it_was(
    store: Store, tmp_path: Path, picture: Callable[[], bytes], stop_at: int
) -> None:
    path = make_tar(tmp_path / "pets.tar.gz", [(f"{number}.png", picture()) for number in range(5)], "w:gz")
    job = import_path(store, path)
    for _ in range(stop_at):
        next(job)
    job.close()
    assert_untouched(store)
    assert bring(store, path).added == 5


def test_the_folder_that_an_archive_is_named_after_is_no_class(
    store: Store, tmp_path: Path, picture: Callable[[], bytes]
) -> None:
    bring(store, make_tar(tmp_path / "holiday.tar.gz", [("holiday/1.png", picture())], "w:gz"))
    assert names(store) == {"1.png": (None, None)}
