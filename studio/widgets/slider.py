"""Sliders for a number and for a range of numbers: ring thumbs on a thin track."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme
from studio.widgets.scale import Scale

_HEIGHT, _RADIUS, _TRACK, _EDGE = 24, 6, 4, 10  # px: widget, thumb, thickness of the track, room beside the track
_NOTCH = 120  # eighths of a degree of a wheel that make one step
_WHEEL_REST = 300  # ms without a turn after which a turning of the wheel is done
_FAR = 1 << 20  # steps that reach any bound
_STEPS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Down: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Up: 1,
    Qt.Key.Key_PageDown: -10,
    Qt.Key.Key_PageUp: 10,
    Qt.Key.Key_Home: -_FAR,
    Qt.Key.Key_End: _FAR,
}
_COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


class _Slider(QWidget):
    """What one and two thumbs have in common.

    `edited()` follows every change by the user, `settled()` the end of a drag or of a turn of keys or wheel that
    changed something. A double click or Ctrl+D gives the default back: `edited()`, `settled()`, then `reset()`.
    """

    edited = Signal()
    settled = Signal()
    reset = Signal()

    def __init__(self, scale: Scale, default: Sequence[float], neutral: float, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.scale = scale
        self._default = [scale.bounded(value) for value in default]
        self._values = list(self._default)  # ascending
        self._neutral = neutral
        self._active = 0
        self._grip: float | None = None  # px from the pointer to the thumb while one is dragged
        self._held: int | None = None  # the dragged thumb; none yet where two lie on one spot
        self._unsettled = False
        self._turned = 0
        self._rest = QTimer(self, singleShot=True, interval=_WHEEL_REST)
        self._rest.timeout.connect(self._settle)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.watch.changed.connect(self._fit)
        self._tell()

    def words(self) -> str:
        """What is chosen, such as "0.70 to 1.00"."""
        return " to ".join(self.scale.words(value) for value in self._values)

    def active_thumb(self) -> int:
        """The thumb that keys and wheel move, 0 for the lower one."""
        return self._active

    def thumb_point(self, thumb: int) -> QPointF:
        """The middle of a thumb."""
        return QPointF(self._x(self._values[thumb]), self.height() / 2)

    def to_default(self) -> None:
        """Give the default back as a double click does."""
        self._end_drag()
        self._take(self._default)
        self._settle()
        self.reset.emit()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(200), theme.px(_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(80), theme.px(_HEIGHT))

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        x, places = event.position().x(), [self._x(value) for value in self._values]
        near = min(range(len(places)), key=lambda k: abs(x - places[k]))
        on_thumb = abs(x - places[near]) <= theme.px(_RADIUS) + 2
        self._grip = places[near] - x if on_thumb else 0.0
        if places[0] != places[-1]:
            self._held = near
        elif not on_thumb:
            self._held = 0 if x < places[0] else len(places) - 1
        else:
            self._held = None
        self._active = self._active if self._held is None else self._held
        if not on_thumb:
            self._drag_to(x)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            self._drag_to(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._end_drag()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.to_default()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus() or event.modifiers() & _COMMANDS:
            event.ignore()  # the column scrolls
            return
        self._turned += event.angleDelta().y()
        steps = int(self._turned / _NOTCH)
        self._turned -= steps * _NOTCH
        if steps:
            self._move(self._active, self.scale.stepped(self._values[self._active], steps))
            self._rest.start()
        event.accept()

    # Keyboard

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._is_mine(event):
            event.accept()  # before a shortcut of the page takes an arrow key
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._is_mine(event):
            event.ignore()
        elif event.key() == Qt.Key.Key_D:
            self.to_default()
        else:
            steps = _STEPS[Qt.Key(event.key())]
            self._move(self._active, self.scale.stepped(self._values[self._active], steps))

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not event.isAutoRepeat() and self._grip is None:
            self._settle()
        event.ignore()

    def focusNextPrevChild(self, forward: bool) -> bool:
        target = self._active + (1 if forward else -1)
        if 0 <= target < len(self._values) and self.hasFocus():
            self._active = target
            self.update()
            return True
        return super().focusNextPrevChild(forward)

    def focusInEvent(self, event: QFocusEvent) -> None:
        if event.reason() == Qt.FocusReason.TabFocusReason:
            self._active = 0
        elif event.reason() == Qt.FocusReason.BacktabFocusReason:
            self._active = len(self._values) - 1
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._turned = 0
        if self._grip is None:
            self._settle()
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.EnabledChange:
            self._end_drag()
            self.update()
        super().changeEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._end_drag()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.tokens()
        ink = QColor(t.accent) if self.isEnabled() else theme.blend(t.surface, t.muted, 0.45)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        thick, middle = theme.px(_TRACK), self.height() / 2
        first = self._neutral if len(self._values) == 1 else self._values[0]
        spans = (((self.scale.low, self.scale.high), QColor(t.line)), (sorted((first, self._values[-1])), ink))
        for (low, high), color in spans:
            left, right = self._track_edge(low), self._track_edge(high)
            painter.setBrush(color)
            painter.drawRoundedRect(QRectF(left, middle - thick / 2, right - left, thick), thick / 2, thick / 2)
        for thumb in sorted(range(len(self._values)), key=lambda k: k == self._active):  # the active one on top
            self._paint_thumb(painter, thumb, ink)

    def _paint_thumb(self, painter: QPainter, thumb: int, ink: QColor) -> None:
        t, centre, radius = theme.tokens(), self.thumb_point(thumb), theme.px(_RADIUS)
        active = self.hasFocus() and thumb == self._active
        painter.setPen(QPen(ink, 2))
        painter.setBrush(ink if active else QColor(t.surface))
        painter.drawEllipse(centre, radius - 1, radius - 1)
        if active:
            painter.setPen(QPen(QColor(t.text), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(centre, radius + 2.25, radius + 2.25)

    # Values

    def _set(self, values: Sequence[float]) -> None:
        self._values = sorted(self.scale.bounded(value) for value in values)
        self._tell()

    def _take(self, values: Sequence[float]) -> None:
        """Values from the user."""
        if list(values) != self._values:
            self._values = list(values)
            self._unsettled = True
            self._tell()
            self.edited.emit()

    def _move(self, thumb: int, value: float) -> None:
        """Move a thumb, against its neighbour at most."""
        low = self._values[thumb - 1] if thumb else self.scale.low
        high = self._values[thumb + 1] if thumb + 1 < len(self._values) else self.scale.high
        values = list(self._values)
        values[thumb] = self.scale.bounded(min(high, max(low, value)))
        self._take(values)

    def _drag_to(self, x: float) -> None:
        assert self._grip is not None
        wanted = self.scale.snapped(self._value_at(x + self._grip))
        if self._held is None and wanted != self._values[0]:
            self._held = self._active = 0 if wanted < self._values[0] else len(self._values) - 1
        if self._held is not None:
            self._move(self._held, wanted)

    def _end_drag(self) -> None:
        self._grip = self._held = None
        self._settle()

    def _settle(self) -> None:
        self._rest.stop()
        if self._unsettled:
            self._unsettled = False
            self.settled.emit()

    def _x(self, value: float) -> float:
        return theme.px(_EDGE) + self.scale.share(value) * self._span()

    def _track_edge(self, value: float) -> float:
        """Where the drawn track begins or ends at `value`: at its bounds as far out as the rim of a thumb."""
        beyond = (value == self.scale.high) - (value == self.scale.low)
        return self._x(value) + beyond * theme.px(_RADIUS)

    def _value_at(self, x: float) -> float:
        return self.scale.at((x - theme.px(_EDGE)) / self._span())

    def _span(self) -> float:
        return max(1.0, self.width() - 2.0 * theme.px(_EDGE))

    def _is_mine(self, event: QKeyEvent) -> bool:
        command = event.modifiers() & _COMMANDS
        if event.key() == Qt.Key.Key_D:
            return command == Qt.KeyboardModifier.ControlModifier
        return event.key() in _STEPS and not command

    def _tell(self) -> None:
        self.setAccessibleDescription(self.words())
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
        self.update()

    def _fit(self) -> None:
        self.updateGeometry()
        self.update()


class ValueSlider(_Slider):
    """One number, an int if `whole`. The track is filled from the number that does nothing: `neutral`, or else 0 where
    the bounds enclose it, or else `low`.
    """

    def __init__(
        self,
        low: float,
        high: float,
        default: float,
        step: float,
        whole: bool = False,
        log: bool = False,
        neutral: float | None = None,
        parent: QWidget | None = None,
    ) -> None:
        start = max(low, min(0.0, high)) if neutral is None else neutral
        super().__init__(Scale(low, high, step, whole, log), [default], start, parent)

    def value(self) -> float:
        return self._values[0]

    def set_value(self, value: float) -> None:
        """Show `value`, within the bounds but on no step if it is on none; without a signal."""
        self._set([value])

    def set_default(self, value: float) -> None:
        """What a double click gives from now on."""
        self._default = [self.scale.bounded(value)]


class RangeSlider(_Slider):
    """Two numbers, ints if `whole`, the lower one first; they may be equal."""

    def __init__(
        self,
        low: float,
        high: float,
        default: tuple[float, float],
        step: float,
        whole: bool = False,
        log: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(Scale(low, high, step, whole, log), default, low, parent)

    def value(self) -> tuple[float, float]:
        return self._values[0], self._values[1]

    def set_value(self, value: tuple[float, float]) -> None:
        """Show a range, within the bounds but on no steps if it is on none; without a signal."""
        self._set(value)

    def set_default(self, value: tuple[float, float]) -> None:
        """What a double click gives from now on."""
        self._default = [self.scale.bounded(end) for end in value]
