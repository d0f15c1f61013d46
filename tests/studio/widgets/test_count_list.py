"""Names with numbers, painted."""

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio import theme
from studio.widgets.count_list import ROW, CountList


def test_it_is_as_tall_as_its_rows_and_says_them(qtbot: QtBot) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    theme.apply(application, "dark")
    rows = (("cat", 1200), ("a" * 90, 3), ("squares", -1))
    listed = CountList("3 classes", rows, "and 7 more")
    qtbot.addWidget(listed)
    listed.resize(160, listed.sizeHint().height())
    listed.show()
    assert listed.sizeHint().height() == 4 * theme.px(ROW)
    assert listed.accessibleDescription().startswith("cat 1,200, ")
    assert listed.accessibleDescription().endswith("squares and 7 more")
    image = listed.grab().toImage()
    background = image.pixelColor(0, 0)
    for row in range(4):
        pixels = [image.pixelColor(x, row * theme.px(ROW) + y) for x in range(160) for y in range(theme.px(ROW))]
        assert any(pixel != background for pixel in pixels), row
    number = [image.pixelColor(x, y) for x in range(120, 160) for y in range(theme.px(ROW))]
    assert any(pixel != background for pixel in number)
