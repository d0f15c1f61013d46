"""With the real child process, which imports torch: a few seconds."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from core import recipe as recipes
from core.recipe import change
from studio.pages.augment.view import AugmentPage
from studio.session import Session


def test_the_samples_are_those_of_training_and_the_child_ends_with_the_page(
    qtbot: QtBot, session: Session, project: Path
) -> None:
    session.open(project)
    session.set_recipe(change(recipes.find("mnist-w-resnet18"), {"data.image_size": 32, "data.stored_size": 64}))
    page = AugmentPage(session)
    qtbot.addWidget(page)
    page.show()
    page.activate()
    qtbot.waitUntil(lambda: page.samples.badge.text() == "✓ Equal to training", timeout=60_000)
    assert page._sheet is not None
    assert f"All {len(page._sheet.tiles)} samples" in page.samples.badge.toolTip()
    assert page._checker is not None
    job = page._checker._job
    assert job is not None
    job.kill()
    qtbot.waitUntil(lambda: page.samples.badge.text() == "Not checked", timeout=10_000)
    assert "ended from outside" in page.samples.badge.toolTip()
    page.edit("augment.rotation.degrees", (-5, 5))
    qtbot.waitUntil(lambda: page.samples.badge.text() == "✓ Equal to training", timeout=60_000)
    job = page._checker._job
    assert job is not None
    page.release()
    assert job._thread.isFinished()  # it waits for the child's end
