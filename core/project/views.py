"""Saved views: a filter with its order and grouping under a name."""

from dataclasses import dataclass

from core.errors import Error
from core.project.store import Store


@dataclass(frozen=True)
class View:
    """`filter` as text, `sort` one of order.SORTS, `group` one of listing.GROUPS or empty."""

    name: str
    filter: str
    sort: str = "name"
    descending: bool = False
    group: str = ""


def saved(store: Store) -> list[View]:
    """All views by name."""
    rows = store.read('SELECT name, filter, sort, descending, "group" FROM view ORDER BY name')
    return [View(name, filter, sort, bool(descending), group) for name, filter, sort, descending, group in rows]


def named(store: Store, name: str) -> View:
    """The view of this name; `Error` when there is none."""
    for view in saved(store):
        if view.name == name:
            return view
    raise _unknown(name)


def save(store: Store, view: View) -> None:
    """Keep a view; one of the same name is replaced. Raises `Error` for an empty name."""
    if not view.name.strip():
        raise Error("A view needs a name.", "Such as: wrong digits of the meters.")
    row = (view.name.strip(), view.filter, view.sort, int(view.descending), view.group)
    with store.transaction() as db:
        db.execute('INSERT OR REPLACE INTO view (name, filter, sort, descending, "group") VALUES (?, ?, ?, ?, ?)', row)


def remove(store: Store, name: str) -> None:
    """Forget a view. Raises `Error` when there is none of this name."""
    with store.transaction() as db:
        if not db.execute("DELETE FROM view WHERE name = ?", (name,)).rowcount:
            raise _unknown(name)


def _unknown(name: str) -> Error:
    return Error(f"There is no view {name}.", "`core list --fields` shows those that there are.")
