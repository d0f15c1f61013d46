"""Beside the large view: what runs said of the image, those that look like it, its history, its file and its camera."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.pages.data.told import Rows, Verdicts
from studio.widgets import words
from studio.widgets.alike import Alike, AlikeView
from studio.widgets.facts import Facts

UNMEASURED = "Run a check to see similar images."


class KnownPanel(QWidget):
    """`chosen(id)` when a similar image is clicked. Sections that hold nothing are hidden."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.said, self.history = Facts("What runs said"), Facts("History of the image")
        self.file, self.camera = Facts("File"), Facts("Camera")
        self.alike = AlikeView()
        self.alike.chosen.connect(self.chosen)
        self._agreement, self._unmeasured = words.muted(), words.muted(UNMEASURED)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._add("Predictions", self._agreement, self.said)
        self._add("Similar", self.alike, self._unmeasured)
        self._histories = self._add("History", self.history)
        self._add("File", self.file)
        self._cameras = self._add("Camera", self.camera)
        self.show_alike(())
        self.show_camera(())
        self.show_history(())

    def show_said(self, said: Verdicts) -> None:
        """What each run said."""
        self._agreement.setText(said.summary)
        self.said.setVisible(bool(said.rows))
        self.said.set_rows(said.rows, said.kinds)

    def show_alike(self, images: Sequence[Alike]) -> None:
        """The most similar images; none says how to find some."""
        self._unmeasured.setVisible(not images)
        self.alike.setVisible(bool(images))
        self.alike.show_images(images)

    def show_history(self, rows: Rows) -> None:
        """The changes of the image, the latest first."""
        self._histories.setVisible(bool(rows))
        self.history.set_rows(rows)

    def show_file(self, rows: Rows) -> None:
        """The facts of the file."""
        self.file.set_rows(rows)

    def show_camera(self, rows: Rows) -> None:
        """What the camera wrote."""
        self._cameras.setVisible(bool(rows))
        self.camera.set_rows(rows)

    def _add(self, title: str, *parts: QWidget) -> QWidget:
        section = QWidget()
        column = QVBoxLayout(section)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(8)
        for part in (words.head(title), *parts):
            column.addWidget(part)
        self._column.addWidget(section)
        return section
