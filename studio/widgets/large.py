"""The large view: one image that fills the room of a grid, with the keys to step through the others."""

from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from studio import theme
from studio.widgets import words
from studio.widgets.canvas import Canvas
from studio.widgets.picture import STEP, Picture

_BACK = (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_PageUp)
_ON = (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_PageDown)
_STEPS = dict.fromkeys(_BACK, -1) | dict.fromkeys(_ON, 1)


class LargeView(QWidget):
    """`stepped(by)` when a key asks for another image, unless an arrow moves this one; `left` on Esc or Enter.

    `spaced` on the space bar.
    """

    spaced = Signal()
    stepped = Signal(int)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.picture = Canvas()
        self.bar = ZoomBar(self.picture)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 8)
        layout.setSpacing(8)
        layout.addWidget(self.picture, 1)
        layout.addWidget(self.bar)
        self.setFocusProxy(self.picture)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key: Any = event.key()
        if key in _STEPS and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.stepped.emit(_STEPS[key])
        elif key in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit()
        elif key == Qt.Key.Key_Space:
            self.spaced.emit()
        else:
            super().keyPressEvent(event)


class ZoomBar(QWidget):
    """What is shown at the left, how large at the right, and the buttons that change it."""

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self._words = words.muted()
        self._words.setWordWrap(False)
        self.figure = words.number(quiet=True)
        self.figure.setAccessibleName("Zoom")
        self.figure.setToolTip("Pixels of the screen for each pixel of the image")
        self.figure.setMinimumWidth(theme.px(56))  # the buttons never move
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._words, 1)
        layout.addWidget(_icon_button("zoom_out", "Smaller (−)", lambda: picture.zoom_by(1 / STEP)))
        layout.addWidget(self.figure)
        layout.addWidget(_icon_button("zoom_in", "Larger (+)", lambda: picture.zoom_by(STEP)))
        for text, tip, slot in (
            ("Fit", "Fit the image (F)", picture.fit),
            ("1:1", "Pixels as they are (Z)", picture.show_pixels),
        ):
            button = QPushButton(text)
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            theme.role(button, "quiet")
            button.clicked.connect(lambda _=False, slot=slot: slot())
            layout.addWidget(button)
        picture.scaled.connect(self._show_scale)
        self._show_scale(picture.enlargement())

    def say(self, text: str) -> None:
        """Name what is shown."""
        self._words.setText(text)

    def _show_scale(self, enlargement: float) -> None:
        self.figure.setText(percent(enlargement))


def percent(enlargement: float) -> str:
    """Such as "100 %", "12.5 %" or "1,600 %"."""
    shown = f"{enlargement * 100:,.0f}" if enlargement >= 0.995 else f"{enlargement * 100:.1f}"
    return f"{shown.removesuffix('.0')} %"


def _icon_button(icon: str, tip: str, slot: Any) -> QToolButton:
    button = QToolButton()
    button.setIcon(theme.icon(icon))
    button.setIconSize(QSize(16, 16))
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    theme.role(button, "quiet")
    button.clicked.connect(lambda: slot())
    return button
