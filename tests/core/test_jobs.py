import io
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any

import pytest

import core
from core.events import Event, Failed, Notice, Paused, Progress, Resumed
from core.jobs import INTERRUPTED, Child, Control, Stopped, run


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


class Diary:
    """A job that writes down what it is sent, and saves when it is sent "save"."""

    def __init__(self, steps: int = 1000) -> None:
        self.steps = steps
        self.sent: list[object] = []

    def job(self) -> Generator[Event, object, str]:
        for n in range(self.steps):
            self.sent.append((yield Progress(done=n)))
        return "over"


def _paused_at(control: Control, job: Generator[Event, Any, Any], number: int) -> list[Event]:
    """What the sink gets of a job that is paused at its event `number`, for a moment, and stopped at the next but 1."""
    seen: list[Event] = []

    def sink(event: Event) -> None:
        seen.append(event)
        if event == Progress(done=number):
            control.pause()
        if isinstance(event, Paused):
            threading.Timer(0.1, control.resume).start()
        if event == Progress(done=number + 2):
            control.stop()

    with pytest.raises(Stopped):
        run(job, sink, control)
    return seen


def test_a_job_is_sent_save_once_as_a_pause_begins() -> None:
    diary = Diary()
    seen = _paused_at(Control(), diary.job(), 2)
    assert diary.sent == [None, None, "save", None]
    assert seen == [*(Progress(done=n) for n in range(4)), Paused(), Resumed(), Progress(done=4)]


def test_save_reaches_a_job_within_a_job_and_spares_a_list() -> None:
    def outer(inner: Iterable[Event]) -> Generator[Event, Any, None]:
        yield from inner

    diary = Diary()
    _paused_at(Control(), outer(diary.job()), 2)
    assert diary.sent == [None, None, "save", None]
    seen = _paused_at(Control(), outer([Progress(done=n) for n in range(9)]), 2)
    assert seen == [*(Progress(done=n) for n in range(3)), Paused(), Resumed(), *(Progress(done=n) for n in (3, 4))]


def test_a_job_that_was_paused_before_it_began_waits() -> None:
    diary, control = Diary(2), Control()
    control.pause()
    threading.Timer(0.1, control.resume).start()
    seen: list[Event] = []
    assert run(diary.job(), seen.append, control) == "over"
    assert seen == [Paused(), Resumed(), Progress(done=0), Progress(done=1)]


def test_a_job_may_end_as_it_is_paused() -> None:
    diary, control = Diary(1), Control()
    assert run(diary.job(), lambda event: control.pause(), control) == "over"
    assert diary.sent == ["save"]


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
    _until(lambda: control.stopping)


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


def test_of_requests_on_a_stream_the_latest_is_taken_and_nonsense_is_passed_over() -> None:
    control = Control()
    lines = ['{"number": 1}', "{torn", '{"number": 2', "{" * 50_000, '{"a": ' * 50_000, "[1]", '{"number": 3}', "{}"]
    read, write = os.pipe()
    with os.fdopen(read) as stream, os.fdopen(write, "w") as words:
        control.obey(stream)
        words.write("\n".join(lines) + "\nstop\n")
        words.flush()
        _until(lambda: control.stopping)
    control._stop.clear()
    assert control.requests.take() == {"number": 3}
    assert not control.requests._latest


def test_a_job_that_waits_for_a_request_is_stopped_soon() -> None:
    control = Control()

    def job() -> Generator[Event, None, None]:
        yield Notice(text="waiting")
        control.requests.take()
        yield Notice(text="never")

    seen: list[Event] = []
    clock = threading.Timer(0.3, control.stop)
    clock.start()
    with pytest.raises(Stopped):
        run(job(), seen.append, control)
    clock.join()
    assert [event.text for event in seen if isinstance(event, Notice)] == ["waiting"]


ANSWERS = """
    import sys
    import time
    from core.cli.output import drive
    from core.events import Notice
    from core.jobs import INTERRUPTED, Control, Stopped

    def answers(requests):
        try:
            yield Notice(text="ready")
            while True:
                request = requests.take()
                yield Notice(text=str(request["number"]))
                time.sleep(request.get("seconds", 0))
        finally:
            print('{"event": "Notice", "text": "saved"}', flush=True)

    control = Control()
    try:
        drive(answers(control.requests), json=False, events=True, control=control)
    except Stopped:
        sys.exit(INTERRUPTED)
"""


@pytest.fixture
def answering(fake_core: Path) -> Generator[Child, None, None]:
    """A child that answers each request with its number, at leisure where the request says so."""
    real = str(Path(core.__file__).parent)
    (fake_core.parent / "__init__.py").write_text(f"__path__.append({real!r})")
    fake_core.write_text(textwrap.dedent(ANSWERS))
    child = Child([])
    yield child
    if child.exit_code is None:  # a test that was cut short
        child.kill()
        list(child.events())


def _texts(child: Child) -> Generator[str, None, None]:
    for event in child.events():
        assert isinstance(event, Notice), event
        yield event.text


def test_a_child_answers_what_it_is_asked(answering: Child) -> None:
    texts = _texts(answering)
    assert next(texts) == "ready"
    for number in range(20):
        answering.ask({"number": number})
        assert next(texts) == str(number)
    answering.stop()
    assert list(texts) == ["saved"]
    assert answering.exit_code == INTERRUPTED


def test_of_a_flood_of_requests_a_busy_child_answers_the_last(answering: Child) -> None:
    texts = _texts(answering)
    assert next(texts) == "ready"
    answering.ask({"number": -1, "seconds": 0.5})
    assert next(texts) == "-1"
    for number in range(1000):
        answering.ask({"number": number, "ballast": "x" * 10_000})
    assert next(texts) == "999"
    answering.stop()
    assert list(texts) == ["saved"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_who_asks_a_child_that_does_not_listen_is_not_held_up(answering: Child) -> None:
    texts = _texts(answering)
    assert next(texts) == "ready"
    os.kill(answering.pid, signal.SIGSTOP)
    for number in range(1000):
        answering.ask({"number": number, "ballast": "x" * 10_000})  # 10 MB; a pipe holds 64 KB
    answering.pause()
    answering.resume()
    os.kill(answering.pid, signal.SIGCONT)
    while next(texts) != "999":  # the first few may be in the pipe already
        pass
    answering.stop()
    assert list(texts)[-1] == "saved"


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_ends_a_child_that_waits_for_requests(answering: Child, name: str) -> None:
    number = getattr(signal, name)
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip(f"the tests run where {name} is ignored, as under nohup")
    texts = _texts(answering)
    assert next(texts) == "ready"
    os.kill(answering.pid, number)
    assert list(texts) == ["saved"]
    assert answering.exit_code == INTERRUPTED
    answering.ask({"number": 1})


ALONE = """
    import os, sys, time, pathlib
    from core.cli.output import drive, result
    from core.events import Notice
    from core.jobs import INTERRUPTED, Stopped

    log = pathlib.Path(sys.argv[1])

    def work():
        try:
            for number in range(40):
                with log.open("a") as file:
                    print(number, file=file)
                yield Notice(text="x" * int(sys.argv[2]))
                print("a complaint", file=sys.stderr, flush=True)
                time.sleep(0.02)
        finally:
            with log.open("a") as file:
                print("saved", file=file)

    try:
        drive(work(), json=False, events=True)
    except Stopped:
        sys.exit(INTERRUPTED)
    result({"done": True}, "", json=False, events=True)
    with log.open("a") as file:
        print("finished", file=file)
"""

PARENT = """
    import os, pathlib, sys, time
    from core.jobs import Child

    how, log = sys.argv[1], pathlib.Path(sys.argv[2])
    child = Child([str(log), sys.argv[3]])
    print(child.pid, flush=True)
    if how != "flooded":
        events = child.events()
        for _ in range(3):
            next(events)
    while not log.exists():
        time.sleep(0.01)
    if how == "left":
        os._exit(0)
    child.detach()
    if how != "detached":
        os._exit(0)
    more = [event for event in events]
    assert child.exit_code is None, child.exit_code
"""


@pytest.fixture
def parent(fake_core: Path, tmp_path: Path) -> Callable[..., list[str]]:
    """Runs a parent that starts a child, and returns what that has written down by its end after its parent's."""
    real = str(Path(core.__file__).parent)
    (fake_core.parent / "__init__.py").write_text(f"__path__.append({real!r})")
    fake_core.write_text(textwrap.dedent(ALONE))
    log = tmp_path / "log"

    def ended(how: str, letters: int = 1) -> list[str]:
        arguments = ["-W", "error", "-c", textwrap.dedent(PARENT), how, str(log), str(letters)]
        done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")
        _until(lambda: not _lives(int(done.stdout)))
        return log.read_text().split()

    return ended


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A child whose parent has gone may stay as a zombie where nothing inherits it.
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


posix = pytest.mark.skipif(sys.platform == "win32", reason="looks for the process as POSIX does")


@posix
def test_a_child_saves_and_ends_with_its_parent(parent: Callable[..., list[str]]) -> None:
    *numbers, saved = parent("left")
    assert saved == "saved"
    assert len(numbers) < 40


@posix
@pytest.mark.parametrize("how", ["detached", "gone", "flooded"])
def test_a_child_that_was_let_go_goes_on_to_its_end(parent: Callable[..., list[str]], how: str) -> None:
    """Its parent goes on for a while, ends at once, or ends while the child waits at a full pipe."""
    assert parent(how, 100_000 if how == "flooded" else 1) == [*map(str, range(40)), "saved", "finished"]


@posix
def test_a_child_that_ended_before_it_heard_is_not_let_go(fake_core: Path) -> None:
    fake_core.write_text('print(\'{"event": "Finished", "result": {}}\')')
    child = Child([])
    _until(lambda: child.exit_code is not None)
    child.detach()
    assert [type(event).__name__ for event in child.events()] == ["Finished"]
    assert child.exit_code == 0


def _until(true: Callable[[], bool]) -> None:
    for _ in range(250):
        if true():
            return
        time.sleep(0.02)
    pytest.fail("it did not come true in 5 s")
