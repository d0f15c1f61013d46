"""Fields of a form: what is typed, pasted, chosen or stepped, and what comes of it."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QSpinBox
from pytestqt.qtbot import QtBot

from core.recipe import Setting, settings
from studio import theme
from studio.widgets.fields import Choice, Number, Suggested, WholeNumber, field_for, said, stepped
from studio.widgets.form_row import FIELD_HEIGHT, FIELD_WIDTH, Row, idle_words

SETTINGS = {setting.path: setting for setting in settings()}
ARROW = 34  # px: what a combo box keeps for its arrow and its edges


@pytest.fixture(autouse=True)
def _only_own_widgets(qapp: QApplication) -> None:
    # Forms of earlier tests would be styled again with each theme.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def number_field(qtbot: QtBot, path: str) -> tuple[Number, QLineEdit]:
    field = Number(SETTINGS[path])
    qtbot.addWidget(field.widget)
    return field, field.widget


def whole_field(qtbot: QtBot, path: str) -> tuple[WholeNumber, QSpinBox, QLineEdit]:
    field = WholeNumber(SETTINGS[path])
    qtbot.addWidget(field.widget)
    field.widget.show()
    return field, field.widget, field.widget.lineEdit()


def paste(line: QLineEdit, text: str) -> None:
    QApplication.clipboard().setText(text)
    line.selectAll()
    line.paste()


@pytest.mark.parametrize(("text", "number"), [("0,001", 0.001), ("1e-4", 1e-4), (" 5e-3 ", 5e-3), ("fast", None)])
def test_a_pasted_number_is_understood_or_told(qtbot: QtBot, text: str, number: float | None) -> None:
    field, line = number_field(qtbot, "optim.learning_rate")
    with qtbot.waitSignal(field.edited):
        paste(line, text)
    assert field.value() == number


def test_what_is_understood_is_tidied_when_it_is_left(qtbot: QtBot) -> None:
    field, line = number_field(qtbot, "schedule.warmup_epochs")
    paste(line, "2,50 epochs")
    assert field.value() == 2.5
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert line.text() == "2.5"
    paste(line, "two")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert line.text() == "two"


def test_percent_are_understood_as_shares(qtbot: QtBot) -> None:
    field, line = number_field(qtbot, "model.dropout")
    paste(line, "25 %")
    assert field.value() == 0.25


def test_small_numbers_are_shown_so_that_they_can_be_read(qtbot: QtBot) -> None:
    field, line = number_field(qtbot, "optim.weight_decay")
    for value, text in ((1e-4, "0.0001"), (1e-5, "1e-5"), (0.078125, "0.078125"), (1 / 3, "0.3333333333333333")):
        field.set_value(value)
        assert line.text() == text
        assert field.value() == value


@pytest.mark.parametrize(
    ("value", "steps", "after"),
    [
        (0.001, 1, 0.0011),
        (0.001, -1, 0.00099),
        (0.001, 10, 0.002),
        (0.2, 1, 0.21),
        (0.99, 1, 1.0),
        (0.0, 1, 0.01),
        (0.0, -1, 0.0),
        (10.0, 10, 10.0),
        (-10.0, -1, -11.0),
        (-10.0, 1, -9.9),
        (0.234, 1, 0.24),
    ],
)
def test_a_step_is_small_beside_the_number(value: float, steps: int, after: float) -> None:
    assert stepped(value, steps, low=-11.0 if value < 0 else 0.0, high=10.0, typical=0.2) == after


def test_arrows_step_a_number(qtbot: QtBot) -> None:
    field, line = number_field(qtbot, "optim.learning_rate")
    field.set_value(0.001)
    with qtbot.waitSignal(field.edited):
        qtbot.keyClick(line, Qt.Key.Key_Up)
    assert line.text() == "0.0011"
    line.setText("fast")
    qtbot.keyClick(line, Qt.Key.Key_Up)
    assert line.text() == "fast"


@pytest.mark.parametrize(
    ("text", "number"),
    [("128", 128), ("128 images", 128), ("1,024", 1024), ("1 024", 1024), ("1.5", None), ("x", None)],
)
def test_a_pasted_whole_number_is_understood_or_told(qtbot: QtBot, text: str, number: int | None) -> None:
    field, _, line = whole_field(qtbot, "optim.batch_size")
    with qtbot.waitSignal(field.edited):
        paste(line, text)
    assert field.value() == number


def test_a_whole_number_is_kept_when_it_is_right_and_else_the_last_one_is_back(qtbot: QtBot) -> None:
    field, box, line = whole_field(qtbot, "optim.batch_size")
    field.set_value(64)
    paste(line, "1 024 images")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert (box.value(), box.text(), field.value()) == (1024, "1,024 images", 1024)
    paste(line, "99999")
    assert field.value() == 99999  # for the recipe to say what is wrong
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert field.value() == 1024
    paste(line, "many")
    field.set_value(1024)
    assert box.text() == "1,024 images"


def test_a_network_is_chosen_or_typed(qtbot: QtBot) -> None:
    field = field_for(SETTINGS["model.name"])
    box = field.widget
    qtbot.addWidget(box)
    assert isinstance(field, Suggested)
    assert isinstance(box, QComboBox)
    assert [box.itemText(n) for n in range(box.count())] == list(SETTINGS["model.name"].suggested)
    box.setCurrentIndex(3)
    assert field.value() == "resnet18"
    with qtbot.waitSignal(field.edited):
        box.lineEdit().selectAll()
        qtbot.keyClicks(box, "timm:convnext_atto")
    assert field.value() == "timm:convnext_atto"
    assert box.count() == len(SETTINGS["model.name"].suggested)  # typing adds none
    completer = box.completer()
    completer.setCompletionPrefix("MOBILE")
    assert completer.currentCompletion() == "torchvision:mobilenet_v3_small"
    with qtbot.assertNotEmitted(field.edited):
        field.set_value("torchvision:" + 70 * "x")
    assert box.lineEdit().cursorPosition() == 0


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_every_choice_has_room(qtbot: QtBot, qapp: QApplication, scale: float) -> None:
    theme.apply(qapp, "dark", scale)
    for setting in SETTINGS.values():
        row = Row(setting)
        qtbot.addWidget(row)
        row.show()
        width = theme.px(FIELD_WIDTH if setting.choices else 308 - 32)
        for word in (*(said(setting, choice) for choice in setting.choices), *setting.suggested):
            metrics = QFontMetrics(row.field.widget.font())
            assert metrics.horizontalAdvance(word) <= width - ARROW, (setting.path, word)
        assert row.field.widget.height() <= theme.px(FIELD_HEIGHT)
        if setting.choices:
            assert row.field.widget.width() == theme.px(FIELD_WIDTH)


def test_choices_are_words_and_keep_their_names(qtbot: QtBot) -> None:
    field = Choice(SETTINGS["schedule.metric"])
    qtbot.addWidget(field.widget)
    field.set_value("worst_source")
    assert field.widget.currentText() == "worst source"
    assert field.value() == "worst_source"


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("compute.compile", True, "on"),
        ("synth.count", 9000, "9,000"),
        ("augment.rotation.degrees", (-10.0, 12.5), "-10 to 12.5"),
        ("schedule.shape", "one_cycle", "one cycle"),
        ("data.where", "", "empty"),
        ("data.where", "source:a_b", "source:a_b"),
        ("optim.learning_rate", 1e-5, "1e-5"),
    ],
)
def test_values_in_words(path: str, value: object, text: str) -> None:
    assert said(SETTINGS[path], value) == text


def test_why_a_setting_does_nothing() -> None:
    def why(path: str) -> str:
        setting: Setting = SETTINGS[path]
        assert setting.needs is not None
        return idle_words(setting, SETTINGS[setting.needs[0]])

    assert why("optim.momentum") == "Only with method sgd."
    assert why("schedule.rise") == "Only with shape one cycle."
    assert why("model.batchnorm") == "Only with network lenet_rgb or resnet_blocks."
    assert why("schedule.warmup_epochs") == "Only with shape cosine, constant, step or exponential."
