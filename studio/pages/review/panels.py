"""The three columns of the Review page: matrix, images, figures. They show what they are told; the page decides."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio import theme
from studio.pages.review.state import PARTS, Cell, ClassLine, Empty, Figures, Listing, Outcome, Pair, RunLine
from studio.pages.review.table import ClassTable
from studio.widgets import words
from studio.widgets.bars import ShareBars
from studio.widgets.columns import MARGIN, SideColumn
from studio.widgets.empty import EmptyState
from studio.widgets.facets import Facet, FacetList
from studio.widgets.figure import BigNumber
from studio.widgets.grid import ThumbnailGrid
from studio.widgets.label_keys import LabelKeys
from studio.widgets.large import LargeView
from studio.widgets.matrix import ConfusionMatrix, Mode
from studio.widgets.picker import Picker
from studio.widgets.progress import ProgressLine

RIGHT = 248  # px
_MODES: tuple[tuple[Mode, str, str], ...] = (
    ("count", "Counts", "How many images are in each cell"),
    ("row", "Row %", "Percent of the images of the true class"),
    ("column", "Column %", "Percent of the images read as that class"),
)
_KEY_ROWS = 84  # px, two rows of label buttons


class MatrixColumn(QWidget):
    """Run, part, the matrix, the pairs most confused; or why there is no matrix."""

    run_chosen = Signal(str)
    part_chosen = Signal(str)
    cell_chosen = Signal(int, int)  # -1, -1: none
    evaluate = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.runs, self.parts = Picker(), Picker()
        for combo, name, tip in (
            (self.runs, "Run", "The run whose predictions are shown"),
            (self.parts, "Images", "Which of the images that the run has read"),
        ):
            combo.setAccessibleName(name)
            combo.setToolTip(tip)
            combo.setMinimumContentsLength(8)
        self.parts.setPlaceholderText(PARTS["val"])
        self.runs.activated.connect(lambda _: self.run_chosen.emit(self.runs.currentData()))
        self.parts.activated.connect(lambda _: self.part_chosen.emit(self.parts.currentData()))
        self.matrix = ConfusionMatrix()
        self.matrix.cell_chosen.connect(self.cell_chosen)
        self._confused_head = words.head("Most confused")
        self.confused = FacetList("Most confused")
        self.confused.chosen.connect(self._choose_pair)
        self._changes = words.muted()
        self.again = QPushButton("Evaluate again")
        self.again.setObjectName("review-evaluate")
        self.again.setToolTip("Compare the run's best network with the labels of now")
        theme.role(self.again, "link")
        self.again.clicked.connect(self.evaluate)
        policy = self.again.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # a first label must not make the matrix smaller
        self.again.setSizePolicy(policy)
        self.empty = EmptyState("", icon="target")
        self.empty.clicked.connect(self.evaluate)
        self.progress = ProgressLine("Evaluation progress")
        self._stack = QStackedWidget()
        self._stack.addWidget(self._matrix_page())
        self._stack.addWidget(self.empty)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.runs, 3)
        head.addWidget(self.parts, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.progress)
        layout.addWidget(self._stack, 1)
        self.set_progress(None)
        self.setMinimumWidth(theme.px(360))

    def _matrix_page(self) -> QWidget:
        inner = QWidget()
        modes, self._modes = _choices(_MODES)
        self._modes.idClicked.connect(lambda at: self.matrix.set_mode(_MODES[at][0]))
        changes = QHBoxLayout()
        changes.addWidget(self._changes, 1)
        changes.addWidget(self.again)
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(modes)
        layout.addWidget(self.matrix, 1)
        layout.addLayout(changes)
        layout.addWidget(self._confused_head)
        layout.addWidget(self.confused)
        return inner

    def set_runs(self, lines: Sequence[RunLine], chosen: str) -> None:
        """Offer runs."""
        self.runs.clear()
        for line in lines:
            self.runs.addItem(line.title, line.name)
        self.runs.setCurrentIndex(self.runs.findData(chosen))

    def set_outcome(self, shown: Outcome, pairs: Sequence[Pair]) -> None:
        """Show the matrix of a run's part."""
        self.parts.clear()
        for part in shown.parts:
            self.parts.addItem(PARTS[part], part)
        self.parts.setCurrentIndex(self.parts.findData(shown.part))
        self.parts.setEnabled(len(shown.parts) > 1)
        self.matrix.set_counts(shown.counts, shown.classes)
        self.confused.set_facets([Facet(_key(pair.cell), pair.number, pair.title) for pair in pairs])
        self._confused_head.setVisible(bool(pairs))
        self.confused.setVisible(bool(pairs))
        self._stack.setCurrentIndex(0)

    def set_cell(self, cell: Cell | None) -> None:
        """Mark the chosen cell in the matrix and in the list."""
        if cell is not None:
            self.matrix.choose(*cell)
        else:
            self.matrix.clear_choice()
        self.confused.set_active({_key(cell)} if cell is not None else set())

    def set_empty(self, empty: Empty) -> None:
        """Say why there is no matrix."""
        self.parts.clear()
        self.parts.setEnabled(False)
        self.empty.set_words(empty.sentence, empty.button, empty.hint)
        self._stack.setCurrentIndex(1)

    def set_changes(self, line: str) -> None:
        """Say what changed since the run; empty when nothing did."""
        self._changes.setText(line)
        self.again.setVisible(bool(line))

    def changes(self) -> str:
        return self._changes.text()

    def set_progress(self, share: float | None, running: bool = False) -> None:
        """How far the evaluation is; its line keeps its room."""
        self.progress.set_fraction(share if running else 0.0)
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(policy)
        self.progress.setVisible(running)
        self.again.setEnabled(not running)

    def is_empty(self) -> bool:
        return self._stack.currentIndex() == 1

    def _choose_pair(self, key: str) -> None:
        true, predicted = key.split(",")
        self.cell_chosen.emit(int(true), int(predicted))


class ImagesColumn(QWidget):
    """The images of the chosen cell or the wrong ones, and the buttons that relabel the selected."""

    wrong_chosen = Signal(bool)
    labelled = Signal(int)
    left_large = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._back = QPushButton("Back to the grid")
        self._back.setToolTip("Back to the grid (Esc)")
        self._back.clicked.connect(self.left_large)
        self._title, self._number = words.title(), words.number(quiet=True)
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        choices, self._which = _choices(
            (
                ("wrong", "Wrong", "Only images that were read wrong, the surest first"),
                ("all", "All", "All images that were read"),
            )
        )
        self._which.idClicked.connect(lambda at: self.wrong_chosen.emit(at == 0))
        head = QHBoxLayout()
        head.setContentsMargins(MARGIN, MARGIN, MARGIN, 4)
        head.setSpacing(12)
        head.addWidget(self._back)
        head.addWidget(self._title, 1)
        head.addWidget(self._number)
        head.addLayout(choices)
        self.large = LargeView()
        self.large.left.connect(self.left_large)
        self.grid = ThumbnailGrid()
        self.empty = EmptyState("", icon="check_circle")
        self._stack = QStackedWidget()
        for view in (self.grid, self.empty, EmptyState("The images will be here.", icon="image"), self.large):
            self._stack.addWidget(view)
        self._current = QLabel()
        self._current.setTextFormat(Qt.TextFormat.PlainText)
        self._current.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        theme.role(self._current, "muted")
        self.keys = LabelKeys()
        self.keys.chosen.connect(self.labelled)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self._stack, 1)
        layout.addWidget(words.line())
        layout.addWidget(self._foot())
        self.show_large(False)

    def show_large(self, large: bool) -> None:
        """Let the large view or the grid take the room."""
        self._back.setVisible(large)
        self._stack.setCurrentWidget(self.large if large else self.grid)

    def take_keyboard(self) -> None:
        """Let keys go to the grid or the large view."""
        (self.large if self.is_large() else self.grid).setFocus(Qt.FocusReason.OtherFocusReason)

    def is_large(self) -> bool:
        return self._stack.currentWidget() is self.large

    def _foot(self) -> QWidget:
        foot = QWidget()
        theme.role(foot, "surface")
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setFixedHeight(theme.px(_KEY_ROWS))
        area.setWidget(self.keys)
        layout = QVBoxLayout(foot)
        layout.setContentsMargins(MARGIN, 8, MARGIN, 8)
        layout.setSpacing(6)
        layout.addWidget(self._current)
        layout.addWidget(area)
        return foot

    def set_listing(self, listing: Listing, cell: bool, wrong_only: bool) -> None:
        """Say what is listed; with a cell chosen neither Wrong nor All is on."""
        self._title.setText(listing.title)
        self._title.setToolTip(listing.title)
        self._number.setText(listing.number)
        self._which.setExclusive(False)
        for at, button in enumerate(self._which.buttons()):
            button.setChecked(not cell and (at == 0) == wrong_only)
        self._which.setExclusive(True)
        self.empty.set_words(listing.empty)
        if not len(listing.ids) or not self.is_large():
            self._back.hide()
            self._stack.setCurrentIndex(0 if len(listing.ids) else 1)

    def clear(self) -> None:
        """There is nothing to list."""
        self._title.setText("")
        self._number.setText("")
        self._back.hide()
        self._stack.setCurrentIndex(2)

    def heading(self) -> tuple[str, str]:
        return self._title.text(), self._number.text()

    def set_current(self, text: str, labels: bool) -> None:
        """What is known of the selected image, and whether it can be labelled."""
        self._current.setText(text)
        self._current.setToolTip(text)
        self.keys.setEnabled(labels)


class FiguresColumn(SideColumn):
    """Accuracy, the table of the classes, accuracy by source."""

    def __init__(self) -> None:
        super().__init__("Figures", RIGHT)
        self.accuracy = BigNumber("Accuracy")
        self.table = ClassTable()
        self.sources = ShareBars("Accuracy by source", "source")
        self._worst = words.muted()
        self.add_sections(
            [self.accuracy],
            [words.head("Per class"), self.table],
            [words.head("Accuracy by source"), self.sources, self._worst],
        )

    def set_figures(self, figures: Figures, lines: Sequence[ClassLine], positions: Mapping[str, int]) -> None:
        """Show the figures of a run."""
        self.accuracy.set_head(figures.head)
        self.accuracy.set_value(figures.accuracy, figures.margin)
        self.table.set_lines(lines, positions)
        self.sources.set_shares(figures.by_source)
        worst = self.sources.worst()
        self._worst.setText(f"Worst source: {worst}" if worst else "")

    def clear(self) -> None:
        """There are no figures."""
        self.set_figures(Figures("Accuracy", "–", "", {}), (), {})


def _choices(choices: Sequence[tuple[str, str, str]]) -> tuple[QHBoxLayout, QButtonGroup]:
    """Buttons of which one is on, the first at the start."""
    layout, group = QHBoxLayout(), QButtonGroup()
    layout.setSpacing(4)
    for at, (key, title, tip) in enumerate(choices):
        button = QPushButton(title)
        button.setObjectName(f"review-{key}")
        button.setCheckable(True)
        button.setChecked(at == 0)
        button.setToolTip(tip)
        theme.role(button, "quiet")
        group.addButton(button, at)
        layout.addWidget(button)
    layout.addStretch(1)
    return layout, group


def _key(cell: Cell) -> str:
    return f"{cell[0]},{cell[1]}"
