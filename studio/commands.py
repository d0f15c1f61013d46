"""What the palette lists: commands that can be used now, of the window and the page that is seen, and projects."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from core.project import views
from core.project.store import Store
from studio import actions, bookkeeping, handing, importing, moved, recent
from studio.actions import Command
from studio.places import PLACES
from studio.widgets.palette import Entry

GROUPS: tuple[tuple[str, tuple[Command, ...]], ...] = (
    (
        "Window",
        (*actions.WINDOW, *importing.COMMANDS, *bookkeeping.COMMANDS, *handing.COMMANDS, *moved.COMMANDS),
    ),
    ("Places", tuple(place.command for place in PLACES)),
    *((place.title, place.commands) for place in PLACES),
)
_GROUP_OF = {command.id: title for title, commands in GROUPS for command in commands}


def usable(window: QWidget) -> list[Entry]:
    """The commands that can be used now, those of the page first."""
    found = [action for action in window.findChildren(QAction) if _usable(action)]
    entries = [_entry(action) for action in found]
    order = {title: at for at, (title, _) in enumerate((*GROUPS[2:], *GROUPS[:2]))}
    return sorted(entries, key=lambda entry: order.get(entry.group, 0))


def projects(open_one: Callable[[Path], None], but: Path | None) -> Iterator[Entry]:
    """The projects that were open lately and are still there, without `but`, which is open."""
    for known in recent.load():
        if known.there and known.root != but:
            root = known.root
            yield Entry(f"Open {root.name}", "Projects", "", str(root), partial(open_one, root))


def saved_views(store: Store, show: Callable[[str], None]) -> Iterator[Entry]:
    """The views that the project keeps."""
    for view in views.saved(store):
        yield Entry(f"Show {view.name}", "Views", "", view.filter, partial(show, view.name))


def _usable(action: QAction) -> bool:
    owner = action.parent()
    seen = isinstance(owner, QWidget) and owner.isVisible()
    command = actions.of(action)
    return seen and action.isEnabled() and command is not None and command.id != "commands"


def _entry(action: QAction) -> Entry:
    command = actions.of(action)
    assert command is not None
    title = command.title.removesuffix("…")
    return Entry(title, _GROUP_OF.get(command.id, ""), command.shown_key, command.tooltip, action.trigger)
