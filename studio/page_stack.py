"""The pages of the open project, one above the other: each is made once, in slices or at once."""

import logging

from PySide6.QtCore import QRect, QTimer
from PySide6.QtWidgets import QStackedWidget, QWidget

from studio import actions
from studio.ahead import Growth, grown
from studio.places import PLACES, Place
from studio.session import Session

_log = logging.getLogger(__name__)


class PageStack(QStackedWidget):
    """`pages` has those that are made, by the keys of their places."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.pages: dict[str, QWidget] = {}
        self._session = session
        self._growing: dict[str, Growth[None]] = {}  # the page that is made in part

    def show_place(self, place: Place) -> None:
        """Show the page of a place, which is made if it is its first time."""
        _log.info("place: %s", place.key)
        growth = self._growing.pop(place.key, None)
        if place.key not in self.pages:
            grown(growth or self._growth(place))
        page = self.pages[place.key]
        self.setCurrentWidget(page)
        QTimer.singleShot(0, self, lambda: self._activate(page))  # once it is painted

    def grow(self) -> bool:
        """Make a slice of a page that was not shown yet; False once there are all."""
        if not self._session.is_open:
            return True
        if not self._growing:
            place = next((place for place in PLACES if place.key not in self.pages), None)
            if place is None:
                return False
            self._growing[place.key] = self._growth(place)
        key, growth = self._growing.popitem()
        if not next(growth, True):
            self._growing[key] = growth
        return True

    def _growth(self, place: Place) -> Growth[None]:
        page = yield from place.make(self._session)
        yield
        actions.press(place.commands, page)
        yield
        self.pages[place.key] = page
        self.addWidget(page)
        yield
        page.resize(self.size())
        page.grab(QRect(0, 0, 1, 1))  # which lays it out

    def _activate(self, page: QWidget) -> None:
        if self.currentWidget() is page and self._session.is_open:
            page.activate()  # type: ignore[attr-defined]
