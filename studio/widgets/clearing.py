"""The button at the end of a search line that empties it."""

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit

from studio import theme

_QTS_OWN = "_q_qlineeditclearaction"


def clearable(field: QLineEdit, tooltip: str) -> None:
    """Give `field` the button of Qt, in the colours of the theme and with words: its own is black on any ground."""
    field.setClearButtonEnabled(True)
    action = field.findChild(QAction, _QTS_OWN)
    if action is not None:
        action.setIcon(theme.icon("close"))
        action.setToolTip(tooltip)
