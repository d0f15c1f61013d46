"""A person at the window, as a script: looks at the curves, labels by key, scrolls, types filters, changes pages.

Each generator yields the seconds until its next action. What the heart shall book a stall on is said before.
"""

import itertools
from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget

from benchmarks.heart import Heart
from studio.window import Window

_KEYS = (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4, Qt.Key.Key_5, Qt.Key.Key_6)
_PLACES = ("data", "augment", "synthesize", "train", "review", "export")
_DIGITS = tuple(Qt.Key(Qt.Key.Key_0.value + digit) for digit in (3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7))
_TYPING = 0.09  # seconds between keys
_FILTERS = ("class:3", "split:val", "source:handwriting -class:1")
FIRST = "a page for the first time"


class Person:
    """Uses `window` and tells `heart` with what."""

    def __init__(self, window: Window, heart: Heart) -> None:
        self._window, self._heart = window, heart
        self._labels = itertools.cycle(_DIGITS)

    def start_training(self) -> Iterator[float]:
        """Open the Train page and click Start once it can be clicked."""
        window = self._window
        window.activateWindow()
        self._go("train")
        button = next(one for one in window.pages["train"].findChildren(QPushButton) if one.text() == "Start")
        while not button.isEnabled():
            yield 0.1
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def work(self) -> Iterator[float]:
        """Without end, one thing after the other."""
        while True:
            for part in (self._watch, self._label, self._scroll, self._filter, self._switch):
                yield from part()

    def _watch(self) -> Iterator[float]:
        self._do("watching")
        self._go("train")
        plots = self._window.pages["train"].course.curves  # type: ignore[attr-defined]
        for step in range(80):
            shown = [plots.plot(name) for name in plots.shown()]
            plot = shown[step // 20 % len(shown)]
            across = 0.1 + 0.8 * (step % 20) / 20
            _move(plot, QPoint(int(plot.width() * across), plot.height() // 2))
            yield 0.05

    def _label(self) -> Iterator[float]:
        self._do("labelling")
        page = self._data()
        window = self._window
        row = int(page.grid.currentIndex().row()) if page.grid.currentIndex().isValid() else 0
        window.session.select([int(page.model.ids[max(0, row)])])
        page.grid.setFocus()
        for _ in range(16):
            QTest.keyClick(page.grid, next(self._labels))
            yield 0.15

    def _scroll(self) -> Iterator[float]:
        self._do("scrolling")
        grid = self._data().grid
        for step in range(40):
            _wheel(grid.viewport(), -120 if step < 30 else 360)
            yield 0.05

    def _filter(self) -> Iterator[float]:
        self._do("filtering")
        self._data()
        for text in (*_FILTERS, ""):
            QTest.keyClick(self._window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
            field = QApplication.focusWidget()
            assert isinstance(field, QLineEdit), field
            yield _TYPING
            QTest.keyClick(field, Qt.Key.Key_Delete)
            for letter in text:
                yield _TYPING
                QTest.keyClick(field, letter)
            yield _TYPING
            QTest.keyClick(field, Qt.Key.Key_Return)
            yield 0.3

    def _switch(self) -> Iterator[float]:
        for place, key in (*zip(_PLACES, _KEYS, strict=True), ("data", Qt.Key.Key_1)):
            self._do("changing pages" if place in self._window.pages else FIRST)
            QTest.keyClick(self._window, key, Qt.KeyboardModifier.ControlModifier)
            yield 0.4
            assert self._window.place == place, (self._window.place, place)

    def _do(self, activity: str) -> None:
        self._heart.activity = activity

    def _data(self) -> Any:
        self._go("data")
        return self._window.pages["data"]

    def _go(self, place: str) -> None:
        if self._window.place != place:
            key = _KEYS[_PLACES.index(place)]
            QTest.keyClick(self._window, key, Qt.KeyboardModifier.ControlModifier)


def _move(widget: QWidget, at: QPoint) -> None:
    button, nothing = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    where, globally = QPointF(at), QPointF(widget.mapToGlobal(at))
    QApplication.sendEvent(widget, QMouseEvent(QEvent.Type.MouseMove, where, globally, button, button, nothing))


def _wheel(widget: QWidget, by: int) -> None:
    centre = QPointF(widget.rect().center())
    globally = QPointF(widget.mapToGlobal(widget.rect().center()))
    event = QWheelEvent(
        centre,
        globally,
        QPoint(0, 0),
        QPoint(0, by),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
