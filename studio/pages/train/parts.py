"""Small parts of the Train page's columns."""

from PySide6.QtCore import QSize, SignalInstance
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QWidget

from studio import theme


def button(text: str, tooltip: str, signal: SignalInstance) -> QPushButton:
    made = QPushButton(text)
    made.setToolTip(tooltip)
    made.clicked.connect(lambda: signal.emit())
    return made


def link(text: str, tooltip: str, signal: SignalInstance) -> QPushButton:
    """A button that looks like a link."""
    made = button(text, tooltip, signal)
    theme.role(made, "link")
    return made


def row(*widgets: QWidget) -> QWidget:
    made = QWidget()
    layout = QHBoxLayout(made)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    for widget in widgets:
        layout.addWidget(widget, 1)
    return made


def let_shrink(combo: QComboBox) -> None:
    """A long name is cut off rather than widening its column."""
    combo.setMinimumContentsLength(8)
    combo.setMinimumSize(QSize(theme.px(120), 0))
