"""Which keys the commands have: those of their tables, unless the user chose others, which window.ini remembers."""

from collections.abc import Iterable

from PySide6.QtGui import QKeySequence

from studio.settings import window_settings

_GROUP = "keys"
# Keys of widgets that no command may take: they move, choose and label wherever an image is.
TAKEN = (
    *("Esc", "Tab", "Backtab", "Return", "Enter", "Space", "Ctrl+A", "Home", "End", "PgUp", "PgDown"),
    *("Left", "Right", "Up", "Down", *"0123456789"),
)


def of(id: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    """The keys of the command with this id, in Qt's portable form; `usual` where the user chose none."""
    chosen = window_settings().value(f"{_GROUP}/{id}")
    return usual if chosen is None else tuple(str(chosen).split())


def choose(id: str, key: str) -> None:
    """Give a command this key, "" for none, from now on."""
    window_settings().setValue(f"{_GROUP}/{id}", key)


def give_back(ids: Iterable[str] | None = None) -> None:
    """Let commands have their usual keys again; all of them without `ids`."""
    settings = window_settings()
    for id in [_GROUP] if ids is None else [f"{_GROUP}/{id}" for id in ids]:
        settings.remove(id)


def is_chosen(id: str) -> bool:
    """Whether the user chose the key of this command."""
    return window_settings().contains(f"{_GROUP}/{id}")


def written(key: str) -> str:
    """A key as the platform writes it."""
    native = QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
    return native or key


def same(one: str, other: str) -> bool:
    """Whether two keys in portable form are one."""
    return bool(one) and QKeySequence(one) == QKeySequence(other)
