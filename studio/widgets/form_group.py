"""A group of a form: a head that folds it, with how many are changed and a button that takes those back."""

from collections.abc import Iterable

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from studio import theme
from studio.widgets.form_row import Row

HEAD, ICON = 24, 16  # px


class Group(QWidget):
    """Rows, or a widget in their place, below a head. `folded` when the user folds or unfolds it."""

    folded = Signal()
    reset = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.rows: list[Row] = []
        self.instead: QWidget | None = None
        self.below: QWidget | None = None
        self._head = _Head(name)
        self._head.clicked.connect(self.folded)
        self._reset = QToolButton()
        self._reset.setIcon(theme.icon("restart_alt"))
        theme.role(self._reset, "small")
        self._reset.setAccessibleName(f"Reset {name}")
        keep = self._reset.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self._reset.setSizePolicy(keep)
        self._reset.clicked.connect(lambda: self.reset.emit(name))
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(self._head, 1)
        line.addWidget(self._reset)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._column.addLayout(line)
        self.fit()

    def add(self, row: Row) -> None:
        self.rows.append(row)
        self._column.addWidget(row)

    def show_instead(self, widget: QWidget) -> None:
        """Show `widget` in place of rows."""
        self.instead = widget
        self._column.addWidget(widget)

    def show_below(self, widget: QWidget) -> None:
        """Show `widget` below the rows, while there are some."""
        self.below = widget
        self._column.addWidget(widget)

    def is_folded(self) -> bool:
        return self._head.isChecked()

    def set_folded(self, folded: bool) -> None:
        self._head.setChecked(folded)

    def show_rows(self, shown: Iterable[Row], instead: bool, searched: bool) -> None:
        """Show some rows and perhaps the widget in their place. While `searched` a group cannot be folded, and it
        is gone if it has nothing to show.
        """
        wanted = set(shown)
        for row in self.rows:
            if row.isHidden() == (row in wanted):
                row.setVisible(row in wanted)
        if self.instead is not None:
            self.instead.setVisible(instead)
        if self.below is not None:
            self.below.setVisible(bool(wanted))
        self._head.setEnabled(not searched)
        self.setVisible(not searched or bool(wanted) or instead)

    def show_changed(self, count: int) -> None:
        """How many settings differ from the base."""
        self._head.set_count(count)
        self._reset.setVisible(bool(count))
        self._reset.setToolTip(f"Take back what is changed in {self.name}: {count}")

    def fit(self) -> None:
        """Follow the size of the text."""
        side = theme.px(HEAD)
        self._reset.setFixedSize(side, side)
        self._reset.setIconSize(QSize(theme.px(ICON), theme.px(ICON)))
        for row in self.rows:
            row.fit()


class _Head(QAbstractButton):
    """Small capitals with a chevron; checked means folded. Says how many are changed while folded."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setText(name)
        self._count = 0
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.toggled.connect(self._tell)
        theme.watch.changed.connect(self.updateGeometry)
        self._tell()

    def set_count(self, count: int) -> None:
        if count != self._count:
            self._count = count
            self._tell()
            self.update()

    def sizeHint(self) -> QSize:
        width = theme.px(ICON) + 4 + QFontMetrics(_font()).horizontalAdvance(self.text().upper()) + 4
        return QSize(width, theme.px(HEAD))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        t, painter, side = theme.tokens(), QPainter(self), theme.px(ICON)
        name = "chevron_right" if self.isChecked() and self.isEnabled() else "keyboard_arrow_down"
        hover = self.underMouse() and self.isEnabled()
        color = t.text if hover else t.muted if self._alive() else theme.blend(t.surface, t.muted, 0.6).name()
        if self.isEnabled() or not self._alive():
            icon = theme.icon_pixmap(name, color, side, self.devicePixelRatioF())
            painter.drawPixmap(0, (self.height() - side) // 2, icon)
        painter.setPen(QColor(color))
        painter.setFont(_font())
        words = self.rect().adjusted(side + 4, 0, 0, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | middle, self.text().upper())
        if self.isChecked() and self._count and self.isEnabled():
            painter.setFont(theme.sans(12))
            painter.drawText(words, Qt.AlignmentFlag.AlignRight | middle, f"{self._count} changed")
        if self.hasFocus():
            painter.setPen(QPen(QColor(t.accent), 1))
            painter.drawRoundedRect(QRect(0, 0, self.width() - 1, self.height() - 1), 4, 4)

    def _alive(self) -> bool:
        """Whether the form is enabled: a head that only cannot be folded now is not greyed."""
        group = self.parentWidget()
        return group is None or group.isEnabled()

    def _tell(self) -> None:
        state = "folded" if self.isChecked() else "unfolded"
        self.setAccessibleName(f"{self.text()}, {state}" + (f", {self._count} changed" if self._count else ""))
        self.setToolTip(f"{'Show' if self.isChecked() else 'Fold'} the settings of {self.text()}")


def _font() -> QFont:
    font = theme.sans(11, QFont.Weight.DemiBold)
    font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.5)
    return font
