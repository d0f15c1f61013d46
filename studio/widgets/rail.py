"""The rail of places at the left edge of the window."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QToolButton, QVBoxLayout, QWidget

from studio import theme

WIDTH = 64  # px


@dataclass(frozen=True)
class Place:
    """One entry: the name of its icon, its title and what its tooltip says."""

    icon: str
    title: str
    tooltip: str


class Rail(QFrame):
    """Places one below the other, exactly one current; `chosen(number)` when the user picks another.

    Arrow keys move between places, Enter or Space goes there.
    """

    chosen = Signal(int)

    def __init__(self, places: Sequence[Place], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Places")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 8, 4, 8)
        layout.setSpacing(4)
        for number, place in enumerate(places):
            button = _button(place)
            self._group.addButton(button, number)
            layout.addWidget(button)
        layout.addStretch(1)
        self._group.idClicked.connect(self.chosen)
        self._fit()
        theme.watch.changed.connect(self._fit)

    def current(self) -> int:
        """The number of the current place, -1 before one is set."""
        return self._group.checkedId()

    def set_current(self, number: int) -> None:
        """Show a place as current, without a signal."""
        current = self._group.button(number)
        current.setChecked(True)
        for button in self._group.buttons():  # Tab comes by the current place, arrows lead to the others
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus if button is current else Qt.FocusPolicy.NoFocus)

    def set_tooltip(self, number: int, text: str) -> None:
        """Say what a place is for, and its key."""
        self._group.button(number).setToolTip(text)

    def set_enabled(self, number: int, enabled: bool) -> None:
        """A place that cannot be visited yet stays visible but grey."""
        self._group.button(number).setEnabled(enabled)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        buttons = [b for b in self._group.buttons() if b.isEnabled()]
        focused = next((k for k, b in enumerate(buttons) if b is self.focusWidget()), None)
        if step and focused is not None:
            buttons[(focused + step) % len(buttons)].setFocus(Qt.FocusReason.TabFocusReason)
        else:
            super().keyPressEvent(event)

    def _fit(self) -> None:
        self.setFixedWidth(theme.px(WIDTH))
        for button in self._group.buttons():
            button.setFixedHeight(theme.px(50))


class _PlaceButton(QToolButton):
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            event.ignore()  # an exclusive group would check the next place while the focus only passes by
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


def _button(place: Place) -> QToolButton:
    button = _PlaceButton()
    button.setText(place.title)
    button.setIcon(theme.icon(place.icon))
    button.setIconSize(QSize(22, 22))
    button.setToolTip(place.tooltip)
    button.setAccessibleName(place.title)
    button.setCheckable(True)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    policy = button.sizePolicy()
    policy.setHorizontalPolicy(policy.Policy.Expanding)
    button.setSizePolicy(policy)
    return button
