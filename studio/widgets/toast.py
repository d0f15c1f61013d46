"""A short notice over the bottom of the window, with a way back instead of a question before."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from studio import theme

SECONDS = 6.0
_ABOVE_EDGE = 44  # px, clear of the status bar


class Toast(QFrame):
    """Says `text` for some seconds at the bottom middle of its parent; longer while the pointer or focus is on it.

    `said` with each text; `acted` when the action is used. Then and after its time it hides. One toast at a time: show
    the next in the same.
    """

    acted = Signal()
    said = Signal(str)
    gone = Signal()

    def __init__(self, parent: QWidget, text: str = "", action: str = "", seconds: float = SECONDS) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._action = QPushButton()
        theme.role(self._action, "link")
        self._action.clicked.connect(self._act)
        close = QToolButton()
        close.setIcon(theme.icon("close"))
        close.setIconSize(QSize(16, 16))
        close.setToolTip("Dismiss")
        close.setAccessibleName("Dismiss")
        theme.role(close, "quiet")
        close.clicked.connect(self.dismiss)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 6, 6, 6)
        layout.setSpacing(8)
        for part in (self._text, self._action, close):
            layout.addWidget(part)
        self._timer = QTimer(self, singleShot=True, interval=round(seconds * 1000))
        self._timer.timeout.connect(self._time_over)
        parent.installEventFilter(self)
        self.hide()
        if text:
            self.say(text, action)

    def say(self, text: str, action: str = "") -> None:
        """Show `text`, with a button named `action` unless it is empty, and start the time anew."""
        self._text.setText(text)
        self._action.setText(action)
        self._action.setToolTip(action)
        self._action.setVisible(bool(action))
        self.setAccessibleName(text)
        self.adjustSize()
        self._place()
        self.show()
        self.raise_()
        self._timer.start()
        self.said.emit(text)

    def dismiss(self) -> None:
        """Hide now."""
        self._timer.stop()
        self.hide()
        self.gone.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self.parent():
            self._place()
        return super().eventFilter(watched, event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        self._timer.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def _time_over(self) -> None:
        focused = self.window().focusWidget()
        if focused is not None and self.isAncestorOf(focused):
            self._timer.start()
        else:
            self.dismiss()

    def _act(self) -> None:
        self.dismiss()
        self.acted.emit()

    def _place(self) -> None:
        parent = self.parentWidget()
        assert parent is not None
        self.move((parent.width() - self.width()) // 2, parent.height() - self.height() - _ABOVE_EDGE)
