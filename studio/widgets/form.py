"""The form of a recipe, made from the recipe's own declaration: groups, bounds, units, help, defaults."""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QScrollArea, QVBoxLayout, QWidget

from core.errors import Error
from core.recipe import Recipe, Setting, change, difference, flat, matters, settings
from core.wording import clipped
from studio import theme
from studio.ahead import Growth, grown
from studio.widgets import words
from studio.widgets.fields import said
from studio.widgets.form_group import Group
from studio.widgets.form_head import FormHead
from studio.widgets.form_row import FIELD_WIDTH, Row, idle_words, searched

_SLICE = 8  # rows
_MARGIN, _BAR = 16, 12  # px; the scroll bar stands in the right margin


Rows = Mapping[str, Row]


def rows(without: Collection[str]) -> Growth[Rows]:
    """The rows of a form by the paths of their settings, a few at a time; none of the sections `without`."""
    made = {}
    for setting in settings():
        if setting.path.partition(".")[0] not in without:
            made[setting.path] = Row(setting)
            if not len(made) % _SLICE:
                yield
    return made


class RecipeForm(QWidget):
    """The settings of a recipe by groups that fold, with a search and the way back to the recipe it began with.

    `instead` names sections that show a widget instead of their settings, such as {"augment": a line that tells what
    they are}; what those hold is kept. `below` gives groups a widget below their settings, by the group's name, and
    `beside` a small button to settings, by their path.
    Settings that do not matter for the present choice are not shown, and kept too.
    `edited()` follows every change by the user. A value that the recipe refuses stays in its field with the reason
    below it, wherever that is; `value()` is then the recipe without it and `valid()` says no.
    """

    edited = Signal()
    folds_changed = Signal()

    def __init__(
        self,
        instead: Mapping[str, QWidget] | None = None,
        made: Rows | None = None,
        *,
        below: Mapping[str, QWidget] | None = None,
        beside: Mapping[str, QWidget] | None = None,
    ) -> None:
        super().__init__()
        self._recipe, self._base = Recipe(), Recipe()
        self._before: Recipe | None = None  # what a reset took back
        self._rows: dict[str, Row] = {}
        self._groups: dict[str, Group] = {}
        self._settings = {setting.path: setting for setting in settings()}
        self._searched = {path: searched(setting) for path, setting in self._settings.items()}
        self._head = FormHead()
        self._nothing = words.muted()
        self._body = QWidget()
        self._column = QVBoxLayout(self._body)
        self._column.setSpacing(12)
        self._area = QScrollArea()
        self._area.setWidget(self._body)
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head)
        layout.addWidget(self._area, 1)
        self._build(instead or {}, grown(rows(instead or ())) if made is None else made)
        for name, widget in (below or {}).items():
            self._groups[name].show_below(widget)
        for path, widget in (beside or {}).items():
            self._rows[path].put_beside(widget)
        self.setAccessibleName("Recipe")
        self._connect()
        self._fit()
        self.set_recipe(self._recipe)

    def value(self) -> Recipe:
        """The recipe as edited, without what it refused."""
        return self._recipe

    def valid(self) -> bool:
        """Whether every field holds a value that the recipe takes."""
        return not any(row.message() for row in self._rows.values())

    def set_recipe(self, recipe: Recipe, base: Recipe | None = None) -> None:
        """Show another recipe, without a signal; and the one that it began as, as `set_base` does."""
        if base is not None:
            self._take_base(base)
        self._recipe, self._before = recipe, None
        values = flat(recipe)
        with self._still():
            for path, row in self._rows.items():
                row.field.set_value(values[path])
                row.show_state("")
            self._show()

    def set_base(self, recipe: Recipe) -> None:
        """The recipe that was chosen: what differs from it is marked, and a reset gives its values."""
        if recipe == self._base:
            return
        self._take_base(recipe)
        for row in self._rows.values():
            row.show_state(row.message())
        self._show()

    def put(self, path: str, value: Any) -> None:
        """Give a setting, such as "optim.batch_size", another value, as if it were typed."""
        self._rows[path].field.set_value(value)
        self._check(path)

    def reset(self, path: str) -> None:
        """Give a setting the value of the base."""
        self.put(path, flat(self._base)[path])

    def reset_group(self, name: str) -> None:
        """Give all settings of a group the values of the base."""
        before, values = self._recipe, flat(self._base)
        paths = [path for path in self._settings if self._group_of(path) == name]
        for path in paths:
            if path in self._rows:
                self._rows[path].field.set_value(values[path])
        self._check(paths[0], {path: values[path] for path in paths}, before)

    def reset_all(self) -> None:
        """Go back to the base as it is."""
        before = self._recipe
        self.set_recipe(self._base)
        self._before = before
        self._show()
        self.edited.emit()

    def folded(self) -> list[str]:
        """The names of the groups that are folded."""
        return [name for name, group in self._groups.items() if group.is_folded()]

    def set_folded(self, names: Collection[str]) -> None:
        """Fold some groups and unfold the others; names that are none are left out."""
        for name, group in self._groups.items():
            group.set_folded(name in names)
        with self._still():
            self._show()

    def set_search(self, text: str) -> None:
        """Show only the settings with some words; empty shows all."""
        self._head.search.setText(text)

    def message(self, path: str) -> str:
        """What is wrong with a setting; empty if nothing is."""
        return self._rows[path].message()

    def field(self, path: str) -> QWidget:
        """The control of a setting."""
        return self._rows[path].field.widget

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            self._set_margins(event.type() == QEvent.Type.Show)
        return super().eventFilter(watched, event)

    def _take_base(self, recipe: Recipe) -> None:
        self._base = recipe
        values = flat(recipe)
        for path, row in self._rows.items():
            row.set_base(values[path])

    def _build(self, instead: Mapping[str, QWidget], made: Rows) -> None:
        self._column.addWidget(self._nothing)
        self._in_place: dict[str, Group] = {}
        for path, setting in self._settings.items():
            section = path.partition(".")[0]
            if section in self._in_place:
                continue
            if setting.group not in self._groups:
                self._add_group(setting.group)
            group = self._groups[setting.group]
            if section in instead:
                group.show_instead(instead[section])
                self._in_place[section] = group
            else:
                self._add_row(group, made[path])
        self._column.addStretch(1)

    def _add_group(self, name: str) -> None:
        group = self._groups[name] = Group(name)
        group.folded.connect(self._fold)
        group.reset.connect(self.reset_group)
        self._column.addWidget(group)

    def _add_row(self, group: Group, row: Row) -> None:
        self._rows[row.setting.path] = row
        row.edited.connect(self._check)
        row.reset.connect(self.reset)
        group.add(row)

    def _connect(self) -> None:
        self._head.searched.connect(self._search)
        self._head.left.connect(self._leave_search)
        self._head.reset.connect(self.reset_all)
        self._head.undone.connect(self._undo)
        find = QShortcut(QKeySequence.StandardKey.Find, self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self._find)
        self._area.verticalScrollBar().installEventFilter(self)
        theme.watch.changed.connect(self._fit)

    def _check(self, path: str, others: Mapping[str, Any] | None = None, before: Recipe | None = None) -> None:
        """Take over what is typed, and `others`, as far as the recipe agrees; put the reasons below the rest."""
        now = flat(self._recipe)
        typed = {p: row.field.value() for p, row in self._rows.items()}
        reasons = {p: self._rows[p].field.unread for p, value in typed.items() if value is None}
        wanted = {**(others or {}), **{p: value for p, value in typed.items() if p not in reasons}}
        recipe, refused = self._taken({p: v for p, v in wanted.items() if v != now[p]}, path)
        reasons |= refused
        if recipe == self._recipe and reasons == {p: row.message() for p, row in self._rows.items() if row.message()}:
            self._rows[path].show_state(reasons.get(path, ""))
            return
        self._recipe, self._before = recipe, before
        with self._still():
            for p, row in self._rows.items():
                row.show_state(reasons.get(p, ""))
            self._show()
        self.edited.emit()

    def _taken(self, wanted: dict[str, Any], path: str) -> tuple[Recipe, dict[str, str]]:
        """The recipe with those values that it takes, and why not the others. `path` was changed last."""
        try:
            return change(self._recipe, wanted), {}
        except Error as problem:
            reasons = self._refused_alone(wanted) or {path: self._in_words(problem, wanted)}
        try:
            return change(self._recipe, {p: value for p, value in wanted.items() if p not in reasons}), reasons
        except Error:
            return self._recipe, reasons  # two that only fit together

    def _refused_alone(self, wanted: dict[str, Any]) -> dict[str, str]:
        reasons = {}
        for path, value in wanted.items():
            try:
                change(self._recipe, {path: value})
            except Error as problem:
                reasons[path] = self._in_words(problem, wanted)
        return reasons

    def _in_words(self, problem: Error, wanted: Mapping[str, Any]) -> str:
        """The reason alone, with the titles of settings instead of their paths."""
        reason = problem.title.removeprefix("recipe: ")
        for path, value in wanted.items():
            reason = reason.removeprefix(f"{path} is {clipped(repr(value), 60)}: ")
        reason = re.sub(r"^[a-z0-9_.]+( is \S+)?: ", "", reason)
        for setting in self._settings.values():
            if "." in setting.path:
                reason = reason.replace(setting.path, setting.title)
        return reason[:1].upper() + reason[1:]

    def _show(self) -> None:
        """Show the rows that are to be seen, and what differs from the base."""
        wanted = self._head.search.text().lower().split()
        self._show_rows(wanted)
        different = difference(self._base, self._recipe)
        counts = dict.fromkeys(self._groups, 0)
        for path in different:
            counts[self._group_of(path)] += 1
        for name, group in self._groups.items():
            group.show_changed(counts[name])
        changes = [self._told(path, *values) for path, values in different.items()]
        wrong = sum(bool(row.message()) for row in self._rows.values())
        self._head.show_state(changes, wrong, self._before is not None)

    def _show_rows(self, wanted: list[str]) -> None:
        found = {path for path, text in self._searched.items() if all(word in text for word in wanted)}
        found_instead = {self._group_of(path) for path in found if path not in self._rows}
        idle = {path for path, row in self._rows.items() if not matters(row.setting, self._recipe)}
        for name, group in self._groups.items():
            open_ = bool(wanted) or not group.is_folded()
            seen = {row.setting.path for row in group.rows if open_} & (found if wanted else found - idle)
            rows = [row for row in group.rows if row.setting.path in seen or row.message()]
            group.show_rows(rows, open_ and name in found_instead, bool(wanted))
            for row in group.rows:
                # What is wrong can be mended, whether it matters now or not.
                useless = row.setting.path in idle and not row.message()
                row.show_idle(self._why_idle(row.setting) if useless else "")
        self._nothing.setText(f"No setting has “{clipped(' '.join(wanted), 40)}”.")
        self._nothing.setVisible(not found)

    def _why_idle(self, setting: Setting) -> str:
        return idle_words(setting, self._settings[setting.needs[0]]) if setting.needs else ""

    def _told(self, path: str, old: Any, new: Any) -> str:
        setting = self._settings[path]
        return f"{setting.group}, {setting.title}: {said(setting, old)} → {said(setting, new)}"

    def _group_of(self, path: str) -> str:
        group = self._in_place.get(path.partition(".")[0])
        return group.name if group else self._settings[path].group

    def _search(self) -> None:
        self._show_rows(self._head.search.text().lower().split())
        self._area.verticalScrollBar().setValue(0)

    def _find(self) -> None:
        self._head.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._head.search.selectAll()

    def _leave_search(self) -> None:
        for row in self._rows.values():
            if row.isVisible() and row.field.widget.isEnabled():
                row.field.parts[0].setFocus(Qt.FocusReason.TabFocusReason)
                return

    def _fold(self) -> None:
        with self._still():
            self._show()
        self.folds_changed.emit()

    def _undo(self) -> None:
        if self._before is not None:
            self.set_recipe(self._before)
            self.edited.emit()

    @contextmanager
    def _still(self) -> Iterator[None]:
        """Keep what has the focus where it is on the screen while rows above it come and go."""
        focused = QApplication.focusWidget()
        focused = focused if focused is not None and self._body.isAncestorOf(focused) else None
        before = focused.mapTo(self._body, focused.rect().topLeft()).y() if focused else 0
        yield
        if focused is not None and focused.isVisible():
            self._column.activate()
            QApplication.sendEvent(self._body, QEvent(QEvent.Type.LayoutRequest))  # the area learns the new height
            moved = focused.mapTo(self._body, focused.rect().topLeft()).y() - before
            bar = self._area.verticalScrollBar()
            bar.setValue(bar.value() + moved)

    def _set_margins(self, with_bar: bool) -> None:
        self._column.setContentsMargins(_MARGIN, 4, _MARGIN - _BAR if with_bar else _MARGIN, _MARGIN)

    def _fit(self) -> None:
        for group in self._groups.values():
            group.fit()
        self._set_margins(self._area.verticalScrollBar().isVisible())
        self.setMinimumWidth(theme.px(FIELD_WIDTH + 118) + 44)
