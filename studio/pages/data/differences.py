"""Which labels are different between two times, or were between two runs."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core import wording
from core.curate import run_labels
from core.errors import Error
from core.project import journal
from core.project.journal import Difference
from core.project.records import batches
from core.project.store import Store
from core.runs import folder
from studio import theme
from studio.pages.data.tables import table
from studio.session import Session
from studio.widgets import words

KINDS = ("Two times", "Two runs")
IMAGE, NAME, BEFORE, AFTER = range(4)
_HEADS = ("Image", "Name", "Before", "After")
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Found:
    """What is different, the names of those images, and a sentence that says so."""

    different: Sequence[Difference] = ()
    names: dict[int, str] | None = None
    sentence: str = ""


def between_times(store: Store, before: float, after: float) -> Found:
    """The labels that differ between two times."""
    return _found(store, journal.difference(store, *sorted((before, after))), "")


def between_runs(store: Store, before: str, after: str) -> Found:
    """The labels that two runs knew differently."""
    compared = run_labels.compare(store, folder.find(store.paths.runs, before), folder.find(store.paths.runs, after))
    return _found(store, compared.different, f" of {wording.count(compared.images, 'image')} that both runs know")


class Differences(QWidget):
    """Asks what to compare and shows the answer. `said(text, kind)` tells what came of it."""

    said = Signal(str, str)
    changed = Signal()  # other differences are shown

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.found = Found()
        self.kind = QComboBox()
        self.kind.addItems(KINDS)
        _named(self.kind, "What to compare", "Compare the labels of two times, or those that two runs knew")
        self.times = (QLineEdit(), QLineEdit())
        for field, name in zip(self.times, ("Earlier", "Later"), strict=True):
            _named(field, f"{name} time", "Such as 2026-03-01 or 2026-03-01 14:30; a day means its end")
            field.setProperty("field", "number")
            field.returnPressed.connect(self.compare)
        self.runs = (QComboBox(), QComboBox())
        for box, name in zip(self.runs, ("First", "Second"), strict=True):
            _named(box, f"{name} run", "A run that has predictions: with them it kept the labels of then")
        self.go = QPushButton("Compare")
        self.go.setToolTip("Show the images whose label is different")
        self.go.setAutoDefault(False)
        self.go.clicked.connect(self.compare)
        self.model = DifferenceModel(self)
        self.view = table(self.model, "Different labels", {IMAGE: 76, BEFORE: 150, AFTER: 150}, stretch=NAME)
        self._arrange()
        self.kind.currentIndexChanged.connect(self._choose_kind)

    def begin(self) -> None:
        """Offer the time from the first edit to now, and the last two runs."""
        first = self.session.store.read("SELECT min(at_ms) FROM edit")[0][0]
        ends = (first / 1000 + 1 if first else time.time(), time.time() + 1)  # what is said is cut to whole seconds
        for field, at in zip(self.times, ends, strict=True):
            field.setText(journal.said_time(at))
        known = [run.name for run in folder.list_runs(self.session.store.paths.runs) if run.predictions_file.is_file()]
        for place, box in enumerate(self.runs):
            box.clear()
            box.addItems(known)
            box.setCurrentIndex(max(0, len(known) - 2 + place))

    def compare(self) -> None:
        """Find the differences, on the reader's thread."""
        try:
            question = self._question()
        except Error as problem:
            self.said.emit(str(problem), "bad")
            return
        self.said.emit("Comparing…", "muted")
        self.session.reader.ask("journal-difference", question, self._answered)

    def save(self, file: Path) -> None:
        """Write what is shown to a table."""
        different = self.found.different
        self.session.reader.ask(
            "journal-csv",
            lambda store: journal.write_difference(store, different, file),
            lambda lines: self.said.emit(f"Wrote {wording.count(lines, 'line')} to {file}.", "muted"),
        )

    def _question(self) -> Callable[[Store], Found]:
        if self.kind.currentIndex() == 0:
            before, after = (journal.moment(field.text()) for field in self.times)
            return lambda store: between_times(store, before, after)
        first, second = (box.currentText() for box in self.runs)
        if not first or first == second:
            raise Error("Choose two runs.", "Only runs that have predictions can be compared.")
        return lambda store: between_runs(store, first, second)

    def _answered(self, found: Found) -> None:
        self.found = found
        self.model.show_found(found)
        self.said.emit(found.sentence, "muted")
        self.changed.emit()

    def _choose_kind(self, kind: int) -> None:
        self._sides.setCurrentIndex(kind)
        if kind == 1 and self.runs[0].count() < 2:
            self.said.emit("There are no two runs with predictions to compare.", "muted")

    def _arrange(self) -> None:
        self._sides = QStackedWidget()
        for pair in (self.times, self.runs):
            side = QWidget()
            row = QHBoxLayout(side)
            row.setContentsMargins(0, 0, 0, 0)
            row.addWidget(pair[0], 1)
            row.addWidget(QLabel("and"))
            row.addWidget(pair[1], 1)
            self._sides.addWidget(side)
        self._sides.setFixedHeight(self.times[0].sizeHint().height() + 2)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.kind)
        head.addWidget(self._sides, 1)
        head.addWidget(self.go)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(
            words.muted("A class that was renamed is the same class. Edits that were undone do not count.")
        )
        layout.addWidget(self.view, 1)


class DifferenceModel(QAbstractTableModel):
    """Images and their two labels."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._found = Found()

    def show_found(self, found: Found) -> None:
        """Show these."""
        self.beginResetModel()
        self._found = found
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own signature
        return 0 if parent.isValid() else len(self._found.different)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return len(_HEADS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _HEADS[section]
        return _aligned(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        one, column = self._found.different[index.row()], index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            name = (self._found.names or {}).get(one.image_id, "")
            return (str(one.image_id), name, one.before, one.after)[column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _aligned(column)
        return theme.mono() if role == Qt.ItemDataRole.FontRole and column == IMAGE else None


def _found(store: Store, different: list[Difference], of: str) -> Found:
    names: dict[int, str] = {}
    for part in batches([one.image_id for one in different]):
        names.update(store.read(f"SELECT id, name FROM image WHERE id IN ({','.join(map(str, part))})"))
    count = wording.count(len(different), "label") if different else "No label"
    return Found(different, names, f"{count}{of} {'is' if len(different) < 2 else 'are'} different.")


def _named(widget: QWidget, name: str, tooltip: str) -> None:
    widget.setAccessibleName(name)
    widget.setToolTip(tooltip)


def _aligned(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column == IMAGE else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
