"""The classes as a table that is edited in place: mark, name, key and number of images, in an order that is dragged."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from core.project.classes import class_keys
from core.project.records import ClassRecord
from studio import theme
from studio.models.headed import HeadedModel
from studio.widgets.marks import draw_mark

MARK, NAME, KEY, IMAGES = range(4)
_HEADS = ("", "Class", "Key", "Images")
_TIPS = (
    "Colour and shape; Enter or a double click chooses another colour",
    "Enter or a double click renames; drag to reorder",
    "Enter or a double click, then press the key; Backspace gives back the usual one",
    "Images with this label",
)
_MIME = "application/x-wildset-classes"
Index = QModelIndex | QPersistentModelIndex


class ClassModel(HeadedModel):
    """Shows classes. `renamed(row, name)`, `keyed(row, key or "")` and `moved(order of rows)` are but wishes."""

    heads, tips = _HEADS, _TIPS
    sides = {KEY: Qt.AlignmentFlag.AlignHCenter, IMAGES: Qt.AlignmentFlag.AlignRight}  # a constant

    renamed = Signal(int, str)
    keyed = Signal(int, str)
    moved = Signal(list)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.known: Sequence[ClassRecord] = ()
        self._counts: dict[str, int] = {}
        self._keys: dict[int, str] = {}
        self.writable = True

    def show_classes(self, known: Sequence[ClassRecord], counts: dict[str, int], writable: bool) -> None:
        """Show these; the view keeps what is selected by its number of the class."""
        self.beginResetModel()
        self.known, self._counts, self.writable = known, counts, writable
        keys = class_keys([record.name for record in known], [record.key for record in known])
        self._keys = {position: key for key, position in keys.items()}
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own signature
        return 0 if parent.isValid() else len(self.known)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        known, column = self.known[index.row()], index.column()
        if role == Qt.ItemDataRole.ToolTipRole:
            return _TIPS[column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.aligned(column)
        if role == Qt.ItemDataRole.FontRole and column in (KEY, IMAGES):
            return theme.mono()
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(index.row(), column)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            images = f"{self._counts.get(known.name, 0):,}"
            return ("", known.name, self._keys.get(index.row(), ""), images)[column]
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        row, text = index.row(), str(value).strip()
        if index.column() == NAME and text and text != self.known[row].name:
            self.renamed.emit(row, text)
        elif index.column() == KEY and text != self._keys.get(row, ""):
            self.keyed.emit(row, text)
        return False  # what is shown follows from the edit

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if self.writable:
            flags |= Qt.ItemFlag.ItemIsDragEnabled
            if index.column() in (NAME, KEY):
                flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        rows = sorted({index.row() for index in indexes})
        data.setData(_MIME, ",".join(map(str, rows)).encode())
        return data

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:
        if data.hasFormat(_MIME):
            place = row if row >= 0 else parent.row() if parent.isValid() else len(self.known)
            rows = [int(number) for number in bytes(data.data(_MIME).data()).decode().split(",")]
            self.moved.emit(reordered(len(self.known), rows, place))
        return False  # else the view would remove the rows that were dragged

    def _spoken(self, row: int, column: int) -> str:
        known = self.known[row]
        key = self._keys.get(row)
        images = self._counts.get(known.name, 0)
        said = (f"colour of {known.name}", known.name, f"key {key}" if key else "no key", f"{images:,} images")
        return said[column]


def reordered(count: int, rows: Sequence[int], place: int) -> list[int]:
    """The numbers 0 to `count`, with `rows` moved together to before `place`."""
    before = [row for row in range(place) if row not in rows]
    after = [row for row in range(place, count) if row not in rows]
    return [*before, *rows, *after]


class ClassView(QTableView):
    """The table. `colored(row)` when another colour is wished, beside the ways of Qt to edit a cell."""

    colored = Signal(int)

    def __init__(self, model: ClassModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setAccessibleName("Classes")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)  # of classes of this table alone, by their type
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDragDropOverwriteMode(False)
        self.setShowGrid(False)
        theme.role(self, "padded")
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.setItemDelegateForColumn(MARK, _Mark(self))
        self.setItemDelegateForColumn(KEY, _Key(self))
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.doubleClicked.connect(lambda index: self._ask_color(index))
        theme.watch.changed.connect(self._fit)
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2)
        if not enter or self.state() == QAbstractItemView.State.EditingState or not self.currentIndex().isValid():
            super().keyPressEvent(event)
        elif self.currentIndex().column() == MARK:
            self._ask_color(self.currentIndex())
        elif self.currentIndex().column() in (NAME, KEY):
            self.edit(self.currentIndex())

    def _ask_color(self, index: QModelIndex) -> None:
        if index.column() == MARK and self.isEnabled():
            self.colored.emit(index.row())

    def _fit(self) -> None:
        self.verticalHeader().setDefaultSectionSize(theme.px(28))
        for column, width in ((MARK, 34), (KEY, 56), (IMAGES, 88)):
            self.setColumnWidth(column, theme.px(width))
        self.viewport().update()


class _Mark(QStyledItemDelegate):
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        side = theme.px(12)
        rect = QRectF(option.rect)
        draw_mark(painter, QRectF(rect.center().x() - side / 2, rect.center().y() - side / 2, side, side), index.row())


class _Key(QStyledItemDelegate):
    """Takes the first key that is pressed; Backspace or Delete gives back the usual one, Esc keeps what there is."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        field = QLineEdit(parent)
        field.setPlaceholderText("key")
        field.setReadOnly(True)
        field.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        field.setAccessibleName("Press a key for this class")
        return field

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Nothing: the field waits for a key."""

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        if (key := editor.property("key")) is not None:
            model.setData(index, key)

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # the key is for the field, whatever it does elsewhere
            return True
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress or not isinstance(editor, QWidget):
            return super().eventFilter(editor, event)
        if event.key() == Qt.Key.Key_Escape:
            return super().eventFilter(editor, event)
        if event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete) or event.text().strip():
            gone = event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete)
            editor.setProperty("key", "" if gone else event.text().lower())
            self.commitData.emit(editor)
            self.closeEditor.emit(editor)
        return True
