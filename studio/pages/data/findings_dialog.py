"""What a check found, in a window beside the grid: choosing a finding shows its images there.

It follows edits: what is settled is counted no more.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from core.curate.standing import Standing, standing
from studio import theme
from studio.pages.data.findings_state import Shown, Target, shown
from studio.session import Session
from studio.widgets import words
from studio.widgets.counted_lines import CountedLine, CountedLines

SIZE = 480, 520  # px


class FindingsDialog(QDialog):
    """`check` starts a check, `show_target` shows what is chosen; `tell` says that one runs, and what it found."""

    def __init__(
        self, session: Session, check: Callable[[], None], show_target: Callable[[Target], None], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Findings")
        self._session, self._show_target = session, show_target
        self._cues: Sequence[Mapping[str, Any]] | None = None
        self._running = False
        self._standing: Standing | None = None
        self._shown: Shown | None = None
        self.title = words.title()
        self.title.setWordWrap(True)
        self.note, self.cue_note = words.muted(), words.muted()
        self.list = CountedLines("Findings")
        self.list.chosen.connect(self._choose)
        buttons = QDialogButtonBox()
        self.go = buttons.addButton("Check again", QDialogButtonBox.ButtonRole.ActionRole)
        self.go.clicked.connect(check)
        close = buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        close.setToolTip("Close this; the filter stays (Esc)")
        for button in (self.go, close):
            button.setAutoDefault(False)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        for part in (self.title, self.note):
            layout.addWidget(part)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.cue_note)
        layout.addWidget(buttons)
        self.resize(theme.px(SIZE[0]), theme.px(SIZE[1]))
        session.changed.connect(self._ask)
        session.filter_changed.connect(self._show)
        session.opened.connect(self._leave)

    def tell(self, cues: Sequence[Mapping[str, Any]] | None, running: bool) -> None:
        """What the last check said of properties that tell the class, and whether one is running."""
        self._cues, self._running = cues, running
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)
        self._ask()

    def _leave(self) -> None:
        self._standing = None
        self.close()

    def _ask(self, *_: Any) -> None:
        if self.isVisible() and self._session.is_open:
            self._session.reader.ask("findings", standing, self._answered)

    def _answered(self, found: Standing) -> None:
        self._standing = found
        self._show()

    def _show(self) -> None:
        if self._standing is None or not self.isVisible():
            return
        now = self._shown = shown(self._standing, self._cues, self._running)
        self.title.setText(now.title)
        self.note.setText(now.note)
        self.cue_note.setText(now.cue_note)
        self.cue_note.setVisible(bool(now.cue_note))
        text = self._session.filter_text
        active = {name for name, target in now.targets.items() if target.filter and target.filter == text}
        self.list.show_lines([CountedLine(**vars(line)) for line in (*now.lines, *now.cue_lines)], active)
        self._enable_list(bool(now.targets))
        self.go.setText(now.button)
        self.go.setEnabled(now.can)
        self.go.setToolTip("Measure what is new, and look again" if now.can else now.title)
        theme.role(self.go, "" if now.lines else "primary")
        self.setAccessibleDescription(f"{now.title} {now.note} {now.cue_note}".strip())

    def _enable_list(self, some: bool) -> None:
        if some and not self.list.isEnabled():
            self.list.setEnabled(True)
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)
        self.list.setEnabled(some)

    def _choose(self, name: str) -> None:
        if self._shown is not None and name in self._shown.targets:
            self._show_target(self._shown.targets[name])
