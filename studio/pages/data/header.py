"""The line over the grid: the filter as chips, how many images there are, their order and their size."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QSizePolicy, QSlider, QToolButton, QWidget

from studio import theme
from studio.pages.data.state import SORT_WORDS, Chip
from studio.widgets import words
from studio.widgets.grid import DEFAULT_SIDE, MAX_SIDE, MIN_SIDE

HEIGHT = 56
GAP = 12


class GridHeader(QFrame):
    """`filtered(Filter)` when a chip is taken away, `sorted(key, descending)`, `sized(px)`; `back` leaves large."""

    filtered = Signal(object)
    sorted = Signal(str, bool)
    sized = Signal(int)
    back = Signal()

    def __init__(self) -> None:
        super().__init__()
        theme.role(self, "surface")
        self.large = False
        self._sort, self._descending = "name", False
        self._shown: Sequence[Chip] = ()
        self._chips = QHBoxLayout()
        self._chips.setSpacing(8)
        self._error = words.muted()
        theme.role(self._error, "bad")
        self._count = words.number(quiet=True)
        self._count.setAccessibleName("How many images are shown")
        self._back = QPushButton("Back to the grid")
        self._back.setToolTip("Back to the grid (Esc)")
        self._back.clicked.connect(self.back)
        self._order = QToolButton()
        self._order.setToolTip("Order of the images")
        self._order.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._order.setMenu(self._menu())
        self._order.setStyleSheet("QToolButton { padding: 5px 12px; } QToolButton::menu-indicator { image: none; }")
        self._size = QSlider(Qt.Orientation.Horizontal)
        self._size.setRange(MIN_SIDE, MAX_SIDE)
        self._size.setValue(DEFAULT_SIDE)
        self._size.setFixedWidth(theme.px(96))
        self._size.setToolTip("Size of the images (Ctrl+wheel)")
        self._size.setAccessibleName("Size of the images")
        self._size.valueChanged.connect(self.sized)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 16, 0)
        layout.setSpacing(GAP)
        layout.addWidget(self._back)
        layout.addLayout(self._chips)
        layout.addWidget(self._error, 1)
        layout.addStretch(1)
        for part in (self._count, self._size, self._order):
            layout.addWidget(part)
        self.setFixedHeight(theme.px(HEIGHT))
        self.show_large(False)
        self._show_order()

    def show_chips(self, chips: Sequence[Chip], count: str) -> None:
        """Show the filter; it takes back an error."""
        self.set_error("")
        self._count.setText(count)
        self._shown = chips
        self._fill()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width() and not self._error.text():
            self._fill()

    def _fill(self) -> None:
        """As many chips as there is room for; a chip that is squeezed would hide its words and its cross."""
        while (item := self._chips.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        if not self._shown:
            self._chips.addWidget(words.muted("All images"))
        rest = [part for part in (self._count, self._size, self._order) if not part.isHidden()]
        room = self.width() - 32 - sum(max(part.sizeHint().width(), part.minimumWidth()) + GAP for part in rest)
        room -= theme.px(32)  # for how many more there are
        for number, chip in enumerate(self._shown):
            button = self._chip(chip)
            room -= button.sizeHint().width() + GAP
            if room < 0 and number:
                self._chips.addWidget(words.muted(f"+{len(self._shown) - number}"))
                button.deleteLater()
                break
            self._chips.addWidget(button)

    def set_error(self, sentence: str) -> None:
        """Say why the filter just written cannot be read; the chips, still in force, make room."""
        self._error.setText(sentence)
        self._error.setVisible(bool(sentence))
        for place in range(self._chips.count()):
            item = self._chips.itemAt(place)
            widget = item.widget() if item else None
            if widget is not None:
                widget.setVisible(not sentence)

    def show_large(self, large: bool) -> None:
        """Offer what fits the large view or the grid."""
        self.large = large
        self._back.setVisible(large)
        self._size.setVisible(not large)
        self._order.setVisible(not large)

    def set_size(self, px: int) -> None:
        """Follow a zoom that was done elsewhere."""
        self._size.setValue(px)

    def _chip(self, chip: Chip) -> QWidget:
        text = chip.words if len(chip.words) <= 32 else f"{chip.words[:31]}…"
        button = QPushButton(f"{text}  ×")
        button.setToolTip(f"{chip.words}: take this condition away")
        button.setAccessibleName(f"Take away: {chip.words}")
        button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        button.clicked.connect(lambda: self.filtered.emit(chip.rest))
        return button

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        group = QActionGroup(self)
        for key, title in SORT_WORDS.items():
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(key == self._sort)
            group.addAction(action)
            action.triggered.connect(lambda _=False, key=key: self.sort_by(key, self._descending))
        menu.addSeparator()
        down = menu.addAction("Descending")
        down.setCheckable(True)
        down.toggled.connect(lambda on: self.sort_by(self._sort, on))
        return menu

    def sort_by(self, key: str, descending: bool = False) -> None:
        """Order the images as if the user had chosen it; `key` is one of core.project.query.SORTS."""
        self._sort, self._descending = key, descending
        self._show_order()
        self.sorted.emit(key, descending)

    def _show_order(self) -> None:
        self._order.setText(f"Sort: {SORT_WORDS[self._sort].lower()} {'↓' if self._descending else '↑'}")
