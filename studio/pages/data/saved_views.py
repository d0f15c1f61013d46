"""The saved views of a project in the menu of the grid: chosen, kept under a name, forgotten."""

from core.project import views
from core.project.views import View
from studio.pages.data.header import GridHeader
from studio.pages.data.labelling import Labelling
from studio.session import Session


class SavedViews:
    """A view is the filter of the session with the order and the groups of the header."""

    def __init__(self, session: Session, header: GridHeader, labelling: Labelling) -> None:
        self._session, self._header, self._labelling = session, header, labelling
        header.viewed.connect(self.choose)
        header.kept.connect(self._ask_to_keep)
        header.dropped.connect(self._drop)

    def show(self) -> None:
        """Offer what the project has."""
        self._header.set_views([view.name for view in views.saved(self._session.store)])

    def choose(self, name: str) -> None:
        """Show the images of a view."""
        view = next((view for view in views.saved(self._session.store) if view.name == name), None)
        if view is not None:  # else it was just forgotten
            self._header.arrange(view.sort, view.descending, view.group)
            self._session.set_filter(view.filter)

    def keep(self, name: str) -> None:
        """Keep what is shown as a view."""
        header = self._header
        view = View(name, self._session.filter_text, header.sort, header.descending, header.group)
        self._session.do(views.save, view)
        self.show()

    def _ask_to_keep(self) -> None:
        known = [view.name for view in views.saved(self._session.store)]
        self._labelling.ask("Save this view as", self.keep, known)

    def _drop(self, name: str) -> None:
        self._session.do(views.remove, name)
        self.show()
