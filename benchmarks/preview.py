"""How soon the Augment page shows what a slider does: `python -m benchmarks.preview [--quick] [--json]`.

The real page, drawn offscreen, with a project of photos and table 1 of the MNIST-W write-up: from a key that moves a
slider to the painted grid of 25 samples of 128 px, one change after the other as while dragging. Times are those of a
clock. Beside it, what the 25 samples alone cost here and with other libraries, of which none would show what training
gets.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks import table_one
from benchmarks.main_job import core
from benchmarks.photos import photos
from benchmarks.timing import Task, machine, share, side_by_side, use_one_core
from core.augment.normalize import shown

SAMPLES = 25
LIMIT = 60.0  # ms, of the grid's 95th percentile
_PATIENCE = 20.0  # seconds until something must have been painted
_SLIDERS = ("rotation.degrees", "crop.area", "jitter.brightness")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer changes; under 50 s on two busy cores")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    options = parser.parse_args()
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    found: dict[str, Any] = {"quick": options.quick, "changes": 60 if options.quick else 600} | machine()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["WILDSET_CONFIG"] = str(Path(folder) / "settings")
        times = grid(project(Path(folder)), found["changes"])
    found |= {
        "grid_5x5_p50_ms": round(statistics.median(times), 1),
        "grid_5x5_p95_ms": round(share(times, 0.95), 1),
        "grid_5x5_max_ms": round(max(times), 1),
    }
    found["samples_25_ms"] = samples(6 if options.quick else 30)
    for name in ("grid_5x5_p50_ms", "grid_5x5_p95_ms", "grid_5x5_max_ms"):
        print(f"{name:26}{found[name]:8.1f}")
    print("reaches" if found["grid_5x5_p95_ms"] < LIMIT else "misses", f"{LIMIT:g} ms")
    for name, one in found["samples_25_ms"].items():
        print(f"25 samples, {name:24}{one if one is not None else 'not installed':>8}")
    if options.json:
        print(json.dumps(found))


def project(folder: Path) -> Path:
    """A project of 50 labelled photos of 320 x 240 px."""
    for n, photo in enumerate(photos(50)):
        file = folder / "photos" / str(n % 10) / f"{n}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(file), cv2.cvtColor(photo, cv2.COLOR_RGB2BGR))
    core("import", str(folder / "photos"), "-p", str(folder / "project"))
    return folder / "project"


def grid(root: Path, changes: int) -> list[float]:
    """Milliseconds from each change to the painted grid, after a few that are not counted."""
    from PySide6.QtWidgets import QApplication

    from studio import theme
    from studio.pages.augment.view import AugmentPage
    from studio.session import Session

    app = QApplication([])
    theme.apply(app, "dark")
    session = Session()
    session.open(root)
    session.set_recipe(table_one.recipe())
    page = AugmentPage(session)
    page.resize(1280, 900)
    page.show()
    page.activate()
    watch = _watch(page)
    watch.until_painted()
    assert page.samples.samples.sheet.count() == SAMPLES, page.samples.samples.sheet.count()
    sliders = [page.controls.rows[path.partition(".")[0]].knob(f"augment.{path}") for path in _SLIDERS]
    times = [_changed(watch, sliders[n % len(sliders)], n // len(sliders) % 20 < 10) for n in range(changes + 5)]
    page.release()
    page.close()
    session.close()
    return times[5:]


def _changed(watch: Any, slider: Any, up: bool) -> float:
    from PySide6.QtCore import QEvent, Qt
    from PySide6.QtGui import QKeyEvent
    from PySide6.QtWidgets import QApplication

    key = Qt.Key.Key_Right if up else Qt.Key.Key_Left
    before = slider.value()
    began = time.perf_counter()
    QApplication.sendEvent(slider, QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier))
    assert slider.value() != before, slider.accessibleName()
    watch.until_painted()
    return 1000 * (time.perf_counter() - began)


def _watch(page: Any) -> Any:
    """Tells when the page has painted samples that arrived after the last time it told so."""
    from PySide6.QtCore import QEvent, QEventLoop, QObject
    from PySide6.QtWidgets import QApplication

    from core.augment.preview import Part, Sheet

    class Watch(QObject):
        def __init__(self) -> None:
            super().__init__()
            self._arrived = self._painted = False
            page._worker.arrived.connect(self._take)
            page.samples.samples.sheet.installEventFilter(self)

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            self._painted = self._painted or (self._arrived and event.type() == QEvent.Type.Paint)
            return False

        def until_painted(self) -> None:
            end = time.perf_counter() + _PATIENCE
            while not self._painted:  # the turn of the loop in which it is painted ends with all that goes with it
                QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
                assert time.perf_counter() < end, "nothing was painted"
            self._arrived = self._painted = False

        def _take(self, number: int, part: Part) -> None:
            self._arrived = self._arrived or isinstance(part, Sheet)

    return Watch()


def samples(seconds: float) -> dict[str, float | None]:
    """Milliseconds of processor for 25 samples, by library: five images with five draws each, shown as pixels."""
    use_one_core()
    five = np.repeat(photos(5, 256, 256), 5, axis=0)
    draw = table_one.ours(five, table_one.recipe())
    tasks = {"wildset": Task(1, lambda: shown(draw()[0], "imagenet"))}  # type: ignore[index]
    peers = table_one.peers(five)
    tasks |= {name: Task(1, run) for name, run in peers.items() if run is not None}
    return dict.fromkeys(["wildset", *peers]) | {
        name: round(one, 2) for name, one in side_by_side(tasks, seconds).items()
    }


if __name__ == "__main__":
    main()
