"""The question for how many epochs a run that is over goes on."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from core import wording
from studio import theme
from studio.widgets import words

_MOST = 100_000


class LongerDialog(QDialog):
    """`chosen` comes with the epochs in all."""

    chosen = Signal(int)

    def __init__(self, run: str, done: int, epochs: int, hint: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Train longer")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.epochs = QSpinBox()
        self.epochs.setRange(done + 1, _MOST)
        self.epochs.setValue(epochs)
        self.epochs.selectAll()
        self.epochs.setToolTip("How many epochs the run has when it is done, with those that it has now")
        self.epochs.setAccessibleName("Epochs in all")
        label = QLabel("Epochs in &all")
        label.setBuddy(self.epochs)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(label, 1)
        row.addWidget(self.epochs)
        buttons = QDialogButtonBox()
        go = buttons.addButton("Train longer", QDialogButtonBox.ButtonRole.AcceptRole)
        go.setToolTip("Go on with this run until it has so many epochs")
        theme.role(go, "primary")
        back = buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        back.setToolTip("Leave the run as it is")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.accepted.connect(lambda: self.chosen.emit(self.epochs.value()))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(words.title(f"{run} has trained {wording.count(done, 'epoch')}."))
        layout.addWidget(words.muted(hint))
        layout.addLayout(row)
        layout.addWidget(buttons)
