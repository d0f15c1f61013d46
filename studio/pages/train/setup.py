"""The left column of the Train page: what to train with. It shows what it is told and says what was clicked.

What augmentation and synthesis do is chosen on pages of their own; a line each tells it here.
"""

import textwrap
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from core.recipe import Recipe
from studio import theme
from studio.pages.train import state
from studio.pages.train.devices import AUTOMATIC, DeviceChoice
from studio.pages.train.network import CostLine
from studio.pages.train.parts import button, let_shrink, link, row
from studio.widgets import words
from studio.widgets.columns import SideColumn
from studio.widgets.form import RecipeForm, Rows
from studio.widgets.picker import Picker
from studio.widgets.two_lines import NOTE, TwoLines

LEFT = 308  # px
ELSEWHERE = ("augment", "synth")  # sections of the recipe that are chosen on other pages
RATE = "optim.learning_rate"
_START, _QUEUE = "Train a model with this recipe", "Let a run with this recipe wait for those before it"
_FIND = "Find a learning rate: a short training while the rate rises shows which suits"
_TIP = 80  # letters of a line of a tooltip
_NO_COMMAND = "A setting is not valid; see the message below it."
_RECIPES = "The recipe to start from: one of those that come with Wildset, or that of a run"


class SetupColumn(SideColumn):
    """Recipe, device, and the buttons of the job."""

    recipe_chosen = Signal(str)
    edited = Signal()
    capacity_asked = Signal()
    rate_asked = Signal()
    copied = Signal()  # the command
    went = Signal(str)  # to the place where augmentation or synthesis is chosen
    started = Signal()
    queued = Signal()  # in the place of `started` while something is trained
    paused = Signal()
    stopped = Signal()

    def __init__(self, form: "SetupForm | None" = None) -> None:
        super().__init__("Recipe", LEFT)
        self._training = False
        self._offered: tuple[tuple[str, str, str], ...] = ()
        self.recipes = Picker()
        self.recipes.setAccessibleName("Recipe")
        let_shrink(self.recipes)
        self.recipes.activated.connect(lambda _: self.recipe_chosen.emit(self.recipes.currentData()))
        self.form = form or SetupForm()
        self.form.edited.connect(self.edited)
        self.form.went.connect(self.went)
        self.form.rate_asked.connect(self.rate_asked)
        self.form.cost.asked.connect(self.capacity_asked)
        self.add_head(self.recipes)
        self.add_scrolling(self.form)
        self._add_foot()
        self.set_job("none")

    def _add_foot(self) -> None:
        self.devices = Picker()
        self.devices.setAccessibleName("Device")
        self.devices.setItemDelegate(TwoLines(self.devices))
        let_shrink(self.devices)
        self._pause = button("Pause", "Let the training wait; nothing is lost", self.paused)
        self._stop = button("Stop and keep", "Save what is trained and end; it can be resumed", self.stopped)
        self._job = row(self._pause, self._stop)
        self._start = _Once("Start")
        self._start.setObjectName("train-start")
        self._pause.setObjectName("train-pause")
        self._stop.setObjectName("train-stop")
        self._start.setToolTip(_START)
        self._start.clicked.connect(self._go)
        theme.role(self._start, "primary")
        self._copy = link("Copy as command", "", self.copied)
        foot = self.add_foot()
        device, start = QHBoxLayout(), QHBoxLayout()
        device.setSpacing(12)
        device.addWidget(QLabel("Device"))
        device.addWidget(self.devices, 1)
        start.setSpacing(8)
        start.addWidget(self._start, 1)
        start.addWidget(self._copy)
        foot.addLayout(device)
        foot.addWidget(self._job)
        foot.addLayout(start)

    def set_recipe(self, recipe: Recipe, origin: str, base: Recipe) -> None:
        """Show `recipe`, what it began as, and which that was; what is being typed stays if it is that recipe already.

        What differs from `base` is marked.
        """
        self._choose(origin)
        if recipe != self.form.value():
            self.form.set_recipe(recipe, base)
        else:
            self.form.set_base(base)
        self.form.augmentation.tell(state.augmentation(recipe))
        self.form.synthesis.tell(state.synthesis(recipe))

    def set_recipes(self, names: Sequence[tuple[str, str, str]], chosen: str) -> None:
        """Offer recipes as title, key and what they are for."""
        if tuple(names) != self._offered:
            self._offered = tuple(names)
            self.recipes.clear()
            for title, key, about in names:
                self.recipes.addItem(title, key)
                self.recipes.setItemData(self.recipes.count() - 1, about, Qt.ItemDataRole.ToolTipRole)
        self._choose(chosen)

    def _choose(self, origin: str) -> None:
        at = max(0, self.recipes.findData(origin))
        self.recipes.setCurrentIndex(at)
        about = self.recipes.itemData(at, Qt.ItemDataRole.ToolTipRole)
        self.recipes.setToolTip(f"{about}\n{_RECIPES}" if about else _RECIPES)

    def set_devices(self, choices: Sequence[DeviceChoice], known: bool) -> None:
        """Offer devices; until they are `known` there is nothing to choose."""
        chosen = self.device()
        model = QStandardItemModel(self.devices)
        for choice in choices:
            item = QStandardItem(choice.title)
            item.setData(choice.name, Qt.ItemDataRole.UserRole)
            item.setData(choice.note, NOTE)
            item.setToolTip(choice.note)
            item.setData(f"{choice.title}. {choice.note}", Qt.ItemDataRole.AccessibleTextRole)
            item.setEnabled(choice.offered)
            model.appendRow(item)
        self.devices.setModel(model)
        view = self.devices.view()
        view.setMinimumWidth(view.sizeHintForColumn(0) + 2 * theme.px(6))  # wider than the column, as notes are
        self.devices.setCurrentIndex(max(0, self.devices.findData(chosen)))
        self.devices.setEnabled(known)
        self.devices.setToolTip(
            "What to train on; the list says why a device is not offered" if known else "Looking for what to train on"
        )

    def device(self) -> str:
        return self.devices.currentData() or AUTOMATIC

    def set_job(self, now: str) -> None:
        """Offer Start for "none", else the queue and the buttons of a job that is running, paused or stopping."""
        training = now != "none"
        self._training = training
        self._start.setText("Add to queue" if training else "Start")
        self._job.setVisible(training)
        self._pause.setText("Resume" if now == "paused" else "Pause")
        self._pause.setToolTip(
            "Go on with the training" if now == "paused" else "Let the training wait; nothing is lost"
        )
        self._pause.setEnabled(now in ("running", "paused"))
        self._stop.setEnabled(now in ("running", "paused"))

    def set_start(self, refusal: str) -> None:
        """Allow Start, or to add to the queue in its place, or say why not."""
        self._start.setEnabled(not refusal)
        self._start.setToolTip(refusal or (_QUEUE if self._training else _START))

    def set_find(self, refusal: str) -> None:
        """Allow to find a learning rate, or say why not."""
        self.form.finder.setEnabled(not refusal)
        self.form.finder.setToolTip(refusal or _FIND)

    def set_command(self, command: str) -> None:
        """The command line that trains the same; empty where there is none."""
        self._copy.setEnabled(bool(command))
        lines = textwrap.fill(command, _TIP, break_long_words=False, break_on_hyphens=False)
        self._copy.setToolTip(f"Copy what trains the same in a terminal:\n{lines}" if command else _NO_COMMAND)

    def put_rate(self, rate: float) -> None:
        """Take over a learning rate as if it were typed."""
        self.form.put(RATE, rate)
        self.form.field(RATE).setFocus()

    def _go(self) -> None:
        (self.queued if self._training else self.started).emit()

    def recipe(self) -> Recipe | None:
        """What is filled in; None where a setting is not valid."""
        return self.form.value() if self.form.valid() else None


class SetupForm(RecipeForm):
    """The recipe's settings, what they cost, and a line for each section that is chosen on another page."""

    went = Signal(str)
    rate_asked = Signal()

    def __init__(self, rows: Rows | None = None) -> None:
        augmentation = _Elsewhere("Choose on the Augment page what happens to training images")
        synthesis = _Elsewhere("Choose on the Synthesize page how digits are composed")
        cost, find = CostLine(), QPushButton("Find…")
        find.setToolTip(_FIND)
        theme.role(find, "inline")
        instead = dict(zip(ELSEWHERE, (augmentation, synthesis), strict=True))
        super().__init__(instead, rows, below={"Model": cost}, beside={RATE: find})
        self.augmentation, self.synthesis, self.cost, self.finder = augmentation, synthesis, cost, find
        augmentation.clicked.connect(lambda: self.went.emit("augment"))
        synthesis.clicked.connect(lambda: self.went.emit("synthesize"))
        find.clicked.connect(lambda: self.rate_asked.emit())


class _Once(QPushButton):
    """A button that a double click presses once: by its second half Start adds to the queue."""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()


class _Elsewhere(QWidget):
    """What is chosen on another page, and the button that goes there."""

    clicked = Signal()

    def __init__(self, tooltip: str) -> None:
        super().__init__()
        self._words = words.muted()
        self._button = button("Change", tooltip, self.clicked)
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
