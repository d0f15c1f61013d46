"""Which images a dialog is about: those shown, those selected or all, as buttons of which one is on."""

from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton

from studio import theme
from studio.pages.data.accept_state import EVERYTHING, SELECTED, SHOWN

SCOPES = {
    SHOWN: ("Shown", "The images of the filter"),
    SELECTED: ("Selected", "The selected images"),
    EVERYTHING: ("All", "All images of the project"),
}


def scope_buttons() -> tuple[QButtonGroup, QHBoxLayout]:
    """A row of buttons, whose ids count in SCOPES."""
    row, group = QHBoxLayout(), QButtonGroup()
    row.setSpacing(4)
    for number, (title, tooltip) in enumerate(SCOPES.values()):
        button = QPushButton(title)
        button.setToolTip(tooltip)
        button.setCheckable(True)
        button.setAutoDefault(False)
        theme.role(button, "toggle")
        group.addButton(button, number)
        row.addWidget(button)
    row.addStretch(1)
    return group, row
