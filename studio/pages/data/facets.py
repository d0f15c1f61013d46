"""The left column: classes, splits, sources, tags and findings with their counts; picking one narrows what is shown."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from studio import actions, bookkeeping, theme
from studio.pages.data.state import DataState, Facet
from studio.widgets import facets, words
from studio.widgets.facets import FacetList

_SIGNS = {"good": "✓ ", "warning": "! ", "muted": ""}


class FacetColumn(QScrollArea):
    """`toggled(field, value)` when a facet is picked, `split` and `certificate` when these are asked for.

    `asked(id)` asks for another command of the page.

    The field "flag" has what is simply true or false of an image.
    """

    toggled = Signal(str, str)
    split = Signal()
    certificate = Signal()
    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.lists = {
            "class": FacetList("Class"),
            "split": FacetList("Split"),
            "source": FacetList("Source"),
            "flag": FacetList("Look at"),
            "tag": FacetList("Tag"),
        }
        titles = {"class": "Classes", "split": "Split", "source": "Source", "flag": "Look at", "tag": "Tags"}
        self._heads = {field: words.head(title) for field, title in titles.items()}
        self._links = {
            "class": _links(self._link("Edit…", "classes"), self._link("Balance…", "balance")),
            "flag": _links(self._link("Findings…", "findings"), self._link("Suspects…", "find-suspects")),
        }
        self._note = QLabel()
        self._note.setWordWrap(True)
        self._split = QPushButton("Split…")
        self._split.setToolTip("Divide the labelled images into training and validation; groups stay together")
        self._split.setStyleSheet('QPushButton[role="link"] { padding-left: 0; }')  # in line with the words above
        self._split.clicked.connect(self.split)
        self._certificate = QPushButton("Details…")
        self._certificate.setToolTip("Show the leak certificate: what is in more than one split")
        self._certificate.setAccessibleName("Details of the split")
        theme.role(self._certificate, "link")
        self._certificate.clicked.connect(self.certificate)
        inner = QWidget()
        theme.role(inner, "surface")
        theme.role(self, "surface")
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(8, 12, 8, 12)
        layout.setSpacing(4)
        for field, rows in self.lists.items():
            self._heads[field].setContentsMargins(8, 4, 0, 2)
            layout.addWidget(self._heads[field])
            layout.addWidget(rows)
            if field in self._links:
                layout.addWidget(self._links[field])
            if field == "split":
                self._note.setContentsMargins(8, 2, 0, 2)
                layout.addWidget(self._note)
                layout.addWidget(_links(self._split, self._certificate))
            layout.addSpacing(8)
            rows.chosen.connect(lambda value, field=field: self.toggled.emit(field, value))
        layout.addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def show_state(self, state: DataState) -> None:
        """Show these facets."""
        shown = {
            "class": state.classes,
            "split": state.splits,
            "source": state.sources,
            "flag": state.flags,
            "tag": state.tags,
        }
        for field, rows in shown.items():
            self._heads[field].setVisible(bool(rows) or (field == "flag" and bool(state.classes)))
            self.lists[field].setVisible(bool(rows))
            self.lists[field].set_facets([_row(row) for row in rows])
            self.lists[field].set_active({row.value for row in rows if row.chosen})
        for links in self._links.values():
            links.setVisible(bool(state.classes))
        note = state.split_note
        self._note.setVisible(note is not None)
        self._split.setVisible(note is not None)
        self._split.setEnabled(state.can_split)
        self._certificate.setVisible(note is not None and note.kind != "muted")
        if note:
            theme.role(self._note, note.kind)
            self._note.setText(_SIGNS[note.kind] + note.text)
            self._split.setText("Split…" if note.kind == "muted" else "Split again…")
            theme.role(self._split, "primary" if note.kind == "muted" and state.can_split else "link")
            self._split.updateGeometry()  # another role, another padding

    def sizeHint(self) -> QSize:
        return QSize(theme.px(192), 400)

    def _link(self, words: str, id: str) -> QPushButton:
        """A button that asks for a command of the page or of the window, called as the table of commands calls it."""
        command = next(command for command in (*actions.DATA, *bookkeeping.COMMANDS) if command.id == id)
        button = QPushButton(words)
        button.setToolTip(f"{command.tooltip} ({command.shown_key})" if command.shown_key else command.tooltip)
        button.setAccessibleName(command.title)
        button.setStyleSheet("padding-left: 0;")  # in line with the words above
        theme.role(button, "link")
        button.clicked.connect(lambda: self.asked.emit(id))
        return button


def _links(*buttons: QPushButton) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(8, 0, 8, 0)
    for button in buttons:
        row.addWidget(button)
    row.addStretch(1)
    return holder


def _row(row: Facet) -> facets.Facet:
    return facets.Facet(row.value, row.count, row.title, row.position if row.coloured else None)
