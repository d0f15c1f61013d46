"""Precision, recall and F1 of each class as a small table in mono, with the mark of each class."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio import theme
from studio.pages.review.state import ClassLine
from studio.widgets.marks import draw_mark

ROW, COLUMN = 25, 44  # px
_HEADS = ("P", "R", "F1")


class ClassTable(QWidget):
    """One line a class. The numbers are text of equal width, ready to be compared."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: Sequence[ClassLine] = ()
        self._positions: Mapping[str, int] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Precision, recall and F1 by class")
        theme.watch.changed.connect(self._fit)
        self._fit()

    def set_lines(self, lines: Sequence[ClassLine], positions: Mapping[str, int]) -> None:
        """Show these; `positions` are the places of the project's classes, which give their colours."""
        self._lines, self._positions = lines, positions
        words = [f"{line.name}: precision {line.precision}, recall {line.recall}, F1 {line.f1}" for line in lines]
        self.setAccessibleDescription("; ".join(words))
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(220), theme.px(ROW) * (len(self._lines) + 1))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(180), self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._tip(event.pos().y() // theme.px(ROW) - 1), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        row = QRect(0, 0, self.width(), theme.px(ROW))
        painter.setPen(QColor(theme.tokens().muted))
        painter.setFont(theme.mono(11))
        self._cells(painter, row, _HEADS)
        for line in self._lines:
            row.translate(0, theme.px(ROW))
            self._line(painter, row, line)

    def _line(self, painter: QPainter, row: QRect, line: ClassLine) -> None:
        side = theme.px(10)
        mark = QRectF(row.left(), row.center().y() + 0.5 - side / 2, side, side)
        draw_mark(painter, mark, self._positions.get(line.name, -1))
        painter.setPen(QColor(theme.tokens().text))
        painter.setFont(theme.sans())
        words = row.adjusted(side + 8, 0, -3 * theme.px(COLUMN) - 4, 0)
        text = QFontMetrics(theme.sans()).elidedText(line.name, Qt.TextElideMode.ElideMiddle, words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.setFont(theme.mono())
        self._cells(painter, row, (line.precision, line.recall, line.f1))

    def _cells(self, painter: QPainter, row: QRect, texts: Sequence[str]) -> None:
        width = theme.px(COLUMN)
        for place, text in enumerate(reversed(texts)):
            right = row.right() + 1 - place * width
            box = QRect(right - width, row.top(), width, row.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)

    def _tip(self, at: int) -> str:
        if at == -1:
            return (
                "P, precision: of what was read as a class, the share that was\n"
                "R, recall: of what was a class, the share that was read so\nF1: both in one"
            )
        if not 0 <= at < len(self._lines):
            return ""
        line = self._lines[at]
        return (
            f"{line.name}, {line.images:,} images: precision {line.precision}, recall {line.recall}, F1 {line.f1}\n"
            "n/a: nothing to divide by"
        )

    def _fit(self) -> None:
        self.setFixedHeight(self.sizeHint().height())
        self.updateGeometry()
        self.update()
