"""An import that was stopped, or is done again, reads only what it has not read."""

import os
import time
from pathlib import Path

import pytest

from core.events import Progress
from core.importers import import_path, memory, reading
from core.importers.memory import Known, Memory
from core.paths import images_read
from core.project import edits, records
from core.project.store import Store
from tests.core.importers.conftest import Draw, bring
from tests.faults import on_full_disk

OLD = time.time() - 100


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were really read."""
    names: list[str] = []
    real = reading.open_regular

    def noting(path: Path) -> object:
        names.append(path.name)
        return real(path)

    monkeypatch.setattr(reading, "open_regular", noting)
    return names


def old(path: Path) -> Path:
    os.utime(path, (OLD, OLD))
    return path


def photos(folder: Path, draw: Draw, count: int = 6) -> Path:
    for number in range(count):
        old(draw(folder / "cat" / f"{number}.png"))
    return folder


def test_again_nothing_is_read(store: Store, tmp_path: Path, draw: Draw, opened: list[str]) -> None:
    folder = photos(tmp_path / "photos", draw)
    assert bring(store, folder).added == 6
    assert len(opened) == 6
    old(draw(folder / "cat" / "new.png"))
    report = bring(store, folder)
    assert (report.added, report.unchanged, opened[6:]) == (1, 6, ["new.png"])
    with Store.create(tmp_path / "other") as other:  # another project reads nothing either
        assert bring(other, folder).added == 7
        before = [record.content_hash for record in records.images(store, range(1, 8))]
        assert sorted(record.content_hash for record in records.images(other, range(1, 8))) == sorted(before)
    assert len(opened) == 7


def test_what_was_read_before_a_stop_is_not_read_again(
    store: Store, tmp_path: Path, draw: Draw, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PROGRESS_SECONDS", 0.0)
    folder = photos(tmp_path / "photos", draw, 100)
    job = import_path(store, folder)
    for event in job:
        if isinstance(event, Progress) and event.done == 3 and event.total:
            break
    job.close()
    assert records.counts(store).total == 0
    stopped = len(opened)
    assert 3 <= stopped < 100
    assert bring(store, folder).added == 100
    assert len(opened) == 100 + (stopped - len(set(opened[:stopped])))


def test_labels_given_by_hand_survive(store: Store, tmp_path: Path, draw: Draw) -> None:
    folder = photos(tmp_path / "photos", draw)
    bring(store, folder)
    edits.add_class(store, "dog")
    edits.label(store, [1, 2], "dog")
    edits.label(store, [3], None)
    for _ in range(2):
        assert bring(store, folder).unchanged == 6
        assert [record.class_name for record in records.images(store, range(1, 5))] == ["dog", "dog", None, "cat"]


def test_a_file_that_changed_is_read(store: Store, tmp_path: Path, draw: Draw, opened: list[str]) -> None:
    folder = photos(tmp_path / "photos", draw)
    bring(store, folder)
    draw(folder / "cat" / "0.png")  # just now: neither known nor remembered
    os.utime(old(draw(folder / "cat" / "1.png")), (OLD + 1, OLD + 1))
    del opened[:]
    assert bring(store, folder).updated == 2
    assert bring(store, folder).unchanged == 6
    assert opened == ["0.png", "1.png", "0.png"]


def test_a_file_that_is_gone_or_locked_or_a_pipe_is_told(store: Store, tmp_path: Path, draw: Draw) -> None:
    folder = photos(tmp_path / "photos", draw)
    bring(store, folder)
    (folder / "cat" / "0.png").unlink()
    (folder / "cat" / "1.png").unlink()
    os.mkfifo(folder / "cat" / "1.png")
    report = bring(store, folder)
    assert (report.unchanged, report.skipped) == (4, [("cat/1.png", "it is not a regular file")])


@pytest.mark.parametrize("damage", ["cut", "noise", "zeros", "folder"])
def test_a_damaged_memory_is_no_memory(
    store: Store, tmp_path: Path, draw: Draw, opened: list[str], damage: str
) -> None:
    folder = photos(tmp_path / "photos", draw)
    bring(store, folder)
    data = images_read().read_bytes()
    if damage == "folder":
        images_read().unlink()
        images_read().mkdir()
    else:
        broken = {"cut": data[:-7], "noise": bytes(255 - byte for byte in data), "zeros": bytes(len(data))}
        images_read().write_bytes(broken[damage])
    del opened[:]
    assert bring(store, folder).unchanged == 6
    assert len(opened) == (1 if damage == "cut" else 6)
    del opened[:]
    assert bring(store, folder).unchanged == 6
    assert len(opened) == (6 if damage == "folder" else 0)


def test_it_does_not_grow_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MAX_BYTES", 6000)
    file = tmp_path / "1.png"
    file.write_bytes(b"x")
    facts = os.stat(old(file))
    for number in range(50):
        remembered = Memory.load()
        for part in range(10):
            remembered.keep(b"/%d/%d" % (number, part), facts, Known(bytes(32), number, part))
        remembered.save()
    assert images_read().stat().st_size <= 6000 + 600
    assert Memory.load().find(b"/49/9", facts) == Known(bytes(32), 49, 9)
    assert Memory.load().find(b"/0/0", facts) is None
    assert [path.name for path in images_read().parent.iterdir()] == ["images-read.bin"]


def test_a_full_disk_forgets(tmp_path: Path) -> None:
    code = (
        "import os; from pathlib import Path; from core.importers.memory import Known, Memory; m = Memory.load();"
        "facts = os.stat(sys.argv[0] if os.path.exists(sys.argv[0]) else '/');"
        "[m.keep(b'/%d' % n, facts, Known(bytes(32), 1, 1)) for n in range(1000)]; m.save(); print('went on')"
    )
    assert on_full_disk(code, 1000).stdout == "went on\n"
