"""A training as its events tell it, folded without Qt; and following one that another process drives."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from core.errors import Error, told
from core.events import (
    Diverged,
    EpochEnded,
    Event,
    Failed,
    Notice,
    Paused,
    Resumed,
    RunEnded,
    RunStarted,
    Stage,
    Step,
)
from core.runs import history
from core.runs.folder import RunFolder
from core.runs.follow import Follower
from core.runs.history import History
from studio.pages.train import steps as stepping
from studio.pages.train.ground import Past
from studio.pages.train.steps import Steps

_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Live:
    """A training job, folded from its events. `done` counts complete epochs; `told` is what curves are made from."""

    run: str = ""
    told: tuple[Event, ...] = ()
    epochs: int = 0
    done: int = 0
    stage: str = ""
    rate: float | None = None  # images per second
    learning_rate: float | None = None
    gpu_memory: int | None = None  # bytes
    saved_at: float = 0.0
    seconds_left: float | None = None
    started_at: float = 0.0
    ended: bool = False
    early: tuple[Notice, ...] = ()  # said before the run began


def follow(live: Live, event: Event) -> Live:
    """`live` after one more event."""
    match event:
        case Stage(title=title):
            return replace(live, stage=title)
        case RunStarted(run=run) if live.run and run != live.run:  # the next one of the queue
            return _begun(Live(early=_last_words(live)), event)
        case RunStarted():
            return _begun(live, event)
        case Step(images_per_second=rate, learning_rate=learning_rate, gpu_memory=memory):
            return replace(live, rate=rate or live.rate, learning_rate=learning_rate, gpu_memory=memory)
        case EpochEnded(epoch=epoch, seconds_left=left, at=at, gpu_memory=memory):
            facts = replace(live, gpu_memory=memory if memory is not None else live.gpu_memory)
            return replace(facts, done=epoch, told=(*live.told, event), saved_at=at, seconds_left=left)
        case RunEnded():
            return replace(live, told=(*live.told, event), ended=True)
        case Notice() if not live.run or live.ended:
            return replace(live, early=(*live.early, event))
        case Failed() | Diverged() | Notice() | Paused() | Resumed():
            return replace(live, told=(*live.told, event))
    return live


def _begun(live: Live, event: RunStarted) -> Live:
    return replace(
        live,
        run=event.run,
        epochs=event.epochs,
        done=event.epoch,
        stage="",
        told=(*live.told, *live.early, event),
        started_at=live.started_at or event.at,
        ended=False,
        early=(),
    )


def _last_words(live: Live) -> tuple[Notice, ...]:
    """What was said after the end of a run, such as why it failed, for whoever looks at the next one."""
    last = live.told[-1] if live.told else None
    return (*((last,) if isinstance(last, Notice) else ()), *live.early)


def resumed(past: Past) -> Live:
    """Where following a run goes on when it is resumed."""
    return Live(run=past.name, told=past.events, started_at=past.history.started_at)


def live_history(live: Live) -> History:
    """The curves so far."""
    return history.from_events(live.told, alive=True)


class FollowWork:
    """Work of a `JobSupervisor`: a run that another process trains, its events told as they are written.

    What was before is not told event by event: once it is read, `caught_up` holds it, and a few events say where the
    run stands. The words pause, resume and stop go to whoever trains it; `leave` ends only the following.
    """

    def __init__(self, run: RunFolder) -> None:
        self.caught_up: tuple[Live, Steps] | None = None
        self._run = run
        self._words: deque[str] = deque()
        self._changed = threading.Condition()
        self._left = False

    def run(self, sink: Callable[[Event], None]) -> None:
        sink(Stage(title="Reading the run"))
        follower = self._catch_up(sink)
        while not self._left:
            while self._words:
                self._ask(self._words.popleft(), sink)
            alive = self._run.alive  # before its events are read: what it wrote before its end is then among them
            events = follower.poll()
            for event in events:
                sink(event)
            if not events and not follower.behind:
                if not alive:
                    return
                with self._changed:
                    self._changed.wait_for(lambda: self._left or self._words, _POLL_SECONDS)

    def pause(self) -> None:
        self._say("pause")

    def resume(self) -> None:
        self._say("resume")

    def stop(self) -> None:
        self._say("stop")

    def ask(self, request: dict[str, Any]) -> None:
        """A training answers no questions."""

    def kill(self) -> None:
        self.leave()

    def leave(self) -> None:
        """Follow it no more; it goes on."""
        with self._changed:
            self._left = True
            self._changed.notify_all()

    def _say(self, word: str) -> None:
        with self._changed:
            self._words.append(word)
            self._changed.notify_all()

    def _catch_up(self, sink: Callable[[Event], None]) -> Follower:
        follower, live = Follower(self._run, steps=False), Live(run=self._run.name)
        started, paused = None, False
        while not self._left:
            for event in follower.poll():
                live = follow(live, event)
                started = event if isinstance(event, RunStarted) else started
                paused = isinstance(event, Paused) or (paused and not isinstance(event, Resumed | RunStarted))
            if not follower.behind:
                break
        steps = stepping.read(self._run)
        self.caught_up = live, steps
        follower.steps = True
        sink(self._standing(started, live, steps))
        if paused:
            sink(Paused(at=time.time()))
        return follower

    def _standing(self, started: RunStarted | None, live: Live, steps: Steps) -> Event:
        if started is None:
            return Stage(title="Preparing")
        epoch, step = max(steps.progress(), (live.done, 0))
        return replace(started, epoch=epoch, step=step)

    def _ask(self, word: str, sink: Callable[[Event], None]) -> None:
        try:
            self._run.ask(word)
        except (Error, OSError) as problem:
            known = told(problem)
            if known is None:
                raise
            if self._run.alive:  # else its end is told next
                sink(Notice(text=f"{known.title} {known.hint}".strip(), level="warning"))
                sink(Paused() if word == "resume" else Resumed())
