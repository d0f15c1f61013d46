"""The dialog that exports labels: in which form, of which images, and what that would be; then where to."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from core.curate.exchange import FORMATS, refuse
from core.errors import Error
from studio import theme
from studio.pages.data.accept_state import EVERYTHING, SELECTED, SHOWN
from studio.pages.data.labels_out_state import TITLES, Offer, Tally, Wanted, offer, tally
from studio.pages.data.scopes import SCOPES, scope_buttons
from studio.session import Session
from studio.settings import window_settings
from studio.widgets import words

_WIDTH = 460  # px


class Questions(Protocol):
    """The dialogs of the system that are needed here."""

    def folder(self, title: str) -> Path | None: ...
    def new_file(self, title: str, name: str, kind: str) -> Path | None: ...


class LabelsOutDialog(QDialog):
    """`agreed(Wanted, Path)` when labels shall be written there; a file of that name is to be replaced."""

    agreed = Signal(object, object)

    def __init__(self, session: Session, questions: Callable[[], Questions], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export labels")
        self._session, self._questions = session, questions
        self._selection = session.selection
        self._offer: Offer | None = None
        self.formats, grid = _formats()
        self.formats.idClicked.connect(self._ask)
        self.scopes, scopes = scope_buttons()
        self.scopes.idClicked.connect(self._ask)
        self.lines = QLabel()
        self.lines.setWordWrap(True)
        self.lines.setMinimumHeight(4 * self.lines.fontMetrics().lineSpacing())  # nothing jumps as they change
        self.problem = words.muted()
        theme.role(self.problem, "bad")
        self.problem.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(12)
        layout.addLayout(grid)
        layout.addWidget(words.line())
        layout.addWidget(scopes)
        layout.addWidget(self.lines)
        layout.addWidget(self.problem)
        layout.addStretch(1)
        layout.addWidget(self._buttons())
        self.setMinimumWidth(theme.px(_WIDTH))
        session.changed.connect(self._ask)
        session.opened.connect(self.reject)

    def begin(self) -> None:
        """Open it for the images that are shown and selected now."""
        self._selection = self._session.selection
        several = len(self._selection) > 1
        self.scopes.button(list(SCOPES).index(SELECTED)).setEnabled(len(self._selection) > 0)
        scope = SELECTED if several else SHOWN if self._session.filter_text else EVERYTHING
        self.scopes.button(list(SCOPES).index(scope)).setChecked(True)
        self._tell("")
        self.open()
        self.formats.button(self.formats.checkedId()).setFocus()
        self._ask()

    def wanted(self) -> Wanted:
        """What the controls say now."""
        format, scope = list(FORMATS)[self.formats.checkedId()], list(SCOPES)[self.scopes.checkedId()]
        return Wanted(format, scope, self._session.filter, self._selection)

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox()
        self.go = buttons.addButton("Choose the file…", QDialogButtonBox.ButtonRole.AcceptRole)
        theme.role(self.go, "primary")
        self.go.setDefault(True)
        back = buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        back.setToolTip("Close this; nothing is written (Esc)")
        back.setAutoDefault(False)
        self.go.clicked.connect(self._choose)
        buttons.rejected.connect(self.reject)
        return buttons

    def _ask(self, *_: Any) -> None:
        if self.isVisible() and self._session.is_open:
            wanted = self.wanted()
            self._offer = None
            self._session.reader.ask("labels-out", partial(tally, wanted=wanted), partial(self._show, wanted))

    def _show(self, wanted: Wanted, found: Tally) -> None:
        shown = self._offer = offer(wanted, found)
        self.lines.setText("\n".join(shown.lines))
        self.go.setText(shown.button)
        self.go.setEnabled(shown.can)
        self.go.setToolTip(shown.why or "Say where to write it; nothing is written before (Enter)")
        self._tell("")
        self.setAccessibleDescription(" ".join(shown.lines))

    def _choose(self) -> None:
        if self._offer is None or not self._offer.can:
            return
        wanted, name = self.wanted(), self._session.root.name
        suffix = FORMATS[wanted.format].suffix
        if wanted.is_folder:
            place = self._questions().folder("Choose an empty folder")
        else:
            kind = f"{TITLES.get(wanted.format, wanted.format)} (*{suffix})"
            place = self._questions().new_file("Export labels", f"{name}{suffix}", kind)
        if place is None:
            return
        try:
            refuse(place, wanted.is_folder, replace=True)  # the dialog of the system has asked whether to replace it
        except Error as problem:
            self._tell(f"{problem.title} {problem.hint}")
            return
        window_settings().setValue("labels/format", wanted.format)
        self.accept()
        self.agreed.emit(wanted, place)

    def _tell(self, problem: str) -> None:
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))


def _formats() -> tuple[QButtonGroup, QGridLayout]:
    """A button for each format, whose ids count in FORMATS, with its words; the last one chosen is on."""
    grid, group = QGridLayout(), QButtonGroup()
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(8)
    grid.setColumnStretch(1, 1)
    last = str(window_settings().value("labels/format", ""))
    for number, (name, format) in enumerate(FORMATS.items()):
        button = QRadioButton(TITLES.get(name, name))
        button.setToolTip(f"Write {format.words}")
        button.setAccessibleDescription(format.words)
        button.setChecked(name == (last if last in FORMATS else next(iter(FORMATS))))
        group.addButton(button, number)
        grid.addWidget(button, number, 0)
        grid.addWidget(words.muted(format.words[0].upper() + format.words[1:]), number, 1)
    return group, grid
