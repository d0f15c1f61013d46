"""Labels with a role of the style sheet: section heads, numbers in mono, quiet words."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from studio import theme


def head(text: str, parent: QWidget | None = None) -> QLabel:
    """A section head: small muted capitals."""
    return _label(text, "head", parent)


def number(text: str = "", quiet: bool = False, parent: QWidget | None = None) -> QLabel:
    """A number, key or path in mono, aligned right."""
    label = _label(text, "number-muted" if quiet else "number", parent)
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return label


def muted(text: str = "", parent: QWidget | None = None) -> QLabel:
    """Quiet words that may wrap."""
    label = _label(text, "muted", parent)
    label.setWordWrap(True)
    return label


def title(text: str = "", parent: QWidget | None = None) -> QLabel:
    """The title of a page or of what it shows."""
    return _label(text, "title", parent)


def line(vertical: bool = False, parent: QWidget | None = None) -> QFrame:
    """A line one pixel thick that separates."""
    frame = QFrame(parent)
    if vertical:
        frame.setFixedWidth(1)
    else:
        frame.setFixedHeight(1)
    theme.role(frame, "line")
    return frame


def _label(text: str, role: str, parent: QWidget | None) -> QLabel:
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)  # names of files and classes are never markup
    theme.role(label, role)
    return label
