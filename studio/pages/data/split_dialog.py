"""The dialog that divides the images: what is wanted, and beside it at once what would come of it.

What a plan would do is computed by the session's reader; only writing it down is left when the user agrees.
"""

from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from core.errors import Error
from core.project import plan, split
from core.project.plan import SplitPlan
from core.project.split import Proposal
from core.project.store import Store
from studio import theme
from studio.pages.data.split_state import GROUP_WORDS, HELD_WORDS, MODES, Choices, Line, arguments, choices, preview
from studio.session import Session
from studio.widgets import words

HERE = 20_000  # images whose split is written within 0.2 s, so that the window need not ask a child process
_WIDTH, _SOURCES_HEIGHT = 520, 132  # px
_WAIT_MILLISECONDS = 150  # for the rest of a number that is being typed
_SIGNS = {"good": "✓ ", "warning": "! ", "bad": "! ", "muted": ""}
_MOST_SEED = 2**31 - 1


class SplitDialog(QDialog):
    """Splits the project of `session` when the user agrees."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Split the images")
        self.setMinimumWidth(theme.px(_WIDTH))
        self._session = session
        self._found: Proposal | Error | None = None
        self._agreed = False  # Split was pressed before the answer was there
        self._asked = False  # the reader will answer, for which this has to live
        sources = {name: number for name, number in (session.counts.sources if session.counts else {}).items() if name}
        self._began = choices(plan.current(session.store), plan.test_is_locked(session.store), sources)
        tested = bool(session.health and session.health.test)
        self.form = _Form(self._began, sources, "kept" if tested else "none")
        self.table, self.lines = _Table(), _Lines()
        self._wait = QTimer(self, singleShot=True, interval=_WAIT_MILLISECONDS)
        self._wait.timeout.connect(self._ask)
        self._lay_out()
        self.form.changed = self._changed
        self.form.modes[self._began.mode].setFocus()
        self.finished.connect(self._closed)
        self._show()
        self._ask()

    def choices(self) -> Choices:
        return self.form.choices()

    def _lay_out(self) -> None:
        buttons = QDialogButtonBox()
        self.go = buttons.addButton("Split", QDialogButtonBox.ButtonRole.AcceptRole)
        theme.role(self.go, "primary")
        self.go.setDefault(True)
        back = buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        back.setToolTip("Leave the images as they are (Esc)")
        buttons.accepted.connect(self._agree)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(12)
        for part in (self.form, words.line(), self.table, self.lines):
            layout.addWidget(part)
        layout.addStretch(1)
        layout.addWidget(buttons)

    # --- the preview ---

    def _changed(self) -> None:
        self._found, self._agreed = None, False
        self._show()
        self._wait.start()

    def _ask(self) -> None:
        now = self.choices()
        self._asked = True
        self._session.reader.ask("split-preview", partial(_proposed, now.refusal, now.plan), self._answered)

    def _answered(self, found: tuple[Proposal | Error]) -> None:
        self._asked = False
        if not self.isVisible():
            return self.deleteLater()
        if self._wait.isActive():
            return None  # another one will be asked for
        (self._found,) = found
        self._show()
        if self._agreed:
            self._agree()
        return None

    def _closed(self) -> None:
        self._wait.stop()
        if not self._asked:
            self.deleteLater()

    def _show(self) -> None:
        shown = preview(self._session.health, self._found)
        self.table.set_rows(shown.rows)
        self.lines.set_lines(shown.lines)
        self.go.setEnabled(self._found is None or shown.can)
        self.go.setToolTip("Divide the images so; it can be undone (Enter)" if shown.can else shown.lines[0].text)
        self.setAccessibleDescription(" ".join(line.text for line in shown.lines))
        QTimer.singleShot(0, self, self._fit)

    def _fit(self) -> None:
        """As tall as what is shown needs, which changes with every plan."""
        layout = self.layout()
        assert layout is not None
        layout.activate()
        width = max(self.width(), self.minimumWidth())
        self.resize(
            width, layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else self.sizeHint().height()
        )

    def _agree(self) -> None:
        if self._found is None:
            self._agreed = True
        elif isinstance(self._found, Proposal) and self._begin(self._found):
            self.accept()

    def _begin(self, proposal: Proposal) -> bool:
        """Write it down, many images in a child process; whether that could be begun."""
        if len(proposal.ids) <= HERE:
            return self._session.do(split.apply, proposal) is not None
        try:
            self._session.started.emit(self._session.split(arguments(proposal.plan)))
        except Error as problem:
            self._session.problem.emit(problem)
            return False
        return True


def _proposed(refusal: Error | None, wanted: SplitPlan, store: Store) -> tuple[Proposal | Error]:
    """In a tuple, as the reader would tell an error to the window; it is shown in the dialog, where the remedy is."""
    try:
        return (refusal or split.propose(store, wanted),)
    except Error as problem:
        return (problem,)


class _Form(QWidget):
    """The controls; calls `changed` when one is."""

    def __init__(self, began: Choices, sources: dict[str, int], no_test: str) -> None:
        super().__init__()
        self._began = began
        self.changed = lambda: None
        self.modes = {key: QRadioButton(title) for key, title in MODES.items()}
        self.val = _spin(began.val, 0, 90, "Share of the images for validation, in per cent", " %")
        self.test = _spin(began.test, 0, 90, "Share for a new test set; 0 leaves the test set as it is", " %")
        self.test.setSpecialValueText(no_test)  # of 0
        self.folds = _spin(began.folds, 2, 50, "How many parts of equal size; each validates once")
        self.fold = _spin(began.fold, 1, began.folds, "The part that validates now; the others train")
        self.group_by = _combo(
            GROUP_WORDS, began.group_by, "What keeps images in one split; duplicates always stay together"
        )
        self.held_as = _combo(HELD_WORDS, began.held_as, "What all images of the sources become; the others train")
        self.seed = _spin(began.seed, 0, _MOST_SEED, "Another seed gives another split of the same kind")
        self.sources = {name: QCheckBox(f"{name}  {number:,}") for name, number in sources.items()}
        self.lock = QCheckBox("Lock the test set")
        self._rows: dict[str, tuple[QWidget, ...]] = {}
        self._set_up(began)
        self._lay_out()
        self._connect()
        self._show()

    def choices(self) -> Choices:
        return Choices(
            mode=next(key for key, button in self.modes.items() if button.isChecked()),
            val=self.val.value(),
            test=self.test.value(),
            folds=self.folds.value(),
            fold=self.fold.value(),
            group_by=self.group_by.currentData(),
            sources=tuple(name for name, box in self.sources.items() if box.isChecked()),
            held_as=self.held_as.currentData(),
            seed=self.seed.value(),
            lock=self.lock.isChecked(),
            locked=self._began.locked,
        )

    def _set_up(self, began: Choices) -> None:
        tips = {
            "shares": "Give each split a share of the images",
            "folds": "Divide into parts of which each validates once, for cross-validation",
            "sources": "Validate or test on sources that training never sees",
        }
        for key, button in self.modes.items():
            button.setToolTip(tips[key])
            button.setChecked(key == began.mode)
        self.modes["sources"].setEnabled(bool(self.sources))
        for name, box in self.sources.items():
            box.setChecked(name in began.sources)
            box.setToolTip(f"Hold out all images of {name}")
        self.lock.setChecked(began.lock)
        self.lock.setToolTip("No image enters or leaves the test set until this is taken back")

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        modes, self._group = QHBoxLayout(), QButtonGroup(self)
        modes.setSpacing(16)
        for button in self.modes.values():
            modes.addWidget(button)
            self._group.addButton(button)
        modes.addStretch(1)
        grid.addWidget(QLabel("Divide by"), 0, 0)
        grid.addLayout(modes, 0, 1)
        rows = {
            "folds": ("&Folds", self.folds),
            "fold": ("Fold that vali&dates", self.fold),
            "sources": ("Sources", _scrolling(list(self.sources.values()))),
            "held_as": ("They &become", self.held_as),
            "val": ("&Validation", self.val),
            "test": ("&Test", self.test),
            "group_by": ("&Keep together by", self.group_by),
            "seed": ("S&eed", self.seed),
        }
        for row, (key, (text, widget)) in enumerate(rows.items(), 1):
            label = QLabel(text)
            label.setBuddy(widget)
            grid.addWidget(
                label, row, 0, Qt.AlignmentFlag.AlignTop if key == "sources" else Qt.AlignmentFlag.AlignVCenter
            )
            grid.addWidget(widget, row, 1, Qt.AlignmentFlag(0) if key == "sources" else Qt.AlignmentFlag.AlignLeft)
            self._rows[key] = (label, widget)
        grid.addWidget(self.lock, len(rows) + 1, 1)

    def _connect(self) -> None:
        for spin in (self.val, self.test, self.folds, self.fold, self.seed):
            spin.valueChanged.connect(self._heard)
        for combo in (self.group_by, self.held_as):
            combo.currentIndexChanged.connect(self._heard)
        for button in (*self.sources.values(), self.lock):
            button.toggled.connect(self._heard)
        self._group.buttonToggled.connect(lambda _, on: self._heard() if on else None)

    def _heard(self) -> None:
        self._show()
        self.changed()

    def _show(self) -> None:
        now = self.choices()
        for key, widgets in self._rows.items():
            for widget in widgets:
                widget.setVisible(key in now.fields or key in ("group_by", "seed"))
        self.fold.setMaximum(now.folds)
        self.test.setEnabled(now.test_is_open)


class _Table(QWidget):
    """Images by split, now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Images by split, now and then")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(24)
        self._grid.setColumnStretch(0, 1)
        for column, title in enumerate(("Split", "Now", "Then", "Share")):
            head = words.head(title)
            head.setAlignment(Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft)
            self._grid.addWidget(head, 0, column)
        self._cells: list[list[QLabel]] = []

    def set_rows(self, rows: tuple[tuple[str, str, str, str], ...]) -> None:
        for row, texts in enumerate(rows):
            if row == len(self._cells):
                cells = [QLabel(), words.number(quiet=True), words.number(), words.number(quiet=True)]
                for column, cell in enumerate(cells):
                    self._grid.addWidget(cell, row + 1, column)
                self._cells.append(cells)
            for cell, text in zip(self._cells[row], texts, strict=True):
                cell.setText(text)

    def texts(self) -> list[list[str]]:
        return [[cell.text() for cell in cells] for cells in self._cells]


class _Lines(QWidget):
    """Sentences below each other, each with its sign."""

    def __init__(self) -> None:
        super().__init__()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        self._labels: list[QLabel] = []

    def set_lines(self, lines: tuple[Line, ...]) -> None:
        while len(self._labels) < len(lines):
            self._labels.append(words.muted())
            self._layout.addWidget(self._labels[-1])
        for place, label in enumerate(self._labels):
            label.setVisible(place < len(lines))
            if place < len(lines):
                theme.role(label, lines[place].kind)
                label.setText(_SIGNS[lines[place].kind] + lines[place].text)

    def texts(self) -> list[str]:
        return [label.text() for label in self._labels if not label.isHidden()]


def _spin(value: int, least: int, most: int, tip: str, unit: str = "") -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(least, most)
    spin.setValue(value)
    spin.setSuffix(unit)
    spin.setToolTip(tip)
    spin.setAccessibleName(tip.partition(";")[0])
    spin.setProperty("field", "number")
    spin.setFixedWidth(theme.px(110))
    spin.setAlignment(Qt.AlignmentFlag.AlignRight)
    return spin


def _combo(titles: dict, value: str, tip: str) -> QComboBox:
    combo = QComboBox()
    for key, title in titles.items():
        combo.addItem(title, key)
    combo.setCurrentIndex(combo.findData(value))
    combo.setToolTip(tip)
    combo.setAccessibleName(tip.partition(";")[0])
    return combo


def _scrolling(boxes: list[QCheckBox]) -> QScrollArea:
    inner = QWidget()
    layout = QVBoxLayout(inner)
    layout.setContentsMargins(4, 4, 4, 4)
    layout.setSpacing(2)
    for box in boxes:
        layout.addWidget(box)
    layout.addStretch(1)
    area = QScrollArea()
    area.setWidget(inner)
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setAccessibleName("Sources to hold out")
    area.setFixedHeight(min(theme.px(_SOURCES_HEIGHT), inner.sizeHint().height() + 4))
    return area
