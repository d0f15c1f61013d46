"""A message that stays until it is read: what happened, what is safe, what to do."""

from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from studio import theme

Kind = Literal["info", "good", "warning", "bad"]
_ICONS = {"info": "info", "good": "check_circle", "warning": "warning", "bad": "error"}
_EDGE = 3  # px


class MessageBar(QFrame):
    """One sentence, a hint below it, at most one button. `acted` when the button is used, `closed` when dismissed."""

    acted = Signal()
    closed = Signal()

    def __init__(
        self, title: str = "", hint: str = "", kind: Kind = "info", action: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._kind: Kind = kind
        self._icon = QLabel()
        self._title = _words("title")
        self._hint = _words("hint")
        theme.role(self._hint, "muted")
        self._action = QPushButton()
        self._action.clicked.connect(self.acted)
        self._close = QToolButton()
        self._close.setIcon(theme.icon("close"))
        self._close.setIconSize(QSize(18, 18))
        self._close.setToolTip("Dismiss this message (Esc)")
        self._close.setAccessibleName("Dismiss this message")
        theme.role(self._close, "quiet")
        self._close.clicked.connect(self.dismiss)
        self._arrange()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        theme.watch.changed.connect(self._tint)
        self._say(title, hint, kind, action)
        if not title:
            self.hide()

    def show_message(self, title: str, hint: str = "", kind: Kind = "info", action: str = "") -> None:
        """Say something else and show the bar; an empty title hides it."""
        self._say(title, hint, kind, action)
        self.setVisible(bool(title))

    def _say(self, title: str, hint: str, kind: Kind, action: str) -> None:
        self._kind = kind
        self._title.setText(title)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        side = Qt.AlignmentFlag.AlignTop if hint else Qt.AlignmentFlag.AlignVCenter  # beside the title either way
        self._row.setAlignment(self._icon, side)
        self._action.setText(action)
        self._action.setToolTip(action)
        self._action.setVisible(bool(action))
        self.setAccessibleName(f"{kind}: {title}")
        self.setAccessibleDescription(hint)
        self._tint()

    def dismiss(self) -> None:
        """Hide the bar and tell it."""
        self.hide()
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.tokens()
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.blend(t.surface, self._color(), 0.10))
        painter.fillRect(QRectF(0, 0, _EDGE, self.height()), QColor(self._color()))

    def _arrange(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._hint)
        self._row = layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 8, 8)
        layout.setSpacing(12)
        layout.addWidget(self._icon)
        layout.addLayout(words, 1)
        layout.addWidget(self._action, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self._close, 0, Qt.AlignmentFlag.AlignVCenter)

    def _color(self) -> str:
        t = theme.tokens()
        return {"info": t.accent, "good": t.good, "warning": t.warning, "bad": t.bad}[self._kind]

    def _tint(self) -> None:
        pixmap = theme.icon_pixmap(_ICONS[self._kind], self._color(), 18, self.devicePixelRatioF())
        self._icon.setPixmap(pixmap)
        self.update()


def _words(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
