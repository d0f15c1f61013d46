import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.project.catalog import NewImage, add_images
from core.project.store import Store


def new_image(path: str, **facts: object) -> NewImage:
    """An image of which only the facts at hand matter; the content follows from the path."""
    defaults = {"width": 32, "height": 24, "byte_size": 100, "modified_ns": 0}
    content = hashlib.sha256(str(facts.pop("content", path)).encode()).digest()
    return NewImage(path=path.encode(), content_hash=content, **{**defaults, **facts})  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "project") as store:
        yield store


@pytest.fixture
def digits(store: Store, tmp_path: Path) -> Store:
    """30 images: 0.png … 29.png, class = number modulo 3, sources sign and meter by turns, five groups."""
    found = [
        new_image(f"{n}.png", label=str(n % 3), source=("sign", "meter")[n % 2], group=f"g{n % 5}") for n in range(30)
    ]
    add_images(store, tmp_path / "photos", found)
    return store
