"""Buttons that give the chosen images a class, each with its key and the colour of its class."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QSizePolicy, QWidget

from core.project.classes import class_keys
from studio import theme
from studio.widgets.dragging import Ids, carried
from studio.widgets.marks import draw_mark

COLUMNS, COLUMNS_OF_LONG_NAMES, LONG = 5, 2, 3  # a name of more than LONG letters needs room


class LabelKeys(QWidget):
    """A button a class, five in a row or two if names are long; `chosen(position)` when one is used.

    `dropped(name, ids)` when images are dragged onto one. The keys themselves are the page's.
    """

    chosen = Signal(int)
    dropped = Signal(str, object)

    def __init__(self, names: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons: list[_ClassButton] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(6)
        self.setAccessibleName("Label as")
        self.set_classes(names)

    def set_classes(self, names: Sequence[str], keys: Sequence[str | None] = ()) -> None:
        """Offer these classes in display order; `keys` are those that somebody gave them, one for each."""
        for button in self._buttons:
            self._grid.removeWidget(button)
            button.deleteLater()
        key_of = {position: key for key, position in class_keys(names, keys).items()}
        self._buttons = [_ClassButton(name, k, key_of.get(k, ""), self) for k, name in enumerate(names)]
        columns = COLUMNS_OF_LONG_NAMES if any(len(name) > LONG for name in names) else COLUMNS
        for position, button in enumerate(self._buttons):
            button.clicked.connect(lambda _=False, position=position: self.chosen.emit(position))
            button.received = lambda ids, button=button: self.dropped.emit(button.text(), ids)
            self._grid.addWidget(button, position // columns, position % columns)

    def set_current(self, position: int | None) -> None:
        """Mark the class that the chosen images have; None if they have none or several."""
        for k, button in enumerate(self._buttons):
            button.set_current(k == position)


class _ClassButton(QAbstractButton):
    def __init__(self, name: str, position: int, key: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._position, self._key, self._current = position, key, False
        self._over = False  # images are dragged over it
        self.received: Callable[[Ids], None] | None = None
        self.setAcceptDrops(True)
        self.setText(name)
        self.setAccessibleName(f"Label as {name}")
        self.setToolTip(f"Label as {name}" + (f" ({key})" if key else ""))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the focus on the pictures
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme.watch.changed.connect(self.updateGeometry)

    def set_current(self, current: bool) -> None:
        self._current = current
        self.setAccessibleDescription("the label now" if current else "")
        self.update()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._set_over(carried(event) is not None)
        event.setAccepted(self._over)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._set_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_over(False)
        ids = carried(event)
        if ids is not None and self.received is not None:
            event.acceptProposedAction()
            self.received(ids)

    def _set_over(self, over: bool) -> None:
        self._over = over
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(44), theme.px(34))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(30), theme.px(34))

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(1.0 if self.isEnabled() else 0.4)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        hot = self.underMouse() and self.isEnabled()
        marked = self._current or self._over
        fill = QColor(t.selection) if marked else theme.blend(t.raised, t.text, 0.08) if hot else QColor(t.raised)
        painter.setBrush(QColor(t.line) if self.isDown() else fill)
        painter.setPen(QPen(QColor(t.accent if marked else t.line), 1))
        painter.drawRoundedRect(frame, theme.RADIUS, theme.RADIUS)
        if self.hasFocus():  # a second line, as the class of the image has the first
            painter.setPen(QPen(QColor(t.accent), 2))
            painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), theme.RADIUS, theme.RADIUS)
        self._paint_edge(painter)
        self._paint_words(painter)

    def _paint_edge(self, painter: QPainter) -> None:
        if self._position < len(theme.CLASS_COLORS):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.class_color(self._position))
            painter.setClipRect(0, 0, 4, self.height())
            painter.drawRoundedRect(QRectF(0, 0, 12, self.height()), theme.RADIUS, theme.RADIUS)
            painter.setClipping(False)
        else:  # beyond ten the shape tells
            draw_mark(painter, QRectF(5, self.height() / 2 - 4, 8, 8), self._position)

    def _paint_words(self, painter: QPainter) -> None:
        t = theme.tokens()
        room = self.rect().adjusted(8, 0, -4, 0)
        if self._position >= len(theme.CLASS_COLORS):
            room.setLeft(16)
        if self._key and self._key != self.text():
            painter.setFont(theme.mono(10))
            painter.setPen(QColor(t.muted))
            painter.drawText(
                room.adjusted(0, 2, 0, 0), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, self._key
            )
            room.setRight(room.right() - theme.px(8))
        font = theme.mono(13) if self.text().isdigit() else theme.sans(12)
        painter.setFont(font)
        painter.setPen(QColor(t.text))
        words = QFontMetrics(font).elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)
