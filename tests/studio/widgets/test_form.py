"""The recipe form: every setting has its field, the recipe decides what is right."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFont, QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QSpinBox
from pytestqt.qtbot import QtBot

from core.recipe import Recipe, change, settings
from studio.widgets.form import RecipeForm
from studio.widgets.switch import Switch


@pytest.fixture
def form(qtbot: QtBot) -> RecipeForm:
    widget = RecipeForm()
    qtbot.addWidget(widget)
    widget.resize(320, 900)
    widget.show()
    return widget


@pytest.fixture(autouse=True)
def _only_own_widgets(qapp: QApplication) -> None:
    # Forms of earlier tests would be styled again with each theme.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def type_in(qtbot: QtBot, form: RecipeForm, path: str, text: str) -> None:
    field = form.field(path)
    assert isinstance(field, QLineEdit)
    field.selectAll()
    qtbot.keyClicks(field, text)


def test_every_setting_has_a_named_field_with_a_tooltip(form: RecipeForm) -> None:
    for setting in settings():
        field = form.field(setting.path)
        assert field.accessibleName() == setting.title
        assert setting.help in field.toolTip()
    assert form.value() == Recipe()


def test_shown_and_read_back_equal(form: RecipeForm) -> None:
    recipe = change(Recipe(), {"optim.learning_rate": 2e-5, "model.name": "resnet18", "synth.count": 9000, "seed": 7})
    form.set_recipe(recipe)
    assert form.value() == recipe
    field = form.field("optim.learning_rate")
    assert isinstance(field, QLineEdit)
    assert field.text() == "2e-5"
    count = form.field("synth.count")
    assert isinstance(count, QSpinBox)
    assert count.text() == "9,000 images"


def test_typing_changes_the_recipe_and_marks_the_title(qtbot: QtBot, form: RecipeForm) -> None:
    with qtbot.waitSignal(form.edited):
        type_in(qtbot, form, "optim.learning_rate", "5e-4")
    assert form.value().optim.learning_rate == 5e-4
    title = form._rows["optim.learning_rate"].title
    assert title.text() == "Learning rate •"
    assert title.font().weight() == QFont.Weight.DemiBold


def test_whole_numbers_and_choices(qtbot: QtBot, form: RecipeForm) -> None:
    epochs, network = form.field("schedule.epochs"), form.field("model.name")
    assert isinstance(epochs, QSpinBox)
    assert isinstance(network, QComboBox)
    epochs.setValue(20_000)
    network.setCurrentText("lenet5")
    assert form.value().schedule.epochs == 10_000  # the bound of the recipe
    assert form.value().model.name == "lenet5"


def test_a_refused_value_keeps_its_text_and_says_why(qtbot: QtBot, form: RecipeForm) -> None:
    type_in(qtbot, form, "optim.learning_rate", "20")
    assert not form.valid()
    assert form.message("optim.learning_rate") == "Input should be less than or equal to 10."
    assert form.value().optim.learning_rate == 2  # right until the second digit
    type_in(qtbot, form, "model.dropout", "0.5")  # another field does not hide the reason, and is no reason itself
    assert form.message("optim.learning_rate")
    assert form.message("model.dropout") == ""
    type_in(qtbot, form, "optim.learning_rate", "0.01")
    assert form.valid()
    assert (form.value().optim.learning_rate, form.value().model.dropout) == (0.01, 0.5)


def test_no_number_is_told(qtbot: QtBot, form: RecipeForm) -> None:
    type_in(qtbot, form, "augment.affine.shift", "1e")
    assert form.message("augment.affine.shift") == "This is not a number."
    type_in(qtbot, form, "augment.affine.shift", "1e-1")
    assert form.value().augment.affine.shift == 0.1


def test_settings_that_do_not_fit_together_are_told_by_their_titles(qtbot: QtBot, form: RecipeForm) -> None:
    type_in(qtbot, form, "schedule.warmup_epochs", "13")
    assert form.message("schedule.warmup_epochs") == "Warm-up must not be more than Epochs."
    type_in(qtbot, form, "schedule.warmup_epochs", "2")
    assert form.valid()


def test_two_sizes_that_do_not_fit_are_told_by_their_titles(qtbot: QtBot, form: RecipeForm) -> None:
    stored = form.field("data.stored_size")
    assert isinstance(stored, QSpinBox)
    stored.setValue(32)
    assert form.message("data.stored_size") == "The stored size should be 0, or at least the image size of 64 px."
    stored.setValue(64)
    size = form.field("data.image_size")
    assert isinstance(size, QSpinBox)
    size.setValue(96)
    assert form.message("data.image_size") == "The stored size should be 0, or at least the image size of 96 px."


def test_a_range_has_a_line_for_each_end(qtbot: QtBot, form: RecipeForm) -> None:
    low, high = form.field("augment.rotation.degrees").findChildren(QLineEdit)
    assert (low.text(), high.text()) == ("-10", "10")
    assert (low.accessibleName(), high.accessibleName()) == ("Angle, from", "Angle, to")
    low.selectAll()
    qtbot.keyClicks(low, "20")
    assert form.message("augment.rotation.degrees") == "The first number should not be above the second."
    assert high.property("invalid")
    high.selectAll()
    qtbot.keyClicks(high, "30")
    assert form.valid()
    assert form.value().augment.rotation.degrees == (20, 30)
    high.clear()
    form._check("augment.rotation.degrees")
    assert form.message("augment.rotation.degrees") == "This is not a number."
    qtbot.keyClick(high, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert form.value() == Recipe()


def test_yes_or_no_is_a_switch(qtbot: QtBot, form: RecipeForm) -> None:
    switch = form.field("augment.crop.enabled")
    assert isinstance(switch, Switch)
    with qtbot.waitSignal(form.edited):
        switch.click()
    assert form.value().augment.crop.enabled
    assert form._rows["augment.crop.enabled"].title.text() == "On •"


def test_a_section_can_be_shown_as_one_widget_and_is_kept(qtbot: QtBot) -> None:
    line = QLabel("Nothing")
    form = RecipeForm({"augment": line})
    qtbot.addWidget(form)
    recipe = change(Recipe(), {"augment.rotation.enabled": False})
    form.set_recipe(recipe)
    assert form.isAncestorOf(line)
    assert {path for path in form._rows if path.startswith("augment.")} == set()
    type_in(qtbot, form, "model.dropout", "0.5")
    assert form.value() == change(recipe, {"model.dropout": 0.5})


def test_double_click_on_the_title_and_the_key_bring_the_default_back(qtbot: QtBot, form: RecipeForm) -> None:
    type_in(qtbot, form, "model.dropout", "0.5")
    qtbot.mouseDClick(form._rows["model.dropout"].title, Qt.MouseButton.LeftButton)
    assert form.value() == Recipe()
    type_in(qtbot, form, "model.dropout", "0.6")
    qtbot.keyClick(form.field("model.dropout"), Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert form.value() == Recipe()
    assert form._rows["model.dropout"].title.text() == "Dropout"


def test_a_wheel_over_a_field_scrolls_instead_of_changing_it(form: RecipeForm) -> None:
    epochs = form.field("schedule.epochs")
    event = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    epochs.clearFocus()
    QApplication.sendEvent(epochs, event)
    assert form.value().schedule.epochs == 12
