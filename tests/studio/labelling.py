"""A person labelling in the real window, for test_kill.py: says each label once the window shows it.

Run with a project folder and a seed; goes on until it is killed. A line "7 2" means that image 7 is shown as class 2.
"""

import random
import sys
from pathlib import Path

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio import theme
from studio.errors import ErrorDesk
from studio.pages.data.view import DataPage
from studio.session import Session
from studio.widgets.roles import TILE_ROLE
from studio.window import Window


def main() -> None:
    """Label at random until the end."""
    luck = random.Random(int(sys.argv[2]))
    app = QApplication([])
    theme.apply(app, "dark")
    window = Window(Session(), ErrorDesk())
    window.show()
    window.open(Path(sys.argv[1]))
    page = window.pages["data"]
    assert isinstance(page, DataPage)
    while not len(page.model.ids):
        app.processEvents()
    while True:
        row = luck.randrange(len(page.model.ids))
        id = int(page.model.ids[row])
        key = luck.choice("012")
        page.session.select([id])
        QTest.keyClick(page.grid, key)
        app.processEvents()
        shown = page.model.data(page.model.index(row), TILE_ROLE).badge
        sys.stdout.write(f"{id} {shown}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
