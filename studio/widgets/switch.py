"""On or off as a pill with a knob."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from studio import theme

_WIDTH, _HEIGHT, _ROOM = 26, 14, 4  # px: the pill, and the room around it for the focus ring


class Switch(QAbstractButton):
    """A checkable button without words: Space or a click turns it. Its words stand beside it, so give it an accessible
    name.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.watch.changed.connect(self._fit)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(_WIDTH) + 2 * _ROOM, theme.px(_HEIGHT) + 2 * _ROOM)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        t, on = theme.tokens(), self.isChecked()
        width, height = theme.px(_WIDTH), theme.px(_HEIGHT)
        pill = QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)
        faint = theme.blend(t.surface, t.muted, 0.45)
        if self.isEnabled():
            fill, knob = (
                (QColor(t.accent), QColor(t.text if t.dark else t.surface)) if on else (QColor(t.line), QColor(t.muted))
            )
        else:
            fill, knob = (faint, QColor(t.surface)) if on else (QColor(t.raised), faint)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawRoundedRect(pill, height / 2, height / 2)
        painter.setBrush(knob)
        left = pill.right() - height if on else pill.left()
        painter.drawEllipse(QRectF(left, pill.top(), height, height).adjusted(2, 2, -2, -2))
        if self.hasFocus():
            painter.setPen(QPen(QColor(t.text), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(pill.adjusted(-2.25, -2.25, 2.25, 2.25), height / 2 + 2.25, height / 2 + 2.25)

    def _fit(self) -> None:
        self.updateGeometry()
        self.update()
