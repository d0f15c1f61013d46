"""A preview says what the import then does, for each kind of source, and writes nothing."""

import json
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core import jobs
from core.cli.main import run
from core.errors import Error
from core.importers.preview import preview
from core.importers.registry import IMPORTERS
from core.project import records
from core.project.store import Store
from tests.core.importers.conftest import Draw, bring, tree
from tests.core.importers.test_cifar import batch, save
from tests.core.importers.test_idx import idx, images, labels

Make = Callable[[Path, Draw], Path]


def class_folders(at: Path, draw: Draw) -> Path:
    for name in ("cat/1.png", "cat/2.jpg", "10/1.png", "9/1.png", "loose.png"):
        draw(at / "pets" / name)
    (at / "pets" / "notes.txt").write_text("hello")
    (at / "pets" / "cat" / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic")
    (at / "pets" / "cat" / "empty.png").touch()
    return at / "pets"


def split_folders(at: Path, draw: Draw) -> Path:
    for name in ("train/cat/1.png", "train/dog/2.png", "val/cat/3.png"):
        draw(at / "parts" / name)
    return at / "parts"


def unlabelled(at: Path, draw: Draw) -> Path:
    draw(at / "plain" / "1.png")
    draw(at / "plain" / "2.png")
    return at / "plain"


def tabled(at: Path, draw: Draw) -> Path:
    for number in range(4):
        draw(at / "signs" / "files" / f"{number}.png")
    rows = (
        "file,label,source,split,target:squares\nfiles/0.png,a,phone,train,2\nfiles/1.png,b,,val,\nfiles/9.png,a,,,\n"
    )
    (at / "signs" / "labels.csv").write_text(rows)
    return at / "signs"


def table(at: Path, draw: Draw) -> Path:
    return tabled(at, draw) / "labels.csv"


def image(at: Path, draw: Draw) -> Path:
    return draw(at / "cat" / "1.png")


def zipped(at: Path, draw: Draw) -> Path:
    return Path(shutil.make_archive(str(at / "pets"), "zip", class_folders(at, draw)))


def tarred_table(at: Path, draw: Draw) -> Path:
    folder = tabled(at, draw)
    with tarfile.open(at / "signs.tar.gz", "w:gz") as archive:
        archive.add(folder, "signs")
    return at / "signs.tar.gz"


def mnist(at: Path, draw: Draw) -> Path:
    folder = at / "mnist"
    folder.mkdir()
    for part, count in (("train", 30), ("t10k", 12)):
        (folder / f"{part}-images-idx3-ubyte").write_bytes(idx(images(count)))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels(count)))
    return folder


def mnist_without_labels(at: Path, draw: Draw) -> Path:
    (at / "odd-images-idx3-ubyte").write_bytes(idx(images(5)))
    return at / "odd-images-idx3-ubyte"


def cifar(at: Path, draw: Draw) -> Path:
    save(at / "cifar" / "data_batch_1", batch(6))
    save(at / "cifar" / "test_batch", batch(4))
    save(at / "cifar" / "batches.meta", {"label_names": ["cat", "dog", "frog"]})
    (at / "cifar" / "readme.html").write_text("<html>")
    return at / "cifar"


def zipped_mnist(at: Path, draw: Draw) -> Path:
    return Path(shutil.make_archive(str(at / "digits"), "zip", mnist(at, draw).parent, "mnist"))


KINDS: dict[str, tuple[Make, str, str]] = {
    "class folders": (class_folders, "folder", "folders are classes"),
    "split folders": (split_folders, "folder", "train and val folders, folders are classes"),
    "no labels": (unlabelled, "folder", "no labels"),
    "folder with a table": (tabled, "folder", "table labels.csv"),
    "table": (table, "table", "table labels.csv"),
    "zip": (zipped, "archive", "archive, folders are classes"),
    "tar with a table": (tarred_table, "archive", "archive, table signs/labels.csv"),
    "idx": (mnist, "idx", "MNIST files (IDX)"),
    "idx without labels": (mnist_without_labels, "idx", "MNIST files (IDX), no labels"),
    "cifar": (cifar, "cifar", "CIFAR files (python version)"),
    "an image": (image, "pictures", "no labels"),
    "zip of idx": (zipped_mnist, "archive", "archive, MNIST files (IDX)"),
}


@pytest.mark.parametrize("name", KINDS)
def test_it_tells_what_the_import_then_does(store: Store, tmp_path: Path, draw: Draw, name: str) -> None:
    make, kind, layout = KINDS[name]
    source = make(tmp_path, draw)
    before, project = tree(tmp_path), tree(store.root)
    told = preview(source)
    assert (tree(tmp_path), tree(store.root)) == (before, project)
    assert (told.kind, told.layout, told.complete) == (kind, layout, True)

    report = bring(store, source)
    counts = records.counts(store)
    only_when_read = sum(reason.startswith("it is ") for _, reason in report.skipped) if kind == "archive" else 0
    assert told.images == report.added + only_when_read
    assert told.classes == {
        name: count + (only_when_read if name == "cat" else 0) for name, count in counts.classes.items()
    }
    assert told.unlabelled == counts.unlabelled
    assert (told.sources or {"": counts.total}) == ({k: n for k, n in counts.sources.items() if n})
    if not only_when_read:
        assert (told.splits or {"": counts.total}) == ({k: n for k, n in counts.splits.items() if n})
    assert told.targets == records.targets(store, records.columns(store).ids).names
    assert sum(left.count for left in told.left_out) == len(report.skipped) - only_when_read
    assert all((Path(told.folder) / example).is_file() for example in told.examples if told.folder)
    assert told.examples


def test_every_importer_is_among_them() -> None:
    assert {kind for _, kind, _ in KINDS.values()} == set(IMPORTERS)


@pytest.mark.parametrize("wrong", ["empty folder", "nothing", "text", "bad zip", "bad table"])
def test_it_refuses_with_the_same_words(store: Store, tmp_path: Path, wrong: str) -> None:
    (tmp_path / "empty folder").mkdir()
    (tmp_path / "text").write_text("hello")
    (tmp_path / "bad.zip").write_bytes(b"PK no zip")
    (tmp_path / "bad.csv").write_text("file,label\n1.png,cat\n")
    source = tmp_path / wrong.replace("bad zip", "bad.zip").replace("bad table", "bad.csv")
    with pytest.raises(Error) as told:
        preview(source)
    with pytest.raises(Error) as refused:
        bring(store, source)
    assert (told.value.title, told.value.hint) == (refused.value.title, refused.value.hint)


def test_a_look_ends_in_time_and_says_at_least(tmp_path: Path, draw: Draw) -> None:
    for number in range(20):
        draw(tmp_path / "many" / f"{number:02}" / "1.png")
    ticks = iter(range(100))
    survey = jobs.run(IMPORTERS["folder"].look(tmp_path / "many", lambda: next(ticks) > 10), lambda event: None)
    assert (len(survey.candidates), survey.complete) == (10, False)
    told = preview(tmp_path / "many", seconds=-1)
    assert (told.images, told.complete, told.layout, told.left_out) == (0, False, "", ())


def test_a_long_table_is_looked_at_as_far_as_time_allows(tmp_path: Path, draw: Draw) -> None:
    for number in range(20):
        draw(tmp_path / f"{number:02}.png")
    rows = "".join(f"{number:02}.png,cat\n" for number in range(20))
    (tmp_path / "labels.csv").write_text("file,label\n" + rows)
    ticks = iter(range(100))
    survey = jobs.run(IMPORTERS["table"].look(tmp_path / "labels.csv", lambda: next(ticks) > 4), lambda event: None)
    assert (len(survey.candidates), survey.complete) == (6, False)
    assert preview(tmp_path / "labels.csv", seconds=-1).images == 1


@pytest.mark.parametrize("kind", ["zip", "gztar"])
def test_a_large_archive_is_looked_into_as_far_as_time_allows(tmp_path: Path, draw: Draw, kind: str) -> None:
    for number in range(20):
        draw(tmp_path / "many" / f"{number:02}" / "1.png")
    file = Path(shutil.make_archive(str(tmp_path / "many"), kind, tmp_path / "many"))
    ticks = iter(range(1000))
    survey = jobs.run(IMPORTERS["archive"].look(file, lambda: next(ticks) > 20), lambda event: None)
    assert not survey.complete
    assert 0 < len(survey.candidates) < 20
    ticks = iter(range(1000))
    assert jobs.run(IMPORTERS["archive"].look(file, lambda: next(ticks) > 900), lambda event: None).complete


def test_classes_are_listed_up_to_a_number(tmp_path: Path, draw: Draw) -> None:
    for number in range(60):
        draw(tmp_path / "many" / f"{number}" / "1.png")
    told = preview(tmp_path / "many")
    assert (told.class_count, list(told.classes)) == (60, [str(number) for number in range(50)])


def test_names_that_are_no_text_and_links_in_a_circle(
    tmp_path: Path, draw: Draw, capsys: pytest.CaptureFixture[str]
) -> None:
    draw(tmp_path / "odd" / "a" / "1.png")
    try:
        shutil.copy(tmp_path / "odd" / "a" / "1.png", os.fsencode(tmp_path / "odd" / "a") + b"/caf\xe9.png")
    except OSError:
        pytest.skip("this file system takes only names that are text")
    (tmp_path / "odd" / "a" / "loop").symlink_to(tmp_path / "odd")
    told = preview(tmp_path / "odd")
    assert told.images == 2
    assert [left.reason for left in told.left_out] == ["it is a link back to a folder around it"]
    assert run(["import", str(tmp_path / "odd"), "--preview", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["images"], said["complete"], said["problems"]) == (2, True, [])
    assert said["previews"][0]["name"] == "odd"


def test_the_command_tells_people_and_makes_no_project(
    tmp_path: Path, draw: Draw, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = class_folders(tmp_path, draw)
    assert run(["import", str(folder), "--preview"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("pets: 5 images, folders are classes\n  3 classes: 9 1, 10 1, cat 2\n  unlabelled: 1\n")
    assert "left out: 1 (cat/empty.png): it is empty (0 bytes)" in out
    assert not Path(os.environ["WILDSET_PROJECTS"]).exists()
