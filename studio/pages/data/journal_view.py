"""The dialog of the journal: who did what and when, undoing back to a point, and differences of two times."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QModelIndex, QSize, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QMessageBox,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core import wording
from core.project import edits, journal
from core.project.journal import Entry, Part
from core.project.query import IdIn
from studio import theme
from studio.pages.data.differences import Differences
from studio.pages.data.journal_model import IMAGES, STATE, WHAT, WHEN, WHO, JournalModel
from studio.pages.data.tables import table
from studio.session import Session
from studio.widgets import words
from studio.widgets.columns import MARGIN

SIZE = 860, 620
MOST_SHOWN = 2000  # images that a filter names one by one
PARTS = 5  # lines that tell what an edit changed
EVERYBODY = "Everybody"


class JournalDialog(QDialog):
    """The journal of the session's project. `confirm` and `choose_file` ask the user; tests put others in."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Journal")
        self.session = session
        self.confirm: Callable[[str, str], bool] = self._confirm
        self.choose_file: Callable[[str], Path | None] = self._choose_file
        self.who = QComboBox()
        self.who.addItem(EVERYBODY, None)
        for key, said in journal.WHO.items():
            self.who.addItem(said[:1].upper() + said[1:], key)
        self.who.setToolTip("Show only the edits that were made this way")
        self.who.setAccessibleName("Who")
        self.model = JournalModel(self)
        self.view = table(self.model, "Edits", {WHEN: 120, WHO: 150, IMAGES: 80, STATE: 80}, stretch=WHAT)
        self.told = words.muted()
        self.told.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.told.setMinimumHeight(theme.px(18) * PARTS)
        self.told.setAccessibleName("What the edit changed")
        self.differences = Differences(session)
        self.line = words.muted()
        self._make_buttons()
        self._arrange()
        self._connect()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()
        self.differences.begin()

    def show_page(self, number: int) -> None:
        """Show the edits (0) or the difference (1)."""
        self.pages.setCurrentIndex(number)
        self.tabs.buttons()[number].setChecked(True)
        self._say("")
        self._enable()

    def current(self) -> Entry | None:
        """The edit that is chosen."""
        row = self.view.currentIndex().row()
        return self.model.entries[row] if 0 <= row < len(self.model.entries) else None

    # --- verbs ---

    def undo_to(self) -> None:
        """Take back the chosen edit and all after it, when the user agrees to how many that are."""
        entry = self.current()
        if entry is None:
            return
        steps = journal.steps_back(self.session.store, entry.id)
        question = f"Take back {wording.count(steps, 'edit')}?"
        about = f"Everything since {journal.said_time(entry.at)}, “{entry.title}” included. Redo brings it back."
        if steps and self.confirm(question, about):
            change = self.session.do(edits.undo_to, entry.id)
            if change is not None:
                self._say(f"{change.title}.")

    def show_images(self) -> None:
        """Filter the grid to the images of the chosen edit or of the difference."""
        ids = self._ids()
        if ids:
            self.session.set_filter(IdIn(tuple(ids)))
            self.session.go_to.emit("data")

    def save(self) -> None:
        """Write the whole journal, or the difference, to a table."""
        differing = self.pages.currentIndex() == 1
        file = self.choose_file("difference.csv" if differing else "journal.csv")
        if file is None:
            return
        self._say("Writing…")
        if differing:
            self.differences.save(file)
        else:
            self.session.reader.ask(
                "journal-csv",
                lambda store: journal.write_csv(store, file),
                lambda lines: self._say(f"Wrote {wording.count(lines, 'line')} to {file}."),
            )

    # --- parts ---

    def _make_buttons(self) -> None:
        self.back = _button("Undo back to here…", "Take back this edit and all after it", self.undo_to)
        self.images = _button("Show the images", "Show only these images in the grid", self.show_images)
        self.file = _button("Save as CSV…", "Write this to a table", self.save)
        self.close_button = _button("Close", "Close this (Esc)", self.accept)
        self.tabs = QButtonGroup(self)
        whole = _button("Edits", "Everything that was done", lambda: self.show_page(0))
        difference = _button("Difference", "Compare the labels of two times or two runs", lambda: self.show_page(1))
        for number, button in enumerate((whole, difference)):
            button.setCheckable(True)
            theme.role(button, "toggle")
            self.tabs.addButton(button, number)
        self.tabs.buttons()[0].setChecked(True)

    def _arrange(self) -> None:
        head, foot = QHBoxLayout(), QHBoxLayout()
        for button in self.tabs.buttons():
            head.addWidget(button)
        head.addStretch(1)
        head.addWidget(self.who)
        listed = QWidget()
        column = QVBoxLayout(listed)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.view, 1)
        column.addWidget(words.line())
        column.addWidget(self.told)
        self.pages = QStackedWidget()
        self.pages.addWidget(listed)
        self.pages.addWidget(self.differences)
        for button in (self.back, self.images, self.file):
            foot.addWidget(button)
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.line)
        layout.addLayout(foot)
        self.resize(QSize(theme.px(SIZE[0]), theme.px(SIZE[1])))

    def _connect(self) -> None:
        session = self.session
        session.changed.connect(self._show)
        session.access_changed.connect(self._show)
        session.opened.connect(self.close)
        session.problem.connect(self._tell)
        self.who.currentIndexChanged.connect(lambda _: self._show())
        self.view.selectionModel().currentChanged.connect(self._chosen)
        self.differences.said.connect(self._say)
        self.differences.changed.connect(self._enable)

    def _show(self) -> None:
        if not self.session.is_open or not self.isVisible():
            return
        before, top = self.current(), self.view.verticalScrollBar().value()
        self.model.show_journal(self.session.store, self.who.currentData(), len(self.model.entries))
        ids = [entry.id for entry in self.model.entries]
        row = ids.index(before.id) if before is not None and before.id in ids else 0
        self.view.setCurrentIndex(self.model.index(row, WHAT) if ids else QModelIndex())
        self.view.verticalScrollBar().setValue(top)
        self._chosen()

    def _chosen(self, *_: object) -> None:
        entry = self.current()
        self.told.setText("")
        if entry is not None:
            id = entry.id
            self.session.reader.ask("journal-parts", lambda store: journal.parts(store, id, PARTS), self._tell_parts)
        self._enable()

    def _tell_parts(self, parts: list[Part]) -> None:
        self.told.setText("\n".join(_said(part) for part in parts))

    def _ids(self) -> list[int]:
        """The images that are meant, as far as a filter may name them."""
        if self.pages.currentIndex() == 1:
            ids = [one.image_id for one in self.differences.found.different]
        else:
            entry = self.current()
            ids = journal.images_of(self.session.store, entry.id, MOST_SHOWN + 1) if entry is not None else []
        return ids if len(ids) <= MOST_SHOWN else []

    def _enable(self) -> None:
        entry, listed = self.current(), self.pages.currentIndex() == 0
        self.who.setVisible(listed)
        self.back.setVisible(listed)
        self.back.setEnabled(self.session.writable and entry is not None and entry.state == "done" and entry.undoable)
        number = (entry.images if entry else 0) if listed else len(self.differences.found.different)
        self.images.setEnabled(0 < number <= MOST_SHOWN)
        self.images.setToolTip(
            f"Show only these images in the grid; up to {MOST_SHOWN:,} can be named"
            if number > MOST_SHOWN
            else "Show only these images in the grid"
        )
        self.file.setEnabled(bool(self.model.entries) if listed else number > 0)

    def _tell(self, problem: Exception) -> None:
        self._say(str(problem), "bad")

    def _say(self, text: str, kind: str = "muted") -> None:
        theme.role(self.line, kind)
        self.line.setText(text)

    def _confirm(self, question: str, about: str) -> bool:
        box = QMessageBox(self)
        box.setWindowTitle("Journal")
        box.setText(question)
        box.setInformativeText(about)
        go = box.addButton("Take back", QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole))
        box.exec()
        return box.clickedButton() is go

    def _choose_file(self, name: str) -> Path | None:
        text, _ = QFileDialog.getSaveFileName(self, "Save as CSV", str(Path.home() / name), "Tables (*.csv)")
        return Path(text) if text else None


def _said(part: Part) -> str:
    change = f"{part.field}: {part.before or '–'} → {part.after or '–'}"
    return change if " of class " in part.field else f"{change}, {wording.count(part.count, 'image')}"


def _button(title: str, tooltip: str, slot: Callable[[], object]) -> QPushButton:
    button = QPushButton(title)
    button.setToolTip(tooltip)
    button.setAccessibleName(title.removesuffix("…"))
    button.setAutoDefault(False)
    button.clicked.connect(lambda: slot())
    return button
