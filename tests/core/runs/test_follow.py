import threading
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from core import jobs
from core.errors import Error
from core.events import EpochEnded, Event, Notice, Paused, Resumed, Step
from core.jobs import Control
from core.recipe import Recipe
from core.runs import follow, history
from core.runs.folder import RunFolder, create
from core.runs.follow import Follower, Words, following


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return create(tmp_path / "runs", "demo", Recipe())


def texts(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Notice)]


def test_a_poll_brings_what_is_new_and_a_torn_line_waits(run: RunFolder) -> None:
    follower = Follower(run)
    assert follower.poll() == []
    run.append(Notice(text="one"))
    assert texts(follower.poll()) == ["one"]
    assert follower.poll() == []
    with run.events_file.open("ab") as file:
        file.write(b'{"event": "Notice", "te')
        file.flush()
        assert follower.poll() == []
        file.write(b'xt": "two"}\n{"event": "Noti')
    assert texts(follower.poll()) == ["two"]
    run.append(Notice(text="three"))  # after a kill within the line before
    assert texts(follower.poll()) == ["three"]


def test_a_file_that_was_cut_or_replaced_is_read_anew(run: RunFolder) -> None:
    follower = Follower(run)
    for text in ("one", "two"):
        run.append(Notice(text=text))
    assert texts(follower.poll()) == ["one", "two"]
    run.events_file.write_text('{"event": "Notice", "text": "cut"}\n')
    assert texts(follower.poll()) == ["cut"]
    aside = run.root / "aside"
    aside.write_text('{"event": "Notice", "text": "replaced, and longer than it was before"}\n')
    aside.replace(run.events_file)
    assert texts(follower.poll()) == ["replaced, and longer than it was before"]


def test_a_long_past_comes_in_parts_and_steps_can_be_passed_over(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "_MOST", 4096)
    for number in range(200):
        run.append(Step(epoch=1, step=number, loss=1.0, learning_rate=0.1, images_per_second=9.0), durable=False)
    run.append(Notice(text="x" * 10_000), durable=False)  # longer than a part
    run.append(EpochEnded(epoch=1, train_loss=1.0, train_accuracy=0.5, val_loss=None, val_accuracy=None))
    all_of_it, without = Follower(run), Follower(run, steps=False)
    seen: list[Event] = []
    polls = 0
    while True:
        seen += all_of_it.poll()
        polls += 1
        if not all_of_it.behind:
            break
    assert [event.step for event in seen if isinstance(event, Step)] == list(range(200))
    assert [type(event).__name__ for event in seen[200:]] == ["Notice", "EpochEnded"]
    assert polls > 5
    few = without.poll()
    while without.behind:
        few += without.poll()
    assert [type(event).__name__ for event in few] == ["Notice", "EpochEnded"]


def test_following_ends_with_the_training_and_misses_nothing(run: RunFolder) -> None:
    def train() -> None:
        with run.training():
            held.set()
            for number in range(5):
                time.sleep(0.05)
                run.append(Notice(text=str(number)))

    held = threading.Event()
    thread = threading.Thread(target=train)
    thread.start()
    held.wait(5)
    assert texts(list(following(run, Control()))) == list("01234")
    thread.join()


def test_who_stops_following_leaves_the_run_alone(run: RunFolder) -> None:
    control = Control()
    with run.training():
        clock = threading.Timer(0.3, control.stop)
        clock.start()
        assert list(following(run, control)) == []
        clock.join()
        assert run.asked() is None
        assert run.alive


def test_only_a_run_in_training_can_be_asked(run: RunFolder) -> None:
    with pytest.raises(Error, match="not being trained"):
        run.ask("stop")
    assert not run.control_file.exists()


def test_each_word_is_heard_once_and_the_latest_counts(run: RunFolder) -> None:
    with run.training():
        words = Words(run)
        assert words.word() is None
        run.ask("pause")
        assert (words.word(), words.word()) == ("pause", None)
        run.ask("pause")
        assert words.word() == "pause"
        run.ask("pause")
        run.ask("resume")
        assert (words.word(), words.word()) == ("resume", None)
        run.ask("stop")
        run.ask("resume")
        assert words.word() == "stop"


def test_words_of_an_earlier_life_and_nonsense_mean_nothing(run: RunFolder) -> None:
    run.control_file.write_text("stop 1\n")
    words = Words(run)
    assert words.word() is None
    with run.training():
        assert not run.control_file.exists()
        assert words.word() is None
        for nonsense in (b"", b"\xff\xfe\0", b"detach 7\n", b"x" * 10_000, b"stopp"):
            run.control_file.write_bytes(nonsense)
            assert words.word() is None
        run.control_file.unlink()
        run.control_file.mkdir()
        assert words.word() is None
        run.control_file.rmdir()
        run.ask("pause")
        assert words.word() == "pause"


def test_a_pause_from_outside_is_obeyed_written_down_and_ended(run: RunFolder) -> None:
    def job() -> Generator[Event, None, None]:
        with run.training():
            while True:
                yield run.append(Notice(text="step"), durable=False)
                time.sleep(0.01)

    def others() -> None:
        for word, waiting in (("pause", Paused), ("resume", Resumed), ("stop", None)):
            run.ask(word)
            if waiting:
                until(lambda kind=waiting: kind in kinds())  # type: ignore[misc]
            if word == "pause":
                seen["status"] = history.read(run).paused
                seen["held"] = len(run.events())
                time.sleep(0.4)
                seen["held still"] = len(run.events())

    def kinds() -> set[type[Event]]:
        return {type(event) for event in run.events()}

    seen: dict[str, object] = {}
    control = Control()
    control.heed(Words(run))
    told: list[Event] = []
    thread = threading.Thread(target=others)

    def sink(event: Event) -> None:
        told.append(event)
        if len(told) == 1:
            thread.start()

    with pytest.raises(jobs.Stopped):
        jobs.run(job(), sink, control)
    thread.join()
    assert seen["status"] is True
    assert seen["held"] == seen["held still"]
    assert [type(event) for event in told if not isinstance(event, Notice)] == [Paused, Resumed]
    assert not history.read(run).paused


def until(true: object) -> None:
    for _ in range(250):
        if callable(true) and true():
            return
        time.sleep(0.02)
    pytest.fail("it did not come true in 5 s")
