"""The middle and the right of the Synthesize page. They show what they are told and say what was clicked."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio import theme
from studio.pages.synthesize.stages import Glimpse, Pixels, StageTiles
from studio.pages.synthesize.state import COLUMNS, GROUPS, SHOWN, Compared, Empty
from studio.widgets import words
from studio.widgets.columns import MARGIN, SideColumn
from studio.widgets.empty import EmptyState
from studio.widgets.facts import Facts
from studio.widgets.figure import BigNumber
from studio.widgets.message_bar import MessageBar
from studio.widgets.progress import ProgressLine
from studio.widgets.scatter import Scatter
from studio.widgets.sheet import SampleSheet

WIDTH = 288  # px


class CentrePanel(QWidget):
    """Composites in a grid with their numbers above, or the plot of a comparison, or what is missing.

    `turned(pages)` asks for other composites, `pointed(index)` tells the point of the plot below the pointer.
    """

    turned = Signal(int)
    chosen = Signal(int)
    pointed = Signal(int)
    helped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._back = _arrow("chevron_left", f"The {SHOWN} before (Alt+Left)", "synth-back")
        self._back.clicked.connect(lambda: self.turned.emit(-1))
        self._next = _arrow("chevron_right", f"The next {SHOWN} (Alt+Right)", "synth-on")
        self._next.clicked.connect(lambda: self.turned.emit(1))
        self._range = words.number()
        self._range.setToolTip("Numbers of the synthetic images that are shown; number 0 is the first")
        self._range.setAccessibleName("Numbers shown")
        self._speed = words.number(quiet=True)
        self._speed.setToolTip("What it took to compose them, without reading files")
        self._speed.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # gives way first
        self.as_plot = QPushButton("Plot")
        self.as_plot.setObjectName("synth-plot")
        self.as_plot.setCheckable(True)
        self.as_plot.toggled.connect(self._show_plot)
        theme.role(self.as_plot, "quiet")
        self.bar = MessageBar()
        self.sheet = SampleSheet()
        self.sheet.setAccessibleName("Synthetic images")
        self.sheet.chosen.connect(self.chosen)
        self.plot = _Plot()
        self.plot.scatter.hovered.connect(self.pointed)
        self.empty = EmptyState("", icon="layers")
        self.empty.clicked.connect(self.helped)
        self._views, self._stack = QStackedWidget(), QStackedWidget()
        self._arrange()
        self.set_compared(None)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self._back)
        head.addWidget(self._next)
        head.addSpacing(8)
        head.addWidget(self._range)
        head.addWidget(self._speed, 1)
        head.addSpacing(8)
        head.addWidget(self.as_plot)
        self._views.addWidget(self.sheet)
        self._views.addWidget(self.plot)
        full = QWidget()
        room = QVBoxLayout(full)
        room.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        room.setSpacing(8)
        room.addLayout(head)
        room.addWidget(self._views, 1)
        self._stack.addWidget(full)
        self._stack.addWidget(self.empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self._stack, 1)

    def set_lack(self, lack: Empty | None) -> None:
        """Say what is missing instead of showing images."""
        if lack:
            self.empty.set_words(lack.sentence, lack.button, lack.hint)
        self._stack.setCurrentIndex(1 if lack else 0)

    def is_empty(self) -> bool:
        return self._stack.currentIndex() == 1

    def set_range(self, text: str, back: bool, on: bool) -> None:
        """Which numbers are shown, and whether there are some before and after."""
        self._range.setText(text)
        self._back.setEnabled(back)
        self._next.setEnabled(on)

    def range(self) -> str:
        return self._range.text()

    def set_composites(self, pixels: Pixels, labels: Sequence[str], tips: Sequence[str], speed: str) -> None:
        """Show composites uint8[K,S,S,3], their classes, and where they come from."""
        self.sheet.set_samples(pixels, COLUMNS, labels, tooltips=tips)
        self._speed.setText(speed)

    def set_busy(self) -> None:
        """Say that reading takes longer, such as that of MNIST the first time."""
        self._speed.setText("reading…")

    def set_compared(self, found: Compared | None) -> None:
        """Show what a comparison found as a plot; None takes it away."""
        self.as_plot.setEnabled(found is not None)
        tip = "Show real and synthetic images as dots" if found else "Compare with real images first"
        self.as_plot.setToolTip(tip)
        if found is not None:
            self.plot.scatter.set_points(found.points, found.group, GROUPS)
        self.as_plot.setChecked(found is not None)

    def _show_plot(self, on: bool) -> None:
        self._views.setCurrentIndex(1 if on else 0)


class _Plot(QWidget):
    """Dots of real and synthetic images, and the image of the dot below the pointer."""

    def __init__(self) -> None:
        super().__init__()
        self.scatter = Scatter("Real and synthetic images in a plane")
        self.glimpse = Glimpse("Point at a dot to see its image.")
        about = words.muted(
            "Dots that lie together look alike: the two main directions (PCA) of their colours and gradients."
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(about)
        layout.addWidget(self.scatter, 1)
        layout.addWidget(self.glimpse)


class DetailColumn(SideColumn):
    """The chosen composite step by step and where it comes from; how far composites are from real images."""

    epoch_chosen = Signal(int)
    compare_asked = Signal()  # also to stop

    def __init__(self) -> None:
        super().__init__("Details", WIDTH)
        self.stages = StageTiles()
        self.epoch = QSpinBox()
        self.epoch.setRange(1, 1)
        self.epoch.setProperty("field", "number")
        self.epoch.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.epoch.setToolTip("The epoch whose augmentation is shown; each epoch draws anew")
        self.epoch.setAccessibleName("Epoch")
        self.epoch.valueChanged.connect(self.epoch_chosen)
        self.facts = Facts("Where this image comes from")
        self.add_sections([words.head("Chosen image"), self.stages, self._epoch_row(), self.facts])
        self.figure = BigNumber("Told apart from real images")
        self.progress = ProgressLine("Comparison")
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(policy)
        self.compare = QPushButton()
        self.compare.setObjectName("synth-compare")
        self.compare.clicked.connect(self.compare_asked)
        foot = self.add_foot()
        for part in (self.figure, self.progress, self.compare):
            foot.addWidget(part)
        self.set_comparing(False, None)

    def _epoch_row(self) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(words.muted("Augmented as in epoch"), 1)
        line.addWidget(self.epoch)
        return row

    def set_steps(
        self, stages: Sequence[tuple[str, Pixels]], facts: Sequence[tuple[str, str]], augmentation: str
    ) -> None:
        """Show how the chosen composite comes about, where it comes from, and what augmentation did to it."""
        self.stages.set_stages(stages)
        self.stages.setToolTip(augmentation)
        self.facts.set_rows(facts)

    def set_comparing(self, running: bool, share: float | None) -> None:
        """Offer the comparison, or show how far it is and offer to stop it."""
        self.compare.setText("Stop comparing" if running else "Compare with real images")
        self.progress.set_fraction(share if running else 0.0)
        self.progress.setVisible(running)

    def set_refusal(self, refusal: str) -> None:
        """Allow the comparison, or say why not."""
        self.compare.setEnabled(not refusal)
        self.compare.setToolTip(refusal or "Learn to tell synthetic images from real ones, and see how well that goes")


def _arrow(icon: str, tooltip: str, command: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName(command)
    button.setIcon(theme.icon(icon))
    button.setIconSize(QSize(20, 20))
    button.setToolTip(tooltip)
    button.setAccessibleName(tooltip)
    theme.role(button, "quiet")
    return button
