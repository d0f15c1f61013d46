"""File names as people may read them: a name on disk is bytes, and not every byte can be shown."""

import os
from pathlib import Path


def shown(name: str | bytes | Path) -> str:
    """`name` as printable text: undecodable bytes and control characters become the replacement character."""
    text = os.fsencode(name).decode("utf-8", errors="replace")
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
