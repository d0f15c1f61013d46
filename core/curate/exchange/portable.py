"""Names for files and folders that every system takes, each given once."""

import os
import unicodedata

_REFUSED = set('<>:"/\\|?*\N{REPLACEMENT CHARACTER}')
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
_MOST_BYTES = 200


class Names:
    """Hands out names that differ, also on systems where "A" and "a" are one."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def give(self, wanted: str, within: str = "") -> str:
        """`wanted` as a portable name that nothing in the folder `within` has yet: with -2, -3 … before its suffix."""
        name = portable(wanted)
        stem, suffix = os.path.splitext(name)
        key = _key(within, name)
        number = self._next.get(key, 1)
        while _key(within, name) in self._taken:
            number += 1
            name = f"{stem}-{number}{suffix}"
        self._next[key] = number
        self._taken.add(_key(within, name))
        return name


def portable(name: str) -> str:
    """`name` with "_" for what some system refuses in a name: signs, a dot in front, a dot or space at the end."""
    plain = unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "replace"))
    plain = "".join("_" if sign in _REFUSED or not sign.isprintable() else sign for sign in plain)
    stem, suffix = os.path.splitext(plain)
    while len((stem + suffix).encode()) > _MOST_BYTES:
        stem, suffix = (stem[:-1], suffix) if stem else ("", suffix[:-1])
    plain = stem + suffix
    if plain.startswith("."):
        plain = "_" + plain[1:]
    if plain.endswith((".", " ")):
        plain = plain[:-1] + "_"
    return f"_{plain}" if not plain or plain.partition(".")[0].rstrip().lower() in _DEVICES else plain


def _key(within: str, name: str) -> str:
    return f"{within}/{name}".casefold()
