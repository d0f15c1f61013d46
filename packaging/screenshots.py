"""`make screenshots`: pictures of the real program on the real photos, one a page, into docs/screenshots.

Takes the project `projects/wild-digits`, which the README's tour makes, and makes it first where it is absent. Needs a
display or Xvfb; without both it draws offscreen.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PHOTOS = ROOT.parent / "shared" / "data" / "wild-digits" / "wild-digits.zip"
PROJECT = ROOT / "projects" / "wild-digits"
SHOTS = ROOT / "docs" / "screenshots"
SIZE = 1440, 900
STAGE = (
    Path(tempfile.gettempdir()) / "wildset-screenshots"
)  # a copy of the project here: paths are seen in the pictures


def main() -> int:
    if "--draw" in sys.argv:
        draw()
        return 0
    prepare()
    shutil.rmtree(STAGE, ignore_errors=True)
    shutil.copytree(PROJECT, STAGE / PROJECT.name)
    SHOTS.mkdir(parents=True, exist_ok=True)
    for theme in ("dark", "light"):
        command = [*_display(), sys.executable, __file__, "--draw", theme]
        subprocess.run(command, check=True, cwd=ROOT, env=_surroundings())
    shutil.rmtree(STAGE)
    return 0


def prepare() -> None:
    """The project with photos, a split and a trained, evaluated run."""
    core = [sys.executable, "-m", "core"]
    if not (PROJECT / "project.db").is_file():
        if not PHOTOS.is_file():
            sys.exit(f"The photos are absent: {PHOTOS}. Import photos of yours as projects/wild-digits instead.")
        subprocess.run([*core, "import", str(PHOTOS), "-p", str(PROJECT)], check=True, cwd=ROOT)
        subprocess.run([*core, "split", "-p", str(PROJECT)], check=True, cwd=ROOT)
    if not list(PROJECT.glob("runs/*/predictions.npz")):
        subprocess.run([*core, "train", "-p", str(PROJECT), "--recipe", "wild-digits"], check=True, cwd=ROOT)


def draw() -> None:
    """Open the window in this process and photograph its pages."""
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    from studio import recent, theme
    from studio.errors import ErrorDesk
    from studio.session import Session
    from studio.window import Window

    choice = sys.argv[sys.argv.index("--draw") + 1]
    app = QApplication([])
    theme.apply(app, choice)  # type: ignore[arg-type]
    recent.remember(STAGE / PROJECT.name)
    window = Window(Session(), ErrorDesk())
    window.resize(*SIZE)
    window.show()

    def wait(milliseconds: int) -> None:
        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()

    def shoot(name: str) -> None:
        file = SHOTS / (f"{name}.png" if choice == "dark" else f"{name}-light.png")
        window.grab().save(str(file))
        print(file.relative_to(ROOT))

    wait(500)
    shoot("welcome")
    window.open(STAGE / PROJECT.name)
    wait(3000)
    tour(window, wait, shoot)
    window.close()


def tour(window, wait: Callable[[int], None], shoot: Callable[[str], None]) -> None:  # type: ignore[no-untyped-def]
    """Each page with something to see on it."""
    from core.project import query

    session, wanted = window.session, "split:val conf>0.56 source:sign,meter,jersey,hands"
    window.go("data")  # a project opens at the place where it was left
    session.set_filter(wanted)
    window.pages["data"].header.arrange("confidence", False, "")
    wait(3000)
    shown = query.ids(session.store, query.parse(wanted), "confidence")
    session.select([int(id) for id in shown[[9, 10, 19, 20]]])
    wait(800)
    shoot("data")
    augmented(window, wait)
    shoot("augment")
    for place, milliseconds in (("synthesize", 3000), ("train", 9000), ("review", 3000), ("export", 1500)):
        window.go(place)
        wait(milliseconds)
        shoot(place)


def augmented(window, wait: Callable[[int], None]) -> None:  # type: ignore[no-untyped-def]
    """The Augment page with the strong augmentation of the write-up, judged by the run, one curve measured."""
    from core import recipe as recipes

    session = window.session
    strong = session.recipe.model_copy(update={"augment": recipes.find("mnist-w-resnet18").augment})
    session.set_recipe(recipes.change(strong, {"synth.count": 2000, "synth.ink": "contrast"}))
    window.go("augment")
    wait(4000)
    page = window.pages["augment"]
    models = page.findings.models
    models.setCurrentIndex(models.count() - 1)
    models.activated.emit(models.currentIndex())
    wait(8000)
    page.findings.measure.click()
    wait(20000)


def _surroundings() -> dict[str, str]:
    """The user's own settings stay as they are; Qt draws offscreen where there is no display to be had."""
    more = {"WILDSET_CONFIG": str(STAGE / "settings")}
    if not _display() and not os.environ.get("DISPLAY"):
        more["QT_QPA_PLATFORM"] = "offscreen"
    return os.environ | more


def _display() -> list[str]:
    """A virtual screen that always has the same size and dots, where Xvfb is installed."""
    found = shutil.which("xvfb-run")
    return [found, "-a", "-s", "-screen 0 1600x1000x24"] if found else []


if __name__ == "__main__":
    sys.exit(main())
