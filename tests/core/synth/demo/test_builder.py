import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import Error
from core.events import Progress, Stage
from core.images.packed import load_square
from core.jobs import run
from core.project.records import columns, holds_images
from core.project.store import Store
from core.synth import demo
from core.synth.demo import builder
from core.synth.demo.places import PLACES


def build(folder: Path, seed: int = 0, count: int = 60) -> dict[str, bytes]:
    events = []
    run(demo.build(folder, seed, count), events.append)
    assert isinstance(events[0], Stage)
    assert events[-1] == Progress(done=count, total=count)
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    first = build(tmp_path / "a")
    assert first == build(tmp_path / "b")
    assert first != build(tmp_path / "c", seed=1)


def test_images_look_as_they_always_did(tmp_path: Path) -> None:
    """Means only: the last bit of a pixel may depend on the processor."""
    build(tmp_path)
    means = [load_square(tmp_path / p.file, builder.SIZE).mean() for p in demo.plan(0, 60)[:12]]
    assert means == pytest.approx([203, 173, 178, 67, 103, 43, 76, 80, 146, 116, 165, 114], abs=1)


def test_files_and_manifest(tmp_path: Path) -> None:
    files = build(tmp_path)
    rows = list(csv.DictReader(files.pop("manifest.csv").decode().splitlines()))
    assert sorted(files) == sorted(row["file"] for row in rows)
    for row in rows:
        assert row["file"].startswith(f"{row['label']}/{row['source']}_")
        with Image.open(tmp_path / row["file"]) as image:
            assert (image.format, image.size, image.mode) == ("JPEG", (96, 96), "RGB")


def test_plan_is_even() -> None:
    plans = demo.plan(0, 2000)
    labels = np.array([int(p.label) for p in plans])
    places = np.array([p.place for p in plans])
    assert np.bincount(labels).tolist() == [200] * 10
    for place in PLACES:
        per_class = np.bincount(labels[places == place], minlength=10)
        assert per_class.min() >= 14, place
        assert per_class.max() <= 20, place
    assert len({p.file for p in plans}) == 2000
    assert len({p.stamp for p in plans}) == 1797  # every digit is used


@pytest.mark.parametrize("count", [100, 2000, 9000])
def test_nothing_leaks_into_validation(count: int) -> None:
    plans = demo.plan(0, count)
    places_of: dict[int, set[str]] = {}
    for p in plans:
        places_of.setdefault(p.stamp, set()).add(p.place)
    assert all(len(places) == 1 for places in places_of.values())


def test_places_share_no_background() -> None:
    assert sum(place.split == "val" for place in PLACES.values()) == 3
    names = list(PLACES)
    for i, one in enumerate(names):
        for other in names[:i]:
            a, b = PLACES[one], PLACES[other]
            apart = a.box[2] <= b.box[0] or b.box[2] <= a.box[0] or a.box[3] <= b.box[1] or b.box[3] <= a.box[1]
            assert a.photo != b.photo or apart, (one, other)


def test_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "COUNT", 120)
    root = tmp_path / "demo"
    assert run(demo.project(root), lambda event: None) == 120
    with Store.open(root, write=False) as store:
        table = columns(store)
        assert sorted(table.sources) == sorted(PLACES)
        of_val = {table.sources[s] for s in table.source[table.split == 2]}
        of_train = {table.sources[s] for s in table.source[table.split == 1]}
    assert of_val == {name for name, place in PLACES.items() if place.split == "val"}
    assert of_train == set(PLACES) - of_val
    with pytest.raises(Error, match="already"):
        run(demo.project(root), lambda event: None)


def test_stopped_half_way_it_leaves_nothing(tmp_path: Path) -> None:
    root = tmp_path / "demo"
    job = demo.project(root)
    while not isinstance(next(job), Progress):
        pass
    job.close()
    assert not root.exists()


def test_killed_half_way_it_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "COUNT", 120)
    root = tmp_path / "demo"
    Store.create(root).close()  # what a killed one leaves: a project without images, some files
    run(demo.build(root / "images" / builder.FOLDER, seed=1, count=30), lambda event: None)
    assert not holds_images(root)
    (tmp_path / "project.db").touch()  # killed still earlier
    assert not holds_images(tmp_path)
    assert run(demo.project(root), lambda event: None) == 120
    assert holds_images(root)
