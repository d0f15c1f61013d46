"""The form's search, folds, hidden settings, and the way back to the recipe it began with."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from core.recipe import Recipe, change, find, settings
from studio import theme
from studio.widgets.form import RecipeForm

WIDTH = 308  # px: the column of the Train page


@pytest.fixture
def form(qtbot: QtBot) -> RecipeForm:
    widget = RecipeForm({"augment": QLabel("Nothing"), "synth": QLabel("None")})
    qtbot.addWidget(widget)
    widget.resize(WIDTH, 900)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.fixture(autouse=True)
def _only_own_widgets(qapp: QApplication) -> None:
    # Forms of earlier tests would be styled again with each theme.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def seen(form: RecipeForm) -> list[str]:
    """The settings in sight, if scrolled to."""
    return [path for path, row in form._rows.items() if row.isVisible()]


def choose(form: RecipeForm, path: str, name: str) -> None:
    box = form.field(path)
    assert isinstance(box, QComboBox)
    box.setCurrentText(name)


def type_in(qtbot: QtBot, form: RecipeForm, path: str, text: str) -> None:
    field = form.field(path)
    assert isinstance(field, QLineEdit)
    field.selectAll()
    qtbot.keyClicks(field, text)


def head(form: RecipeForm, group: str) -> QAbstractButton:
    return next(b for b in form.findChildren(QAbstractButton) if b.text() == group)


def button(form: RecipeForm, name: str) -> QAbstractButton:
    wanted = (b for kind in (QPushButton, QToolButton) for b in form.findChildren(kind))
    return next(b for b in wanted if name in (b.text(), b.accessibleName()))


def said(form: RecipeForm) -> str:
    return form._head._words.text()


def search_line(form: RecipeForm) -> QLineEdit:
    return next(line for line in form.findChildren(QLineEdit) if line.accessibleName() == "Find a setting")


def tabbed(form: RecipeForm) -> Iterator[QWidget]:
    """What Tab goes through, from the search line round to it."""
    start = search_line(form)
    start.setFocus()
    yield start
    while form.focusNextChild() and form.focusWidget() is not start:
        yield form.focusWidget()


# --- what matters ---


def test_settings_come_when_the_choice_needs_them_and_keep_their_values(qtbot: QtBot, form: RecipeForm) -> None:
    assert "optim.momentum" not in seen(form)
    choose(form, "optim.method", "sgd")
    assert {"optim.momentum", "optim.nesterov"} <= set(seen(form))
    type_in(qtbot, form, "optim.momentum", "0.8")
    choose(form, "optim.method", "adamw")
    assert "optim.momentum" not in seen(form)
    assert form.value().optim.momentum == 0.8
    choose(form, "model.name", "resnet_blocks")
    assert {"model.expands", "model.base_channels", "model.batchnorm"} <= set(seen(form))


def test_what_comes_does_not_wait_for_another_field_to_be_right(qtbot: QtBot, form: RecipeForm) -> None:
    type_in(qtbot, form, "optim.learning_rate", "20")
    choose(form, "optim.method", "sgd")
    assert "optim.momentum" in seen(form)
    assert form.value().optim.method == "sgd"


def test_a_wrong_value_stays_in_sight_and_can_be_mended_where_it_does_not_matter(
    qtbot: QtBot, form: RecipeForm
) -> None:
    choose(form, "optim.method", "sgd")
    type_in(qtbot, form, "optim.momentum", "7")
    choose(form, "optim.method", "adamw")
    assert "optim.momentum" in seen(form)
    type_in(qtbot, form, "optim.momentum", "0.7")
    assert form.valid()
    assert "optim.momentum" not in seen(form)


def test_the_focus_stays_where_it_is_when_rows_come_above_it(qtbot: QtBot, form: RecipeForm) -> None:
    form.resize(WIDTH, 400)
    field = form.field("schedule.epochs")
    field.setFocus()
    form._area.ensureWidgetVisible(field)
    before = field.mapTo(form, QPoint(0, 0)).y()
    form.set_recipe(change(form.value(), {"optim.method": "sgd", "model.name": "resnet_blocks"}))
    assert field.hasFocus()
    assert field.mapTo(form, QPoint(0, 0)).y() == before


# --- search ---


def test_a_search_shows_what_has_all_its_words(form: RecipeForm) -> None:
    form.set_search("learning RATE")
    assert seen(form)[:2] == ["model.backbone_rate", "optim.learning_rate"]
    assert "model.dropout" not in seen(form)
    form.set_search("batch_size")
    assert seen(form) == ["optim.batch_size"]
    form.set_search("schedule")
    assert {path for path in seen(form) if path.startswith("schedule.")} == {
        s.path for s in settings() if s.path.startswith("schedule.")
    }
    form.set_search("")
    assert {"optim.batch_size", "model.dropout"} <= set(seen(form))


def test_a_search_finds_what_does_not_matter_now_and_says_why(form: RecipeForm) -> None:
    form.set_search("momentum")
    assert "optim.momentum" in seen(form)
    assert not form.field("optim.momentum").isEnabled()
    assert "Only with method sgd." in [label.text() for label in form.findChildren(QLabel) if label.isVisible()]
    form.set_search("")
    assert "optim.momentum" not in seen(form)


def test_a_search_finds_settings_that_are_chosen_elsewhere(form: RecipeForm) -> None:
    form.set_search("horizontal flip")
    assert seen(form) == []
    assert [label.text() for label in form.findChildren(QLabel) if label.isVisible() and label.text() == "Nothing"]


def test_a_search_for_nothing_says_so(form: RecipeForm) -> None:
    form.set_search("xyzzy")
    assert seen(form) == []
    assert "No setting has “xyzzy”." in [label.text() for label in form.findChildren(QLabel) if label.isVisible()]


def test_a_search_leaves_a_wrong_value_in_sight(qtbot: QtBot, form: RecipeForm) -> None:
    type_in(qtbot, form, "model.dropout", "7")
    form.set_search("epochs")
    assert "model.dropout" in seen(form)


def test_keys_of_the_search(qtbot: QtBot, form: RecipeForm) -> None:
    field, line = form.field("schedule.epochs"), search_line(form)
    form.activateWindow()
    field.setFocus()
    qtbot.keySequence(field, QKeySequence.StandardKey.Find)
    assert QApplication.focusWidget() is line
    qtbot.keyClicks(line, "clip")
    assert seen(form) == ["optim.clip"]
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is form.field("optim.clip")
    line.setFocus()
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert line.text() == ""
    assert len(seen(form)) > 20


# --- folds ---


def test_groups_fold_by_click_and_key_and_are_remembered(qtbot: QtBot, form: RecipeForm) -> None:
    optimizer = head(form, "Optimizer")
    with qtbot.waitSignal(form.folds_changed):
        optimizer.click()
    assert "optim.learning_rate" not in seen(form)
    head(form, "Data").setFocus()
    qtbot.keyClick(head(form, "Data"), Qt.Key.Key_Space)
    assert form.folded() == ["Data", "Optimizer"]
    assert optimizer.accessibleName() == "Optimizer, folded"
    with qtbot.assertNotEmitted(form.folds_changed):
        form.set_folded(["Model", "no such group"])
    assert form.folded() == ["Model"]
    assert "optim.learning_rate" in seen(form)
    assert "model.name" not in seen(form)


def test_a_folded_group_shows_what_is_wrong_in_it_and_says_how_many_are_changed(qtbot: QtBot, form: RecipeForm) -> None:
    type_in(qtbot, form, "schedule.warmup_epochs", "6")
    form.set_folded(["Schedule"])
    assert head(form, "Schedule").accessibleName() == "Schedule, folded, 1 changed"
    epochs = form.field("schedule.epochs")
    assert isinstance(epochs, QSpinBox)
    epochs.setValue(5)
    assert [path for path in seen(form) if path.startswith("schedule.")] == ["schedule.epochs"]
    assert form.message("schedule.epochs") == "Warm-up must not be more than Epochs."


def test_a_search_looks_into_folded_groups(form: RecipeForm) -> None:
    form.set_folded(["Optimizer"])
    form.set_search("clip")
    assert seen(form) == ["optim.clip"]
    form.set_search("")
    assert "optim.clip" not in seen(form)


# --- back to the recipe ---


def test_marks_and_resets_are_against_the_recipe_that_was_chosen(qtbot: QtBot, form: RecipeForm) -> None:
    base = find("mnist-lenet5")
    form.set_base(base)
    form.set_recipe(base)
    assert said(form) == "Nothing changed"
    assert button(form, "Reset").isHidden()
    type_in(qtbot, form, "optim.learning_rate", "0.5")
    title = form._rows["optim.learning_rate"].title
    assert title.text() == "Learning rate •"
    assert f"for {base.optim.learning_rate:g}" in title.toolTip()
    assert form._head._words.toolTip() == f"Optimizer, Learning rate: {base.optim.learning_rate:g} → 0.5"
    assert said(form) == "1 changed"
    qtbot.mouseDClick(title, Qt.MouseButton.LeftButton)
    assert form.value() == base


def test_a_group_goes_back_alone(qtbot: QtBot, form: RecipeForm) -> None:
    type_in(qtbot, form, "optim.learning_rate", "0.5")
    type_in(qtbot, form, "optim.clip", "wide")
    type_in(qtbot, form, "model.dropout", "0.5")
    assert said(form) == "2 changed, 1 not valid"
    with qtbot.waitSignal(form.edited):
        button(form, "Reset Optimizer").click()
    assert form.valid()
    assert form.value() == change(Recipe(), {"model.dropout": 0.5})
    assert said(form) == "1 changed"


def test_a_group_that_is_chosen_elsewhere_goes_back_too(qtbot: QtBot, form: RecipeForm) -> None:
    form.set_recipe(change(Recipe(), {"augment.crop.enabled": True, "model.dropout": 0.5}))
    assert said(form) == "2 changed"
    with qtbot.waitSignal(form.edited):
        button(form, "Reset Augmentation").click()
    assert form.value() == change(Recipe(), {"model.dropout": 0.5})


def test_all_goes_back_and_can_be_undone(qtbot: QtBot, form: RecipeForm) -> None:
    mine = change(Recipe(), {"model.dropout": 0.5, "synth.count": 10})
    form.set_recipe(mine)
    with qtbot.waitSignal(form.edited):
        button(form, "Reset").click()
    assert form.value() == Recipe()
    with qtbot.waitSignal(form.edited):
        button(form, "Undo").click()
    assert form.value() == mine
    assert button(form, "Undo").isHidden()
    button(form, "Reset").click()
    type_in(qtbot, form, "model.dropout", "0.4")
    assert button(form, "Undo").isHidden()  # it would take this back too


# --- keys and room ---


def test_tab_follows_the_rows_and_skips_what_is_hidden(qtbot: QtBot, form: RecipeForm) -> None:
    form.set_folded(["Data"])
    form.activateWindow()
    fields = {form.field(path): path for path in form._rows}
    reached = [fields[widget] for widget in tabbed(form) if widget in fields]
    assert reached == seen(form)


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_words_have_room_in_a_narrow_column(qtbot: QtBot, qapp: QApplication, form: RecipeForm, scale: float) -> None:
    theme.apply(qapp, "light", scale)
    form.resize(theme.px(WIDTH), 900)
    form.set_recipe(change(Recipe(), {"optim.method": "sgd", "model.name": "resnet_blocks"}))
    QApplication.processEvents()
    assert form.minimumSizeHint().width() <= theme.px(WIDTH)
    for row in form._rows.values():
        if row.isVisible():
            for label in (row.title, *row.findChildren(QLabel)):
                assert label.height() >= label.heightForWidth(label.width()) or not label.isVisible(), label.text()
            assert row.field.widget.mapTo(form, row.field.widget.rect().topRight()).x() < theme.px(WIDTH) - 12
            assert row.title.width() >= row.title.minimumSizeHint().width(), row.title.text()


def test_rows_keep_their_height_when_they_are_marked(qtbot: QtBot, form: RecipeForm) -> None:
    choose(form, "model.name", "resnet_blocks")
    QApplication.processEvents()
    row = form._rows["model.batchnorm"]
    before = row.height()
    form.field("model.batchnorm").click()
    QApplication.processEvents()
    assert row.title.text() == "Batch normalisation •"
    assert row.height() == before
