"""Whatever people write, it is the same after a round: a property of every format."""

import hashlib
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from core.curate import exchange
from core.curate.exchange.registry import FORMATS
from core.importers.layout import class_name
from core.project import edits, records
from core.project.catalog import NewImage, add_images
from core.project.store import Store
from tests.core.conftest import finish
from tests.core.curate.exchange.conftest import facts

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=12).map(str.strip)
CLASSES = WORDS.map(lambda text: class_name(text.encode())).filter(bool)
TAGS = WORDS.filter(lambda text: text and not set(text) & set(',:"()'))
NOTES = st.text(st.characters(exclude_categories=["Cs", "Cn"], exclude_characters="\0"), max_size=40)
IMAGES = st.tuples(
    st.one_of(st.none(), CLASSES),
    st.sampled_from(["hand", "bulk", "model", "import"]),
    st.sets(TAGS, max_size=3),
    NOTES,
)


def project(root: Path, folder: Path, labels: list[str | None], prefix: str) -> Store:
    """A project of small files whose contents are their numbers, so that two projects have the same images."""
    folder.mkdir()
    found = []
    for number, label in enumerate(labels):
        content = f"image {number}".encode()
        (folder / f"{prefix}{number}.png").write_bytes(content)
        size = (1, 1, len(content), 0)
        found.append(NewImage(f"{prefix}{number}.png".encode(), hashlib.sha256(content).digest(), *size, label=label))
    store = Store.create(root)
    add_images(store, folder, found)
    return store


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=12)
@given(images=st.lists(IMAGES, min_size=1, max_size=5))
def test_labels_tags_and_notes_survive(format: str, images: list[tuple[str | None, str, set[str], str]]) -> None:
    with tempfile.TemporaryDirectory() as held:
        base = Path(held)
        names = [name for name, *_ in images]
        with (
            project(base / "ours", base / "a", names, "a") as ours,
            project(base / "theirs", base / "b", [None] * len(images), "scan") as theirs,
        ):
            for id, (name, by, tags, note) in enumerate(images, start=1):
                edits.label(ours, [id], name, by=by)
                edits.write_note(ours, [id], note)
                for tag in tags:
                    edits.tag(ours, [id], tag)
            kept = [image for image in images if image[0] is not None or not format.startswith("imagefolder")]
            if not kept:
                return
            place = base / f"out{FORMATS[format].suffix}"
            assert finish(exchange.export(ours, place, format)).images == len(kept)
            report = finish(exchange.merge(theirs, place))
            assert (report.matched, report.unusable, report.conflicts) == (len(kept), (), ())
            wanted, found = facts(ours), facts(theirs)
            placed = {i.content_hash for i in records.images(ours, range(1, 9)) if images[i.id - 1] in kept}
            assert {content: found[content] for content in placed} == {content: wanted[content] for content in placed}
