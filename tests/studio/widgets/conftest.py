import pytest
from PySide6.QtWidgets import QApplication

from studio import theme


@pytest.fixture(autouse=True)
def _dark(qapp: QApplication) -> None:
    if theme.tokens() is not theme.DARK or theme.watch.text_scale != 1.0 or not qapp.styleSheet():
        theme.apply(qapp, "dark")
