"""The course of a training run as plots over epochs, live and compared with earlier runs."""

from collections.abc import Iterable, Sequence

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from core.runs.history import History
from studio import theme
from studio.widgets import curve_lines
from studio.widgets.curve_bar import CurveBar
from studio.widgets.curve_lines import BY_PART, MOST_COMPARED, PANELS
from studio.widgets.plot import Plot
from studio.widgets.traces import Array

_TWO_COLUMNS = 860  # px from which three plots and more stand in two columns
_NOTHING = np.empty(0)
_LEAST_SPAN = 2.0  # epochs
_ZOOM = 0.8  # of the span a notch or key
_FAR = 1 << 30


class Curves(QWidget):
    """Plots of a run, any set of them. `set_history` and `set_steps` are cheap enough for 30 times a second.

    The pointer, or the left and right arrow keys, Home and End, read off an epoch; Escape ends that. A drag, Ctrl with
    the wheel, or + and - choose epochs; a double click or 0 shows all again. Up and down pick a class or a source.
    """

    shown_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = History("")
        self._steps: tuple[Array, ...] = (_NOTHING,) * 4
        self._compared: list[tuple[str, History]] = []
        self._hovered: int | None = None
        self._zoom: tuple[float, float] | None = None
        self._stale = set(PANELS)
        self.bar = CurveBar()
        self.bar.chosen.connect(self._arrange)
        self.bar.chosen.connect(self.shown_changed)
        self.bar.altered.connect(self._refresh)
        self.bar.restored.connect(lambda: self._zoom_to(None))
        self._plots = {name: self._plot(name) for name in PANELS}
        self._none = QLabel("Choose above what is plotted.")
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        theme.role(self._none, "muted")
        self._grid = QGridLayout()
        self._build()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Course of the run by epoch")
        self._arrange()

    def set_history(self, run: History) -> None:
        """Show a run as far as it is. Its epochs ascend; None or nan leaves a gap."""
        if len(run.epochs) < len(self._run.epochs) or run.planned_epochs != self._run.planned_epochs:
            self._zoom = None
        self._run = run
        if self._hovered is not None and self._hovered >= len(run.epochs):
            self._hovered = None
        self._refresh()

    def set_steps(self, positions: Array, losses: Array, rates: Array, images_per_second: Array) -> None:
        """Show steps (N each) as thin lines; none clears them, as another run needs.

        `positions` ascend and count epochs: 2.5 is the middle of the third.
        """
        self._steps = positions, losses, rates, images_per_second
        if self.isVisible():
            self._follow_steps()

    def set_compared(self, runs: Sequence[tuple[str, History]]) -> None:
        """Draw up to four other runs by name behind this one; none clears them."""
        self._compared = list(runs[:MOST_COMPARED])
        self._refresh()

    def shown(self) -> tuple[str, ...]:
        """The names of the plots that are chosen: "accuracy", "loss", "learning_rate" and so on."""
        return self.bar.shown()

    def set_shown(self, names: Iterable[str]) -> None:
        """Choose plots; unknown names are ignored."""
        self.bar.set_shown(names)

    def plot(self, name: str) -> Plot:
        return self._plots[name]

    def readout(self) -> str:
        """The values of the epoch that is read off or of the last one, of all plots that are shown."""
        epochs = self._run.epochs
        if not epochs:
            return ""
        epoch = epochs[self._hovered if self._hovered is not None else -1]
        parts = [curve_lines.told(self._plots[name].content(), epoch, PANELS[name].title) for name in self.shown()]
        return ". ".join([f"epoch {epoch}", *filter(None, parts)])

    # Keys and focus

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, last = Qt.Key(event.key()), len(self._run.epochs) - 1
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Home: -_FAR, Qt.Key.Key_End: _FAR}
        if key in steps and last >= 0:
            at = last if self._hovered is None else self._hovered + steps[key]
            if self._hovered is None and key == Qt.Key.Key_Home:
                at = 0
            self._hover(min(last, max(0, at)), keys=True)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and last >= 0 and set(self.shown()) & set(BY_PART):
            for name in BY_PART:
                self._plots[name].pick(1 if key == Qt.Key.Key_Down else -1)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            middle = sum(self._span()) / 2 if self._hovered is None else self._run.epochs[self._hovered]
            self._turn(middle, -1.0 if key == Qt.Key.Key_Minus else 1.0)
        elif key == Qt.Key.Key_0 and self._zoom is not None:
            self._zoom_to(None)
        elif key == Qt.Key.Key_Escape and (self._hovered is not None or any(p.picked() for p in self._plots.values())):
            self._hover(None)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        for name in self.shown()[:1]:
            self._plots[name].set_focused(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        for plot in self._plots.values():
            plot.set_focused(False)
        self._hover(None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:
        self._arrange()
        self._follow_steps()

    # Layout

    def _plot(self, name: str) -> Plot:
        plot = Plot(PANELS[name].title, PANELS[name].tooltip, list(PANELS).index(name), self)
        plot.pointed.connect(lambda epoch, top: self._point(plot, epoch, top))
        plot.left.connect(lambda: self._hover(None))
        plot.chosen.connect(lambda low, high: self._zoom_to((low, high)))
        plot.turned.connect(self._turn)
        plot.restored.connect(lambda: self._zoom_to(None))
        plot.hide()
        return plot

    def _build(self) -> None:
        inner = QWidget()
        inner.setLayout(self._grid)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(8)
        self._grid.addWidget(self._none, 0, 0)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keys are those of `Curves`
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.bar)
        layout.addWidget(scroll, 1)

    def _arrange(self) -> None:
        """The chosen plots below each other, or in two columns where there is room."""
        shown = self.shown()
        columns = 2 if len(shown) > 2 and self.width() >= theme.px(_TWO_COLUMNS) else 1
        places = {name: divmod(k, columns) for k, name in enumerate(shown)}
        for name, plot in self._plots.items():
            if name in places:
                self._grid.addWidget(plot, *places[name])
            plot.setVisible(name in places)
        for row in range(len(PANELS)):
            self._grid.setRowStretch(row, 1 if row * columns < len(shown) else 0)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, columns - 1)
        self._none.setVisible(not shown)
        if self._stale & set(shown):
            self._draw()

    # What the plots show

    def _refresh(self) -> None:
        """All plots are out of date; those that are shown follow now."""
        self._stale = set(PANELS)
        self._draw()

    def _draw(self) -> None:
        options = self.bar.options()
        for name in self._stale & set(self.shown()):
            self._plots[name].set_content(curve_lines.content(name, self._run, self._compared, options))
            self._show_steps(name)
        self._stale -= set(self.shown())
        self._set_span()
        self._tell()

    def _follow_steps(self) -> None:
        for name in self.shown():
            self._show_steps(name)
        self._set_span()
        if not self._run.epochs:
            self._tell()

    def _show_steps(self, name: str) -> None:
        positions, losses, rates, speeds = self._steps
        values = {"loss": losses, "learning_rate": rates, "images_per_second": speeds}.get(name)
        if values is not None:
            self._plots[name].set_steps(positions, values)

    def _whole(self) -> tuple[float, float]:
        """All epochs that are planned or drawn; before the first is over, that one, so that its steps are seen."""
        others = [float(run.epochs[-1]) for _, run in self._compared if run.epochs]
        stepped = float(np.ceil(self._steps[0][-1])) if self._steps[0].size else 0.0
        if stepped and not self._run.epochs:
            return 0.0, max(1.0, stepped, *others)
        return 0.0, max(1.0, stepped, float(self._run.planned_epochs), *self._run.epochs[-1:], *others)

    def _span(self) -> tuple[float, float]:
        return self._zoom or self._whole()

    def _set_span(self) -> None:
        for name in self.shown():
            self._plots[name].set_span(*self._span(), zoomed=self._zoom is not None)
        self.bar.set_zoomed(self._zoom is not None)

    def _tell(self) -> None:
        """Values at the right of the headings, and everything in words for a screen reader."""
        options, epochs = self.bar.options(), self._run.epochs
        epoch = epochs[self._hovered if self._hovered is not None else -1] if epochs else None
        for place, name in enumerate(self.shown()):
            plot = self._plots[name]
            if epoch is None:
                plot.set_values(self._now(name))
                continue
            values = curve_lines.summary(plot.content(), epoch, name in BY_PART and options.measure == "loss")
            plot.set_values(f"epoch {epoch:,}   {values}" if place == 0 else values)
        words = self.readout() or "The curves appear here after the first epoch."
        if words != self.accessibleDescription():
            self.setAccessibleDescription(words)

    def _now(self, name: str) -> str:
        """The value of the last step, for the time before the first epoch is over."""
        steps = dict(zip(("loss", "learning_rate", "images_per_second"), self._steps[1:], strict=True))
        if name not in steps or not steps[name].size:
            return ""
        word = "now" if self._run.status in ("", "running") else "last"
        return f"{word} {self._plots[name].content().written(float(steps[name][-1]))}"

    # Cursor and zoom

    def _point(self, plot: Plot, epoch: float, top: float) -> None:
        if self._run.epochs:
            at = int(np.abs(np.array(self._run.epochs) - epoch).argmin())
            self._hover(at, under=plot, top=top)

    def _hover(self, at: int | None, under: Plot | None = None, top: float | None = None, keys: bool = False) -> None:
        """Mark an epoch in all plots; its card is where the pointer is, or everywhere for the keys."""
        self._hovered = at
        epoch = None if at is None else float(self._run.epochs[at])
        for name in self.shown():
            plot = self._plots[name]
            plot.set_cursor(epoch, card=keys or plot is under, top=top if plot is under else None)
        self._tell()

    def _turn(self, at: float, notches: float) -> None:
        """Show fewer or more epochs around the one `at`."""
        low, high = self._span()
        share = _ZOOM**notches
        self._zoom_to((at - (at - low) * share, at + (high - at) * share))

    def _zoom_to(self, span: tuple[float, float] | None) -> None:
        """Show some epochs, at least two, or all of them."""
        if span is not None:
            first, last = self._whole()
            wide = max(span[1] - span[0], _LEAST_SPAN)
            low = min(max(first, sum(span) / 2 - wide / 2), max(first, last - wide))
            span = (low, min(last, low + wide))
            if span[1] - span[0] >= (last - first) * 0.999:
                span = None
        self._zoom = span
        self._set_span()
