import io
import os
import signal
import sys
import textwrap
import threading
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from core.events import Event, Failed, Progress
from core.jobs import Child, Control, Stopped, run


class Count:
    """A job that counts to `total` and notes whether it was closed in order."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.saved = False

    def job(self) -> Generator[Event, None, str]:
        try:
            for n in range(self.total):
                self.done = n + 1
                yield Progress(done=n + 1, total=self.total)
            return "counted"
        finally:
            self.saved = True


def test_a_job_runs_to_its_result_and_its_events_arrive_in_order() -> None:
    seen: list[Event] = []
    assert run(Count(3).job(), seen.append) == "counted"
    assert seen == [Progress(done=n, total=3) for n in (1, 2, 3)]


def test_a_stop_closes_the_job_at_its_next_event() -> None:
    count, control = Count(100), Control()

    def sink(event: Event) -> None:
        if count.done == 5:
            control.stop()

    with pytest.raises(Stopped):
        run(count.job(), sink, control)
    assert (count.done, count.saved) == (5, True)


def test_a_failing_sink_still_closes_the_job() -> None:
    count = Count(100)

    def sink(event: Event) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        run(count.job(), sink)
    assert count.saved


def test_words_on_a_stream_pause_resume_and_stop() -> None:
    control = Control()
    read, write = os.pipe()
    with os.fdopen(read) as stream, os.fdopen(write, "w") as words:
        control.obey(stream)
        words.write("pause\n")
        words.flush()
        waiter = threading.Thread(target=control.wait_while_paused)
        for _ in range(100):
            if not control._go.is_set():
                break
            time.sleep(0.02)
        waiter.start()
        waiter.join(timeout=0.3)
        assert waiter.is_alive()
        words.write("nonsense\nresume\n")
        words.flush()
        waiter.join(timeout=5)
        assert not waiter.is_alive()
        assert not control.stopping


def test_the_end_of_the_stream_means_stop() -> None:
    control = Control()
    control.obey(io.StringIO(""))
    for _ in range(100):
        if control.stopping:
            return
        time.sleep(0.02)
    pytest.fail("the job was not stopped")


@pytest.fixture
def fake_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package `core` whose commands are those of the test, so that a child does just that."""
    package = tmp_path / "core"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return package / "__main__.py"


def test_a_child_that_floods_its_pipes_is_drained_and_stopped(fake_core: Path) -> None:
    fake_core.write_text(
        textwrap.dedent("""
            import sys, threading
            gone = threading.Event()
            threading.Thread(target=lambda: (sys.stdin.readline(), gone.set()), daemon=True).start()
            print("complaint\\n" * 20000, file=sys.stderr)
            n = 0
            while not gone.is_set():
                n += 1
                print('{"event": "Progress", "done": %d}' % n)
            print('{"event": "Finished", "result": {"saved": true}}')
        """)
    )
    child = Child(["anything"])
    seen = []
    for event in child.events():
        seen.append(event)
        if len(seen) == 1000:
            child.stop()
    assert type(seen[-1]).__name__ == "Finished"
    assert child.exit_code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_a_child_killed_from_outside_is_told(fake_core: Path) -> None:
    fake_core.write_text('import time\nprint(\'{"event": "Progress", "done": 1}\', flush=True)\ntime.sleep(60)')
    child = Child([])
    events = child.events()
    next(events)
    os.kill(child.pid, signal.SIGKILL)
    last = list(events)[-1]
    assert isinstance(last, Failed)
    assert "ended from outside" in last.title
    assert not last.bug


def test_a_child_that_breaks_gives_its_last_words(fake_core: Path) -> None:
    fake_core.write_text("raise RuntimeError('no such luck')")
    last = list(Child([]).events())[-1]
    assert isinstance(last, Failed)
    assert last.bug
    assert "no such luck" in last.hint
