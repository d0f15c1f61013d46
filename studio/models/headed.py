"""Tables whose columns have a title, a tooltip and a side to which their cells are aligned."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

Index = QModelIndex | QPersistentModelIndex
Aligned = Qt.AlignmentFlag


class HeadedModel(QAbstractTableModel):
    """What derives from it says `heads`, `tips` and the `sides` of columns that are not aligned left."""

    heads: Sequence[str] = ()
    tips: Sequence[str] = ()
    sides: dict[int, Aligned] = {}  # a constant of each class

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own signature
        return len(self.heads)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        match role:
            case Qt.ItemDataRole.TextAlignmentRole:
                return self.aligned(section)
            case Qt.ItemDataRole.DisplayRole:
                return self.heads[section]
            case Qt.ItemDataRole.ToolTipRole:
                return self.tips[section]
        return None

    def aligned(self, column: int) -> Aligned:
        """To which side the cells of a column go."""
        return self.sides.get(column, Aligned.AlignLeft) | Aligned.AlignVCenter
