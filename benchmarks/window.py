"""How long the window stands still while it trains: `python -m benchmarks.window [--quick] [--json]`.

The real program on the demo project, drawn offscreen: Start is clicked on the Train page, and once the training steps,
a script uses the window as a person does while a timer in the window's thread beats each 5 ms. What is beyond 5 ms
between two beats is a stall. `stall_p99_ms` and `stall_max_ms` are over everything the script does;
`watching_p99_ms` and `watching_max_ms` over looking at the training alone. At the end the window lets go of the
training, and its speed without a window is taken from the same process.
"""

import argparse
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.main_job import core
from benchmarks.timing import machine, share
from core.events import EpochEnded, RunStarted, Step
from core.runs.folder import RunFolder

if TYPE_CHECKING:
    from benchmarks.heart import Heart
    from studio.window import Window

TRAININGS = {
    # Both cores work, and epochs end every few seconds.
    "small_cnn at 128 px": {"data.image_size": 128, "optim.batch_size": 64, "data.where": "class:0,1,2"},
    "resnet18 at 64 px": {"model.name": "resnet18", "data.image_size": 64},
}
_LONG = {"schedule.epochs": 10_000, "schedule.patience": 10_000}
_PATIENCE = 60.0  # seconds until a training must step
_WORST = 8  # stalls that are told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one training; under 50 s")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    options = parser.parse_args()
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # else a training that was let go of would outlive it
    found: dict[str, Any] = {"quick": options.quick} | machine()
    names = list(TRAININGS)[:1] if options.quick else list(TRAININGS)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["WILDSET_CONFIG"] = str(Path(folder) / "settings")
        core("demo", str(Path(folder) / "demo"), "--no-train")
        for name in names:
            seconds = (18.0, 5.0) if options.quick else (120.0, 30.0)
            found[name] = measure(Path(folder) / "demo", name, *seconds)
    found |= {
        f"{what}_{figure}": max(found[name][what][figure] for name in names)
        for what in ("stall", "watching")
        for figure in ("p99_ms", "max_ms")
    }
    for figure, limit in (("stall_p99_ms", 33.0), ("stall_max_ms", 50.0)):
        print(f"{figure:16}{found[figure]:7.1f}   {'reaches' if found[figure] < limit else 'misses'} {limit:g}")
    if options.json:
        print(json.dumps(found))


def measure(root: Path, name: str, seconds: float, alone: float) -> dict[str, Any]:
    """All figures of one training: `seconds` in the window, then `alone` seconds without it."""
    from PySide6.QtWidgets import QApplication

    from benchmarks import heart

    application = QApplication.instance() or QApplication([])  # held: Python would drop it
    sitting = Sitting(TRAININGS[name], seconds)
    with heart.bare() as bare:
        sitting.run(root)
    assert sitting.begun is not None, "the training did not begin"
    run = sitting.begun
    try:
        time.sleep(alone)
        parted = time.time()
    finally:
        _stop(run)
    beats = sitting.heart
    watching = [stall for stall in beats.stalls if stall.activity == "watching"]
    found = {
        "stall": heart.summary(beats.stalls),
        "watching": heart.summary(watching),
        "by_activity": {
            activity: heart.summary([stall for stall in beats.stalls if stall.activity == activity])
            for activity in dict.fromkeys(stall.activity for stall in beats.stalls)
        },
        "bare_process": {"p99_ms": round(share(bare, 0.99), 1), "max_ms": round(max(bare), 1)},
        "collections": _collections(beats),
    }
    found |= _speeds(run, sitting.span, (sitting.left + 1, parted))
    _tell(name, found, beats)
    del application
    return found


class Sitting:
    """The program from its start until it is closed, with the script of a person in it."""

    def __init__(self, changes: dict[str, Any], seconds: float) -> None:
        from benchmarks.heart import Heart

        self.heart: Heart = Heart()
        self.begun: RunFolder | None = None
        self.span, self.left = (0.0, 0.0), 0.0  # seconds since 1970
        self._changes, self._seconds = changes, seconds
        self._fault: Exception | None = None

    def run(self, root: Path) -> None:
        """Open the program; returns when it has been closed."""
        from PySide6.QtCore import QTimer

        from studio import app

        QTimer.singleShot(0, lambda: self._go_on(self._script()))
        app.main([str(root), "--theme", "dark"])
        self.left = time.time()
        if self._fault is not None:
            raise self._fault

    def _go_on(self, script: Iterator[float]) -> None:
        """The next action of the script, and the one after it once the seconds that it says are over."""
        from PySide6.QtCore import QTimer
        from PySide6.QtWidgets import QApplication

        try:
            pause = next(script, None)
        except Exception as fault:  # noqa: BLE001 - Qt would only print it; `run` raises it
            self._fault, pause = fault, None
            QApplication.exit(1)
        if pause is not None:
            QTimer.singleShot(int(1000 * pause), lambda: self._go_on(script))

    def _script(self) -> Iterator[float]:
        from benchmarks.person import Person
        from core.recipe import change, find

        window = _window()
        window.ask = _GoOn()  # type: ignore[assignment]
        while window.session.counts is None:
            yield 0.1
        yield 2.0  # the pages' code is loaded by then
        window.session.set_recipe(change(find("demo"), self._changes | _LONG), "demo")
        person = Person(window, self.heart)
        yield from person.start_training()
        patience = time.perf_counter() + _PATIENCE
        training = window.pages["train"].training  # type: ignore[attr-defined]
        while not any(array.size for array in training.steps.arrays()):
            assert time.perf_counter() < patience, f"no step came: {training.live}"
            yield 0.1
        self.begun = RunFolder(window.session.store.paths.runs / training.live.run)
        yield 1.0
        began = time.time()
        end = time.perf_counter() + self._seconds
        self.heart.begin()
        for pause in person.work():
            if time.perf_counter() > end:
                break
            yield pause
        self.heart.activity = ""
        self.heart.end()
        self.span = began, time.time()
        window.close()


class _GoOn:
    """Answers the question what becomes of the training: it goes on without the window."""

    def part(self, parting: Any, others: list[str]) -> str:
        return "go on"


def _window() -> "Window":
    from PySide6.QtWidgets import QApplication

    from studio.window import Window

    return next(one for one in QApplication.topLevelWidgets() if isinstance(one, Window) and one.isVisible())


def _stop(run: RunFolder) -> None:
    """End the training that was let go of."""
    if run.alive:
        run.ask("stop")
    end = time.perf_counter() + _PATIENCE
    while run.alive:
        assert time.perf_counter() < end, f"{run.name} does not stop"
        time.sleep(0.1)


def _speeds(run: RunFolder, together: tuple[float, float], apart: tuple[float, float]) -> dict[str, Any]:
    """Medians of the images per second that the steps told with the window in use and after it was closed."""
    events = run.events()
    speeds = [
        statistics.median(one.images_per_second for one in events if isinstance(one, Step) and low <= one.at <= high)
        for low, high in (together, apart)
    ]
    heard = [one for one in events if isinstance(one, Step | EpochEnded) and together[0] <= one.at <= together[1]]
    assert any(isinstance(one, RunStarted) for one in events)
    return {
        "steps_told": sum(isinstance(one, Step) for one in heard),
        "epochs_ended": sum(isinstance(one, EpochEnded) for one in heard),
        "images_per_second": {"with the window": round(speeds[0], 1), "without": round(speeds[1], 1)},
        "speed_with_window": round(speeds[0] / speeds[1], 3),
    }


def _collections(beats: "Heart") -> dict[str, Any]:
    """Python's garbage collections by generation: how many, and the longest in ms."""
    return {
        str(generation): {"count": len(times), "max_ms": round(max(times), 1)}
        for generation in range(3)
        if (times := [passed for one, passed in beats.collections if one == generation])
    }


def _tell(name: str, found: dict[str, Any], beats: "Heart") -> None:
    from benchmarks import heart

    print(f"{name}: {found['epochs_ended']} epochs, {found['steps_told']} steps told")
    print(f"{'ms':26}{'p50':>8}{'p99':>8}{'max':>8}{'own p99':>9}{'own max':>9}{'core max':>9}{'>50':>5}")
    lines = {"everything": found["stall"]} | found["by_activity"]
    for title, one in lines.items():
        core_max = "" if one["queued_max_ms"] is None else f"{one['queued_max_ms']:.1f}"
        print(
            f"{title:26}{one['p50_ms']:8.1f}{one['p99_ms']:8.1f}{one['max_ms']:8.1f}"
            f"{one['own_p99_ms']:9.1f}{one['own_max_ms']:9.1f}{core_max:>9}{one['over_50']:5}"
        )
    print(
        f"{'a process without a window':34}{found['bare_process']['p99_ms']:8.1f}{found['bare_process']['max_ms']:8.1f}"
    )
    print(f"images/s: {found['images_per_second']}; garbage collections: {found['collections']}")
    for stall in sorted(beats.stalls, key=lambda one: -one.gap)[:_WORST]:
        print(heart.told(stall))


if __name__ == "__main__":
    main()
