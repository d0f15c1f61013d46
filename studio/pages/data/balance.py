"""How balanced the classes are, in a window beside the grid: choosing a bar shows its images there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QButtonGroup, QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core import wording
from core.project.balance import FEW, Balance, balance
from core.project.query import And, Filter, OneOf
from studio import theme
from studio.pages.data.state import SPLIT_WORDS, describe
from studio.session import Session
from studio.settings import window_settings
from studio.widgets import words
from studio.widgets.bar_table import Bar, BarRow, BarTable

SIZE = 720, 540  # px
WAYS = {
    "all": ("All", "Count all images"),
    "split": ("By split", "Count the images of each split"),
    "source": ("By source", "Count the images of each source"),
}


@dataclass(frozen=True)
class Chart:
    """What is shown; `columns` and `rows` with their `values`, as filters say them."""

    said: str
    note: str
    columns: tuple[str, ...]
    column_values: tuple[str, ...]
    rows: tuple[BarRow, ...]
    row_values: tuple[str, ...]


def base(filter: Filter, way: str) -> Filter:
    """`filter` without what the chart counts side by side: the class, and the split or the source."""
    parts = filter.parts if isinstance(filter, And) else (filter,)
    rest = tuple(part for part in parts if not (isinstance(part, OneOf) and part.field in ("class", way)))
    return rest[0] if len(rest) == 1 else And(rest)


def picked(filter: Filter, way: str, class_value: str, part_value: str) -> Filter:
    """`filter` that shows one bar; where it does so already, without it again."""
    rest = base(filter, way)
    others = rest.parts if isinstance(rest, And) else (rest,)
    part = () if way == "all" else (OneOf(way, (part_value,)),)
    wanted = (*others, OneOf("class", (class_value,)), *part)
    whole = wanted[0] if len(wanted) == 1 else And(wanted)
    return rest if set(_parts(whole)) == set(_parts(filter)) else whole


def chart(found: Balance, filter: Filter, way: str) -> Chart:
    """What is shown of `found`, the balance of the images of `base(filter, way)`."""
    tab = found.parts[way]
    titles = tuple(_title(name, way) for name in tab.names)
    values = tuple(name or "none" for name in tab.names)
    shares = tab.shares
    shown = set(_parts(filter))

    def bar(name: str, value: str, count: int, share: float | None, column: int) -> Bar:
        images = f"{name}{'' if way == 'all' else f', {titles[column]}'}: {wording.count(count, 'image')}"
        told = images if share is None else f"{images}, {wording.percent(share)}"
        part = set() if way == "all" else {OneOf(way, (values[column],))}
        return Bar(count, share, told, {OneOf("class", (value,))} | part <= shown)

    rows = [
        BarRow(
            name, c, tuple(bar(name, name, int(tab.counts[c, k]), float(shares[c, k]), k) for k in range(len(titles)))
        )
        for c, name in enumerate(found.classes)
    ]
    row_values = list(found.classes)
    if found.unlabelled:
        none = (bar("Unlabelled", "none", int(tab.unlabelled[k]), None, k) for k in range(len(titles)))
        rows.append(BarRow("Unlabelled", -1, tuple(none)))
        row_values.append("none")
    return Chart(
        found.said(way) or _unsaid(found, way),
        _note(found, filter, way),
        titles,
        values,
        tuple(rows),
        tuple(row_values),
    )


class BalanceDialog(QDialog):
    """Follows the session's filter and all edits while it is open."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Class balance")
        self._session = session
        self._shown: Chart | None = None
        self.table = BarTable("Class balance")
        self.table.chosen.connect(self._choose)
        self.said = QLabel()
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.said.setWordWrap(True)
        self.note = words.muted()
        self.ways, head = _ways()
        self.ways.idClicked.connect(self._turn)
        close = QPushButton("Close")
        close.setToolTip("Close this window; the filter stays (Esc)")
        close.setAutoDefault(False)
        close.clicked.connect(self.close)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addLayout(head)
        for part in (self.said, self.note):
            layout.addWidget(part)
        layout.addWidget(self.table, 1)
        layout.addLayout(foot)
        self.resize(theme.px(SIZE[0]), theme.px(SIZE[1]))
        session.changed.connect(self._ask)
        session.filter_changed.connect(self._ask)
        session.opened.connect(self.close)

    @property
    def way(self) -> str:
        """One of WAYS."""
        return list(WAYS)[self.ways.checkedId()]

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.table.setFocus()
        self._ask()

    def _turn(self) -> None:
        window_settings().setValue("data/balance", self.way)
        self._ask()

    def _ask(self, *_: Any) -> None:
        if self.isVisible() and self._session.is_open:
            filter, way = self._session.filter, self.way
            question = lambda store: chart(balance(store, base(filter, way)), filter, way)  # noqa: E731
            self._session.reader.ask("balance", question, self._show)

    def _show(self, found: Chart) -> None:
        self._shown = found
        self.said.setText(found.said)
        self.note.setText(found.note)
        self.table.show_rows(found.columns, found.rows)

    def _choose(self, row: int, column: int) -> None:
        shown = self._shown
        if shown is not None:
            session = self._session
            session.set_filter(picked(session.filter, self.way, shown.row_values[row], shown.column_values[column]))


def show_balance(session: Session, page: QWidget) -> BalanceDialog:
    """Open the window of `page`, or bring it to the front."""
    dialog = page.findChild(BalanceDialog) or BalanceDialog(session, page)
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
    return dialog


def _ways() -> tuple[QButtonGroup, QHBoxLayout]:
    row, group = QHBoxLayout(), QButtonGroup()
    row.setSpacing(4)
    last = str(window_settings().value("data/balance", "all"))
    for number, (way, (title, tooltip)) in enumerate(WAYS.items()):
        button = QPushButton(title)
        button.setToolTip(tooltip)
        button.setCheckable(True)
        button.setAutoDefault(False)
        button.setChecked(way == (last if last in WAYS else "all"))
        theme.role(button, "toggle")
        group.addButton(button, number)
        row.addWidget(button)
    row.addStretch(1)
    return group, row


def _unsaid(found: Balance, way: str) -> str:
    """Why there is no largest difference."""
    if not found.labelled or way == "all":
        return "No image is labelled yet." if not found.labelled else "There is one class only."
    if way == "split":
        return "Train and val cannot be compared before both have labelled images."
    return f"Sources can be compared from {FEW} labelled images each on."


def _note(found: Balance, filter: Filter, way: str) -> str:
    of = base(filter, way)
    parts = [f"Of the images where {describe(of)}" if _parts(of) else "Of all images"]
    parts.append(f"{found.labelled:,} labelled, {found.unlabelled:,} unlabelled")
    if found.rejected:
        parts.append(f"{found.rejected:,} of them rejected")
    if left_out := found.parts[way].left_out:
        parts.append(f"{wording.count(left_out, 'smaller source')} not shown")
    return " · ".join(parts)


def _title(name: str, way: str) -> str:
    if way == "split":
        return SPLIT_WORDS[name]
    return "Images" if way == "all" else name or "No source"


def _parts(filter: Filter) -> Sequence[Filter]:
    return filter.parts if isinstance(filter, And) else (filter,)
