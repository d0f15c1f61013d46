"""The line over the grid: the filter as chips, how many images there are, their order and their size."""

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QSizePolicy, QSlider, QToolButton, QWidget

from studio import theme
from studio.models.images import BADGES
from studio.pages.data.state import GROUP_WORDS, LARGEST_FIRST, SORT_WORDS, Chip
from studio.widgets import words
from studio.widgets.grid import DEFAULT_SIDE, MAX_SIDE, MIN_SIDE

HEIGHT = 56
GAP = 12


class GridHeader(QFrame):
    """`filtered(Filter)` when a chip is taken away, `arranged` when order or groups change, `sized(px)`.

    `back` leaves large, `badged(names)` says which of BADGES are wished, `viewed(name)` picks a saved view, `kept` asks
    to save this one, `dropped(name)` to forget one.
    """

    filtered = Signal(object)
    arranged = Signal()
    badged = Signal(list)
    viewed = Signal(str)
    kept = Signal()
    dropped = Signal(str)
    sized = Signal(int)
    back = Signal()

    def __init__(self) -> None:
        super().__init__()
        theme.role(self, "surface")
        self.large = False
        self.sort, self.descending, self.group = "name", False, ""
        self._shown: Sequence[Chip] | None = None
        self._chips = QHBoxLayout()
        self._chips.setSpacing(8)
        self._error = words.muted()
        theme.role(self._error, "bad")
        self._count = words.number(quiet=True)
        self._count.setAccessibleName("How many images are shown")
        self._back = QPushButton("Back to the grid")
        self._back.setToolTip("Back to the grid (Esc)")
        self._back.clicked.connect(self.back)
        self._order = _menu_button("Order of the images", self._order_menu())
        self._grouped = _menu_button("Groups with headings, and what is written on the images", self._group_menu())
        self._views = _menu_button("Saved views: a filter with its order", self._views_menu())
        self._views.setText("Views")
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
        for part in (self._count, self._size, self._grouped, self._order, self._views):
            layout.addWidget(part)
        self.setFixedHeight(theme.px(HEIGHT))
        self.show_large(False)
        self.set_views(())
        self._show_order()

    def show_chips(self, chips: Sequence[Chip], count: str) -> None:
        """Show the filter; it takes back an error."""
        erring = bool(self._error.text())
        self.set_error("")
        if erring or chips != self._shown or count != self._count.text():
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
        buttons = (self._grouped, self._order, self._views)
        rest = [part for part in (self._count, self._size, *buttons) if not part.isHidden()]
        room = self.width() - 32 - sum(max(part.sizeHint().width(), part.minimumWidth()) + GAP for part in rest)
        room -= theme.px(32)  # for how many more there are
        for number, chip in enumerate(self._shown or ()):
            button = self._chip(chip)
            room -= button.sizeHint().width() + GAP
            if room < 0 and number:
                self._chips.addWidget(words.muted(f"+{len(self._shown or ()) - number}"))
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
        for part in (self._size, self._order, self._grouped, self._views):
            part.setVisible(not large)

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

    def arrange(self, sort: str, descending: bool, group: str) -> None:
        """Order and group the images as if the user had chosen it; see core.project.order and listing."""
        if sort not in SORT_WORDS or group not in GROUP_WORDS:
            return  # of a later version
        if (sort, descending, group) != (self.sort, self.descending, self.group):
            self.sort, self.descending, self.group = sort, descending, group
            self._show_order()
            self.arranged.emit()

    def set_views(self, names: Sequence[str]) -> None:
        """Offer these saved views."""
        menu = self._views.menu()
        menu.clear()
        for name in names:
            menu.addAction(name).triggered.connect(lambda _=False, name=name: self.viewed.emit(name))
        if names:
            menu.addSeparator()
        save = menu.addAction("Save this view…")
        save.triggered.connect(self.kept)
        if names:
            forget = menu.addMenu("Forget a view")
            for name in names:
                forget.addAction(name).triggered.connect(lambda _=False, name=name: self.dropped.emit(name))

    def _order_menu(self) -> QMenu:
        menu = QMenu(self)
        self._sorts = _choices(menu, SORT_WORDS, lambda key: self.arrange(key, key in LARGEST_FIRST, self.group))
        menu.addSeparator()
        self._down = menu.addAction("Descending")
        self._down.setCheckable(True)
        self._down.triggered.connect(lambda on: self.arrange(self.sort, on, self.group))
        return menu

    def _group_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addSection("Groups")
        self._groups = _choices(menu, GROUP_WORDS, lambda key: self.arrange(self.sort, self.descending, key))
        menu.addSection("On the images")
        self._badges = {key: menu.addAction(title) for key, title in BADGES.items()}
        for key, action in self._badges.items():
            action.setCheckable(True)
            action.setChecked(key != "split")
            action.triggered.connect(
                lambda: self.badged.emit([key for key, action in self._badges.items() if action.isChecked()])
            )
        return menu

    def _views_menu(self) -> QMenu:
        return QMenu(self)

    def _show_order(self) -> None:
        self._order.setText(f"Sort: {SORT_WORDS[self.sort].lower()} {'↓' if self.descending else '↑'}")
        self._grouped.setText(f"Groups: {GROUP_WORDS[self.group].lower()}")
        self._sorts[self.sort].setChecked(True)
        self._groups[self.group].setChecked(True)
        self._down.setChecked(self.descending)


def _menu_button(tooltip: str, menu: QMenu) -> QToolButton:
    button = QToolButton()
    button.setToolTip(tooltip)
    button.setAccessibleName(tooltip)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setMenu(menu)
    button.setStyleSheet("QToolButton { padding: 5px 12px; } QToolButton::menu-indicator { image: none; }")
    return button


def _choices(menu: QMenu, titles: Mapping[str, str], choose: Callable[[str], None]) -> dict[str, QAction]:
    """An entry for each of `titles`, one of them checked."""
    group = QActionGroup(menu)
    made = {}
    for key, title in titles.items():
        made[key] = action = menu.addAction(title)
        action.setCheckable(True)
        group.addAction(action)
        action.triggered.connect(lambda _=False, key=key: choose(key))
    return made
