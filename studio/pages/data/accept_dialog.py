"""The dialog that takes over what the latest run is sure of, with a preview of what that would change."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from core.errors import Error
from core.project import acceptance, records, table
from core.project.acceptance import Proposal
from core.project.records import ImageRecord
from core.project.store import Store
from studio import theme
from studio.models.thumbnails import ThumbnailLoader
from studio.pages.data.accept_state import Asked, offer
from studio.pages.data.scopes import SCOPES, scope_buttons
from studio.session import Session
from studio.widgets import words
from studio.widgets.alike import Alike, AlikeView
from studio.widgets.bar_table import Bar, BarRow, BarTable
from studio.widgets.slider import ValueSlider

LEAST, MOST, USUAL, STEP = 0.5, 1.0, 0.95, 0.005
SIZE = 640, 600  # px
SAMPLES = 16


@dataclass(frozen=True)
class Sample:
    """An image that would be accepted, what the run says it is, the position of that class, and how sure it is."""

    record: ImageRecord
    class_name: str
    position: int
    confidence: float


Answer = tuple[Proposal | Error, tuple[Sample, ...]]


class AcceptDialog(QDialog):
    """One for a page: `begin` opens it anew."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Accept predictions")
        self._session = session
        self._loader: ThumbnailLoader | None = None
        self._found: Proposal | None = None
        self._samples: tuple[Sample, ...] = ()
        self._selection = session.selection
        self.scopes, scopes = scope_buttons()
        self.scopes.idClicked.connect(self._ask)
        self.slider = ValueSlider(LEAST, MOST, USUAL, STEP, neutral=MOST)
        self.slider.setAccessibleName("Confidence")
        self.slider.setToolTip("How sure the run must be; a double click gives 0.95")
        self.slider.edited.connect(self._ask)
        self.value = words.number()
        self.value.setMinimumWidth(theme.px(44))
        self.replace = QCheckBox()
        self.replace.setToolTip("Labels given by hand stay in any case")
        self.replace.toggled.connect(self._ask)
        self.title = words.title()
        self.table = BarTable("Labels by class")
        self.samples = AlikeView(SAMPLES)
        self.samples.setAccessibleName("Those that it is least sure of")
        self.lines = [QLabel(), words.muted()]
        self._lay_out(scopes)
        session.changed.connect(self._ask)
        session.opened.connect(self.reject)
        self.finished.connect(self._closed)

    def begin(self) -> None:
        """Open it for the images that are shown and selected now."""
        self._selection = self._session.selection
        self.scopes.button(1).setEnabled(len(self._selection) > 0)
        self.scopes.button(1 if len(self._selection) > 1 else 0).setChecked(True)
        self.replace.setChecked(False)
        self.slider.set_value(USUAL)
        self.open()

    def asked(self) -> Asked:
        """What the controls say now."""
        scope = list(SCOPES)[self.scopes.checkedId()]
        return Asked(scope, self._session.filter, self._selection, self.slider.value(), self.replace.isChecked())

    # --- parts ---

    def _lay_out(self, scopes: QWidget) -> None:
        sure, head = QHBoxLayout(), QLabel("Confidence at least")
        sure.setSpacing(12)
        for part, stretch in ((head, 0), (self.slider, 1), (self.value, 0)):
            sure.addWidget(part, stretch)
        right, self.body = QVBoxLayout(), QWidget()
        both = QHBoxLayout(self.body)
        both.setContentsMargins(0, 0, 0, 0)
        kept = self.body.sizePolicy()
        kept.setRetainSizeWhenHidden(True)  # nothing jumps while the slider moves
        self.body.setSizePolicy(kept)
        right.addWidget(words.head("Least sure"))
        right.addWidget(self.samples)
        right.addStretch(1)
        both.setSpacing(16)
        both.addWidget(self.table, 1)
        both.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(scopes)
        layout.addLayout(sure)
        for below in (self.replace, words.line(), self.title):
            layout.addWidget(below)
        layout.addWidget(self.body, 1)
        for line in self.lines:
            line.setWordWrap(True)
            layout.addWidget(line)
        layout.addWidget(self._buttons())
        self.resize(theme.px(SIZE[0]), theme.px(SIZE[1]))

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox()
        self.go = buttons.addButton("Accept", QDialogButtonBox.ButtonRole.AcceptRole)
        theme.role(self.go, "primary")
        self.go.setDefault(True)
        self.show_them = buttons.addButton("Show them", QDialogButtonBox.ButtonRole.ActionRole)
        self.show_them.setToolTip("Close this and show the images that would get a label, to look through them first")
        self.show_them.clicked.connect(self._show_them)
        back = buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        back.setToolTip("Close this; nothing changes (Esc)")
        for button in (self.show_them, back):
            button.setAutoDefault(False)
        self.go.clicked.connect(self._agree)
        buttons.rejected.connect(self.reject)
        return buttons

    # --- asking and showing ---

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._loader is None and self._session.is_open:
            self._loader = ThumbnailLoader(self._session.store.paths.thumbnails, self)
            self._loader.problem.connect(self._session.problem)
            self._loader.arrived.connect(self._show_samples)
        self.slider.setFocus(Qt.FocusReason.OtherFocusReason)
        self._ask()

    def _ask(self, *_: Any) -> None:
        self.value.setText(f"{self.slider.value():.3f}")
        if self.isVisible() and self._session.is_open:
            self._found = None  # what is shown is not what would be accepted any more
            self._session.reader.ask("accept", partial(_answer, self.asked()), self._answered)

    def _answered(self, answer: Answer) -> None:
        found, self._samples = answer
        self._found = None if isinstance(found, Error) else found
        shown = offer(found)
        self.title.setText(shown.title)
        self.replace.setText(shown.others)
        self.body.setVisible(bool(shown.rows))
        whole = max(1, sum(number for _, _, number in shown.rows))
        self.table.show_rows(("Labels",), [_row(*row, whole) for row in shown.rows])
        signed = [("! " if shown.warns else "✓ ") + shown.lines[0], *shown.lines[1:]] if shown.lines else []
        theme.role(self.lines[0], "warning" if shown.warns else "good")
        for place, line in enumerate(self.lines):
            line.setText(signed[place] if place < len(signed) else "")
        writable = self._session.writable
        self.go.setText(shown.button)
        self.go.setEnabled(shown.can and writable)
        self.go.setToolTip("It can be undone in one step (Enter)" if writable else "The project cannot be changed now")
        self.show_them.setEnabled(shown.can)
        self.setAccessibleDescription(" ".join((shown.title, *shown.lines)))
        if self._loader is not None:
            self._loader.want([(one.record.content_hash, one.record.path) for one in self._samples])
        self._show_samples()

    def _show_samples(self, *_: Any) -> None:
        loader = self._loader
        self.samples.show_images(
            [
                Alike(
                    one.record.id,
                    f"{one.record.name}: {one.class_name} at {one.confidence:.3f}",
                    one.class_name,
                    one.position,
                    loader.image(one.record.content_hash) if loader else None,
                )
                for one in self._samples
            ]
        )
        for place, thumb in enumerate(self.samples.thumbs):
            thumb.setVisible(place < len(self._samples))

    # --- what becomes of it ---

    def _agree(self) -> None:
        if self._found is not None and self._session.do(acceptance.accept, self._found) is not None:
            self.accept()

    def _show_them(self) -> None:
        wanted = self.asked().accepted
        self.accept()
        self._session.set_filter(wanted)

    def _closed(self) -> None:
        if self._loader is not None:
            self._loader.close()
            self._loader.deleteLater()
            self._loader = None


def show_accept(session: Session, page: QWidget) -> AcceptDialog:
    """Open the dialog of `page`."""
    dialog = page.findChild(AcceptDialog) or AcceptDialog(session, page)
    dialog.begin()
    return dialog


def _answer(asked: Asked, store: Store) -> Answer:
    """The proposal and some images of it; an `Error` is shown in the dialog."""
    try:
        found = acceptance.proposal(store, asked.images, asked.confidence, asked.replace)
    except Error as problem:
        return problem, ()
    ids = acceptance.least_sure(store, found, SAMPLES)
    known = table.of(store)
    rows = known.rows_of(ids)
    codes, sure = known.predicted.class_at[rows].tolist(), known.predicted.confidence[rows].tolist()
    images = records.images(store, ids.tolist())
    return found, tuple(Sample(*one) for one in _named(images, codes, sure, found.classes))


def _named(
    images: Sequence[ImageRecord], codes: list[int], sure: list[float], classes: tuple[str, ...]
) -> list[tuple[ImageRecord, str, int, float]]:
    return [(image, classes[code], code, one) for image, code, one in zip(images, codes, sure, strict=True)]


def _row(name: str, position: int, count: int, whole: int) -> BarRow:
    share = count / whole
    return BarRow(name, position, (Bar(count, share, f"{name}: {count:,} labels, {100 * share:.1f} %"),))
