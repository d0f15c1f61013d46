"""Importing folders: layouts, manifests, and all the odd things that lie in folders."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import Error
from core.events import Event, Notice, Progress, Skipped, Stage
from core.importers import import_path
from core.project import edits
from core.project.records import columns, targets
from core.project.store import Store
from tests.core.importers.conftest import Draw, bring, names, tree

ROOT = Path(__file__).parents[3]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


def test_class_folders_become_labels(store: Store, photos: Path, draw: Draw) -> None:
    draw(photos / "cat" / "1.png")
    draw(photos / "dog" / "2.jpg")
    draw(photos / "3.webp")
    before = tree(photos)
    events: list[Event] = []
    report = bring(store, photos, events)
    assert (report.added, report.skipped, report.classes) == (3, [], ("cat", "dog"))
    assert names(store) == {"cat/1.png": ("cat", None), "dog/2.jpg": ("dog", None), "3.webp": (None, None)}
    assert tree(photos) == before
    assert [event.title for event in events if isinstance(event, Stage)] == ["Looking for images", "Reading images"]
    assert events[-1] == Progress(done=3, total=3)
    assert store.read("SELECT width, height, source_id, group_name FROM image") == [(10, 12, None, None)] * 3


def test_split_folders(store: Store, photos: Path, draw: Draw) -> None:
    draw(photos / "train" / "cat" / "1.png")
    draw(photos / "val" / "cat" / "2.png")
    bring(store, photos)
    assert names(store) == {"train/cat/1.png": ("cat", "train"), "val/cat/2.png": ("cat", "val")}


def test_again_finds_only_what_is_new(store: Store, photos: Path, draw: Draw) -> None:
    draw(photos / "1.png")
    bring(store, photos)
    draw(photos / "2.png")
    report = bring(store, photos)
    assert (report.added, report.unchanged) == (1, 1)


def test_moved_folder_is_linked_again_with_its_labels(store: Store, photos: Path, draw: Draw, tmp_path: Path) -> None:
    for number in range(5):
        draw(photos / ("dog" if number == 4 else "cat") / f"{number}.png")
    bring(store, photos)
    ids = [row[0] for row in store.read("SELECT id FROM image ORDER BY id")]
    edits.label(store, ids[:2], "dog")
    moved = tmp_path / "elsewhere" / "pictures"
    moved.parent.mkdir()
    photos.rename(moved)
    report = bring(store, moved)
    assert (report.added, report.relinked) == (0, 5)
    labels = [label for label, _ in names(store).values()]
    assert sorted(str(label) for label in labels) == ["cat", "cat", "dog", "dog", "dog"]
    assert [row[0] for row in store.read("SELECT id FROM image ORDER BY id")] == ids
    assert bring(store, moved).unchanged == 5


def test_folder_around_everything_says_nothing(store: Store, photos: Path, draw: Draw) -> None:
    draw(photos / "digits" / "0" / "a.png")
    draw(photos / "digits" / "1" / "b.png")
    bring(store, photos)
    assert names(store) == {"digits/0/a.png": ("0", None), "digits/1/b.png": ("1", None)}
    draw(photos / "c.png")
    assert bring(store, photos).unchanged == 2


def test_folder_without_images(store: Store, photos: Path) -> None:
    (photos / "notes.txt").write_text("hello")
    with pytest.raises(Error, match=r"^There are no images in photos\."):
        bring(store, photos)


def test_nothing_there_and_no_folder(store: Store, tmp_path: Path) -> None:
    with pytest.raises(Error, match="There is nothing at"):
        bring(store, tmp_path / "gone")
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(Error, match=r"notes\.txt is nothing that can be imported"):
        bring(store, tmp_path / "notes.txt")
    os.mkfifo(tmp_path / "pipe.zip")
    with pytest.raises(Error, match=r"pipe\.zip is nothing"):
        bring(store, tmp_path / "pipe.zip")


def test_bad_images_are_listed_and_the_rest_goes_on(store: Store, photos: Path, draw: Draw) -> None:
    draw(photos / "good.png")
    good = draw(photos / "cut.png").read_bytes()
    (photos / "cut.png").write_bytes(good[:-40])
    (photos / "empty.jpg").touch()
    (photos / "page.jpg").write_bytes(b"<html>404</html>")
    (photos / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic")
    (photos / "notes.txt").write_text("hello")
    (photos / ".hidden.png").touch()
    events: list[Event] = []
    report = bring(store, photos, events)
    assert report.added == 1
    assert report.skipped == [
        ("cut.png", "it is cut off before its end"),
        ("empty.jpg", "it is empty (0 bytes)"),
        ("page.jpg", "it is a web page, not a picture"),
        ("phone.heic", "it is a HEIC, AVIF or video file, which is not supported; save it as JPEG"),
    ]
    assert [(event.name, event.reason) for event in events if isinstance(event, Skipped)] == report.skipped
    assert Notice(text="1 other file is no picture and was left out (.txt 1).") in events


def test_unusual_pictures_come_in_with_the_size_that_is_seen(store: Store, photos: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (30, 20)).save(photos / "turned.jpg", exif=exif)
    Image.new("CMYK", (30, 20)).save(photos / "ink.jpg")
    Image.new("I;16", (30, 20)).save(photos / "deep.png")
    Image.new("P", (30, 20)).save(photos / "palette.png", transparency=0)
    Image.new("1", (30, 20)).save(photos / "moving.gif", save_all=True, append_images=[Image.new("1", (30, 20), 1)])
    report = bring(store, photos)
    assert (report.added, report.skipped) == (5, [])
    sizes = dict(store.read("SELECT name, width || 'x' || height FROM image"))
    assert sizes.pop("turned.jpg") == "20x30"
    assert set(sizes.values()) == {"30x20"}


def test_names_that_are_no_text_or_reserved_elsewhere(store: Store, photos: Path, draw: Draw) -> None:
    odd = [b"caf\xe9.png", b"new\nline.png", b"CON.png", b"trailing .png", b"-dash.png", "\N{SNOWMAN}.png".encode()]
    for name in odd:
        draw(photos / "plain.png").rename(os.fsdecode(os.path.join(os.fsencode(photos), name)))
    (photos / os.fsdecode(b"broken\xff.png")).touch()
    report = bring(store, photos)
    assert report.added == len(odd)
    assert report.skipped == [("broken\ufffd.png", "it is empty (0 bytes)")]
    assert {row[0] for row in store.read("SELECT path FROM image")} == set(odd)


def test_links_pipes_and_sockets_never_block_or_loop(store: Store, photos: Path, draw: Draw, tmp_path: Path) -> None:
    draw(photos / "a" / "1.png")
    draw(tmp_path / "outside" / "2.png")
    (photos / "a" / "loop").symlink_to(photos)
    (photos / "out").symlink_to(tmp_path / "outside")
    (photos / "out.png").symlink_to(tmp_path / "outside" / "2.png")
    (photos / "gone.png").symlink_to("nowhere.png")
    (photos / "circle.png").symlink_to("circle.png")
    (photos / "b").mkdir()
    (photos / "b" / "same.png").symlink_to(photos / "a" / "1.png")
    (photos / "twice").symlink_to("a")
    os.mkfifo(photos / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(photos / "socket.png"))
        report = bring(store, photos)
    assert set(names(store)) == {"a/1.png", "b/same.png"}
    assert dict(report.skipped) == {
        "a/loop": "it is a link back to a folder around it",
        "out": "it is a link that leads out of the folder; import the folder it leads to",
        "out.png": "it is a link that leads out of the folder",
        "gone.png": "it is a link to something that is not there",
        "circle.png": "it is a link that leads in a circle",
        "twice": "it is a link to a folder that is read anyway",
        "pipe.jpg": "it is not a regular file",
        "socket.png": "it is not a regular file",
    }


def test_a_project_is_not_a_folder_of_images(store: Store, photos: Path, draw: Draw) -> None:
    with pytest.raises(Error, match="is a Wildset project"):
        bring(store, store.root)
    draw(photos / "1.png")
    with Store.create(photos / "inner"):
        draw(photos / "inner" / "cache.png")
    assert bring(store, photos).skipped == [("inner", "it is a Wildset project")]


CHILD = """
import json, sys
from pathlib import Path
from core.importers import import_path
from core.project.store import Store
try:
    with Store.open(Path(sys.argv[1])) as store:
        job = import_path(store, Path(sys.argv[2]))
        while True:
            next(job)
except StopIteration as end:
    print(json.dumps([end.value.added, end.value.skipped]))
except Exception as problem:
    from core.errors import told
    print(json.dumps(str(told(problem) or repr(problem))))
"""


def without_root() -> list[str]:
    """The start of a command line that gives up root's right to read everything."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if not setpriv:
        pytest.skip("root may read everything, and setpriv to give that up is absent")
    return [setpriv, "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"]


def child(prefix: list[str], *arguments: object, code: str = CHILD) -> str:
    command = [*prefix, sys.executable, "-W", "error", "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stderr == ""
    return done.stdout.strip()


def test_unreadable_files_and_folders(tmp_path: Path, photos: Path, draw: Draw) -> None:
    draw(photos / "good.png")
    draw(photos / "locked.png").chmod(0)
    draw(photos / "folder" / "inside.png")
    (photos / "folder").chmod(0)
    Store.create(tmp_path / "other").close()
    try:
        output = child(without_root(), tmp_path / "other", photos)
    finally:
        (photos / "folder").chmod(0o755)
    folder, file = "you are not allowed to open this folder", "you are not allowed to read it"
    assert output == f'[1, [["folder", "{folder}"], ["locked.png", "{file}"]]]'


def test_read_only_project(tmp_path: Path, photos: Path, draw: Draw) -> None:
    draw(photos / "1.png")
    Store.create(tmp_path / "other").close()
    with Store.open(tmp_path / "other", write=False) as store, pytest.raises(Error, match="open for reading only"):
        bring(store, photos)


FULL = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))
"""


def test_full_disk_loses_nothing(tmp_path: Path, photos: Path, draw: Draw) -> None:
    draw(photos / "first" / "1.png")
    project = tmp_path / "other"
    with Store.create(project) as store:
        bring(store, photos)
    for number in range(800):
        draw(photos / f"a rather long name, so that the rows take some space, {number}.png")
    output = child([], project, photos, code=FULL.replace("(LIMIT, LIMIT)", "(100_000, 100_000)") + CHILD)
    assert "disk is full" in output
    with Store.open(project) as store:
        assert names(store) == {"first/1.png": ("first", None)}
        report = bring(store, photos)
        assert (report.added, report.unchanged) == (800, 1)


@pytest.mark.parametrize("stop_at", [1, 2, 4, 6])
def test_closing_leaves_the_project_as_it_was(store: Store, photos: Path, draw: Draw, stop_at: int) -> None:
    for number in range(5):
        draw(photos / f"{number}.png")
        (photos / f"{number}.jpg").touch()
    job = import_path(store, photos)
    for _ in range(stop_at):
        next(job)
    job.close()
    assert names(store) == {}
    assert bring(store, photos).added == 5


def test_manifest_wins_over_folders(store: Store, photos: Path, draw: Draw) -> None:
    for name in ("0/a.png", "1/b.png", "1/c.png", "1/d"):
        (photos / name).parent.mkdir(exist_ok=True)
        draw(photos / "x.png").rename(photos / name)
    (photos / "manifest.csv").write_text(
        "file,label,source,group,split,width\n"
        "0/a.png,seven,sign,g1,train,10\n"
        "./1\\b.png,,meter,,,10\n"
        "1/d,eight,,,validation\n"
        "gone.png,seven,,,\n"
        "../out.png,seven,,,\n"
        ",seven,,,\n"
        "\n"
        "0/a.png,eight,,,\n",
        encoding="utf-8-sig",
    )
    report = bring(store, photos)
    assert names(store) == {"0/a.png": ("seven", "train"), "1/b.png": (None, None), "1/d": ("eight", "val")}
    assert report.skipped == [
        ("gone.png", "line 5 of manifest.csv names it, but it is not there"),
        ("../out.png", "line 6 of manifest.csv leads out of the folder"),
        ("line 7", "line 7 of manifest.csv names no file"),
        ("0/a.png", "line 9 of manifest.csv names it a second time"),
        ("1/c.png", "manifest.csv does not name it"),
    ]
    sql = "SELECT i.name, s.name, i.group_name FROM image i LEFT JOIN source s ON s.id = i.source_id ORDER BY i.name"
    assert store.read(sql) == [("0/a.png", "sign", "g1"), ("1/b.png", "meter", None), ("1/d", None, None)]


def test_targets_of_a_manifest(store: Store, photos: Path, draw: Draw) -> None:
    for name in "abc":
        draw(photos / f"{name}.png")
    manifest = photos / "manifest.csv"
    lines = ["file,Label,Target: Left turns,target:up", "a.png,x, 2 ,-1e-1", "b.png,x,,0", "c.png"]
    manifest.write_text("\n".join(lines))
    bring(store, photos)
    found = targets(store, columns(store).ids)
    assert found.names == ("Left turns", "up")
    values = [[2, -0.1], [np.nan, 0], [np.nan, np.nan]]
    assert np.array_equal(found.values, values, equal_nan=True)
    manifest.write_text("file,label,target:up\na.png,y,5\n")
    bring(store, photos)
    assert np.array_equal(targets(store, columns(store).ids).values, values, equal_nan=True)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"file,label,target:up\na.png,1,2\nb.png,1,two\n", r"photos has “two” as target:up in line 3\."),
        (b"file,label,target:up\na.png,1,nan\n", r"has “nan” as target:up in line 2\."),
        (b"file,label,target:up\na.png,1,-1e999\n", r"has “-1e999” as target:up in line 2\."),
        (b"file,label,target: \na.png,1,3\n", r"has a target without a name\."),
        (b"file,label,target:up,TARGET: up\na.png,1,3,4\n", r"has the column “target:up” twice\."),
        (b"", r"manifest\.csv in photos has no column “file”\. It is empty\."),
        (b"photo,label\na.png,1\n", r"has no column “file”\. It has: photo, label\."),
        (b"file,remark\na.png,x\n", r"has no column “label”\. It has: file, remark\."),
        (b"file,label\na.png,1\ncaf\xe9.png,1\n", r"manifest\.csv in photos is not UTF-8 text: line 3\."),
        (b"\xff\xfef\0i\0l\0e\0", r"is not UTF-8 text: line 1\."),
        (b"file,label,split\na.png,1,train\nb.png,1,tets\n", r"has the split “tets” in line 3\."),
        (b"file,label\na.png," + b"x" * 200_000, r"manifest\.csv in photos cannot be read: line 2: field larger"),
        (b'file,label\na.png,"unclosed\nb.png,1\n', r"manifest\.csv in photos cannot be read: line 3: unexpected end"),
    ],
)
def test_bad_manifest_is_one_sentence(store: Store, photos: Path, draw: Draw, text: bytes, sentence: str) -> None:
    draw(photos / "a.png")
    (photos / "manifest.csv").write_bytes(text)
    with pytest.raises(Error, match=sentence):
        bring(store, photos)
    assert names(store) == {}


def test_semicolons_and_capital_headings(store: Store, photos: Path, draw: Draw) -> None:
    draw(photos / "a,b.png")
    (photos / "manifest.csv").write_text("File; Label\na,b.png; two\n")
    bring(store, photos)
    assert names(store) == {"a,b.png": ("two", None)}
