"""What the network costs: the line below its settings, and the dialog with the table."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QGuiApplication, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core import wording
from studio import theme
from studio.pages.train import capacity
from studio.widgets import words
from studio.widgets.columns import MARGIN
from studio.widgets.facts import Facts

_BAR = 5  # px
_HEADS = ("Module", "Formula", "Parameters", "Share")


class CostLine(QWidget):
    """Parameters, arithmetic and memory in a line, or why there is no such network. `asked` for all of it."""

    asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._line = _Clickable("Counting parameters…")
        self._line.clicked.connect(self._ask)
        self._more = QPushButton("Capacity…")
        theme.role(self._more, "flush")
        self._more.setToolTip("Parameters by module, arithmetic, receptive field, and the memory of training")
        self._more.clicked.connect(self.asked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._line)
        foot = QHBoxLayout()
        foot.addWidget(self._more)
        foot.addStretch(1)
        layout.addLayout(foot)
        theme.watch.changed.connect(self._fit)
        self._fit()
        self.show_cost("", "", stale=True)

    def show_cost(self, line: str, problem: str, stale: bool) -> None:
        """Show the line, or the problem in its place; greyed while it is of another recipe."""
        role = "bad" if problem and not stale else "muted"
        if self._line.property("role") != role:
            theme.role(self._line, role)
        self._line.setText(problem or line or "Counting parameters…")
        self._line.setAccessibleName(f"What the network costs: {self._line.text()}")
        self._line.setToolTip("" if problem else "Of the network; operations are those of one image, forward")
        self._line.setEnabled(not stale)
        self._more.setEnabled(bool(line))

    def text(self) -> str:
        return self._line.text()

    def _ask(self) -> None:
        if self._more.isEnabled():
            self.asked.emit()

    def _fit(self) -> None:
        self._line.setMinimumHeight(2 * QFontMetrics(theme.sans()).lineSpacing())  # two lines, so that nothing jumps


class _Clickable(QLabel):
    clicked = Signal()

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignTop)
        theme.role(self, "muted")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()


class CapacityDialog(QDialog):
    """The network by module, its arithmetic, and the memory of training; it follows the form while it is open."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Capacity")
        self._found: capacity.Found = {}
        self._automatic = False
        self._head = words.title()
        self.table = _table()
        self.network, self.memory = Facts("Network"), Facts("Memory")
        self._memory_head = words.head("Memory")
        copy = QPushButton("Copy")
        copy.setToolTip("Copy the table and the figures below it as text")
        copy.clicked.connect(self.copy)
        close = QPushButton("Close")
        close.setToolTip("Close this (Esc)")
        close.clicked.connect(self.accept)
        close.setDefault(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        layout.setSpacing(12)
        layout.addWidget(self._head)
        layout.addWidget(self.table, 1)
        layout.addLayout(self._figures())
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(copy)
        foot.addWidget(close)
        layout.addLayout(foot)
        self.resize(QSize(theme.px(720), theme.px(560)).boundedTo(parent.size()))

    def show_found(self, found: capacity.Found, automatic: bool) -> None:
        """Show a network; `automatic` where training will choose the batch size."""
        if (found, automatic) == (self._found, self._automatic):
            return
        self._found, self._automatic = found, automatic
        self._head.setText(capacity.head(found))
        self._memory_head.setText(capacity.memory_head(found, automatic))
        self.network.set_rows(capacity.network_facts(found))
        self.memory.set_rows(capacity.memory_facts(found))
        rows = capacity.rows(found)
        self.table.setRowCount(len(rows))
        for at, row in enumerate(rows):
            for column, item in enumerate(_items(row)):
                self.table.setItem(at, column, item)
        self.table.resizeColumnToContents(0)
        self.table.resizeColumnToContents(2)

    def copy(self) -> None:
        """Put all of it on the clipboard."""
        QGuiApplication.clipboard().setText(capacity.as_text(self._found, self._automatic))

    def _figures(self) -> QHBoxLayout:
        sides = QHBoxLayout()
        sides.setSpacing(32)
        for head, facts in ((words.head("Network"), self.network), (self._memory_head, self.memory)):
            side = QVBoxLayout()
            side.setSpacing(8)
            side.addWidget(head)
            side.addWidget(facts)
            side.addStretch(1)
            sides.addLayout(side, 1)
        return sides


def _table() -> QTableWidget:
    table = QTableWidget(0, len(_HEADS))
    theme.role(table, "padded")
    for column, head in enumerate(_HEADS):
        item = QTableWidgetItem(head)
        item.setTextAlignment(_side(column))
        table.setHorizontalHeaderItem(column, item)
    table.setAccessibleName("Parameters by module")
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setTabKeyNavigation(False)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(theme.px(26))
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
    header.resizeSection(3, theme.px(170))
    table.setItemDelegateForColumn(3, _Share(table))
    return table


def _items(row: capacity.Row) -> list[QTableWidgetItem]:
    texts = (row.module, row.formula, f"{row.parameters:,}", wording.percent(row.share))
    items = [QTableWidgetItem(text) for text in texts]
    for column, item in enumerate(items):
        item.setTextAlignment(_side(column))
        item.setFont(theme.mono())
        item.setToolTip(f"{row.module}: {row.formula}" if row.formula else "")
    items[3].setData(Qt.ItemDataRole.UserRole, row.share)
    return items


def _side(column: int) -> Qt.AlignmentFlag:
    """Numbers stand at the right."""
    side = Qt.AlignmentFlag.AlignRight if column >= 2 else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class _Share(QStyledItemDelegate):
    """A share as a bar with its figure."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        t, room, share = theme.tokens(), QRectF(option.rect), float(index.data(Qt.ItemDataRole.UserRole))
        figure = QFontMetrics(theme.mono()).horizontalAdvance("100.0 %") + 16
        track = QRectF(room.left() + 8, room.center().y() - _BAR / 2, room.width() - figure - 8, _BAR)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.line))
        painter.drawRoundedRect(track, _BAR / 2, _BAR / 2)
        painter.setBrush(QColor(t.accent))
        track.setWidth(max(1.0, track.width() * share))
        painter.drawRoundedRect(track, _BAR / 2, _BAR / 2)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(theme.px(170), theme.px(26))
