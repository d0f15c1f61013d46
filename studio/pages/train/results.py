"""The right column of the Train page: the best so far and facts of the run."""

from studio.pages.train.state import Best
from studio.widgets import words
from studio.widgets.bars import ShareBars
from studio.widgets.columns import SideColumn
from studio.widgets.facts import Facts
from studio.widgets.figure import BigNumber

RIGHT = 248  # px


class ResultColumn(SideColumn):
    """Best so far, accuracy by source, facts of the run."""

    def __init__(self) -> None:
        super().__init__("Results", RIGHT)
        self.best = BigNumber("Best so far")
        self.sources = ShareBars("Accuracy by source", "source")
        self.facts = Facts("This run")
        self.add_sections(
            [self.best], [words.head("Accuracy by source"), self.sources], [words.head("This run"), self.facts]
        )

    def set_best(self, best: Best) -> None:
        self.best.set_value(best.figure, best.words)
