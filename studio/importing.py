"""How images come into the window: chosen, dropped or pasted, each looked at before it is brought in.

The look is a job of its own, so the window never waits for a disk.
"""

import mimetypes
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, QThread
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QWidget

from core.errors import Error
from studio import understood
from studio.actions import Command
from studio.jobs import JobSupervisor
from studio.path_list import path_list
from studio.session import Session
from studio.understood import Shown

if TYPE_CHECKING:
    from studio.camera import CameraDialog
    from studio.widgets.import_dialog import ImportDialog

PASTED, TAKEN = "pasted", "camera"
_LOOKED_AT = 8  # files while they are dragged: the window waits for it

COMMANDS: tuple[Command, ...] = (
    Command("paste", "Paste images", "Add the image or the files of the clipboard", "paste", ("Ctrl+V",)),
    Command("camera", "Take images with a camera…", "Bring in what a camera of this computer sees", "photograph"),
)


class Importing(QObject):
    """Offers what is chosen, dropped or pasted; `make` and `add` bring it in, `enter` opens a project."""

    def __init__(
        self,
        session: Session,
        make: Callable[..., object],
        add: Callable[..., JobSupervisor],
        enter: Callable[[Path], None],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self._make, self._add, self._enter = make, add, enter
        self.dialog: ImportDialog | None = None
        self._savers: list[_Saver] = []

    def offer(self, paths: Sequence[Path], new: bool = False) -> None:
        """Show what importing `paths` would bring, and import it when that is agreed to; `new` makes a project of it.

        While the dialog is open, others are not offered.
        """
        from studio.widgets.import_dialog import ImportDialog

        if self.dialog is not None or not paths:
            return
        new = new or not self._session.is_open
        if not new and not self._may_add():
            return
        aim = f"Into a new project, {project_name(paths[0])}" if new else f"Into the project {self._session.root.name}"
        dialog = self.dialog = ImportDialog(aim, self._window)
        dialog.show_state(understood.looking(paths))
        files = path_list(paths)
        place = ["--preview", *([] if new else ["--project", str(self._session.root)])]
        job = self._session.jobs.start(f"Looking at {understood.named(paths)}", ["import", *files.arguments, *place])
        job.ended.connect(lambda: files.forget())  # a lambda, as methods of plain objects are held weakly
        job.finished.connect(lambda looked: self._show(dialog, understood.found(paths, looked)))
        job.failed.connect(lambda title, hint, bug: self._show(dialog, understood.refused(title, hint)))
        dialog.agreed.connect(lambda: (self._make if new else self._add)(*paths))
        dialog.finished.connect(lambda: self._close(job))
        dialog.open()

    def _show(self, dialog: "ImportDialog", shown: Shown) -> None:
        if dialog is self.dialog:  # it may have been left before it was answered
            dialog.show_state(shown)

    def _close(self, job: JobSupervisor) -> None:
        if job.state != "ended":
            job.kill()
        if self.dialog is not None:
            self.dialog.deleteLater()
        self.dialog = None

    def _may_add(self) -> bool:
        session = self._session
        if session.writable:
            return True
        busy = Error("Images are being imported already.", "Wait until that is done, then do it again.")
        session.problem.emit(session.read_only_reason or busy)
        return False

    @property
    def busy(self) -> bool:
        """Whether an image that is in no file is being saved."""
        return bool(self._savers)

    # --- drag and drop, clipboard ---

    def takes(self, mime: QMimeData) -> bool:
        """Whether something of this can be imported or opened, as far as a look at a few files tells."""
        from core.importers.registry import accepts  # not before it is needed: the start page needs no image readers

        files = _files(mime)
        return any(map(accepts, files[:_LOOKED_AT])) or len(files) > _LOOKED_AT or mime.hasImage()

    def take(self, mime: QMimeData) -> bool:
        """Bring in what was dropped or pasted; False where it is nothing for us."""
        files = _files(mime)
        if not self.takes(mime):
            return False
        if len(files) == 1 and (files[0] / "project.db").is_file():
            self._enter(files[0])
        elif files:
            self.offer(files)
        else:
            self._keep(mime.imageData())
        return True

    def paste(self) -> None:
        """Bring in the image or the files of the clipboard."""
        if not self.take(QGuiApplication.clipboard().mimeData()):
            self._session.problem.emit(
                Error("The clipboard holds no image.", "Copy an image, or files of images, and paste again.")
            )

    def _keep(self, image: QImage) -> None:
        """Save an image that is in no file, and add it to the project."""
        if self._may_keep():
            saver = _Saver(image, self)
            self._savers.append(saver)
            saver.finished.connect(lambda: self._add_saved(saver))
            saver.start()

    def _add_saved(self, saver: "_Saver") -> None:
        self._savers.remove(saver)
        saver.deleteLater()
        if not saver.saved:
            self._session.problem.emit(
                Error("The image could not be saved.", f"Check that there is room in {saver.folder.parent}.")
            )
        elif self._may_keep():
            self._add_copies(saver.folder, [saver.file], PASTED)
            return
        shutil.rmtree(saver.folder, ignore_errors=True)

    # --- camera ---

    def photograph(self) -> None:
        """Take images with a camera and add them to the project."""
        from studio.camera import CameraDialog, cameras

        if not self._may_keep():
            return
        dialog = CameraDialog(cameras(), self._window)
        dialog.finished.connect(lambda answer: self._add_taken(dialog, bool(answer)))
        dialog.open()

    def _add_taken(self, dialog: "CameraDialog", wanted: bool) -> None:
        if wanted and dialog.files and self._may_keep():
            self._add_copies(dialog.folder, dialog.files, TAKEN)
        else:
            shutil.rmtree(dialog.folder, ignore_errors=True)
        dialog.deleteLater()

    def _may_keep(self) -> bool:
        """Whether images that are in no lasting file can be added now; says why not."""
        if not self._session.is_open:
            hint = "Open one or make one, then do it again."
            self._session.problem.emit(Error("There is no project for this image yet.", hint))
            return False
        return self._may_add()

    def _add_copies(self, folder: Path, files: Sequence[Path], into: str) -> None:
        """Copy `files` into the project; `folder`, which holds them, goes when that is done."""
        job = self._add(*files, into=into)
        job.ended.connect(lambda: shutil.rmtree(folder, ignore_errors=True))


class _Saver(QThread):
    """Writes an image to a file of its own; `saved` says whether it could."""

    def __init__(self, image: QImage, parent: QObject) -> None:
        super().__init__(parent)
        self._image = QImage(image)
        self.folder = Path(tempfile.mkdtemp(prefix="wildset-"))
        self.file = self.folder / "image.png"
        self.saved = False

    def run(self) -> None:
        self.saved = self._image.save(str(self.file))


def project_name(source: Path) -> str:
    """What a project of the images at `source` is called: images after their folder, archives without their ends."""
    if source.is_dir():
        return source.name
    if (mimetypes.guess_type(source.name, strict=False)[0] or "").startswith("image/"):
        return source.absolute().parent.name or source.stem
    return source.stem.removesuffix(".tar") or source.name


def _files(mime: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
