"""What core check finds, with real files, whatever happens to them meanwhile."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from core.curate import measuring
from core.curate.quality import Findings, check
from core.curate.standing import standing
from core.events import Event, Notice, Progress, Skipped, Stage
from core.images.measures import NOT_COMPARED, load
from core.importers import import_path
from core.jobs import run
from core.project import edits, query
from core.project.records import columns
from core.project.store import Store
from tests.core.images.test_measures import scene
from tests.core.importers.test_folder import without_root

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "project") as store:
        yield store


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two classes, cat and dog, of six drawings each."""
    for n in range(12):
        file = tmp_path / "photos" / ("cat", "dog")[n % 2] / f"{n:02}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        scene(seed=n).save(file)
    return tmp_path / "photos"


def found(store: Store, sink: list[Event] | None = None) -> Findings:
    findings = run(check(store), (sink if sink is not None else []).append)
    assert isinstance(findings, Findings)
    return findings


def shows_the_same(store: Store, findings: Findings) -> bool:
    """Whether each finding's filter shows its images, and each group's its own; counted without a check, too."""
    now = standing(store)
    assert (now.images, now.measured) == (findings.images, findings.measured)
    assert [(count.filter, count.images) for count in now.counts] == [
        (one.filter, len(one.ids)) for one in findings.findings
    ]
    parts = (*findings.findings, *findings.duplicates, *findings.near)
    return all(
        sorted(query.ids(store, query.parse(part.filter)).tolist()) == sorted(part.ids.tolist()) for part in parts
    )


def bring(store: Store, photos: Path) -> None:
    run(import_path(store, photos), lambda event: None)


def names(store: Store, findings: Findings, word: str) -> set[str]:
    (finding,) = [one for one in findings.findings if one.word == word]
    named = dict(store.read("SELECT id, name FROM image"))
    return {named[id].rpartition("/")[2] for id in finding.ids.tolist()}


def test_good_images_have_no_findings(store: Store, photos: Path) -> None:
    bring(store, photos)
    events: list[Event] = []
    findings = found(store, events)
    assert (findings.images, findings.measured) == (12, 12)
    assert {one.word: len(one.ids) for one in findings.findings if len(one.ids)} == {}
    assert (findings.duplicates, findings.near, findings.cues) == ((), (), ())
    assert next(event.title for event in events if isinstance(event, Stage)) == "Measuring images"
    assert Progress(done=12, total=12) in events
    assert len(load(store.paths.measures)) == 12


def test_poor_images(store: Store, photos: Path) -> None:
    odd = photos / "cat"
    Image.new("RGB", (64, 64), "grey").save(odd / "blank.png")
    scene().point(lambda value: value // 4).save(odd / "dark.png")
    scene().point(lambda value: 191 + value // 4).save(odd / "bright.png")
    scene(400, 300).filter(ImageFilter.GaussianBlur(5)).save(odd / "blurred.png")
    scene(15, 40).save(odd / "tiny.png")
    scene(400, 60).save(odd / "wide.png")
    scene(60, 400, seed=1).save(odd / "tall.png")
    bring(store, photos)
    findings = found(store)
    assert names(store, findings, "blank") == {"blank.png"}
    assert names(store, findings, "dark") == {"dark.png"}
    assert names(store, findings, "bright") == {"bright.png"}
    assert names(store, findings, "blurred") == {"blurred.png"}
    assert names(store, findings, "tiny") == {"tiny.png"}
    assert names(store, findings, "odd") == {"wide.png", "tall.png"}
    assert shows_the_same(store, findings)


def test_duplicates_those_with_different_labels_first(store: Store, photos: Path) -> None:
    for n in range(3):
        shutil.copy(photos / "cat" / "00.png", photos / "cat" / f"copy {n}.png")
    shutil.copy(photos / "cat" / "02.png", photos / "dog" / "wrong.png")
    scene(seed=1).convert("L").save(photos / "dog" / "grey.png")
    scene(seed=3).save(photos / "cat" / "small.jpg", quality=60)
    bring(store, photos)
    findings = found(store)
    assert names(store, findings, "conflict") == {"02.png", "wrong.png", "03.png", "small.jpg"}
    assert names(store, findings, "equal") == {"00.png", "copy 0.png", "copy 1.png", "copy 2.png"} | {
        "02.png",
        "wrong.png",
    }
    assert names(store, findings, "near") == {"01.png", "grey.png", "03.png", "small.jpg"}
    assert [(group.conflict, len(group.ids)) for group in findings.duplicates] == [(True, 2), (False, 4)]
    assert [(group.conflict, len(group.ids)) for group in findings.near] == [(True, 2), (False, 2)]
    assert shows_the_same(store, findings)
    assert [(count.kind.word, count.groups) for count in standing(store).counts[:3]] == [
        ("conflict", 2),
        ("equal", 2),
        ("near", 2),
    ]


def test_what_was_rejected_is_settled(store: Store, photos: Path) -> None:
    shutil.copy(photos / "cat" / "00.png", photos / "dog" / "again.png")
    Image.new("RGB", (64, 64), "white").save(photos / "cat" / "blank.png")
    bring(store, photos)
    settled = [row[0] for row in store.read("SELECT id FROM image WHERE name LIKE '%again%' OR name LIKE '%blank%'")]
    edits.reject(store, settled)
    findings = found(store)
    assert not any(len(one.ids) for one in findings.findings)
    assert findings.duplicates == ()
    assert shows_the_same(store, findings)
    (photos / "cat" / "00.png").rename(photos / "cat" / "first.png")
    scene(seed=0).save(photos / "cat" / "third.jpg", quality=70)
    scene(seed=0).save(photos / "cat" / "fourth.jpg", quality=60)
    bring(store, photos)
    findings = found(store)
    assert [len(group.ids) for group in findings.near] == [3]
    assert findings.near[0].filter.endswith("-rejected")
    assert shows_the_same(store, findings)


def test_even_areas_are_no_near_duplicates_of_each_other(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for n in range(30):
        Image.new("RGB", (40 + n, 40), (8 * n, 8 * n, 8 * n)).save(folder / f"{n}.png")
    bring(store, folder)
    findings = found(store)
    assert findings.near == ()
    assert len(names(store, findings, "blank")) == 30


def test_no_image_and_one_image(store: Store, tmp_path: Path) -> None:
    assert found(store).images == 0
    (tmp_path / "photos").mkdir()
    scene().save(tmp_path / "photos" / "only.png")
    bring(store, tmp_path / "photos")
    findings = found(store)
    assert (findings.images, findings.measured) == (1, 1)
    assert findings.as_dict()["findings"][0] == {
        "word": "conflict",
        "title": "Different labels",
        "says": "the same image, or nearly so, has another label too",
        "filter": "conflict",
        "ids": [],
        "count": 0,
    }


def test_every_kind_of_file(store: Store, photos: Path) -> None:
    grey = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * 16
    Image.fromarray(grey).save(photos / "deep.png")
    scene().convert("RGBA").save(photos / "alpha.png")
    Image.new("1", (30, 20)).save(photos / "bits.png")
    scene().convert("P").save(photos / "palette.gif")
    scene().convert("CMYK").save(photos / "print.tif")
    Image.new("RGB", (1, 1)).save(photos / "dot.png")
    bring(store, photos)
    assert found(store).measured == 18


def test_files_that_were_damaged_since_are_skipped(store: Store, photos: Path) -> None:
    shutil.copy(photos / "cat" / "02.png", photos / "cat" / "twin.png")
    bring(store, photos)
    (photos / "cat" / "00.png").write_bytes(b"no image")
    (photos / "cat" / "02.png").unlink()  # its twin will do
    (photos / "cat" / "04.png").unlink()
    os.truncate(photos / "dog" / "01.png", 50)
    events: list[Event] = []
    findings = found(store, events)
    skipped = {Path(event.name).name: event.reason for event in events if isinstance(event, Skipped)}
    changed = "it has changed since it was imported; import it again"
    assert skipped == {"00.png": changed, "01.png": changed, "04.png": "it is not there"}
    assert (findings.images, findings.measured) == (13, 10)


def test_only_new_images_are_read(store: Store, photos: Path) -> None:
    bring(store, photos)
    before = found(store)
    for file in photos.rglob("*.png"):
        file.rename(file.with_suffix(".gone"))
    scene(seed=99).save(photos / "cat" / "new.png")
    run(import_path(store, photos), lambda event: None)
    events: list[Event] = []
    after = found(store, events)
    assert (before.measured, after.measured) == (12, after.images)
    assert next(event for event in events if isinstance(event, Stage)).total == 1


def test_nothing_is_compared_again_where_nothing_is_new(store: Store, photos: Path) -> None:
    scene(seed=3).save(photos / "cat" / "copy.jpg", quality=60)
    bring(store, photos)
    before = found(store)
    events: list[Event] = []
    after = found(store, events)
    assert [event.title for event in events if isinstance(event, Stage)] == ["Looking for what tells the class"]
    assert [group.ids.tolist() for group in after.near] == [group.ids.tolist() for group in before.near] != []
    scene(seed=5).save(photos / "cat" / "another.jpg", quality=60)
    bring(store, photos)
    assert len(found(store).near) == 2


def test_closing_keeps_what_was_measured(store: Store, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(store, photos)
    monkeypatch.setattr(measuring, "_TELL_SECONDS", 0.0)
    job = check(store)
    for event in job:
        if isinstance(event, Progress) and event.done == 5:
            break
    job.close()
    kept = load(store.paths.measures)
    assert kept.cluster.tolist() == [NOT_COMPARED] * 5
    events: list[Event] = []
    assert found(store, events).measured == 12
    assert next(event for event in events if isinstance(event, Stage)).total == 7


def test_a_cache_that_is_deleted_or_damaged_meanwhile(store: Store, photos: Path) -> None:
    bring(store, photos)
    found(store)
    store.paths.measures.write_bytes(b"PK nonsense")
    assert found(store).measured == 12
    assert len(load(store.paths.measures)) == 12
    scene(seed=77).save(photos / "cat" / "new.png")
    bring(store, photos)
    job = check(store)
    next(job)
    shutil.rmtree(store.paths.cache)
    run(job, lambda event: None)
    assert len(load(store.paths.measures)) == 13


def test_a_cache_that_cannot_be_written_is_said_once(store: Store, photos: Path) -> None:
    bring(store, photos)
    shutil.rmtree(store.paths.cache, ignore_errors=True)
    store.paths.cache.write_bytes(b"")
    events: list[Event] = []
    assert found(store, events).measured == 12
    (notice,) = [event for event in events if isinstance(event, Notice)]
    assert notice.level == "warning"
    assert "could not be kept" in notice.text


CHILD = """
import sys
from pathlib import Path
from core.curate import measuring
from core.curate.quality import check
from core.jobs import run
from core.project.store import Store
measuring._SAVE_SECONDS = 0.0
measuring._SAVE_SHARE = 0
measuring._BATCH = 3
with Store.open(Path(sys.argv[1]), write=False) as store:
    found = run(check(store), lambda event: print(event, flush=True))
    print("measured", found.measured)
"""


def test_a_read_only_project(store: Store, photos: Path) -> None:
    bring(store, photos)
    store.close()
    folders = [store.root, store.paths.cache]
    store.paths.cache.mkdir(exist_ok=True)
    try:
        for folder in folders:
            folder.chmod(0o555)
        command = [*without_root(), sys.executable, "-W", "error", "-c", CHILD, str(store.root)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert done.stderr == ""
    assert "measured 12" in done.stdout
    assert "could not be kept" in done.stdout


def test_killing_loses_at_most_what_was_not_saved(store: Store, photos: Path) -> None:
    for n in range(20, 80):
        scene(seed=n).save(photos / "cat" / f"{n}.png")
    bring(store, photos)
    store.close()
    chance = np.random.default_rng(0)
    for _ in range(4):
        child = subprocess.Popen([sys.executable, "-c", CHILD, str(store.root)], cwd=ROOT, stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(float(chance.uniform(0, 0.3)))
        child.kill()
        child.communicate()
        load(store.paths.measures)
    with Store.open(store.root, write=False) as again:
        assert found(again).measured == 72
        assert len(load(again.paths.measures)) == 72
        assert (load(again.paths.measures).rows_of(columns(again).content_hash) >= 0).all()
