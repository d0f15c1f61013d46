"""The left column of the Train page: what to train with. It shows what it is told and says what was clicked.

What augmentation and synthesis do is chosen on pages of their own; a line each tells it here.
"""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QWidget,
)

from core.recipe import Recipe
from studio import theme
from studio.pages.train import state
from studio.pages.train.parts import button, let_shrink, row
from studio.pages.train.state import AUTOMATIC, DeviceChoice
from studio.widgets import words
from studio.widgets.columns import SideColumn
from studio.widgets.form import RecipeForm
from studio.widgets.picker import Picker

LEFT = 308  # px


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
        let_shrink(self.recipes)
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
        let_shrink(self.devices)
        self._start = button("Start", "Train a model with this recipe", self.started)
        theme.role(self._start, "primary")
        self._pause = button("Pause", "Let the training wait; nothing is lost", self.paused)
        self._stop = button("Stop and keep", "Save what is trained and end; it can be resumed", self.stopped)
        self._buttons = QStackedWidget()
        self._buttons.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._buttons.addWidget(row(self._start))
        self._buttons.addWidget(row(self._pause, self._stop))
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
