"""Lines of a list with quiet words below them, which wrap: why something cannot be chosen is read without a pointer."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from studio import theme

NOTE = int(Qt.ItemDataRole.UserRole) + 1  # the role of the words below

_WIDE = 300  # px at which words wrap
_INSET, _EDGE = 8, 5  # px at the sides, above and below
_WRAP = int(Qt.TextFlag.TextWordWrap)

Index = QModelIndex | QPersistentModelIndex


class TwoLines(QStyledItemDelegate):
    """Paints the text of an item and below it, muted, that of the role `NOTE`."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        own = QStyleOptionViewItem(option)
        self.initStyleOption(own, index)
        title, own.text = own.text, ""
        style = own.widget.style() if own.widget else QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, own, painter, own.widget)
        t = theme.tokens()
        alive = bool(index.flags() & Qt.ItemFlag.ItemIsEnabled)
        room = option.rect.adjusted(_INSET, _EDGE, -_INSET, -_EDGE)
        painter.save()
        painter.setFont(theme.sans())
        painter.setPen(QColor(t.text) if alive else theme.blend(t.raised, t.muted, 0.7))
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, title)
        painter.setFont(theme.sans(12))
        painter.setPen(QColor(t.muted))
        room.setTop(room.top() + QFontMetrics(theme.sans()).height() + 1)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | _WRAP, _note(index))
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        title, note = QFontMetrics(theme.sans()), QFontMetrics(theme.sans(12))
        words = note.boundingRect(QRect(0, 0, theme.px(_WIDE), 10_000), _WRAP, _note(index))
        wide = max(title.horizontalAdvance(str(index.data())), words.width()) + 2 * _INSET + 2
        high = title.height() + (words.height() + 1 if _note(index) else 0)
        return QSize(wide, high + 2 * _EDGE)


def _note(index: Index) -> str:
    return str(index.data(NOTE) or "")
