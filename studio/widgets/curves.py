"""Accuracy and loss of a run, epoch by epoch, one above the other.

The only module that imports pyqtgraph, which costs a third of a second: import this one when a page needs it.
"""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from studio import theme
from studio.widgets import words

Values = Sequence[float | None]
_ACCURACY_TICKS = [(0.0, "0.00"), (0.25, "0.25"), (0.5, "0.50"), (0.75, "0.75"), (1.0, "1.00")]
_HEADROOM = 22  # px above an accuracy of 1, where the words on the best epoch stand
_AXIS = 26  # px of the axis of epochs


class Curves(QWidget):
    """Training and validation curves. `set_history` is cheap enough for 30 times a second.

    The pointer, or the left and right arrow keys, show the values of one epoch.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._epochs: NDArray[np.float64] = np.empty(0)
        self._series: tuple[NDArray[np.float64], ...] = (np.empty(0),) * 4
        self._best_epoch: int | None = None
        self._hovered: int | None = None
        self._accuracy = _Plot("Accuracy", parent=self)
        self._loss = _Plot("Loss", parent=self)
        self._readout = ""
        self._empty = QLabel("The curves appear here after the first epoch.", self)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setProperty("role", "muted")
        self._best = _Best(self._accuracy.plot)
        self._arrange()
        self._accuracy.plot.getAxis("left").setTicks([_ACCURACY_TICKS])
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Accuracy and loss by epoch")
        for plot in (self._accuracy, self._loss):
            plot.view.viewport().setMouseTracking(True)
            plot.view.viewport().installEventFilter(self)
        theme.watch.changed.connect(self._dress)
        self._dress()
        self._fit_loss()

    def set_history(
        self,
        epochs: Sequence[int],
        train_loss: Values,
        val_loss: Values,
        train_accuracy: Values,
        val_accuracy: Values,
        best_epoch: int | None = None,
        total: int = 0,
    ) -> None:
        """Show a history, all of one length; None or nan leaves a gap. The epoch axis reaches to `total` epochs."""
        self._epochs = np.asarray(epochs, float)
        accuracy, loss = (_numbers(train_accuracy), _numbers(val_accuracy)), (_numbers(train_loss), _numbers(val_loss))
        self._series = accuracy + loss
        self._best_epoch = best_epoch
        for plot, (train, validation) in ((self._accuracy, accuracy), (self._loss, loss)):
            plot.set_lines(self._epochs, train, validation)
            plot.plot.setXRange(0, max(1.0, float(total), float(self._epochs.max(initial=0))), padding=0.01)
        self._fit_loss()
        self._empty.setVisible(not self._epochs.size)
        self._best.show_at(best_epoch, self._best_value(), self._accuracy.plot.viewRange()[0])
        if self._hovered is not None and self._hovered >= self._epochs.size:
            self._hovered = None
        self._show_readout()
        self.setAccessibleDescription(self._words(self._epochs.size - 1) if self._epochs.size else self._empty.text())

    def readout(self) -> str:
        """The values of the epoch under the pointer or the last one; each plot shows its own at the top right."""
        return self._readout

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseMove and self._epochs.size:
            plot = self._accuracy if watched is self._accuracy.view.viewport() else self._loss
            spot = plot.plot.vb.mapSceneToView(plot.view.mapToScene(event.position().toPoint()))
            self._hover(int(np.abs(self._epochs - spot.x()).argmin()))
        elif event.type() == QEvent.Type.Leave:
            self._hover(None)
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        last = self._epochs.size - 1
        if step and last >= 0:
            at = self._hovered + step if self._hovered is not None else last
            self._hover(min(last, max(0, at)))
        elif event.key() == Qt.Key.Key_Escape and self._hovered is not None:
            self._hover(None)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._accuracy.mark_focus(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._accuracy.mark_focus(False)
        self._hover(None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit_accuracy()

    def showEvent(self, event: QShowEvent) -> None:
        self._fit_accuracy()

    def _arrange(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        self._accuracy.view.setMinimumHeight(theme.px(120))
        self._loss.view.setMinimumHeight(theme.px(100))
        for plot, share in ((self._accuracy, 5), (self._loss, 4)):
            layout.addLayout(plot.heading)
            layout.addWidget(plot.view, share)

    def _best_value(self) -> float | None:
        found = np.flatnonzero(self._epochs == self._best_epoch) if self._best_epoch is not None else np.empty(0, int)
        return float(self._series[1][found[0]]) if found.size else None

    def _fit_accuracy(self) -> None:
        """0 to 1 with room above for one line of words, and the words of the empty state in the middle."""
        layout = self.layout()
        assert layout is not None
        layout.activate()
        view, words_px = self._accuracy.view, theme.px(_HEADROOM)
        plain = max(1, view.height() - theme.px(_AXIS) - words_px)
        top = 1 + words_px / plain
        self._accuracy.plot.setYRange(0, top, padding=0)
        self._best.set_height((1 + top) / 2)
        self._empty.setGeometry(view.geometry())
        self._empty.raise_()

    def _fit_loss(self) -> None:
        """0 to a little above the largest loss, so that the highest number stands whole."""
        values = np.concatenate(self._series[2:])
        values = values[np.isfinite(values)]
        high = float(values.max()) if values.size else 1.0
        self._loss.plot.setYRange(0, high * 1.1 if high > 0 else 1.0, padding=0)

    def _hover(self, at: int | None) -> None:
        self._hovered = at
        for plot in (self._accuracy, self._loss):
            plot.show_cursor(None if at is None else float(self._epochs[at]))
        self._show_readout()

    def _show_readout(self) -> None:
        last = self._epochs.size - 1
        at = self._hovered if self._hovered is not None else last
        self._readout = self._words(at) if last >= 0 else ""
        train, validation, train_loss, val_loss = (_number(values[at]) if last >= 0 else "" for values in self._series)
        epoch = f"epoch {self._epochs[at]:.0f}   " if last >= 0 else ""
        self._accuracy.values.setText(f"{epoch}{train} {validation}")
        self._loss.values.setText(f"{train_loss} {val_loss}")

    def _words(self, at: int) -> str:
        train, validation, train_loss, val_loss = (values[at] for values in self._series)
        return (
            f"epoch {self._epochs[at]:.0f}   accuracy {_number(train)} {_number(validation)}"
            f"   loss {_number(train_loss)} {_number(val_loss)}"
        )

    def _dress(self) -> None:
        for plot in (self._accuracy, self._loss):
            plot.dress()
        self._best.dress()


class _Plot:
    """One plot with its heading; the words of the legend wear the colours of the lines."""

    def __init__(self, title: str, parent: QWidget) -> None:
        self.view = pg.PlotWidget(parent, axisItems={"bottom": _EpochAxis("bottom"), "left": _ValueAxis("left")})
        for inner in (self.view, self.view.viewport()):
            inner.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keys are those of `Curves`
        self.view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.view.setAccessibleName(f"{title} by epoch")
        self.view.setToolTip(f"{title} of training and validation, epoch by epoch")
        self.plot = self.view.getPlotItem()
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.showGrid(y=True, alpha=0.6)
        self.plot.vb.setDefaultPadding(0)
        self.plot.setContentsMargins(0, 0, 16, 0)  # the last number stands half outside
        self._train = self.plot.plot(antialias=True, connect="finite")
        self._validation = self.plot.plot(antialias=True, connect="finite")
        self._cursor = pg.InfiniteLine(angle=90)
        self._cursor.hide()
        self.plot.addItem(self._cursor, ignoreBounds=True)
        self._legend = [words.head("Train"), words.head("Validation")]
        self.heading = QHBoxLayout()
        self.heading.setSpacing(16)
        for label in (words.head(title), *self._legend):
            self.heading.addWidget(label)
        self.heading.addStretch(1)
        self.values = words.number(quiet=True)
        self.heading.addWidget(self.values)
        self._focused = False

    def set_lines(
        self, epochs: NDArray[np.float64], train: NDArray[np.float64], validation: NDArray[np.float64]
    ) -> None:
        for curve, values in ((self._train, train), (self._validation, validation)):
            there = np.isfinite(values)
            if there.sum() > 1:
                curve.setData(epochs, values, symbol=None)
            else:  # one point makes no line; and pyqtgraph warns, while painting, of bounds of nothing but nan
                curve.setData(epochs[there], values[there], symbol="o")

    def show_cursor(self, epoch: float | None) -> None:
        self._cursor.setVisible(epoch is not None)
        if epoch is not None:
            self._cursor.setPos(epoch)

    def mark_focus(self, focused: bool) -> None:
        self._focused = focused
        self.plot.vb.setBorder(pg.mkPen(theme.tokens().accent, width=1) if focused else None)

    def dress(self) -> None:
        t = theme.tokens()
        self.view.setBackground(t.background)
        self._train.setPen(pg.mkPen(t.train, width=1.5))  # thinner, so that colour is not the only sign
        self._validation.setPen(pg.mkPen(t.validation, width=2.5))
        for curve, color in ((self._train, t.train), (self._validation, t.validation)):
            curve.setSymbolBrush(color)
            curve.setSymbolPen(None)
            curve.setSymbolSize(7)
        self._cursor.setPen(pg.mkPen(t.muted, width=1))
        for label, color in zip(self._legend, (t.train, t.validation), strict=True):
            label.setStyleSheet(f"color: {color};")
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(pg.mkPen(t.line))
            axis.setTickPen(pg.mkPen(t.line))
            axis.setTextPen(pg.mkPen(t.muted))
            axis.setStyle(tickFont=theme.mono(11), tickLength=0, tickTextOffset=8, hideOverlappingLabels=False)
        self.plot.getAxis("left").setWidth(theme.px(48))  # the same in both, so that the epochs stand below each other
        self.plot.getAxis("bottom").setHeight(theme.px(_AXIS))
        self.mark_focus(self._focused)


class _Best:
    """The best epoch: a dashed line, a dot and words."""

    def __init__(self, plot: pg.PlotItem) -> None:
        self._line = pg.InfiniteLine(angle=90)
        self._dot = pg.ScatterPlotItem(size=9)
        self._text = pg.TextItem(anchor=(0.5, 0.5))
        self._height = 1.0
        for item in (self._line, self._dot, self._text):
            plot.addItem(item, ignoreBounds=True)
            item.hide()

    def set_height(self, accuracy: float) -> None:
        self._height = accuracy
        self._text.setPos(self._text.pos().x(), accuracy)

    def show_at(self, epoch: int | None, value: float | None, shown: Sequence[float]) -> None:
        for item in (self._line, self._dot, self._text):
            item.setVisible(value is not None)
        if epoch is None or value is None:
            return
        share = (epoch - shown[0]) / max(1e-9, shown[1] - shown[0])
        self._line.setPos(epoch)
        self._dot.setData([epoch], [value])
        self._text.setText(f"best {value:.4f} at {epoch}")
        self._text.setAnchor(QPointF(0.0 if share < 0.12 else 1.0 if share > 0.88 else 0.5, 0.5))
        self._text.setPos(epoch, self._height)

    def dress(self) -> None:
        t = theme.tokens()
        self._line.setPen(pg.mkPen(t.good, width=1.25, style=Qt.PenStyle.DashLine))
        self._dot.setBrush(pg.mkBrush(t.good))
        self._dot.setPen(pg.mkPen(None))
        self._text.fill = pg.mkBrush(t.background)  # the dashed line does not cross the words
        self._text.setColor(t.good)
        self._text.setFont(theme.mono(11))


class _EpochAxis(pg.AxisItem):
    """Whole epochs only."""

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, float]]:
        major = super().tickSpacing(minVal, maxVal, size)[0][0]
        return [(max(1.0, float(round(major))), 0.0)]


class _ValueAxis(pg.AxisItem):
    """Few lines, all numbers with the same digits."""

    def boundingRect(self) -> QRectF:
        half = theme.px(8)  # or the numbers at the ends of the axis, half outside, are left out
        rect: QRectF = super().boundingRect()
        return rect.adjusted(0, -half, 0, half)

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, float]]:
        return list(super().tickSpacing(minVal, maxVal, size)[:1])

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        digits = next((d for d in range(5) if abs(spacing * 10**d - round(spacing * 10**d)) < 1e-6), 5)
        return [f"{value * scale:.{digits}f}" for value in values]


def _numbers(values: Values) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values], float)


def _number(value: float) -> str:
    return f"{value:.4f}" if np.isfinite(value) else "–"
