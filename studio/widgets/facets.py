"""A list of names with counts, such as classes, splits or sources; picking one narrows what is shown."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPen,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from studio import theme
from studio.widgets.dragging import carried
from studio.widgets.marks import draw_mark

ROW = 25  # px
_FACET, _ACTIVE, _OVER = (Qt.ItemDataRole.UserRole + n for n in (1, 2, 3))


@dataclass(frozen=True)
class Facet:
    """One line: its `name`, how many, the words shown (`name` if empty), and a class position for the colour mark."""

    name: str
    count: int
    title: str = ""
    position: int | None = None  # None: no mark


class FacetList(QListWidget):
    """Facets as tall as they are many. Click, Space or Enter emits `chosen(name)`; `set_active` shows what is on.

    `dropped(name, ids)` when images are dragged onto a facet, once `take_drops` was called.
    """

    chosen = Signal(str)
    dropped = Signal(str, object)

    def __init__(self, name: str, facets: Sequence[Facet] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.setAccessibleName(name)
        self.setItemDelegate(_FacetDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.itemClicked.connect(self._choose)
        theme.watch.changed.connect(self._fit)
        self.set_facets(facets)

    def set_facets(self, facets: Sequence[Facet]) -> None:
        """Show other lines or counts; what is active stays so by name."""
        items = self._items()
        if [item.data(_FACET).name for item in items] == [facet.name for facet in facets]:
            for item, facet in zip(items, facets, strict=True):
                if item.data(_FACET) != facet:  # lines that stay are not made anew: filters come faster than that
                    self._fill(item, facet)
            return
        active, current = self.active(), self.currentRow()
        self.clear()
        for facet in facets:
            self._fill(QListWidgetItem("", self), facet)
        self.setCurrentRow(min(current, self.count() - 1))
        self.set_active(active)
        self._fit()

    def _fill(self, item: QListWidgetItem, facet: Facet) -> None:
        title = facet.title or facet.name
        item.setText(title)
        item.setData(_FACET, facet)
        item.setToolTip(f"Show only {self._name.lower()} {title}: {facet.count:,} images")

    def set_active(self, names: Collection[str]) -> None:
        """Mark the facets that narrow what is shown now."""
        for item in self._items():
            facet: Facet = item.data(_FACET)
            on = facet.name in names
            words = f"{facet.title or facet.name}, {facet.count:,} images{', chosen' if on else ''}"
            if item.data(Qt.ItemDataRole.AccessibleTextRole) != words or item.data(_ACTIVE) != on:
                item.setData(_ACTIVE, on)
                item.setData(Qt.ItemDataRole.AccessibleTextRole, words)

    def active(self) -> set[str]:
        """The names marked active."""
        return {item.data(_FACET).name for item in self._items() if item.data(_ACTIVE)}

    def take_drops(self) -> None:
        """Let images be dragged onto the facets from now on."""
        self.setAcceptDrops(True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.setAccepted(carried(event) is not None)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        over = self.itemAt(event.position().toPoint())
        self._set_over(over)
        event.setAccepted(over is not None and carried(event) is not None)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._set_over(None)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_over(None)
        item, ids = self.itemAt(event.position().toPoint()), carried(event)
        if item is not None and ids is not None:
            event.acceptProposedAction()
            self.dropped.emit(item.data(_FACET).name, ids)

    def _set_over(self, over: QListWidgetItem | None) -> None:
        for item in self._items():
            item.setData(_OVER, item is over)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(160), max(1, self.count()) * theme.px(ROW))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(100), self.sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and item is not None:
            self._choose(item)
        elif event.text().isalnum():
            event.ignore()  # digits and letters are commands of the page
        else:
            super().keyPressEvent(event)

    def _items(self) -> list[QListWidgetItem]:
        return [self.item(row) for row in range(self.count())]

    def _choose(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(_FACET).name)

    def _fit(self) -> None:
        self.setFixedHeight(self.sizeHint().height())
        self.doItemsLayout()
        self.viewport().update()


class _FacetDelegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(10, theme.px(ROW))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        t, facet = theme.tokens(), index.data(_FACET)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        enabled = bool(state & QStyle.StateFlag.State_Enabled)
        _background(painter, rect, state, bool(index.data(_ACTIVE)), bool(index.data(_OVER)))
        count = f"{facet.count:,}"
        numbers = theme.mono()
        count_width = QFontMetrics(numbers).horizontalAdvance(count)
        inner = rect.adjusted(8, 0, -8, 0)
        painter.setFont(numbers)
        quiet = t.text if index.data(_ACTIVE) else t.muted  # muted is too faint on the selection
        painter.setPen(QColor(quiet) if enabled else theme.blend(t.surface, t.muted, 0.6))
        painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, count)
        if facet.position is not None:
            side = theme.px(10)
            draw_mark(painter, QRectF(inner.left(), inner.center().y() + 0.5 - side / 2, side, side), facet.position)
            inner.setLeft(inner.left() + side + 8)
        font = theme.sans()
        words = inner.adjusted(0, 0, -count_width - 8, 0)
        painter.setFont(font)
        painter.setPen(QColor(t.text) if enabled and facet.count else theme.blend(t.surface, t.muted, 0.8))
        text = QFontMetrics(font).elidedText(
            facet.title or facet.name, Qt.TextElideMode.ElideMiddle, max(0, words.width())
        )
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()


def _background(painter: QPainter, rect: QRect, state: QStyle.StateFlag, active: bool, over: bool) -> None:
    t = theme.tokens()
    if active or state & QStyle.StateFlag.State_MouseOver:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.selection if active else t.raised))
        painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 4, 4)
    if over or state & QStyle.StateFlag.State_HasFocus:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(t.accent), 1))
        painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 1.5, -0.5, -1.5), 4, 4)
