"""The thumbnail grid: any number of square pictures, chosen by mouse or keyboard.

A QListView so that screen readers meet a list with items, but with its own geometry: Qt's layout visits every row
(4 s at a million), this one computes where a row is. The grid knows rows and roles (`roles.py`), never what they mean.
"""

from collections.abc import Sequence

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QNativeGestureEvent, QPainter, QPaintEvent, QRegion, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QAbstractScrollArea, QWidget

from studio import theme
from studio.widgets.lattice import GAP, HEADING, MARGIN, Lattice, Sections
from studio.widgets.roles import TILE_ROLE
from studio.widgets.selecting import SelectingView
from studio.widgets.tiles import TilePainter

Index = QModelIndex | QPersistentModelIndex

MIN_SIDE, MAX_SIDE, DEFAULT_SIDE = 48, 384, 96  # px
ZOOM_STEP = 1.15
_ZOOMS = {Qt.Key.Key_Plus: 1, Qt.Key.Key_Equal: 1, Qt.Key.Key_Minus: -1}


class ThumbnailGrid(SelectingView):
    """Square thumbnails of the rows of a list model.

    Enter or a double click emits `activated(index)`. `zoom(px)` follows the wished side of a thumbnail, `visible(first,
    last)` the rows on screen, `chosen()` every change of the selection.
    """

    zoom = Signal(int)
    visible = Signal(int, int)
    chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = DEFAULT_SIDE
        self._shown = (0, -1)
        self._tiles = TilePainter()
        self._catch_up = QTimer(self, singleShot=True, interval=0)  # what one painting had no time for
        self._catch_up.timeout.connect(self.viewport().update)
        self._pinched = 1.0  # what of a pinch did not make a pixel yet
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # as needed: the layout never settles
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAutoScroll(False)  # a click never moves the picture under the pointer
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAccessibleName("Images")
        theme.watch.changed.connect(self._restyle)

    # What others ask

    def side(self) -> int:
        """The wished side of a thumbnail in px; the drawn one is a little larger so that a row fills the width."""
        return self._side

    def set_side(self, px: int) -> None:
        """Change the size of the thumbnails; what is current or first in sight stays where it is."""
        px = min(MAX_SIDE, max(MIN_SIDE, px))
        if px == self._side:
            return
        self._side = px
        self._relayout()
        self.zoom.emit(px)

    def set_sections(self, sections: Sections) -> None:
        """Part the rows into titled sections from now on; without any they flow on. Set it with the model's rows."""
        self._sections = sections
        self.updateGeometries()
        self.viewport().update()
        self._tell_visible()

    def visible_rows(self) -> range:
        """The rows at least partly on screen."""
        top = self.verticalOffset()
        return self._lattice.rows_between(top, top + self.viewport().height())

    # Geometry

    def visualRect(self, index: Index) -> QRect:
        if not index.isValid():
            return QRect()
        return self._lattice.rect(index.row()).translated(0, -self.verticalOffset())

    def indexAt(self, point: QPoint) -> QModelIndex:
        row = self._lattice.row_at(point + QPoint(0, self.verticalOffset()))
        return QModelIndex() if row is None else self.index_of(row)

    def scrollTo(
        self, index: Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        if not index.isValid():
            return
        rect, height, bar = self.visualRect(index), self.viewport().height(), self.verticalScrollBar()
        if self._lattice.begins_section(index.row()):  # its title is shown too
            rect.setTop(rect.top() - HEADING)
        hints = QAbstractItemView.ScrollHint
        if hint == hints.PositionAtCenter:
            bar.setValue(bar.value() + rect.center().y() - height // 2)
        elif hint == hints.PositionAtTop or (rect.top() < GAP and hint == hints.EnsureVisible):
            bar.setValue(bar.value() + rect.top() - GAP)
        elif hint == hints.PositionAtBottom or rect.bottom() > height - GAP:
            bar.setValue(bar.value() + rect.bottom() - height + GAP)

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def horizontalOffset(self) -> int:
        return 0

    def updateGeometries(self) -> None:
        self._lattice = Lattice.fit(self.count(), self.viewport().width(), self._side, self._sections)
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self._lattice.height - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(max(16, self._lattice.pitch // 3))

    def doItemsLayout(self) -> None:
        QAbstractItemView.doItemsLayout(self)
        self._tell_visible()

    def resizeEvent(self, event: QResizeEvent) -> None:
        QAbstractItemView.resizeEvent(self, event)
        self._relayout()

    def _relayout(self) -> None:
        """Lay out anew with the current row, or the first in sight, where it was."""
        rows, current = self.visible_rows(), self.currentIndex()
        held = current.row() if current.isValid() and current.row() in rows else rows.start
        before = self._lattice.rect(held).top() - self.verticalOffset()
        self.updateGeometries()
        self.verticalScrollBar().setValue(self._lattice.rect(held).top() - before)
        self.viewport().update()
        self._tell_visible()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()
        self._tell_visible()

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        return QRegion(self.viewport().rect())  # Qt's own visits every selected row

    # Model

    def reset(self) -> None:
        self._anchor = 0
        self._shown = (0, -1)
        self._sections = Sections()
        super().reset()

    def dataChanged(self, first: Index, last: Index, roles: Sequence[int] = ()) -> None:
        rows = self.visible_rows()
        if last.row() >= rows.start and first.row() < rows.stop:
            one = first.row() == last.row()
            self.viewport().update(self.visualRect(first).adjusted(-4, -4, 4, 4) if one else self.viewport().rect())

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        self.viewport().update()
        self.chosen.emit()

    # Zoom

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if control and event.key() in _ZOOMS:
            self.set_side(round(self._side * ZOOM_STEP ** _ZOOMS[Qt.Key(event.key())]))
        else:
            super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """A pinch on a touch pad changes the size; its steps add up until they make a pixel."""
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self._pinched *= 1 + event.value()
            if (wished := round(self._side * self._pinched)) != self._side:
                self._pinched = 1.0
                self.set_side(wished)
            return True
        return super().viewportEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_side(round(self._side * ZOOM_STEP ** (event.angleDelta().y() / 120)))
            event.accept()
        else:
            QAbstractScrollArea.wheelEvent(self, event)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        self._tiles.begin()
        self._paint_titles(painter)
        model, selection = self.model(), self.selectionModel()
        ringed = self.currentIndex().row() if self.hasFocus() else -1
        some, enabled, top = selection is not None and selection.hasSelection(), self.isEnabled(), self.verticalOffset()
        for row in self.visible_rows():
            rect = self._lattice.rect(row).translated(0, -top)
            if not event.rect().intersects(rect.adjusted(-4, -4, 4, 4)):
                continue
            index = model.index(row, 0)
            # The model is asked itself: through the index it takes four times as long, a hundred times a frame.
            tile = model.data(index, TILE_ROLE)
            self._tiles.paint(painter, rect, tile, some and selection.isSelected(index), row == ringed, enabled)
        if self._tiles.behind:
            self._catch_up.start()
        if self._band is not None:
            self._tiles.paint_band(painter, self._band.translated(0, -self.verticalOffset()))

    def _paint_titles(self, painter: QPainter) -> None:
        top = self.verticalOffset()
        for section in self._lattice.sections_between(top, top + self.viewport().height()):
            rect = self._lattice.heading(section, self.viewport().width()).translated(0, -top)
            number = len(self._sections.rows(section, self.count()))
            self._tiles.paint_title(painter, rect, self._sections.titles[section], number)

    def sizeHint(self) -> QSize:
        return QSize(6 * (DEFAULT_SIDE + GAP) + 2 * MARGIN, 4 * (DEFAULT_SIDE + GAP) + 2 * MARGIN)

    # Rows

    def _tell_visible(self) -> None:
        rows = self.visible_rows()
        shown = (rows.start, rows.stop - 1)
        if shown != self._shown:
            self._shown = shown
            self.visible.emit(*shown)

    def _restyle(self) -> None:
        self._tiles.forget()
        self.viewport().update()
