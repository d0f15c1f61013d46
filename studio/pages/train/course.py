"""The middle column of the Train page: the run, how far it is, its curves."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.runs.history import History
from studio.pages.train.compare import CompareButton
from studio.pages.train.parts import button, let_shrink
from studio.pages.train.state import Chip
from studio.widgets import words
from studio.widgets.columns import MARGIN
from studio.widgets.curves import Curves
from studio.widgets.empty import EmptyState
from studio.widgets.facts import Chip as ChipLabel
from studio.widgets.message_bar import Kind, MessageBar
from studio.widgets.picker import Picker
from studio.widgets.progress import ProgressLine

_LONGER = "Go on with this run for more epochs than it was planned with"


class CourseColumn(QWidget):
    """The run: which, its state, how far it is, its curves. Or what is missing before there can be one."""

    run_chosen = Signal(str)
    resumed = Signal()
    lengthened = Signal()
    compared = Signal()
    helped = Signal()  # the button of the empty state or of the bar about what is missing
    images_wanted = Signal()  # those that the message is about

    def __init__(self) -> None:
        super().__init__()
        self.runs = Picker()
        self.runs.setToolTip("The run that is shown")
        self.runs.setAccessibleName("Run")
        self.runs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        let_shrink(self.runs)
        self.runs.activated.connect(lambda _: self.run_chosen.emit(self.runs.currentData()))
        self._chip = ChipLabel()
        self._resume = button("Resume", "Go on with this run where it was", self.resumed)
        self._longer = button("Train longer…", _LONGER, self.lengthened)
        self.compare = CompareButton()
        self.compare.changed.connect(self.compared)
        self._line = words.number(quiet=True)
        self._line.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._line.setAccessibleName("How far the run is")
        self._progress = ProgressLine("Training progress")
        self.bar = MessageBar()
        self.bar.acted.connect(self._act)
        self._bar_goal = ""
        self._said: tuple[str, ...] = ()
        self._lines: list[tuple[str, str]] = []
        self.curves = Curves()
        self.empty = EmptyState("", icon="play_arrow")
        self.empty.clicked.connect(self.helped)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._course())
        self._stack.addWidget(self.empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self._stack, 1)

    def _course(self) -> QWidget:
        inner = QWidget()
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.runs)
        head.addWidget(self._chip)
        head.addStretch(1)
        for part in (self.compare, self._longer, self._resume):
            head.addWidget(part)
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self._line)
        layout.addWidget(self._progress)
        layout.addSpacing(8)
        layout.addWidget(self.curves, 1)
        return inner

    def show_empty(self, sentence: str, hint: str = "", button: str = "") -> None:
        self.empty.set_words(sentence, button, hint)
        self._stack.setCurrentIndex(1)

    def show_course(self) -> None:
        self._stack.setCurrentIndex(0)

    def is_empty(self) -> bool:
        return self._stack.currentIndex() == 1

    def set_runs(self, lines: Sequence[tuple[str, str]], chosen: str) -> None:
        """Offer runs as title and name; the list is made again only if they are others, as it may be open."""
        if list(lines) != self._lines:
            self._lines = list(lines)
            self.runs.clear()
            for title, name in lines:
                self.runs.addItem(title, name)
        self.runs.setCurrentIndex(self.runs.findData(chosen))

    def set_head(self, chip: Chip, line: str, share: float | None) -> None:
        """State in a word, how far in a line, and the part that is done (None: not known)."""
        if self._chip.text() != chip.text:
            self._chip.show_state(chip.text, chip.kind)
        self._line.setText(line)
        self._line.setToolTip(line)
        self._progress.set_fraction(share)

    def line(self) -> str:
        return self._line.text()

    def state(self) -> str:
        return self._chip.text()

    def set_resume(self, offered: bool, refusal: str) -> None:
        """Whether the shown run can be resumed at all, and why not now."""
        self._resume.setVisible(offered)
        self._resume.setEnabled(not refusal)
        self._resume.setToolTip(refusal or "Go on with this run where it was")

    def set_longer(self, offered: bool, refusal: str) -> None:
        """Whether the shown run can be given more epochs at all, and why not now."""
        self._longer.setVisible(offered)
        self._longer.setEnabled(not refusal)
        self._longer.setToolTip(refusal or _LONGER)

    def set_history(self, past: History) -> None:
        """Draw the curves of a run."""
        self.curves.set_history(past)

    def tell(self, title: str, hint: str, kind: Kind, action: str, goal: str) -> None:
        """A message above the run; its button resumes ("resume"), gets what is missing ("help") or shows "images"."""
        said = (title, hint, kind, action, goal)
        if said != self._said:  # one that was dismissed stays away
            self._said = said
            self._bar_goal = goal if action else ""
            self.bar.show_message(title, hint, kind, action)

    def bar_offers_resume(self) -> bool:
        """Whether the message has a button to resume, so that a second one would be too many."""
        return self._bar_goal == "resume" and not self.bar.isHidden()

    def _act(self) -> None:
        goals = {"resume": self.resumed, "help": self.helped, "images": self.images_wanted}
        goals[self._bar_goal].emit()
