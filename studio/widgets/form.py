"""The form of a recipe, made from the recipe's own declaration: groups, bounds, units, help, defaults."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QSizePolicy, QWidget

from core.errors import Error
from core.recipe import Recipe, Setting, change, flat, settings
from studio import theme
from studio.widgets import words
from studio.widgets.fields import Field, Toggle, field_for

FIELD_WIDTH, FIELD_HEIGHT = 132, 28  # px
_RESET = "Double click the title, or Ctrl+D in the field, for the default"


class RecipeForm(QScrollArea):
    """The settings of a recipe under the heads of their groups; `instead` names sections that show a widget instead of
    their settings, such as {"augment": a line that tells what they are}. What those hold is kept.

    `edited()` follows every change by the user. A value that the recipe refuses stays in its field with the reason
    below it; `value()` is then the last recipe that was right and `valid()` says no.
    """

    edited = Signal()

    def __init__(self, instead: Mapping[str, QWidget] | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recipe = Recipe()
        self._rows: dict[str, _Row] = {}
        self._body = QWidget()
        self._grid = QGridLayout(self._body)
        self._grid.setContentsMargins(16, 4, 16, 16)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(0, 1)
        self._build(settings(), instead or {})
        self.setWidget(self._body)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Recipe")
        theme.watch.changed.connect(self._fit)
        self._fit()
        self.set_recipe(self._recipe)

    def value(self) -> Recipe:
        """The recipe as edited, without what it refused."""
        return self._recipe

    def valid(self) -> bool:
        """Whether every field holds a value that the recipe takes."""
        return not any(row.message() for row in self._rows.values())

    def set_recipe(self, recipe: Recipe) -> None:
        """Show another recipe, without a signal."""
        self._recipe = recipe
        values = flat(recipe)
        for path, row in self._rows.items():
            row.field.set_value(values[path])
            row.show_state("")

    def reset(self, path: str) -> None:
        """Give a setting, such as "optim.batch_size", its default."""
        row = self._rows[path]
        row.field.set_value(row.setting.default)
        self._check(path)

    def message(self, path: str) -> str:
        """What is wrong with a setting; empty if nothing is."""
        return self._rows[path].message()

    def field(self, path: str) -> QWidget:
        """The control of a setting."""
        return self._rows[path].field.widget

    def _build(self, all_settings: Sequence[Setting], instead: Mapping[str, QWidget]) -> None:
        group, placed = "", set()
        for setting in all_settings:
            section = setting.path.partition(".")[0]
            if section in placed:
                continue
            if setting.group != group:
                group = setting.group
                self._add_head(group)
            if section in instead:
                placed.add(section)
                self._grid.addWidget(instead[section], self._grid.rowCount(), 0, 1, 2)
            else:
                self._add_row(_Row(setting))
        self._grid.setRowStretch(self._grid.rowCount(), 1)

    def _add_head(self, group: str) -> None:
        line = self._grid.rowCount()
        self._grid.setRowMinimumHeight(line, 12)
        self._grid.addWidget(words.head(group), line + 1, 0, 1, 2)

    def _add_row(self, row: "_Row") -> None:
        path, line = row.setting.path, self._grid.rowCount()
        row.field.edited.connect(lambda: self._check(path))
        row.field.reset.connect(lambda: self.reset(path))
        row.title.reset.connect(lambda: self.reset(path))
        self._rows[path] = row
        self._grid.addWidget(row.title, line, 0)
        aside = Qt.AlignmentFlag.AlignRight if isinstance(row.field, Toggle) else Qt.AlignmentFlag(0)
        self._grid.addWidget(row.field.widget, line, 1, aside)
        self._grid.addWidget(row.problem, line + 1, 0, 1, 2)

    def _check(self, path: str) -> None:
        """Take over what is typed if the recipe as a whole agrees; otherwise put each reason below its field."""
        typed = {p: row.field.value() for p, row in self._rows.items()}
        numbers = {p: v for p, v in typed.items() if v is not None}
        reasons = {p: "This is not a number." for p, v in typed.items() if v is None}
        try:
            recipe = change(self._recipe, numbers)
            if not reasons:
                self._recipe = recipe
        except Error as problem:
            alone = self._refused_alone(numbers)
            reasons |= alone or {path: self._in_words(problem)}
        for p, row in self._rows.items():
            row.show_state(reasons.get(p, ""))
        self.edited.emit()

    def _refused_alone(self, values: dict[str, object]) -> dict[str, str]:
        reasons, now = {}, flat(self._recipe)
        for path, value in values.items():
            if value == now[path]:
                continue
            try:
                change(Recipe(), {path: value})
            except Error as problem:
                reasons[path] = self._in_words(problem)
        return reasons

    def _in_words(self, problem: Error) -> str:
        """The reason alone, with the titles of settings instead of their paths."""
        reason = problem.title.removeprefix("recipe: ").split(": ")[-1]
        for setting in settings():
            if "." in setting.path:
                reason = reason.replace(setting.path, setting.title)
        return reason[:1].upper() + reason[1:]

    def _fit(self) -> None:
        for row in self._rows.values():
            if not isinstance(row.field, Toggle):
                row.field.widget.setFixedSize(theme.px(FIELD_WIDTH), theme.px(FIELD_HEIGHT))
        self.setMinimumWidth(theme.px(FIELD_WIDTH + 130) + 44)


class _Row:
    """The title, the field and the room for a reason of one setting."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.field: Field = field_for(setting)
        self.title = Title(setting)
        self.problem = words.muted()
        self.problem.setProperty("role", "bad")
        self.problem.hide()
        tip = f"{setting.help}{_bounds(setting)}\n{_RESET}: {self.field.shown(setting.default)}"
        for widget in (self.title, self.field.widget, *self.field.parts):
            widget.setToolTip(tip)
        self.field.widget.setAccessibleName(setting.title)

    def message(self) -> str:
        return self.problem.text()

    def show_state(self, reason: str) -> None:
        self.title.mark(self.field.value() != self.setting.default)
        self.problem.setText(reason)
        self.problem.setVisible(bool(reason))
        self.field.widget.setAccessibleDescription(reason or self.setting.help)
        for widget in self.field.parts:
            if bool(widget.property("invalid")) != bool(reason):
                widget.setProperty("invalid", bool(reason))
                widget.style().unpolish(widget)
                widget.style().polish(widget)


class Title(QLabel):
    """The words left of a field: bold with a dot when the value is not the default."""

    reset = Signal()

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting.title)
        self._words = setting.title
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setWordWrap(True)

    def mark(self, changed: bool) -> None:
        # A role and not a font: a font set before the style sheet is applied gets lost.
        if self.property("role") != (role := "changed" if changed else "plain"):
            theme.role(self, role)
        self.setText(f"{self._words} •" if changed else self._words)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset.emit()


def _bounds(setting: Setting) -> str:
    if setting.low is not None and setting.high is not None:
        return f" {setting.low:g} to {setting.high:g}{' ' + setting.unit if setting.unit else ''}."
    return f" At least {setting.low:g}." if setting.low is not None else ""
