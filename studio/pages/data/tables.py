"""The look of the tables in the dialogs of this page."""

from collections.abc import Mapping

from PySide6.QtCore import QAbstractItemModel
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from studio import theme


def table(model: QAbstractItemModel, name: str, widths: Mapping[int, int], stretch: int) -> QTableView:
    """A table of lines that are read and chosen, not edited; `widths` of columns in px at 100 % text."""
    view = QTableView()
    view.setModel(model)
    view.setAccessibleName(name)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    view.setShowGrid(False)
    view.setTabKeyNavigation(False)
    view.setWordWrap(False)
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(theme.px(26))
    theme.role(view, "padded")
    head = view.horizontalHeader()
    head.setHighlightSections(False)
    for column, width in widths.items():
        view.setColumnWidth(column, theme.px(width))
    head.setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)
    return view
