"""The leak certificate as a dialog: what is in more than one split, and how many images of what are where."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from core.project.certificate import Certificate, Table, lines
from core.project.records import SPLITS
from studio import theme
from studio.pages.data.split_state import GROUP_WORDS
from studio.pages.data.state import SPLIT_WORDS
from studio.widgets import words

_WIDTH, _HEIGHT = 560, 560  # px
_KINDS = {True: "good", False: "warning", None: "muted"}
_LEAKS = {"Groups in more than one split": "groups", "Exact duplicates": "exact", "Near duplicates": "near"}


class CertificateDialog(QDialog):
    """Shows `certificate`; `owner` is a word for what it certifies, such as the name of a run."""

    def __init__(self, certificate: Certificate, owner: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Leak certificate")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(QSize(theme.px(_WIDTH), theme.px(_HEIGHT)))
        self.text = "\n".join(lines(certificate))
        self.verdict = words.title(certificate.verdict)
        self.verdict.setWordWrap(True)
        buttons = QDialogButtonBox()
        copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        copy.setToolTip("Copy the certificate as text")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text))
        close = buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        close.setToolTip("Close this (Esc)")
        close.setDefault(True)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(words.muted(owner))
        layout.addWidget(self.verdict)
        layout.addWidget(self._body(certificate), 1)
        layout.addWidget(buttons)
        self.setAccessibleDescription(certificate.verdict)

    def _body(self, certificate: Certificate) -> QScrollArea:
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(0, 0, 8, 0)
        layout.setSpacing(8)
        layout.addLayout(_leaks(certificate))
        for title, table in (("Class", certificate.classes), ("Source", certificate.sources)):
            if table:
                layout.addSpacing(8)
                layout.addLayout(_table(title, table))
        layout.addSpacing(8)
        layout.addWidget(words.muted("\n".join(_facts(certificate))))
        layout.addStretch(1)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName("Details of the certificate")
        area.setToolTip("What leaks, and how many images of what are in each split")
        return area


def _leaks(certificate: Certificate) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(4)
    for title, name in _LEAKS.items():
        leaks = getattr(certificate, name)
        number = "not measured" if leaks.count is None else f"{leaks.count:,}"
        line = QLabel(f"{title}: {number}")
        theme.role(line, _KINDS[None if leaks.count is None else leaks.count == 0])
        column.addWidget(line)
        if leaks.named:
            column.addWidget(words.muted("\n".join(leaks.named)))
    return column


def _table(title: str, table: Table) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(0, 1)
    for column, text in enumerate((title, *(SPLIT_WORDS[split] for split in SPLITS))):
        head = words.head(text)
        head.setAlignment(Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(head, 0, column)
    for row, (name, numbers) in enumerate(table.items(), 1):
        label = QLabel(name or "None")
        label.setTextFormat(Qt.TextFormat.PlainText)
        grid.addWidget(label, row, 0)
        for column, split in enumerate(SPLITS, 1):
            grid.addWidget(words.number(f"{numbers[split]:,}"), row, column)
    return grid


def _facts(certificate: Certificate) -> list[str]:
    facts = [f"Images where {certificate.where}"] if certificate.where else []
    by = GROUP_WORDS.get(certificate.groups_by, certificate.groups_by)
    facts.append(f"Images that belong together have the same: {by.lower()}.")
    if certificate.test_locked:
        facts.append("The test set is locked.")
    return [*facts, f"Digest of files, labels and splits: {certificate.labels[:16]}"]
