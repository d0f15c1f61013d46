"""Which images a dialog is about: those shown, those selected or all, as buttons of which one is on."""

from PySide6.QtWidgets import QButtonGroup, QWidget

from studio.pages.data.accept_state import EVERYTHING, SELECTED, SHOWN
from studio.widgets.toggles import toggles

SCOPES = {
    SHOWN: ("Shown", "The images of the filter"),
    SELECTED: ("Selected", "The selected images"),
    EVERYTHING: ("All", "All images of the project"),
}


def scope_buttons() -> tuple[QButtonGroup, QWidget]:
    """A row of buttons, whose ids count in SCOPES."""
    return toggles(SCOPES.values())
