import json
import os
import signal
import sys
import textwrap
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from core.errors import Error
from core.events import Event, Failed, Notice, Progress, Stage
from studio.jobs import ChildWork, Jobs, JobSupervisor, ScanWork
from tests.faults import ROOT


def scan(count: int, saved: list[str]) -> Generator[Event, None, dict[str, Any]]:
    try:
        yield Stage(title="Counting", total=count)
        for n in range(count):
            yield Progress(done=n + 1, total=count)
        return {"counted": count}
    finally:
        saved.append("saved")


def endless(saved: list[str]) -> Generator[Event, None, dict[str, Any]]:
    try:
        while True:
            yield Notice(text="going on")
            time.sleep(0.001)
    finally:
        saved.append("saved")


def test_events_come_in_batches_and_in_order(qtbot: QtBot) -> None:
    saved: list[str] = []
    jobs = Jobs()
    batches: list[list[Event]] = []
    job = JobSupervisor("Count", ScanWork(lambda: scan(5000, saved)), jobs)
    job.events.connect(batches.append)
    with qtbot.waitSignal(job.finished, timeout=10_000) as end:
        job.start()
    done = [event.done for batch in batches for event in batch if isinstance(event, Progress)]
    assert done == list(range(1, 5001))
    assert len(batches) < 500
    assert end.args == [{"counted": 5000}]
    assert job.pace.share == 1.0
    assert saved == ["saved"]


def test_stop_lets_the_work_save(qtbot: QtBot) -> None:
    saved: list[str] = []
    jobs = Jobs()
    job = jobs.start("Wait", ScanWork(lambda: endless(saved)))
    with qtbot.waitSignal(job.events, timeout=5000):
        pass
    assert jobs.running == [job]
    with qtbot.waitSignals([job.stopped, job.ended], timeout=5000):
        job.stop()
        assert job.state == "stopping"
    assert saved == ["saved"]
    assert jobs.running == []


def test_pause_holds_and_resume_goes_on(qtbot: QtBot) -> None:
    jobs = Jobs()
    job = jobs.start("Wait", ScanWork(lambda: endless([])))
    batches: list[list[Event]] = []
    job.events.connect(batches.append)
    qtbot.waitUntil(lambda: len(batches) > 1, timeout=5000)
    job.pause()
    qtbot.wait(300)
    held = len(batches)
    qtbot.wait(200)
    assert len(batches) == held
    assert job.state == "paused"
    job.resume()
    qtbot.waitUntil(lambda: len(batches) > held, timeout=5000)
    with qtbot.waitSignal(job.ended, timeout=5000):
        job.stop()


@pytest.mark.skipif(sys.platform == "win32", reason="looks for the process as POSIX does")
def test_a_child_that_is_let_go_goes_on_without_the_window(qtbot: QtBot, tmp_path: Path, monkeypatch: Any) -> None:
    alone = textwrap.dedent("""
        import pathlib, sys, time
        from core.cli.output import drive
        from core.events import Notice

        def work():
            for number in range(60):
                yield Notice(text=str(number))
                time.sleep(0.02)
            pathlib.Path("done").write_text("done")

        drive(work(), json=False, events=True)
    """)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("core.jobs.subprocess.Popen", _popen(["-c", alone]))
    jobs = Jobs()
    job = jobs.start("Train", [])
    with qtbot.waitSignal(job.events, timeout=10_000):
        pass
    with qtbot.waitSignals([job.detached, job.ended], timeout=10_000), qtbot.assertNotEmitted(job.stopped):
        job.detach()
        assert job.state == "detaching"
    assert not (tmp_path / "done").exists()
    qtbot.waitUntil((tmp_path / "done").exists, timeout=10_000)


def test_a_scan_cannot_be_let_go_and_stops(qtbot: QtBot) -> None:
    saved: list[str] = []
    jobs = Jobs()
    job = jobs.start("Wait", ScanWork(lambda: endless(saved)))
    with qtbot.waitSignal(job.events, timeout=5000):
        pass
    with qtbot.waitSignals([job.stopped, job.ended], timeout=5000):
        job.detach()
    assert saved == ["saved"]


def test_a_pause_from_outside_shows(qtbot: QtBot) -> None:
    work = ScanWork(lambda: endless([]))
    jobs = Jobs()
    job = jobs.start("Wait", work)
    work.pause()
    qtbot.waitUntil(lambda: job.state == "paused", timeout=5000)
    work.resume()
    qtbot.waitUntil(lambda: job.state == "running", timeout=5000)
    with qtbot.waitSignal(job.ended, timeout=5000):
        job.stop()


def test_a_told_failure_comes_in_words(qtbot: QtBot) -> None:
    def fails() -> Generator[Event, None, dict[str, Any]]:
        yield Stage(title="Trying")
        raise Error("It cannot be done.", "Try something else.")

    jobs = Jobs()
    job = JobSupervisor("Try", ScanWork(fails), jobs)
    with qtbot.waitSignal(job.failed, timeout=5000) as end:
        job.start()
    assert end.args == ["It cannot be done.", "Try something else.", False]


def test_a_child_tells_what_the_command_line_would(qtbot: QtBot, project: Path, tmp_path: Path) -> None:
    jobs = Jobs()
    job = JobSupervisor("Import", ChildWork(["import", str(tmp_path / "no"), "--project", str(project)]), jobs)
    with qtbot.waitSignal(job.failed, timeout=30_000) as end:
        job.start()
    title, _, bug = end.args
    assert "no" in title
    assert not bug


def test_a_child_killed_from_outside_is_explained(qtbot: QtBot, monkeypatch: Any) -> None:
    work = ChildWork(["doctor"])
    asleep = ["-c", "import time; print('', flush=True); time.sleep(60)"]
    monkeypatch.setattr("core.jobs.subprocess.Popen", _popen(asleep))
    jobs = Jobs()
    job = jobs.start("Work", work)
    qtbot.waitUntil(lambda: work.pid is not None, timeout=10_000)
    with qtbot.waitSignal(job.failed, timeout=10_000) as end:
        os.kill(work.pid or 0, signal.SIGKILL)
    title, hint, bug = end.args
    assert "ended from outside" in title
    assert hint
    assert not bug


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="the system has no such priorities")
def test_a_child_gives_way_to_the_window(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    work = ChildWork([])
    asleep = ["-c", "import time; print('', flush=True); time.sleep(60)"]
    monkeypatch.setattr("core.jobs.subprocess.Popen", _popen(asleep))
    jobs = Jobs()
    job = jobs.start("Work", work)
    qtbot.waitUntil(lambda: work.pid is not None, timeout=10_000)
    qtbot.waitUntil(lambda: os.getpriority(os.PRIO_PROCESS, work.pid or 0) >= 10, timeout=10_000)
    with qtbot.waitSignal(job.ended, timeout=10_000):
        job.kill()


def _popen(arguments: list[str]) -> Any:
    import subprocess
    import sys

    real = subprocess.Popen
    return lambda _, **options: real([sys.executable, *arguments], **options)


def test_a_job_that_tells_its_result_runs_no_more(qtbot: QtBot) -> None:
    jobs = Jobs()
    job = jobs.start("Count", ScanWork(lambda: scan(3, [])))
    seen: list[int] = []
    job.finished.connect(lambda _: seen.append(len(jobs.running)))
    with qtbot.waitSignal(job.ended, timeout=5000):
        pass
    assert seen == [0]


def test_a_bug_in_a_scan_is_a_bug(qtbot: QtBot) -> None:
    def breaks() -> Generator[Event, None, dict[str, Any]]:
        yield Stage(title="Trying")
        raise ZeroDivisionError

    jobs = Jobs()
    job = JobSupervisor("Try", ScanWork(breaks), jobs)
    with qtbot.captureExceptions() as caught, qtbot.waitSignal(job.failed, timeout=5000) as end:
        job.start()
    assert end.args[2] is True
    assert [kind for kind, _, _ in caught] == [ZeroDivisionError]
    assert isinstance(job._last, Failed)


def test_a_question_before_the_process_is_there_is_kept_the_latest_only(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    repeats = (
        "import sys, json\nfor line in sys.stdin: print(json.dumps({'event': 'Notice', 'text': line}), flush=True)"
    )
    monkeypatch.setattr("core.jobs.subprocess.Popen", _popen(["-c", repeats]))
    job = JobSupervisor("Ask", ChildWork([]))
    for number in range(3):
        job.ask({"number": number})
    told: list[str] = []
    job.events.connect(lambda batch: told.extend(event.text for event in batch if isinstance(event, Notice)))
    job.start()
    qtbot.waitUntil(lambda: bool(told), timeout=10_000)
    assert [json.loads(text) for text in told] == [{"number": 2}]
    job.ask({"number": 3})
    qtbot.waitUntil(lambda: len(told) == 2, timeout=10_000)
    with qtbot.waitSignal(job.ended, timeout=10_000):
        job.kill()
    job.ask({"number": 4})
    assert len(told) == 2
