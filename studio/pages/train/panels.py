"""The three columns of the Train page. They show what they are told and say what was clicked; the page decides.

What augmentation and synthesis do is chosen on pages of their own; a line each tells it here.
"""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.recipe import Recipe
from core.runs.history import History
from studio import theme
from studio.pages.train import state
from studio.pages.train.state import AUTOMATIC, Best, Chip, DeviceChoice
from studio.widgets import words
from studio.widgets.bars import ShareBars
from studio.widgets.columns import MARGIN, SideColumn
from studio.widgets.curves import Curves
from studio.widgets.empty import EmptyState
from studio.widgets.facts import Chip as ChipLabel
from studio.widgets.facts import Facts
from studio.widgets.figure import BigNumber
from studio.widgets.form import RecipeForm
from studio.widgets.message_bar import Kind, MessageBar
from studio.widgets.picker import Picker
from studio.widgets.progress import ProgressLine

LEFT, RIGHT = 308, 248  # px


class SetupColumn(SideColumn):
    """Recipe, device, and the buttons of the job."""

    recipe_chosen = Signal(str)
    edited = Signal()
    went = Signal(str)  # to the place where augmentation or synthesis is chosen
    started = Signal()
    paused = Signal()
    stopped = Signal()

    def __init__(self) -> None:
        super().__init__("Recipe", LEFT)
        self.recipes = Picker()
        self.recipes.setToolTip("The recipe to start from: one of those that come with Wildset, or that of a run")
        self.recipes.setAccessibleName("Recipe")
        _let_shrink(self.recipes)
        self.recipes.activated.connect(lambda _: self.recipe_chosen.emit(self.recipes.currentData()))
        self.augmentation = _Elsewhere("Choose on the Augment page what happens to training images")
        self.augmentation.clicked.connect(lambda: self.went.emit("augment"))
        self.synthesis = _Elsewhere("Choose on the Synthesize page how digits are composed")
        self.synthesis.clicked.connect(lambda: self.went.emit("synthesize"))
        self.form = RecipeForm({"augment": self.augmentation, "synth": self.synthesis})
        self.form.edited.connect(self.edited)
        self.add_head(self.recipes)
        self.add_scrolling(self.form)
        self.devices = Picker()
        self.devices.setAccessibleName("Device")
        _let_shrink(self.devices)
        self._start = _button("Start", "Train a model with this recipe", self.started)
        theme.role(self._start, "primary")
        self._pause = _button("Pause", "Let the training wait; nothing is lost", self.paused)
        self._stop = _button("Stop and keep", "Save what is trained and end; it can be resumed", self.stopped)
        self._buttons = QStackedWidget()
        self._buttons.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._buttons.addWidget(_row(self._start))
        self._buttons.addWidget(_row(self._pause, self._stop))
        foot = self.add_foot()
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(QLabel("Device"))
        line.addWidget(self.devices, 1)
        foot.addLayout(line)
        foot.addWidget(self._buttons)

    def set_recipe(self, recipe: Recipe, origin: str) -> None:
        """Show `recipe` and what it began as; what is being typed stays where it is that recipe already."""
        self.recipes.setCurrentIndex(max(0, self.recipes.findData(origin)))
        if recipe != self.form.value():
            self.form.set_recipe(recipe)
        self.augmentation.tell(state.augmentation(recipe))
        self.synthesis.tell(state.synthesis(recipe))

    def set_recipes(self, names: Sequence[tuple[str, str]], chosen: str) -> None:
        """Offer recipes as title and key."""
        self.recipes.clear()
        for title, key in names:
            self.recipes.addItem(title, key)
        self.recipes.setCurrentIndex(max(0, self.recipes.findData(chosen)))

    def set_devices(self, choices: Sequence[DeviceChoice], known: bool) -> None:
        """Offer devices; until they are `known` there is nothing to choose."""
        chosen = self.device()
        model = QStandardItemModel(self.devices)
        for choice in choices:
            item = QStandardItem(choice.title)
            item.setData(choice.name, Qt.ItemDataRole.UserRole)
            item.setToolTip(choice.tooltip)
            item.setEnabled(choice.offered)
            model.appendRow(item)
        self.devices.setModel(model)
        self.devices.setCurrentIndex(max(0, self.devices.findData(chosen)))
        self.devices.setEnabled(known)
        self.devices.setToolTip(
            "What to train on; greyed ones say why they are not offered" if known else "Looking for what to train on"
        )

    def device(self) -> str:
        return self.devices.currentData() or AUTOMATIC

    def set_job(self, now: str) -> None:
        """Show Start for "none", else the buttons of a job that is running, paused or stopping."""
        self._buttons.setCurrentIndex(0 if now == "none" else 1)
        self._pause.setText("Resume" if now == "paused" else "Pause")
        self._pause.setToolTip(
            "Go on with the training" if now == "paused" else "Let the training wait; nothing is lost"
        )
        self._pause.setEnabled(now in ("running", "paused"))
        self._stop.setEnabled(now in ("running", "paused"))

    def set_start(self, refusal: str) -> None:
        """Allow Start, or say why not."""
        self._start.setEnabled(not refusal)
        self._start.setToolTip(refusal or "Train a model with this recipe")

    def recipe(self) -> Recipe | None:
        """What is filled in; None where a setting is not valid."""
        return self.form.value() if self.form.valid() else None


class _Elsewhere(QWidget):
    """What is chosen on another page, and the button that goes there."""

    clicked = Signal()

    def __init__(self, tooltip: str) -> None:
        super().__init__()
        self._words = words.muted()
        self._button = _button("Change", tooltip, self.clicked)
        self._button.setAccessibleName(tooltip)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self._words, 1)
        layout.addWidget(self._button, 0, Qt.AlignmentFlag.AlignTop)

    def tell(self, text: str) -> None:
        self._words.setText(text)
        self._button.setAccessibleDescription(text)

    def text(self) -> str:
        return self._words.text()


class CourseColumn(QWidget):
    """The run: which, its state, how far it is, its curves. Or what is missing before there can be one."""

    run_chosen = Signal(str)
    resumed = Signal()
    helped = Signal()  # the button of the empty state or of the bar about what is missing

    def __init__(self) -> None:
        super().__init__()
        self.runs = Picker()
        self.runs.setToolTip("The run that is shown")
        self.runs.setAccessibleName("Run")
        self.runs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        _let_shrink(self.runs)
        self.runs.activated.connect(lambda _: self.run_chosen.emit(self.runs.currentData()))
        self._chip = ChipLabel()
        self._resume = _button("Resume", "Go on with this run where it was", self.resumed)
        self._line = words.number(quiet=True)
        self._line.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._line.setAccessibleName("How far the run is")
        self._progress = ProgressLine("Training progress")
        self.bar = MessageBar()
        self.bar.acted.connect(self._act)
        self._bar_goal = "resume"
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
        head.addWidget(self._resume)
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
        """Offer runs as title and name."""
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

    def set_history(self, past: History) -> None:
        """Draw the curves of a run."""
        self.curves.set_history(past)

    def tell(self, title: str, hint: str, kind: Kind, action: str, goal: str) -> None:
        """A message above the run; its button resumes ("resume") or gets what is missing ("help")."""
        self._bar_goal = goal if action else ""
        self.bar.show_message(title, hint, kind, action)

    def bar_offers_resume(self) -> bool:
        """Whether the message has a button to resume, so that a second one would be too many."""
        return self._bar_goal == "resume" and not self.bar.isHidden()

    def _act(self) -> None:
        (self.resumed if self._bar_goal == "resume" else self.helped).emit()


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


def _button(text: str, tooltip: str, signal: SignalInstance) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tooltip)
    button.clicked.connect(lambda: signal.emit())
    return button


def _row(*widgets: QWidget) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    for widget in widgets:
        layout.addWidget(widget, 1)
    return row


def _let_shrink(combo: QComboBox) -> None:
    """A long name is cut off rather than widening its column."""
    combo.setMinimumContentsLength(8)
    combo.setMinimumSize(QSize(theme.px(120), 0))
