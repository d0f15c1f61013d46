"""Labels handed round: asked for in dialogs, written and joined by child processes."""

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from core import wording
from core.errors import Error
from core.project import query
from core.project.store import Store
from studio.actions import Command
from studio.jobs import JobSupervisor
from studio.session import Session

COMMANDS: tuple[Command, ...] = (
    Command(
        "labels-out",
        "Export labels…",
        "Write labels, and images if wished, for other programs and people",
        "export_labels",
    ),
    Command(
        "labels-in",
        "Import labels…",
        "Join the labels of a file or folder with yours; see first what would change",
        "import_labels",
    ),
)


class Questions(Protocol):
    """The dialogs of the system that are needed here."""

    def folder(self, title: str) -> Path | None: ...
    def labels(self, title: str) -> Path | None: ...
    def new_file(self, title: str, name: str, kind: str) -> Path | None: ...


class Handing(QObject):
    """Opens the dialogs over `window`; `tell` is told what was done, and the result that may name what was left out."""

    def __init__(
        self,
        session: Session,
        questions: Callable[[], Questions],
        tell: Callable[[str, dict[str, Any]], None],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session, self._questions, self._tell, self._window = session, questions, tell, window

    def export_labels(self) -> None:
        """Ask in which form and of which images, and write the labels."""
        from studio.pages.data.labels_out_dialog import LabelsOutDialog

        if self._session.is_open:
            dialog = LabelsOutDialog(self._session, self._questions, self._window)
            dialog.agreed.connect(self._export)
            dialog.finished.connect(dialog.deleteLater)
            dialog.begin()

    def import_labels(self) -> None:
        """Ask for a file or folder, show what its labels would change, and join them with those here."""
        from studio.pages.data.labels_in_dialog import LabelsInDialog

        if self._session.is_open:
            dialog = LabelsInDialog(self._session, self._questions, self._window)
            dialog.agreed.connect(self._import)
            dialog.open()

    def _export(self, wanted: Any, place: Path) -> None:
        """`wanted` is a `labels_out_state.Wanted`."""
        if wanted.words is not None:
            self._begin_export(wanted, place, ["--where", wanted.words])
            return
        self._session.reader.ask(
            "labels-out-ids",
            lambda store: _written(store, wanted),
            lambda file: self._begin_export(wanted, place, ["--ids", str(file)], file),
        )

    def _begin_export(self, wanted: Any, place: Path, which: list[str], file: Path | None = None) -> None:
        root = str(self._session.root)
        command = ["labels", "export", str(place), "--project", root, "--format", wanted.format, *which]
        job = self._session.start(f"Exporting labels to {place.name}", [*command, "--replace"])
        job.finished.connect(lambda result: self._exported(place, result))
        job.stopped.connect(lambda: self._session.notice.emit("Stopped. Nothing was written."))
        job.ended.connect(lambda: _forget(file))
        self._session.started.emit(job)

    def _exported(self, place: Path, result: dict[str, Any]) -> None:
        images = wording.count(int(result["images"]), "image")
        for notice in result["notices"]:  # to be read again under Notices
            self._session.notice.emit(notice)
        self._tell(f"Wrote the labels of {images} to {place.name}.", result)

    def _import(self, path: Path, choice: str) -> None:
        from studio.pages.data.labels_in_state import done

        try:
            job: JobSupervisor = self._session.import_labels(path, choice)
        except Error as problem:
            self._session.problem.emit(problem)
            return
        job.finished.connect(lambda result: self._session.notice.emit(done(path.name, result)))
        job.stopped.connect(lambda: self._session.notice.emit("Stopped. All labels are as they were before."))
        self._session.started.emit(job)


def _written(store: Store, wanted: Any) -> Path:
    """A new file with the numbers of the images that are meant, one a line."""
    handle, name = tempfile.mkstemp(prefix="wildset-", suffix=".ids")
    with os.fdopen(handle, "w") as file:
        file.writelines(f"{id}\n" for id in query.ids(store, wanted.images).tolist())
    return Path(name)


def _forget(file: Path | None) -> None:
    if file is not None:
        with contextlib.suppress(OSError):  # a leftover in the folder for such files harms nobody
            file.unlink()
