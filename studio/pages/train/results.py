"""The right column of the Train page: the best so far, facts and notes of the run, and what waits after it."""

from collections.abc import Sequence

from core.events import Notice
from studio.pages.train.notes import NotesEditor
from studio.pages.train.queue_list import QueueList
from studio.pages.train.state import Best
from studio.widgets import words
from studio.widgets.bars import ShareBars
from studio.widgets.columns import SideColumn
from studio.widgets.facts import Facts
from studio.widgets.figure import BigNumber

RIGHT = 248  # px


class ResultColumn(SideColumn):
    """Best so far, accuracy by source, facts of the run, notes, queue."""

    def __init__(self) -> None:
        super().__init__("Results", RIGHT)
        self.best = BigNumber("Best so far")
        self.sources = ShareBars("Accuracy by source", "source")
        self.facts = Facts("This run")
        self._remarks = words.muted()
        self._remarks.setAccessibleName("Remarks on this run")
        self._remarks.hide()
        self.notes = NotesEditor()
        self.queue = QueueList()
        self.add_sections(
            [self.best],
            [words.head("Accuracy by source"), self.sources],
            [words.head("This run"), self.facts, self._remarks],
            [words.head("Notes"), self.notes],
            [words.head("Queue"), self.queue],
        )

    def set_best(self, best: Best) -> None:
        self.best.set_value(best.figure, best.words)

    def set_notices(self, notices: Sequence[Notice]) -> None:
        """What was remarked during the run."""
        self._remarks.setText("\n".join(notice.text for notice in notices))
        self._remarks.setVisible(bool(notices))

    def remarks(self) -> str:
        return self._remarks.text()
