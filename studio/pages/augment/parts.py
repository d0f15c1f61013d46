"""Small controls of the Augment page: choices, numbers, icons. Each has a tooltip and a name."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QComboBox, QPushButton, QSpinBox, QToolButton

from studio import theme
from studio.widgets.picker import Picker


def combo(name: str, tooltip: str) -> QComboBox:
    """A choice that may be narrower than its longest name."""
    made = Picker()
    made.setAccessibleName(name)
    made.setToolTip(tooltip)
    made.setMinimumContentsLength(8)
    return made


def offer(choice: QComboBox, items: Sequence[tuple[str, str]], chosen: str) -> None:
    """Offer items as title and key; nothing is chosen where `chosen` is none of the keys."""
    if [(choice.itemText(at), choice.itemData(at)) for at in range(choice.count())] != list(items):
        choice.clear()
        for title, key in items:
            choice.addItem(title, key)
    choice.setCurrentIndex(choice.findData(chosen))


def number(name: str, tooltip: str, low: int, high: int) -> QSpinBox:
    """A whole number to type."""
    made = QSpinBox()
    made.setRange(low, high)
    made.setAccessibleName(name)
    made.setToolTip(tooltip)
    made.setAlignment(Qt.AlignmentFlag.AlignRight)
    made.setProperty("field", "number")
    made.setKeyboardTracking(False)
    return made


def toggle(text: str, tooltip: str) -> QPushButton:
    """A word that is on or off."""
    made = QPushButton(text)
    made.setCheckable(True)
    made.setToolTip(tooltip)
    theme.role(made, "quiet")
    return made


def tool(icon: str, tooltip: str, width: int, height: int) -> QToolButton:
    """An icon to click, so many px large at 100 % text."""
    made = QToolButton()
    made.setIcon(theme.icon(icon))
    made.setIconSize(QSize(18, 18))
    made.setToolTip(tooltip)
    made.setAccessibleName(tooltip)
    made.setFixedSize(theme.px(width), theme.px(height))
    theme.role(made, "small")
    return made
