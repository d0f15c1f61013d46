"""What the benchmarks compare does the same work, and an absent library leaves the others be. No timing is tested."""

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
import torch

from benchmarks import memory, photos, table_one, timing
from tests.faults import ROOT

pytestmark = pytest.mark.filterwarnings("ignore")  # other libraries' own

PHOTOS = photos.photos(6)

_HOLDS = """
import numpy as np
from benchmarks import memory
before = memory.resident()
held = np.ones(64 << 20, np.uint8)
print(memory.resident() - before)
"""


@pytest.mark.parametrize("archive", [True, False])
def test_photos_are_whole_with_and_without_the_archive(archive: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not archive:
        monkeypatch.setattr(photos, "PHOTOS", photos.PHOTOS / "absent")
    found = photos.photos(5, 64, 48)
    assert found.shape == (5, 48, 64, 3)
    assert found.dtype == np.uint8
    assert (found.std(axis=(1, 2, 3)) > 1).all()


@pytest.mark.parametrize("name", ["wildset", *table_one.PEERS])
def test_every_pipeline_gives_normalised_floats_that_differ_from_call_to_call(name: str) -> None:
    make = table_one.PEERS.get(name, lambda pixels: wildset(pixels))
    if name in ("albumentations", "kornia"):
        pytest.importorskip(name, reason=f"{name} is part of the extra 'bench' only")
    run = make(PHOTOS)
    first, second = (torch.stack([torch.as_tensor(one) for one in run()]) for _ in range(2))  # type: ignore[attr-defined]
    assert first.shape == (6, 3, table_one.SIDE, table_one.SIDE)
    assert first.dtype == torch.float32
    assert not torch.equal(first, second)
    assert -4.0 < float(first.min()) < -1.0  # kornia does not clip its noise
    assert 1.0 < float(first.max()) < 4.5


def wildset(pixels: table_one.Pixels) -> table_one.Run:
    run: Callable[[], tuple[object, object]] = table_one.ours(pixels, table_one.recipe())  # type: ignore[assignment]
    return lambda: run()[0]


def test_a_library_that_is_absent_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "albumentations", None)
    found = table_one.peers(PHOTOS)
    assert found["albumentations"] is None
    assert found["torchvision_v2_pil"] is not None
    assert "albumentations is not installed" in capsys.readouterr().out


def test_each_task_has_its_turn_and_its_median() -> None:
    calls: list[str] = []
    tasks = {name: timing.Task(2, lambda name=name: calls.append(name)) for name in "ab"}  # type: ignore[misc]
    found = timing.side_by_side(tasks, 0.0)
    assert set(found) == {"a", "b"}
    assert all(time >= 0 for time in found.values())
    assert calls.count("a") > 3
    assert calls.count("b") > 3


def test_the_share_is_the_nearest_rank() -> None:
    assert timing.share([5.0, 1.0, 3.0, 2.0, 4.0], 0.5) == 3.0
    assert timing.share([float(n) for n in range(100)], 0.95) == 95.0


@pytest.mark.skipif(sys.platform != "linux", reason="memory in use is read from /proc")
def test_memory_is_told_in_mib() -> None:
    # In a process of its own, where no memory is left over from other tests.
    said = subprocess.run([sys.executable, "-c", _HOLDS], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert 60 < float(said) < 70
    growth = memory.growth(PHOTOS, 2560)
    assert growth is not None
    assert growth < 50
