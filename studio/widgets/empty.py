"""What a page shows while it has nothing: one sentence of what will be here, and the button that gets there."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from studio import theme


class EmptyState(QWidget):
    """A sentence in the middle of the room, a quiet hint and at most one button; `clicked` when it is used."""

    clicked = Signal()

    def __init__(
        self, sentence: str, button: str = "", hint: str = "", icon: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._icon_name = icon
        self._icon = QLabel()
        self._sentence = _centred("title")
        self._hint = _centred("muted")
        self._button = QPushButton()
        self._button.setDefault(True)
        theme.role(self._button, "primary")
        self._button.clicked.connect(self.clicked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(32, 32, 32, 32)
        layout.setSpacing(8)
        layout.addStretch(2)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self._sentence)
        layout.addWidget(self._hint)
        layout.addSpacing(8)
        layout.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        theme.watch.changed.connect(self._tint)
        self._tint()
        self.set_words(sentence, button, hint)

    def set_words(self, sentence: str, button: str = "", hint: str = "") -> None:
        """Say something else; what is empty is not shown."""
        self._sentence.setText(sentence)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self._button.setText(button)
        self._button.setToolTip(sentence if button else "")
        self._button.setVisible(bool(button))
        self.setAccessibleName(f"{sentence} {hint}".strip())

    def _tint(self) -> None:
        self._icon.setVisible(bool(self._icon_name))
        if self._icon_name:
            color = theme.blend(theme.tokens().background, theme.tokens().muted, 0.7).name()
            self._icon.setPixmap(theme.icon_pixmap(self._icon_name, color, 40, self.devicePixelRatioF()))


def _centred(role: str) -> QLabel:
    label = QLabel()
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    theme.role(label, role)
    return label
