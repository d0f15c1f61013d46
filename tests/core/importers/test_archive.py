"""Importing zip archives: unpacked once, safely, and nothing left behind when it fails."""

import contextlib
import io
import os
import random
import shutil
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from core.errors import Error
from core.events import Event, Notice
from core.importers import import_path, landing
from core.importers.members import portable
from core.project.store import Store
from tests.core.importers.conftest import Draw, bring, names, tree

ROOT = Path(__file__).parents[3]
Zip = Callable[..., Path]


@pytest.fixture
def picture(tmp_path: Path, draw: Draw) -> Callable[[], bytes]:
    """`picture()` gives the bytes of a picture unlike all before it."""
    return lambda: draw(tmp_path / "drawn.png").read_bytes()


@pytest.fixture
def make_zip(tmp_path: Path) -> Zip:
    """`make_zip(name, {member: bytes})` writes a zip."""

    def make(name: str, members: dict[str, bytes] | Sequence[tuple[str | zipfile.ZipInfo, bytes]]) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for member, data in members.items() if isinstance(members, dict) else members:
                file.writestr(member, data)
        return path

    return make


def assert_untouched(store: Store) -> None:
    """No image in the project, and nothing unpacked left behind."""
    assert names(store) == {}
    assert not store.paths.images.exists()


def test_class_folders_below_a_single_folder(store: Store, make_zip: Zip, picture: Callable[[], bytes]) -> None:
    path = make_zip("pets.zip", {"pets/cat/1.png": picture(), "pets/dog/2.png": picture(), "pets/notes.txt": b"x"})
    before = path.read_bytes()
    report = bring(store, path)
    assert (report.added, report.skipped, report.classes) == (2, [], ("cat", "dog"))
    assert names(store) == {"cat/1.png": ("cat", None), "dog/2.png": ("dog", None)}
    assert set(tree(store.paths.images)) == {"pets/cat/1.png", "pets/dog/2.png"}
    assert path.read_bytes() == before
    assert (store.paths.images / "pets").stat().st_mode & 0o055


def test_again_changes_nothing_and_grows_in_place(store: Store, make_zip: Zip, picture: Callable[[], bytes]) -> None:
    first = {"a/1.png": picture(), "b/2.png": picture()}
    bring(store, make_zip("pets.zip", first))
    assert bring(store, make_zip("pets.zip", first)).unchanged == 2
    report = bring(store, make_zip("pets.zip", {**first, "c/3.png": picture()}))
    assert (report.added, report.unchanged) == (1, 2)
    assert set(tree(store.paths.images)) == {"pets/a/1.png", "pets/b/2.png", "pets/c/3.png"}


def test_another_archive_of_the_same_name_gets_a_place_of_its_own(
    store: Store, make_zip: Zip, picture: Callable[[], bytes]
) -> None:
    bring(store, make_zip("pets.zip", {"a/1.png": picture(), "b/1.png": picture()}))
    before = tree(store.paths.images)
    report = bring(store, make_zip("pets.zip", {"a/1.png": picture(), "b/1.png": picture()}))
    assert report.added == 2
    after = tree(store.paths.images)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"pets-2/a/1.png", "pets-2/b/1.png"}


def test_a_file_where_a_folder_is_needed(store: Store, make_zip: Zip, picture: Callable[[], bytes]) -> None:
    bring(store, make_zip("pets.zip", {"a.png": picture()}))
    bring(store, make_zip("pets.zip", {"a.png/b.png": picture(), "c/d.png": picture()}))
    assert set(tree(store.paths.images)) == {"pets/a.png", "pets-2/a.png/b.png", "pets-2/c/d.png"}


@pytest.mark.parametrize(
    "evil",
    [
        "../evil.png",
        "a/../../evil.png",
        "/etc/evil.png",
        "\\evil.png",
        "..\\evil.png",
        "C:/evil.png",
        "c:evil.png",
        "../x",
    ],
)
def test_climbing_archive_is_refused(store: Store, make_zip: Zip, picture: Callable[[], bytes], evil: str) -> None:
    path = make_zip("bad.zip", [("good.png", picture()), (evil, picture())])
    around = tree(store.root.parent)
    with pytest.raises(Error, match=r"^bad\.zip was refused: “.*” would be written outside of its folder\."):
        bring(store, path)
    assert_untouched(store)
    assert {name for name in tree(store.root.parent) if "evil" in name} == set()
    assert around.keys() <= tree(store.root.parent).keys()


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(store: Store, make_zip: Zip, picture: Callable[[], bytes], kind: int) -> None:
    link = zipfile.ZipInfo("link.png")
    link.external_attr = (kind | 0o777) << 16
    path = make_zip("bad.zip", [("good.png", picture()), (link, b"/etc/passwd")])
    with pytest.raises(Error, match=r"^bad\.zip was refused: “link\.png” is a link or a device\."):
        bring(store, path)
    assert_untouched(store)


def test_swelling_archive_is_refused(store: Store, make_zip: Zip) -> None:
    with pytest.raises(Error, match=r"^bomb\.zip was refused: its 0\.\d MB would swell to 120 MB\."):
        bring(store, make_zip("bomb.zip", {"a.png": b"\0" * 120_000_000}))
    assert_untouched(store)


def test_archive_larger_than_the_disk_is_refused(
    store: Store, make_zip: Zip, picture: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Small:
        free = 64 << 20

    monkeypatch.setattr(shutil, "disk_usage", lambda path: Small)
    with pytest.raises(Error, match=r"^pets\.zip needs \d\.\d MB, but the disk has only 0\.0 MB to spare\."):
        bring(store, make_zip("pets.zip", {"a.png": picture()}))
    assert_untouched(store)


def test_locked_archive_is_refused(store: Store, make_zip: Zip, picture: Callable[[], bytes]) -> None:
    path = make_zip("locked.zip", {"a.png": picture()})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x03\x04") + 6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(Error, match=r"^locked\.zip is locked with a password\."):
        bring(store, path)
    assert_untouched(store)


@pytest.mark.parametrize("keep", [0.5, 0.95])
def test_cut_archive(store: Store, make_zip: Zip, picture: Callable[[], bytes], keep: float) -> None:
    path = make_zip("half.zip", {f"{number}.png": picture() for number in range(10)})
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    with pytest.raises(Error, match=r"^half\.zip is damaged or no zip archive\."):
        bring(store, path)
    assert_untouched(store)


def test_empty_or_foreign_archive(store: Store, tmp_path: Path, make_zip: Zip) -> None:
    (tmp_path / "page.zip").write_bytes(b"<html>Not found</html>")
    with pytest.raises(Error, match=r"^page\.zip is damaged or no zip archive\."):
        bring(store, tmp_path / "page.zip")
    (tmp_path / "empty.zip").touch()
    with pytest.raises(Error, match=r"^empty\.zip could not be read: it is empty"):
        bring(store, tmp_path / "empty.zip")
    with pytest.raises(Error, match=r"^There are no images in texts\.zip\."):
        bring(store, make_zip("texts.zip", {"a.txt": b"hello"}))
    assert_untouched(store)


def test_damaged_member_is_listed_and_the_rest_goes_on(
    store: Store, make_zip: Zip, picture: Callable[[], bytes]
) -> None:
    broken = picture()
    path = make_zip("pets.zip", {"a.png": picture(), "b.png": broken, "c.png": picture()[:50], "d.jpg": b""})
    data = bytearray(path.read_bytes())
    at = data.index(b"b.png") + 40
    data[at : at + 8] = bytes(8)
    path.write_bytes(data)
    report = bring(store, path)
    assert set(names(store)) == {"a.png"}
    assert dict(report.skipped) == {
        "b.png": "it is damaged inside the archive",
        "c.png": "it is cut off before its end",
        "d.jpg": "it is empty (0 bytes)",
    }
    assert set(tree(store.paths.images)) == {"pets/a.png"}


def test_only_broken_pictures(store: Store, make_zip: Zip) -> None:
    report = bring(store, make_zip("pets.zip", {"a.png": b"x"}))
    assert (report.added, len(report.skipped)) == (0, 1)
    assert_untouched(store)


def test_random_damage_is_told_and_leaves_nothing(store: Store, make_zip: Zip, picture: Callable[[], bytes]) -> None:
    path = make_zip("pets.zip", {f"{number}.png": picture()[:200] for number in range(4)})
    sound = path.read_bytes()
    chance = random.Random(0)
    for _ in range(120):
        data = bytearray(sound)
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        with contextlib.suppress(Error):
            bring(store, path)
        assert not list(store.paths.images.glob(".incoming-*"))


def test_names_are_made_safe_and_the_manifest_still_finds_them(
    store: Store, make_zip: Zip, picture: Callable[[], bytes]
) -> None:
    odd = ["con/CON.jpg", "con/aux.png", "con/dot.png.", "con/what?.png", "con/DOT.PNG", "x/NUL .png"]
    manifest = "file,label\n" + "".join(f"{name},{number}\n" for number, name in enumerate(odd))
    path = make_zip("odd.zip", [*((name, picture()) for name in odd), ("manifest.csv", manifest.encode())])
    report = bring(store, path)
    assert report.skipped == []
    assert names(store) == {
        "_con/_CON.jpg": ("0", None),
        "_con/_aux.png": ("1", None),
        "_con/dot.png": ("2", None),
        "_con/what_.png": ("3", None),
        "_con/DOT~2.PNG": ("4", None),
        "x/_NUL .png": ("5", None),
    }


def test_renamed_class_folder_keeps_its_class(store: Store, make_zip: Zip, picture: Callable[[], bytes]) -> None:
    bring(store, make_zip("odd.zip", {"con/1.png": picture(), "what?/2.png": picture()}))
    assert names(store) == {"_con/1.png": ("con", None), "what_/2.png": ("what?", None)}


def test_names_that_are_no_utf8(store: Store, make_zip: Zip, picture: Callable[[], bytes]) -> None:
    path = make_zip("odd.zip", {"caf\u00e9.png": picture(), "na\u00efve.png": picture(), "plain.png": picture()})
    # The first claims UTF-8 and is Latin-1; the second is UTF-8 and does not say so.
    data = path.read_bytes().replace("caf\u00e9.png".encode(), b"caf\xe9\xe9.png")
    for signature, flags, name in ((b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46)):
        at = data.index(signature, data.index(signature) + 1)
        assert data[at + name :].startswith("na\u00efve.png".encode())
        data = data[: at + flags] + b"\0\0" + data[at + flags + 2 :]
    path.write_bytes(data)
    report = bring(store, path)
    assert report.skipped == []
    assert set(names(store)) == {"caf\u0398\u0398.png", "na\u00efve.png", "plain.png"}


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        (b"a.png", b"a.png"),
        (b"CON.jpg", b"_CON.jpg"),
        (b"com1", b"_com1"),
        (b"lpt\xc2\xb2.png", b"_lpt\xc2\xb2.png"),
        (b"console.png", b"console.png"),
        (b"a. .", b"a"),
        (b" ", b"_"),
        (b"a:b|c\x00.png", b"a_b_c_.png"),
        (b"\xff.png", "\ufffd.png".encode()),
        ("\u00e9".encode() * 200 + b".png", "\u00e9".encode() * 98 + b".png"),
    ],
)
def test_portable(name: bytes, safe: bytes) -> None:
    assert portable(name) == safe


@pytest.mark.parametrize("stop_at", [1, 2, 3, 4, 5])
def test_closing_leaves_the_project_as_it_was(
    store: Store, make_zip: Zip, picture: Callable[[], bytes], stop_at: int
) -> None:
    path = make_zip("pets.zip", {f"{number}.png": picture() for number in range(5)})
    job = import_path(store, path)
    for _ in range(stop_at):
        next(job)
    job.close()
    assert_untouched(store)
    assert bring(store, path).added == 5


def test_failing_catalog_takes_the_move_back(
    store: Store, make_zip: Zip, picture: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = {"a.png": picture()}
    bring(store, make_zip("pets.zip", first))
    before = tree(store.paths.images)

    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(landing, "add_images", fail)
        with pytest.raises(OSError, match="No space left"):
            bring(store, make_zip("pets.zip", {**first, "b.png": picture()}))
        with pytest.raises(OSError, match="No space left"):
            bring(store, make_zip("new.zip", {"c.png": picture()}))
    assert tree(store.paths.images) == before


CHILD = """
import signal, sys
from pathlib import Path
from core.errors import told
from core.importers import import_path
from core.project.store import Store
if len(sys.argv) > 3:
    import resource
    limit = int(sys.argv[3])
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
print("ready", flush=True)
try:
    with Store.open(Path(sys.argv[1])) as store:
        for event in import_path(store, Path(sys.argv[2])):
            pass
    print("done")
except Exception as problem:
    print(told(problem) or repr(problem))
"""


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-c", CHILD, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def test_full_disk_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, make_zip: Zip, picture: Callable[[], bytes]
) -> None:
    project = tmp_path / "other"
    large = io.BytesIO(picture() + os.urandom(300_000)).getvalue()
    path = make_zip("pets.zip", {"a.png": picture(), "b.png": large})
    with Store.create(project) as store:
        bring(store, make_zip("first.zip", {"1.png": picture()}))
        before = tree(store.paths.images)
    with start(project, path, 200_000) as child:
        output, _ = child.communicate()
    assert "The disk is full at " in output
    assert "b.png" in output
    with Store.open(project) as store:
        assert tree(store.paths.images) == before
        assert set(names(store)) == {"1.png"}
        assert bring(store, path).added == 2


def test_kill_at_a_random_moment(tmp_path: Path, make_zip: Zip, picture: Callable[[], bytes]) -> None:
    project = tmp_path / "other"
    path = make_zip("pets.zip", {f"{number % 3}/{number}.png": picture() for number in range(300)})
    with Store.create(project) as store:
        bring(store, make_zip("first.zip", {"x/1.png": picture()}))
    for _ in range(4):
        with start(project, path) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(random.uniform(0, 0.4))
            child.kill()
        with Store.open(project) as store:
            assert len(names(store)) in (1, 301)
    with Store.open(project) as store:
        report = bring(store, path)
        assert report.added + report.unchanged == 300
        assert len(names(store)) == 301
        assert {name.split("/")[0] for name in tree(store.paths.images)} == {"first", "pets"}


def test_real_digits(store: Store, shared_data: Path) -> None:
    report = bring(store, shared_data / "wild-digits" / "wild-digits.zip")
    assert (report.added, report.skipped) == (4943, [])
    assert report.classes == tuple("0123456789")
    assert store.read("SELECT count(DISTINCT source_id), count(DISTINCT group_name) > 100 FROM image") == [(7, 1)]
    assert len(list(store.paths.images.glob("wild-digits/[0-9]/*"))) == 4943


def test_table_that_names_no_image_is_mentioned(store: Store, make_zip: Zip, picture: Callable[[], bytes]) -> None:
    sink: list[Event] = []
    members = {"data/a.png": picture(), "data/labels.csv": b"name,kind\na,1\n", "data/notes.txt": b"x"}
    bring(store, make_zip("shapes.zip", members), sink)
    told = " ".join(event.text for event in sink if isinstance(event, Notice))
    assert "2 other files are no pictures and were left out" in told
    assert "For data/labels.csv to count, its columns file and label must name images beside it." in told
    assert "their class: data" in told
    assert set(tree(store.paths.images)) == {"shapes/data/a.png"}


def test_bad_manifest_names_the_archive(store: Store, make_zip: Zip, picture: Callable[[], bytes]) -> None:
    with pytest.raises(Error, match=r"^manifest\.csv in pets\.zip has no column"):
        bring(store, make_zip("pets.zip", {"a.png": picture(), "manifest.csv": b"photo\na.png\n"}))
    assert_untouched(store)
