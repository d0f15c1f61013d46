import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QPushButton, QRadioButton, QWidget
from pytestqt.qtbot import QtBot

from core.cli import splitting
from core.errors import Error
from core.project import edits, plan, records, split
from core.project.certificate import certify
from core.project.plan import SplitPlan
from core.project.split import SplitHealth
from studio.pages.data import split_dialog
from studio.pages.data.certificate_dialog import CertificateDialog
from studio.pages.data.split_dialog import SplitDialog
from studio.pages.data.split_state import Choices, Line, arguments, choices, preview
from studio.session import Session

Settle = Callable[[Session], None]
Opened = Callable[[], SplitDialog]


@pytest.fixture
def opened(session: Session, project: Path, qtbot: QtBot, settled: Settle) -> Opened:
    """Opens the dialog on the project of 30 pictures: three classes, ten groups, two sources."""
    session.open(project)
    settled(session)
    window = QWidget()
    qtbot.addWidget(window)
    window.show()

    def ask() -> SplitDialog:
        dialog = SplitDialog(session, window)
        dialog.open()
        answered(dialog, qtbot)
        return dialog

    return ask


def answered(dialog: SplitDialog, qtbot: QtBot) -> list[str]:
    """What the dialog says once it has counted."""
    qtbot.waitUntil(lambda: dialog.lines.texts() != ["Counting…"], timeout=5000)
    return dialog.lines.texts()


def then(dialog: SplitDialog) -> list[str]:
    return [row[2] for row in dialog.table.texts()]


def test_what_would_come_of_a_plan_is_shown_before_it_is_done(
    opened: Opened, session: Session, qtbot: QtBot, settled: Settle
) -> None:
    dialog = opened()
    assert [row[1] for row in dialog.table.texts()] == ["0", "0", "0", "30"]
    assert then(dialog) == ["24", "6", "0", "0"]
    dialog.form.val.setValue(30)
    dialog.form.test.setValue(20)
    assert answered(dialog, qtbot)[0] == "✓ 10 groups of images that stay together: none is torn."
    assert then(dialog) == ["15", "9", "6", "0"]
    assert records.counts(session.store).splits[""] == 30
    with qtbot.waitSignal(session.changed):
        QTest.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    assert records.counts(session.store).splits == {"train": 15, "val": 9, "test": 6, "": 0}
    session.undo()
    assert records.counts(session.store).splits[""] == 30


def test_enter_at_once_waits_for_the_answer_and_escape_changes_nothing(
    opened: Opened, session: Session, qtbot: QtBot
) -> None:
    dialog = opened()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    dialog = opened()
    dialog.form.seed.setValue(5)
    with qtbot.waitSignal(session.changed):
        QTest.keyClick(dialog.form.seed, Qt.Key.Key_Return)
    assert plan.current(session.store) == SplitPlan(seed=5)


def test_folds_and_sources_have_controls_of_their_own(opened: Opened, session: Session, qtbot: QtBot) -> None:
    dialog = opened()
    form = dialog.form
    form.modes["folds"].setChecked(True)
    form.folds.setValue(3)
    form.fold.setValue(9)  # more than there are
    assert (form.fold.value(), form.val.isVisible(), form.folds.isVisible()) == (3, False, True)
    assert dialog.choices().plan == SplitPlan(folds=3, fold=3, lock_test=False)
    form.modes["sources"].setChecked(True)
    assert answered(dialog, qtbot) == ["! No source is held out.", "Choose one or more."]
    assert not dialog.go.isEnabled()
    form.sources["meter"].setChecked(True)
    answered(dialog, qtbot)
    assert (then(dialog), dialog.go.isEnabled()) == (["15", "15", "0", "0"], True)
    form.held_as.setCurrentIndex(1)
    assert form.val.isVisible()
    assert not form.test.isVisible()
    dialog.reject()


def test_what_prevents_a_split_is_said_with_its_groups(opened: Opened, session: Session, qtbot: QtBot) -> None:
    session.do(edits.reject, [image for image in range(1, 31) if image % 10 != 1])  # one group is left
    dialog = opened()
    title, remedy = answered(dialog, qtbot)
    assert title == "! No leak-free split exists: the images form only 1 group, too few to divide."
    assert "group g0 of sign (3 images of 0, 1, 2)" in remedy
    assert not dialog.go.isEnabled()
    dialog.reject()


def test_a_locked_test_set_is_left_alone_until_it_is_unlocked(opened: Opened, session: Session, qtbot: QtBot) -> None:
    session.do(split.assign, SplitPlan(test=0.2, lock_test=True))
    dialog = opened()
    assert (dialog.form.lock.isChecked(), dialog.form.test.isEnabled()) == (True, False)
    assert then(dialog)[2] == "6"
    dialog.form.lock.setChecked(False)
    assert dialog.form.test.isEnabled()
    dialog.form.test.setValue(40)
    answered(dialog, qtbot)
    with qtbot.waitSignal(session.changed):
        dialog.go.click()
    assert not plan.test_is_locked(session.store)
    assert records.counts(session.store).splits["test"] == 12


def test_it_begins_with_the_last_plan(opened: Opened, session: Session) -> None:
    last = SplitPlan(val=0.3, group_by="folder", hold_out=("sign",), seed=4)
    session.do(split.assign, SplitPlan(group_by="none", hold_out=("sign",), seed=4))
    dialog = opened()
    assert dialog.choices() == Choices(mode="sources", group_by="none", sources=("sign",), seed=4)
    dialog.reject()
    assert choices(last, False, {"meter": 1}) == Choices(mode="shares", val=30, group_by="folder", seed=4)


def test_every_control_has_a_tooltip_and_a_name_and_is_reached_by_tab(opened: Opened) -> None:
    dialog = opened()
    dialog.form.modes["sources"].setChecked(True)
    controls = [
        control
        for kind in (QAbstractSpinBox, QComboBox, QPushButton, QRadioButton)
        for control in dialog.findChildren(kind)
        if control.isVisible()
    ]
    for control in controls:
        assert control.toolTip()
        assert control.accessibleName() or control.property("text")
    seen = []
    for _ in range(20):
        seen.append(QApplication.focusWidget())
        QTest.keyClick(dialog, Qt.Key.Key_Tab)
    reached = {widget for widget in seen if widget is not None}
    assert {dialog.form.group_by, dialog.form.held_as, dialog.form.seed, dialog.form.lock, dialog.go} <= reached
    assert set(dialog.form.sources.values()) <= reached
    dialog.reject()


def test_a_preview_says_why_there_is_none() -> None:
    shown = preview(SplitHealth(1, 2, 3, 4, 0), Error("It cannot be.", "Do this."))
    assert (shown.can, shown.lines) == (False, (Line("It cannot be.", "bad"), Line("Do this.", "muted")))
    assert [row[1:] for row in shown.rows] == [(number, "", "") for number in "1234"]


def test_the_certificate_names_what_leaks_and_can_be_copied(opened: Opened, session: Session, qtbot: QtBot) -> None:
    session.do(edits.set_split, {1: "train", 11: "val", 2: "train"})
    dialog = CertificateDialog(certify(session.store), "The project", None)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.verdict.text().startswith("Leak: 1 group in more than one split.")
    (copy,) = (button for button in dialog.findChildren(QPushButton) if button.text() == "Copy")
    copy.click()
    assert QApplication.clipboard().text() == dialog.text
    assert "group g0 of sign" in dialog.text


def test_many_images_are_split_by_a_child_process(
    opened: Opened, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(split_dialog, "HERE", 10)
    dialog = opened()
    dialog.form.modes["sources"].setChecked(True)
    dialog.form.sources["meter"].setChecked(True)
    answered(dialog, qtbot)
    with qtbot.waitSignal(session.changed, timeout=20_000):
        dialog.go.click()
        assert session.lent
    assert session.writable
    assert records.counts(session.store).splits == {"train": 15, "val": 15, "test": 0, "": 0}
    assert plan.current(session.store) == SplitPlan(hold_out=("meter",))


@pytest.mark.parametrize(
    "wanted",
    [
        SplitPlan(val=0.33, test=0.1, lock_test=True, seed=3),
        SplitPlan(folds=5, fold=2, group_by="none"),
        SplitPlan(val=0.25, hold_out=("--odd name", "meter"), held_as="test", group_by="any"),
    ],
)
def test_a_plan_is_said_as_the_command_line_takes_it(wanted: SplitPlan) -> None:
    parsed = splitting.split_.make_context("split", arguments(wanted))
    given = {field.name: parsed.params[field.name] for field in dataclasses.fields(SplitPlan)}
    assert SplitPlan(**given) == wanted
