"""The companion: a child process that makes the samples on the screen by training's own code, and asks a model."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from core.augment.preview import Tile
from core.events import Event, Judged
from core.recipe import Recipe
from studio.jobs import ChildWork, JobSupervisor
from studio.pages.augment.equality import Check, by_recipe
from studio.pages.augment.state import Verdict, verdicts

_REST = 300_000  # ms without a question after which the child ends
_FAILURES = 2  # of the child in a row, after which it is not started again

Digests = tuple[str, ...]


class Checker(QObject):
    """Compares the samples that are shown with those of training. `changed` when `check` or `said` are new.

    `said` has a verdict for each tile once a model was asked, and none before.
    """

    changed = Signal()

    def __init__(self, root: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.check = Check()
        self.said: dict[int, Verdict] = {}
        self.model_trouble = ""  # why the model cannot be asked
        self._mute = ""  # the run that cannot
        self._root = root
        self._job: JobSupervisor | None = None
        self._failures = 0
        self._trouble = ""
        self._rest = QTimer(self, singleShot=True, interval=_REST)  # its memory is worth more than its start
        self._rest.timeout.connect(self.close)
        self._number = 0
        self._asked: tuple[object, ...] | None = None
        self._waiting: deque[tuple[list[int], dict[str, Any]]] = deque()  # tiles and request, one for each recipe
        self._theirs: list[Digests] = []

    def forget(self) -> None:
        """Other samples are coming: nothing is known of them."""
        self._number += 1
        self._asked = None
        self._waiting.clear()
        self.check, self.said = Check(), {}

    def skip(self, reason: str) -> None:
        """What is shown is not compared."""
        self.forget()
        self.check = Check(trouble=reason)
        self.changed.emit()

    def begin(self, tiles: Sequence[Tile], digests: Digests, recipes: Sequence[Recipe], shown: Check, run: str) -> None:
        """Compare `digests` of `tiles` with training's, and ask `run` about them if it is named.

        `shown` says what is known already. What is compared already is not compared again.
        """
        asked = (digests, tuple(recipes), run, shown)
        if asked == self._asked:
            return
        self.forget()
        self._asked, self._theirs = asked, []
        if run != self._mute:
            self._mute = self.model_trouble = ""
        self.check = replace(shown, ours=by_recipe(digests, tiles, len(recipes)))
        for which, recipe in enumerate(recipes):
            mine = [at for at, tile in enumerate(tiles) if tile.which == which]
            request = {
                "number": self._number,
                "recipe": recipe.model_dump(mode="json"),
                "ids": [tiles[at].picture.id for at in mine],
                "epoch": [tiles[at].epoch for at in mine],
                "run": "" if shown.pairs or run == self._mute else run,
            }
            self._waiting.append((mine, request))
        self._ask()
        if self._waiting:
            self.changed.emit()

    def close(self) -> None:
        """End the child, which has nothing to save; another question starts it again."""
        self._waiting.clear()
        if self._job is not None:
            job, self._job = self._job, None
            job.kill()
            job.wait()

    def _ask(self) -> None:
        if not self._waiting:
            return
        if self._failures >= _FAILURES:
            self.skip(self._trouble)
            return
        if self._job is None:
            arguments = ["augment", "companion", "--project", str(self._root), "--device", "cpu"]
            # Not session.jobs: it waits for questions all day and must not keep anybody from training.
            job = JobSupervisor("Checking samples", ChildWork(arguments), self)
            job.events.connect(self._heard)
            job.failed.connect(lambda title, hint, _: self._died(job, f"{title} {hint}".strip()))
            job.stopped.connect(lambda: self._died(job, "The process that compares was ended."))
            job.start()
            self._job = job
        self._job.ask(self._waiting[0][1])
        self._rest.start()

    def _heard(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Judged) and event.number == self._number and self._waiting:
                self._take(event)

    def _take(self, judged: Judged) -> None:
        self._failures = 0
        tiles, request = self._waiting[0]
        if judged.problem and request["run"]:  # the samples can be compared without the model
            self.model_trouble, self._mute = judged.problem, request["run"]
            for _, waiting in self._waiting:
                waiting["run"] = ""
            self._ask()
            return
        self._waiting.popleft()
        if judged.digests:
            self._theirs.append(tuple(judged.digests))
        self.said |= dict(zip(tiles, verdicts(judged), strict=False))
        trouble = judged.problem or self.check.trouble
        self.check = replace(self.check, theirs=tuple(self._theirs), trouble=trouble)
        self._ask()
        self.changed.emit()

    def _died(self, job: JobSupervisor, trouble: str) -> None:
        if job is self._job:  # else it was ended on purpose
            self._job = None
            self._failures += 1
            self._trouble = trouble
            self.skip(trouble)
