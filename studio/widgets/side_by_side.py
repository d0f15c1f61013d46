"""Two to four images beside each other, seen at the same place and scale, with what is known of each below."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from studio.widgets import words
from studio.widgets.canvas import Canvas
from studio.widgets.facts import Facts
from studio.widgets.large import ZoomBar
from studio.widgets.levels import Levels

MOST = 4


@dataclass(frozen=True)
class Caption:
    """What is said below one image: its name, and rows of name and value with their kinds (see `Facts`)."""

    name: str
    rows: Sequence[tuple[str, str]]
    kinds: Sequence[str]


class SideBySide(QWidget):
    """`focused(place)` when an image is clicked or reached by a key, `left` on Esc or Enter, `spaced` on the space."""

    focused = Signal(int)
    left = Signal()
    spaced = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.cells = [_Cell() for _ in range(MOST)]
        self._count, self._columns = 0, 0
        self._grid = QGridLayout()
        self._grid.setSpacing(16)
        self._bar = ZoomBar(self.cells[0].canvas)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 16, 16, 8)
        whole.setSpacing(8)
        whole.addLayout(self._grid, 1)
        whole.addWidget(self._bar)
        for cell in self.cells:
            cell.canvas.moved.connect(lambda cell=cell: self._link(cell.canvas))
            cell.canvas.installEventFilter(self)
        self.setFocusProxy(self.cells[0].canvas)

    def set_count(self, count: int) -> None:
        """Make room for so many images."""
        self._count, self._columns = count, 0
        for cell in self.cells:
            cell.canvas.set_image(None)
        self._lay_out()
        self._bar.say(f"{count} images at the same place and scale")

    def show_image(self, place: int, image: Levels | None, sentence: str = "") -> None:
        """Show an image, or why it cannot be shown."""
        self.cells[place].canvas.change_image(image, sentence)
        if place and self.cells[0].canvas.is_zoomed():
            self.cells[place].canvas.follow(self.cells[0].canvas)

    def show_caption(self, place: int, caption: Caption) -> None:
        """Say what is known of an image."""
        cell = self.cells[place]
        cell.name.setText(caption.name)
        cell.name.setToolTip(caption.name)
        cell.canvas.setAccessibleName(f"Image {caption.name}")
        cell.facts.set_rows(caption.rows, caption.kinds)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # the words have another height
            self._lay_out()
        return super().event(event)

    def _lay_out(self) -> None:
        """As many columns as leave most room for the images above their words."""
        if not self._count:
            return
        words_px = max(cell.name.sizeHint().height() + cell.facts.sizeHint().height() + 32 for cell in self.cells)
        columns = best_columns(self._count, self.width(), self.height(), words_px)
        if columns == self._columns:
            return
        self._columns = columns
        for place, cell in enumerate(self.cells):
            self._grid.removeWidget(cell)
            cell.setVisible(place < self._count)
            if place < self._count:
                self._grid.addWidget(cell, place // columns, place % columns)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key: Any = event.key()
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}
        if key in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit()
        elif key == Qt.Key.Key_Space:
            self.spaced.emit()
        elif key in steps:
            place = next((k for k, cell in enumerate(self.cells) if cell.canvas.hasFocus()), 0)
            self.cells[(place + steps[key]) % max(1, self._count)].canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            self.focused.emit(next(k for k, cell in enumerate(self.cells) if cell.canvas is watched))
        return super().eventFilter(watched, event)

    def _link(self, leader: Canvas) -> None:
        for cell in self.cells[: self._count]:
            if cell.canvas is not leader:
                cell.canvas.follow(leader)


def best_columns(count: int, width: int, height: int, below: int) -> int:
    """In how many columns `count` images are largest, with `below` px of words under each."""

    def side(columns: int) -> float:
        lines = -(-count // columns)
        return min(width / columns, height / lines - below)

    return max(range(1, count + 1), key=side)


class _Cell(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.canvas, self.facts = Canvas(), Facts("What is known of the image")
        self.name: QLabel = words.title()
        self.name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.name)
        column.addWidget(self.facts)
