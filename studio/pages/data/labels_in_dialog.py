"""The dialog that imports labels: what a file or folder says, what it would change, and who wins where both know.

A child process reads and compares; nothing is written before the user agrees.
"""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.curate.exchange import Conflict
from core.project import records
from core.project.query import IdIn
from core.project.records import ImageRecord
from studio import theme
from studio.jobs import JobSupervisor
from studio.models.thumbnails import ThumbnailLoader
from studio.pages.data.labels_in_state import ASKING, CHOICES, MINE, Shown, found, looking, refused
from studio.session import Session
from studio.widgets import words
from studio.widgets.count_list import CountList
from studio.widgets.progress import ProgressLine
from studio.widgets.tiles import cut
from studio.widgets.toggles import toggles

_WIDTH, _TABLE_HEIGHT, _THUMB = 620, 236, 32  # px
_HEADS = ("Image", "What", "Here", "In the file", "Where")


class Questions(Protocol):
    """The dialogs of the system that are needed here."""

    def labels(self, title: str) -> Path | None: ...
    def folder(self, title: str) -> Path | None: ...
    def new_file(self, title: str, name: str, kind: str) -> Path | None: ...


class LabelsInDialog(QDialog):
    """`agreed(Path, choice)` when the labels there shall be joined; `choice` is one of CHOICES."""

    agreed = Signal(object, str)

    def __init__(self, session: Session, questions: Callable[[], Questions], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import labels")
        self.setMinimumWidth(theme.px(_WIDTH))
        self._session, self._questions = session, questions
        self._path: Path | None = None
        self._job: JobSupervisor | None = None
        self._result: dict[str, Any] | None = None
        self._kept = Path(tempfile.mkdtemp(prefix="wildset-"))  # of the full lists, until they are asked for
        self.title = words.title()
        self.title.setWordWrap(True)
        self.progress = ProgressLine("Reading labels")
        self.lines = words.muted()
        self.numbers = QVBoxLayout()
        self.conflict_title = words.head("")
        self.choices, self._choice_row = toggles(CHOICES.values())
        self.table = ConflictTable(session)
        self._arrange()
        self.choices.idClicked.connect(lambda _: self._show_found())
        session.opened.connect(self.reject)
        session.access_changed.connect(self._show_found)
        self.finished.connect(self._closed)
        self._show(ASKING)

    @property
    def choice(self) -> str:
        """One of CHOICES."""
        return list(CHOICES)[self.choices.checkedId()]

    def read(self, path: Path) -> None:
        """Look at what `path` says."""
        self._stop()
        self._path, self._result = path, None
        self._list.unlink(missing_ok=True)
        self.choices.button(list(CHOICES).index(MINE)).setChecked(True)
        command = ["labels", "import", str(path.absolute()), "--dry-run", "--csv", str(self._list)]
        job = self._job = self._session.jobs.start(
            f"Reading {path.name}", [*command, "--project", str(self._session.root)]
        )
        job.changed.connect(self._show_progress)
        job.finished.connect(lambda result: self._read(job, result))
        job.failed.connect(lambda title, hint, bug: self._fail(job, title, hint))
        self._show(looking(path))

    # --- parts ---

    def _arrange(self) -> None:
        ways = QHBoxLayout()
        ways.setSpacing(8)
        for title, tip, slot in (
            ("File…", "Choose a table or another file of labels", self._choose_file),
            ("Folder…", "Choose a folder of images in class folders, or with metadata", self._choose_folder),
        ):
            button = QPushButton(title)
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.clicked.connect(lambda _=False, slot=slot: slot())
            ways.addWidget(button)
        ways.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(12)
        layout.addLayout(ways)
        for part in (self.title, self.progress, self.lines):
            layout.addWidget(part)
        layout.addLayout(self.numbers)
        layout.addWidget(self.conflict_title)
        layout.addWidget(self._choice_row)
        layout.addWidget(self.table)
        layout.addStretch(1)
        layout.addWidget(self._buttons())

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox()
        self.go = buttons.addButton("Import", QDialogButtonBox.ButtonRole.AcceptRole)
        theme.role(self.go, "primary")
        self.go.setDefault(True)
        self.save = buttons.addButton("Save the list…", QDialogButtonBox.ButtonRole.ActionRole)
        self.save.setToolTip("Write all conflicts, and all rows that are not used, as CSV")
        self.look = buttons.addButton("Show them", QDialogButtonBox.ButtonRole.ActionRole)
        self.look.setToolTip("Close this and show the images with conflicts in the grid; nothing changes")
        back = buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        back.setToolTip("Close this; nothing changes (Esc)")
        for button in (self.save, self.look, back):
            button.setAutoDefault(False)
        self.go.clicked.connect(self._agree)
        self.look.clicked.connect(self._show_images)
        self.save.clicked.connect(self._save_list)
        buttons.rejected.connect(self.reject)
        return buttons

    # --- asking and showing ---

    def _choose_file(self) -> None:
        if path := self._questions().labels("Choose the file of the labels"):
            self.read(path)

    def _choose_folder(self) -> None:
        if path := self._questions().folder("Choose the folder of the labels"):
            self.read(path)

    def _read(self, job: JobSupervisor, result: dict[str, Any]) -> None:
        if job is self._job:
            self._result = result
            self._show_found()

    def _fail(self, job: JobSupervisor, title: str, hint: str) -> None:
        if job is self._job:
            self._show(refused(title, hint))

    def _show_progress(self) -> None:
        if self._job is not None:
            self.progress.set_fraction(self._job.pace.share)

    def _show_found(self) -> None:
        if self._result is not None and self._path is not None:
            self._show(found(self._path, self._result, self.choice, self._session.writable))

    def _show(self, shown: Shown) -> None:
        self.title.setText(shown.title)
        theme.role(self.title, "bad" if shown.failed else "title")
        self.lines.setText("\n".join(shown.lines))
        self.lines.setVisible(bool(shown.lines))
        self.progress.setVisible(self._path is not None and self._result is None and not shown.failed)
        while item := self.numbers.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        if shown.rows:
            self.numbers.addWidget(CountList("What the labels would do", shown.rows))
        self.conflict_title.setText(shown.conflict_title)
        for part in (self.conflict_title, self._choice_row, self.table, self.look):
            part.setVisible(bool(shown.conflicts))
        self.table.show_conflicts(shown.conflicts)
        self.go.setText(shown.button)
        self.go.setEnabled(shown.can)
        self.go.setToolTip("It can be undone in one step (Enter)" if shown.can else shown.title)
        self.save.setVisible(shown.listed)  # lays all buttons out anew, which takes their focus away
        if shown.can and self.focusWidget() not in self.choices.buttons():
            self.go.setFocus()
        self.setAccessibleDescription(" ".join((shown.title, *shown.lines)))
        QTimer.singleShot(0, self, self._fit)

    def _fit(self) -> None:
        """As tall as what is shown needs."""
        layout = self.layout()
        assert layout is not None
        layout.activate()
        width = max(self.width(), self.minimumWidth())
        self.resize(width, layout.totalHeightForWidth(width))

    # --- what becomes of it ---

    def _agree(self) -> None:
        if self._path is not None and self._result is not None:
            self.accept()
            self.agreed.emit(self._path, self.choice)

    def _show_images(self) -> None:
        ids = dict.fromkeys(int(one["id"]) for one in (self._result or {}).get("conflicts", ()))
        self.reject()
        self._session.go_to.emit("data")
        self._session.set_filter(IdIn(tuple(ids)))

    @property
    def _list(self) -> Path:
        return self._kept / "list.csv"

    def _save_list(self) -> None:
        name = f"{self._path.stem if self._path else 'labels'}-conflicts.csv"
        if place := self._questions().new_file("Save the list", name, "CSV (*.csv)"):
            self._session.reader.ask(
                "labels-list",
                lambda _: shutil.copyfile(self._list, place),
                lambda _: self._session.notice.emit(f"{place.name} is written."),
            )

    def _stop(self) -> None:
        if self._job is not None and self._job.state != "ended":
            self._job.kill()
        self._job = None

    def _closed(self) -> None:
        self._stop()
        self.table.close_threads()
        shutil.rmtree(self._kept, ignore_errors=True)
        self.deleteLater()


class ConflictTable(QTableWidget):
    """What is said of an image here and in the file, with its thumbnail."""

    def __init__(self, session: Session) -> None:
        super().__init__(0, len(_HEADS))
        self._session = session
        self._loader: ThumbnailLoader | None = None
        self._images: dict[int, ImageRecord] = {}
        self._shown: tuple[Conflict, ...] = ()
        self.setAccessibleName("Conflicts")
        self.setToolTip("Images of which the file says something else than was given by hand here")
        self.setHorizontalHeaderLabels(_HEADS)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        theme.role(self, "padded")
        self.setIconSize(QSize(theme.px(_THUMB), theme.px(_THUMB)))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(theme.px(_THUMB + 6))
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.setFixedHeight(theme.px(_TABLE_HEIGHT))

    def show_conflicts(self, conflicts: tuple[Conflict, ...]) -> None:
        """Show these, with their thumbnails as these arrive."""
        if conflicts == self._shown:
            return
        self._shown = conflicts
        self.setRowCount(len(conflicts))
        for row, one in enumerate(conflicts):
            here = one.ours or "not given"
            for column, text in enumerate((one.name, one.what, here, one.theirs, one.where)):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.setItem(row, column, item)
        if conflicts:
            ids = [one.id for one in conflicts]
            self._session.reader.ask("labels-in-images", lambda store: records.images(store, ids), self._want)

    def close_threads(self) -> None:
        """End the threads that read thumbnails."""
        if self._loader is not None:
            self._loader.close()
            self._loader.deleteLater()
            self._loader = None

    def _want(self, images: Sequence[ImageRecord]) -> None:
        self._images = {image.id: image for image in images}
        if self._loader is None:
            self._loader = ThumbnailLoader(self._session.store.paths.thumbnails, self)
            self._loader.problem.connect(self._session.problem)
            self._loader.arrived.connect(self._show_thumbnails)
        self._loader.want([(image.content_hash, image.path) for image in images])
        self._show_thumbnails()

    def _show_thumbnails(self, *_: Any) -> None:
        ratio = self.devicePixelRatioF()
        for row, one in enumerate(self._shown):
            item, record = self.item(row, 0), self._images.get(one.id)
            image = self._loader.image(record.content_hash) if self._loader and record else None
            if image is not None and item is not None and item.icon().isNull():
                pixmap: QPixmap = cut(image, round(theme.px(_THUMB) * ratio), theme.RADIUS * ratio)
                pixmap.setDevicePixelRatio(ratio)
                item.setIcon(QIcon(pixmap))
