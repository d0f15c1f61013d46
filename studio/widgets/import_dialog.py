"""The question before an import: what was understood, and whether to bring it in. Knows no project."""

import contextlib
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from studio import theme
from studio.understood import Column, Shown
from studio.widgets import words
from studio.widgets.count_list import CountList
from studio.widgets.tiles import cut

_WIDTH, _LIST_HEIGHT = 620, 220  # px
_THUMB = 64  # px
_POLL_MILLISECONDS = 33


class ImportDialog(QDialog):
    """`agreed` comes once, when what is shown shall be imported; Esc closes it without."""

    agreed = Signal()

    def __init__(self, aim: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import images")
        self.setMinimumWidth(theme.px(_WIDTH))
        self._title = words.title()
        self._title.setWordWrap(True)
        self._aim = words.muted(aim)
        self._body = QVBoxLayout()
        self._body.setSpacing(12)
        self._buttons = QDialogButtonBox()
        self.go = self._buttons.addButton("Import", QDialogButtonBox.ButtonRole.AcceptRole)
        self.back = self._buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        self.back.setToolTip("Go back; nothing changes (Esc)")
        theme.role(self.go, "primary")
        self.go.setDefault(True)
        self.go.clicked.connect(self._agree)
        self._buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(4)
        for part in (self._title, self._aim):
            layout.addWidget(part)
        layout.addSpacing(8)
        layout.addLayout(self._body)
        layout.addSpacing(8)
        layout.addWidget(self._buttons)
        self._agreed = False

    def show_state(self, shown: Shown) -> None:
        """Show this in the place of what was shown."""
        self._title.setText(shown.title)
        self._clear()
        self._aim.setVisible(not shown.failed)
        if shown.lines:
            self._body.addWidget(_lines([_plain(text) for text in shown.lines]))
        if shown.examples:
            self._body.addWidget(ExampleRow(shown.examples))
        if shown.columns:
            self._body.addLayout(_columns(shown.columns))
        if shown.remarks:
            self._body.addWidget(_area(_lines([words.muted(text) for text in shown.remarks]), "Remarks"))
        self.go.setText(shown.button or "Import")
        self.go.setToolTip(f"{shown.button} (Enter)" if shown.button else "There is nothing to import yet")
        self.go.setEnabled(bool(shown.button))
        self.back.setText("Close" if shown.failed else "Cancel")
        (self.go if shown.button else self.back).setFocus(Qt.FocusReason.OtherFocusReason)
        self.setAccessibleDescription(" ".join([shown.title, *shown.lines]))
        QTimer.singleShot(0, self, self._fit)  # what was added is shown only then, and counts for the height

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.go.isEnabled() and not self.back.hasFocus():
            self._agree()
            return
        super().keyPressEvent(event)

    def _fit(self) -> None:
        """As tall as the words need, which wrap."""
        layout = self.layout()
        assert layout is not None
        layout.activate()
        width = max(self.width(), self.minimumWidth())
        self.resize(width, layout.totalHeightForWidth(width))

    def _agree(self) -> None:
        if not self._agreed:  # a double click is one answer
            self._agreed = True
            self.accept()
            self.agreed.emit()

    def _clear(self) -> None:
        while item := self._body.takeAt(0):
            _remove(item.widget(), item.layout())


class ExampleRow(QWidget):
    """Some images, small, each as soon as a thread has read it."""

    def __init__(self, files: Sequence[Path], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Examples")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        self._labels: list[QLabel] = []
        side = theme.px(_THUMB)
        for file in files:
            label = QLabel()
            label.setFixedSize(side, side)
            label.setToolTip(str(file))
            label.setAccessibleName(file.name)
            layout.addWidget(label)
            self._labels.append(label)
        layout.addStretch(1)
        self._read: deque[tuple[int, bytes]] = deque()
        self._over = threading.Event()
        self.destroyed.connect(self._over.set)
        work = (list(files), 2 * round(side * self.devicePixelRatioF()), self._read, self._over)
        threading.Thread(target=_read, args=work, name="examples", daemon=True).start()
        self._timer = QTimer(self, interval=_POLL_MILLISECONDS)
        self._timer.timeout.connect(self._show)
        self._timer.start()

    def _show(self) -> None:
        if self._over.is_set() and not self._read:
            self._timer.stop()
        elif self._read:
            number, data = self._read.popleft()
            label = self._labels[number]
            ratio = label.devicePixelRatioF()
            pixmap = cut(QImage.fromData(data), round(label.width() * ratio), theme.RADIUS * ratio)
            pixmap.setDevicePixelRatio(ratio)
            label.setPixmap(pixmap)


def _read(files: list[Path], side: int, done: "deque[tuple[int, bytes]]", over: threading.Event) -> None:
    """Small JPEGs of `files` by number; those that cannot be read are told by the import."""
    from core.images.decode import Unreadable  # here, as the window would wait for it
    from core.images.thumbnails import make

    for number, file in enumerate(files):
        if over.is_set():
            return
        with contextlib.suppress(Unreadable):
            done.append((number, make(file, side)))  # twice as large, as its square is cut out
    over.set()


def _columns(columns: Sequence[Column]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(24)
    for column in columns:
        row.addWidget(_listed(column), 3 if len(column.rows) > 6 else 2)
    return row


def _listed(column: Column) -> QWidget:
    """A head, and names with numbers that scroll where they are many."""
    whole = QWidget()
    layout = QVBoxLayout(whole)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(6)
    layout.addWidget(words.head(column.head))
    layout.addWidget(_area(CountList(column.head, column.rows, column.more), column.head))
    layout.addStretch(1)
    return whole


def _lines(labels: Sequence[QLabel]) -> QWidget:
    whole = QWidget()
    layout = QVBoxLayout(whole)
    layout.setContentsMargins(0, 0, 8, 0)
    layout.setSpacing(4)
    for label in labels:
        label.setWordWrap(True)
        layout.addWidget(label)
    return whole


def _area(inner: QWidget, name: str) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(inner)
    area.setWidgetResizable(True)
    area.setAccessibleName(name)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    wide = theme.px(_WIDTH) - 60
    tall = inner.heightForWidth(wide) if inner.hasHeightForWidth() else inner.sizeHint().height()
    most = theme.px(_LIST_HEIGHT)
    area.setFixedHeight(min(most, tall))
    if tall > most:
        area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    else:
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area


def _plain(text: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def _remove(widget: QWidget | None, layout: object) -> None:
    if widget is not None:
        widget.hide()
        widget.deleteLater()
    elif isinstance(layout, QHBoxLayout):
        while item := layout.takeAt(0):
            _remove(item.widget(), item.layout())
        layout.deleteLater()
