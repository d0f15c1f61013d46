"""The most similar images, against comparing each with each."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.curate.neighbours import most_alike, nearest
from core.images import measures
from core.project.catalog import NewImage, add_images
from core.project.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Twelve drawings: four of circles, four of bars, four of text-like dots, and a copy of the first circle."""
    store = Store.create(tmp_path / "project")
    folder = tmp_path / "photos"
    folder.mkdir()
    found = []
    for n in range(13):
        image = Image.new("RGB", (64, 64), "white")
        draw, kind, shift = ImageDraw.Draw(image), n % 3, n // 3
        if kind == 0:
            shift %= 4  # number 12 is a copy of number 0
            draw.ellipse((8 + shift, 8, 50 + shift, 50), outline="black", width=6)
        elif kind == 1:
            draw.rectangle((10, 4 + shift, 20, 60), fill="black")
        else:
            draw.line((0, 5 + shift, 63, 60), fill="black", width=8)
        file = folder / f"{n:02}.png"
        image.save(file)
        body = file.read_bytes()
        found.append(
            NewImage(
                path=file.name.encode(),
                content_hash=hashlib.sha256(body).digest(),
                width=64,
                height=64,
                byte_size=len(body),
                modified_ns=1,
            )
        )
    add_images(store, folder, found)
    return store


def measure(store: Store) -> None:
    rows = store.read("SELECT content_hash, name FROM image ORDER BY id")
    seen = {}
    for content, name in rows:
        with Image.open(store.root.parent / "photos" / name) as image:
            seen[content] = measures.see(image.convert("RGB"))
    hashes = np.frombuffer(b"".join(seen), np.uint8).reshape(-1, 32)
    store.paths.measures.parent.mkdir(exist_ok=True)
    measures.write(store.paths.measures, measures.measured(hashes, list(seen.values())))


def test_nothing_is_known_before_a_check(store: Store) -> None:
    ids, similar = nearest(store, 1, 8)
    assert len(ids) == len(similar) == 0


def test_the_most_similar_come_first(store: Store) -> None:
    measure(store)
    ids, similar = nearest(store, 1, 4)
    names = [store.read("SELECT name FROM image WHERE id = ?", (int(id),))[0][0] for id in ids]
    assert names[0] == "12.png"  # the copy
    assert sorted(names) == ["03.png", "06.png", "09.png", "12.png"]  # the circles
    assert similar[0] == pytest.approx(1.0, abs=2e-3)
    assert (np.diff(similar) <= 0).all()
    assert 1 not in ids


def test_an_image_that_was_not_measured_has_no_neighbours(store: Store) -> None:
    measure(store)
    with store.transaction() as db:
        db.execute("UPDATE image SET content_hash = ? WHERE id = 2", (b"\xff" * 32,))
    assert len(nearest(store, 2, 4)[0]) == 0
    assert 2 not in nearest(store, 1, 13)[0]
    assert len(nearest(store, 999, 4)[0]) == 0


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(3)
    look = draw.normal(size=(1000, 16)).astype(np.float32)
    look = (look / np.linalg.norm(look, axis=1, keepdims=True)).astype(np.float16)
    whole = look.astype(np.float32) @ look[7].astype(np.float32)
    monkeypatch.setattr("core.curate.neighbours.BLOCK", 64)
    rows, similar = most_alike(look, 7, 10)
    assert rows.tolist() == np.argsort(-whole, kind="stable")[:10].tolist()
    assert np.allclose(similar, whole[rows])
