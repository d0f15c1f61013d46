"""The choice of earlier runs that are drawn behind the shown one."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

MOST = 4


class CompareButton(QPushButton):
    """A menu of runs that can be ticked, up to four; the choice is kept while the runs that are offered change."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Compare", parent)
        self._chosen: list[str] = []
        self._offered: list[tuple[str, str]] = []
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        self.setMenu(self._menu)
        self._tell()

    def set_runs(self, runs: Sequence[tuple[str, str]]) -> None:
        """Offer these runs, by title and name."""
        if list(runs) != self._offered:
            self._offered = list(runs)
            self._build()

    def chosen(self) -> list[str]:
        """The names of the ticked runs that are offered, in the order they were ticked in."""
        offered = {name for _, name in self._offered}
        return [name for name in self._chosen if name in offered]

    def clear(self) -> None:
        """Forget the choice, as another project needs."""
        self._chosen = []
        self._build()

    def actions_by_name(self) -> dict[str, QAction]:
        return {action.data(): action for action in self._menu.actions() if action.data()}

    def _build(self) -> None:
        self._menu.clear()
        for title, name in self._offered:
            action = self._menu.addAction(title)
            action.setData(name)
            action.setCheckable(True)
            action.setChecked(name in self._chosen)
            action.setToolTip(f"Draw the curves of {name} behind those of this run")
            action.toggled.connect(lambda on, name=name: self._toggle(name, on))
        self._tell()

    def _toggle(self, name: str, on: bool) -> None:
        self._chosen = [*(other for other in self._chosen if other != name), *([name] if on else [])]
        self._tell()
        self.changed.emit()

    def _tell(self) -> None:
        chosen = self.chosen()
        full = len(chosen) >= MOST
        for name, action in self.actions_by_name().items():
            action.setEnabled(not full or action.isChecked())
            if full and not action.isChecked():
                action.setToolTip("Four runs are compared already; take one away first")
            else:
                action.setToolTip(f"Draw the curves of {name} behind those of this run")
        self.setText(f"Compare ({len(chosen)})" if chosen else "Compare")
        self.setEnabled(bool(self._offered))
        self.setAccessibleName("Compare with earlier runs")
        self.setToolTip(
            f"Drawn behind this run: {', '.join(chosen)}"
            if chosen
            else "Draw the curves of earlier runs behind those of this one"
            if self._offered
            else "There is no other run yet"
        )
