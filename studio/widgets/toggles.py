"""A few choices as buttons in a row, of which one is on."""

from collections.abc import Iterable

from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

from studio import theme


def toggles(choices: Iterable[tuple[str, str]]) -> tuple[QButtonGroup, QWidget]:
    """A button for each title and tooltip; their ids count in `choices`."""
    whole, group = QWidget(), QButtonGroup()
    row = QHBoxLayout(whole)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(4)
    for number, (title, tooltip) in enumerate(choices):
        button = QPushButton(title)
        button.setToolTip(tooltip)
        button.setCheckable(True)
        button.setAutoDefault(False)
        theme.role(button, "toggle")
        group.addButton(button, number)
        row.addWidget(button)
    row.addStretch(1)
    return group, whole
