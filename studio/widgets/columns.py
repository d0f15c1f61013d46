"""The columns of a page: a side column that scrolls, with a foot that does not, and the line between columns."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSplitter, QVBoxLayout, QWidget

from studio import theme
from studio.widgets.words import line

MARGIN = 16  # px


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


def beside(page: QWidget, *columns: QWidget) -> QSplitter:
    """Lay out columns from left to right with lines between, which can be moved.

    Side columns keep their width and can be closed; the others share the room.
    """
    splitter = QSplitter(Qt.Orientation.Horizontal)
    splitter.setHandleWidth(1)
    for place, column in enumerate(columns):
        aside = isinstance(column, SideColumn)
        splitter.addWidget(column)
        splitter.setCollapsible(place, aside)
        splitter.setStretchFactor(place, 0 if aside else 1)
    splitter.setSizes([c.minimumWidth() if isinstance(c, SideColumn) else 10_000 for c in columns])
    layout = QHBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(splitter)
    return splitter


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
