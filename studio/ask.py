"""Questions to the user in dialogs of the system; tests give the window another object with the same methods."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from core.paths import projects_home
from studio.parting import Parting

_ARCHIVES = "*.zip *.tar *.tgz *.tar.gz *.tbz2 *.tar.bz2 *.txz *.tar.xz"
_TABLES = "*.csv *.tsv *.jsonl *.ndjson"
_ARRAYS = "*idx3-ubyte *idx3-ubyte.gz data_batch_* test_batch"
_FILES = (
    f"All that can be imported ({_ARCHIVES} {_TABLES} {_ARRAYS})",
    f"Zip and tar archives of images ({_ARCHIVES})",
    f"Tables that name images ({_TABLES})",
    f"MNIST and CIFAR files ({_ARRAYS})",
    "All files (*)",
)
_LABELS = ("Labels (*.csv *.tsv *.jsonl *.ndjson *.json)", "All files (*)")


class Ask:
    """Each method shows one dialog over `parent` and returns the answer, None where the user went back."""

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent

    def folder(self, title: str) -> Path | None:
        text = QFileDialog.getExistingDirectory(self._parent, title, str(Path.home()))
        return Path(text) if text else None

    def file(self, title: str) -> Path | None:
        """One that holds or names images."""
        text, _ = QFileDialog.getOpenFileName(self._parent, title, str(Path.home()), ";;".join(_FILES))
        return Path(text) if text else None

    def labels(self, title: str) -> Path | None:
        """One that holds labels."""
        text, _ = QFileDialog.getOpenFileName(self._parent, title, str(Path.home()), ";;".join(_LABELS))
        return Path(text) if text else None

    def new_file(self, title: str, name: str, kind: str) -> Path | None:
        """One to write, `name` at first, of a kind such as "CSV (*.csv)"; if it is there, it shall be replaced."""
        dialog = QFileDialog(self._parent, title, str(Path.home()), kind)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(kind.rpartition("*.")[2].removesuffix(")"))  # before it asks whether to replace a file
        dialog.selectFile(name)
        return Path(dialog.selectedFiles()[0]) if dialog.exec() else None

    def project(self) -> Path | None:
        home = projects_home()
        start = home if home.is_dir() else Path.home()
        text = QFileDialog.getExistingDirectory(self._parent, "Open the folder of a project", str(start))
        return Path(text) if text else None

    def stop_jobs(self, title: str) -> bool:
        """Whether running work shall stop and keep what it has; False to go back."""
        box = QMessageBox(self._parent)
        box.setWindowTitle("Wildset")
        box.setText(f"{title} is still running.")
        box.setInformativeText("Stopping keeps everything it has done so far.")
        stop = box.addButton("Stop and keep", QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(box.addButton("Go back", QMessageBox.ButtonRole.RejectRole))
        box.exec()
        return box.clickedButton() is stop

    def part(self, parting: Parting, others: list[str]) -> str | None:
        """Whether a training shall "stop" or "go on" without the window; `others` are jobs that are stopped anyway."""
        stopped = f"\n\n{', '.join(others)}: stopped; what is done is kept." if others else ""
        box = QMessageBox(self._parent)
        box.setWindowTitle("Wildset")
        box.setText(parting.question)
        box.setInformativeText(f"{parting.stop}\n\n{parting.go_on}{stopped}")
        stop = box.addButton("Stop and keep", QMessageBox.ButtonRole.DestructiveRole)
        go_on = box.addButton("Let it go on", QMessageBox.ButtonRole.AcceptRole)
        cancel = box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
        for button, does in ((stop, parting.stop), (go_on, parting.go_on), (cancel, "Go back; nothing changes")):
            button.setToolTip(does)
        box.setDefaultButton(cancel)
        box.exec()
        return "stop" if box.clickedButton() is stop else "go on" if box.clickedButton() is go_on else None
