"""The columns of a page: a side column that scrolls, with a foot that does not, and the line between columns."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio import theme
from studio.ahead import Growth
from studio.widgets.words import line

MARGIN = 16  # px
_CENTRE = 340  # px at 100 % text, of a column that is none of the side
_TAB = 20  # px, the button of the drawer
_MOST = 10_000  # px

Left = TypeVar("Left")
Centre = TypeVar("Centre")
Right = TypeVar("Right")


class SideColumn(QFrame):
    """A column beside the room of a page, at least `width` px: head and foot are always in sight, the rest scrolls."""

    def __init__(self, name: str, width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.role(self, "surface")
        self.setAccessibleName(name)
        self.setMinimumWidth(theme.px(width))
        self._outside = QVBoxLayout(self)
        self._outside.setContentsMargins(0, 0, 0, 0)
        self._outside.setSpacing(0)

    def add_head(self, widget: QWidget) -> None:
        """Put a control above what scrolls."""
        head = QVBoxLayout()
        head.setContentsMargins(MARGIN, MARGIN, MARGIN, 4)
        head.addWidget(widget)
        self._outside.addLayout(head)

    def add_scrolling(self, area: QWidget) -> None:
        """Let `area`, which scrolls and has its own margins, take the room."""
        self._outside.addWidget(area, 1)

    def add_sections(self, *sections: Sequence[QWidget]) -> None:
        """Put groups of widgets below each other into the room; they scroll when they are too tall."""
        body = QVBoxLayout()
        body.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        body.setSpacing(8)
        for place, section in enumerate(sections):
            if place:
                body.addSpacing(12)
            for widget in section:
                body.addWidget(widget)
        body.addStretch(1)
        self.add_scrolling(_scrolling(body))

    def add_foot(self) -> QVBoxLayout:
        """A foot below a line, to be filled."""
        foot = QVBoxLayout()
        foot.setContentsMargins(MARGIN, 12, MARGIN, MARGIN)
        foot.setSpacing(8)
        self._outside.addWidget(line())
        self._outside.addLayout(foot)
        return foot


class Columns(QSplitter):
    """Columns from left to right with lines between, which can be moved.

    Side columns keep their width and can be closed; the others share the room. Where `page` is too narrow for all, the
    last side column becomes a drawer over the others: the button `tab` at the edge opens and closes it, Escape too.
    """

    def __init__(self, page: QWidget, *columns: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, page)
        self.setHandleWidth(1)
        self._page, self._columns = page, columns
        for column in columns:
            self._put(column)
        self.setSizes([c.minimumWidth() if isinstance(c, SideColumn) else _MOST for c in columns])
        last = columns[-1]
        self._last = last if isinstance(last, SideColumn) else None
        self._width = last.minimumWidth()
        self._edge = line(vertical=True, parent=page)
        self._edge.hide()
        self.tab = QToolButton()
        self._dress_tab(last.accessibleName())
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), last)
        self._escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._escape.setEnabled(False)
        self._escape.activated.connect(lambda: self.tab.setChecked(False))

    @property
    def folded(self) -> bool:
        """Whether the last column is a drawer now."""
        return self.count() < len(self._columns)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.isVisible():
            self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def _put(self, column: QWidget) -> None:
        aside = isinstance(column, SideColumn)
        self.addWidget(column)
        self.setCollapsible(self.count() - 1, aside)
        self.setStretchFactor(self.count() - 1, 0 if aside else 1)

    def _dress_tab(self, name: str) -> None:
        self.tab.setCheckable(True)
        self.tab.setAccessibleName(name)
        self.tab.setToolTip(f"Show or hide the column “{name}”")
        self.tab.setIcon(theme.icon("chevron_left"))
        self.tab.setFixedWidth(theme.px(_TAB))
        self.tab.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        theme.role(self.tab, "drawer")
        self.tab.toggled.connect(self._open)
        self.tab.hide()

    def _fit(self) -> None:
        if self._last is None:
            return
        narrow = self._page.width() < sum(_least(column) for column in self._columns)
        if narrow and not self.folded:
            self._fold(self._last)
        elif self.folded and not narrow:
            self._unfold(self._last)
        self._place()

    def _fold(self, last: SideColumn) -> None:
        self._width = self.sizes()[-1]
        last.setParent(self._page)
        self._squeeze(True)

    def _unfold(self, last: SideColumn) -> None:
        self.tab.setChecked(False)
        sizes = self.sizes()
        self._put(last)
        last.show()
        self._squeeze(False)
        self.setSizes([*sizes, self._width])

    def _squeeze(self, narrow: bool) -> None:
        """Let the columns that share the room be as narrow as they must."""
        for column in self._columns:
            if not isinstance(column, SideColumn):
                column.setMinimumWidth(_least(column) if narrow else 0)
        self.tab.setVisible(narrow)
        self._escape.setEnabled(narrow)

    def _open(self, on: bool) -> None:
        self.tab.setIcon(theme.icon("chevron_right" if on else "chevron_left"))
        for part in (self._columns[-1], self._edge):
            part.setVisible(on)
        self._place()

    def _place(self) -> None:
        """Put the drawer over the right of the others."""
        if not self.tab.isChecked():
            return
        last = self._columns[-1]
        width = max(last.minimumWidth(), self._width)
        left = self.geometry().right() + 1 - width
        last.setGeometry(left, 0, width, self._page.height())
        self._edge.setGeometry(left - 1, 0, 1, self._page.height())
        for part in (last, self._edge):
            part.raise_()


def in_turn(
    left: Callable[[], Left], centre: Callable[[], Centre], right: Callable[[], Right]
) -> Growth[tuple[Left, Centre, Right]]:
    """The three columns of a page, one at a time."""
    first = left()
    yield
    second = centre()
    yield
    return first, second, right()


def aside(name: str, area: QScrollArea) -> SideColumn:
    """A side column as wide as `area`, which scrolls by itself, wants to be at 100 % text."""
    column = SideColumn(name, round(area.sizeHint().width() / theme.px(1000) * 1000))
    column.add_scrolling(area)
    return column


def beside(page: QWidget, *columns: QWidget) -> Columns:
    """Lay out columns from left to right, alone on `page`."""
    splitter = Columns(page, *columns)
    layout = QHBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    layout.addWidget(splitter)
    layout.addWidget(splitter.tab)
    return splitter


def _least(column: QWidget) -> int:
    """The width below which a column is of no use."""
    return column.minimumWidth() if isinstance(column, SideColumn) else theme.px(_CENTRE)


def _scrolling(body: QVBoxLayout) -> QScrollArea:
    inner = QWidget()
    inner.setLayout(body)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(inner)
    return area
