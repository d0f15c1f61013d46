"""What a file of labels says of one image, read from cells or JSON values whoever wrote them."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from core.importers.rows import ROLES
from core.importers.walk import is_picture

PEOPLE = ("hand", "bulk")  # who outweighs a model and an import
_GIVEN_BY = (*PEOPLE, "model")
LABELS = (*ROLES["label"], "choice")  # the last is Label Studio's
NAMES = (*ROLES["file"], "name")
_TRUE, _FALSE = ("true", "1", "yes"), ("false", "0", "no", "")
_MOST_SHOWN = 40
_UPLOADED = re.compile(r"[0-9a-f]{8}-")  # what Label Studio puts before the names of uploaded files


@dataclass(frozen=True, slots=True)
class Said:
    """One row. `where` names it for people; `names` are those of the image, "/"-separated, the likeliest first.

    What is not said is None or empty. Where there is a `problem`, a clause in words, nothing else counts.
    """

    where: str
    names: tuple[str, ...] = ()
    content_hash: bytes | None = None
    label: str | None = None
    by: str | None = None
    tags: tuple[str, ...] = ()
    note: str | None = None
    rejected: bool = False
    problem: str = ""


class Unusable(Exception):
    """A row that cannot be taken; the reason is a clause."""


def read_row(where: str, cells: Mapping[str, Any], names: Sequence[str] = ()) -> Said:
    """The row of these cells, whose names are in small letters; the image may have further `names`."""
    try:
        called = [text(cells[key], key) for key in NAMES if key in cells]
        names = tuple(dict.fromkeys(name for each in (*called, *names) for name in _spellings(each)))
        content = _content_hash(cells)
        if not names and content is None:
            raise Unusable("it names no image")
        label = next((label for key in LABELS if key in cells and (label := text(cells[key], key))), None)
        by = text(cells.get("labelled_by"), "labelled_by")
        return Said(
            *(where, names, content, label),
            by=by if label and by in _GIVEN_BY else None,
            tags=_tags(cells.get("tags")),
            note=text(cells.get("note"), "note"),
            rejected=_flag(cells.get("rejected")),
        )
    except Unusable as problem:
        return Said(where, problem=str(problem))


def text(value: Any, name: str) -> str | None:
    """A cell as text without space around it; None where it is empty. Raises `Unusable` for lists and objects."""
    if value is None or value == "" or value != value:  # the last is "not a number", for which JSON has no sign
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return sound(str(value)).strip() or None
    raise Unusable(f"its {name} is no text")


def sound(words: str) -> str:
    """Text that can be stored: JSON may spell halves of signs."""
    return words.encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")


def url_names(value: object) -> tuple[str, ...]:
    """How a URL or a path names an image, the likeliest first; nothing where it does not."""
    if not isinstance(value, str) or "." not in value:
        return ()
    try:
        url = urlsplit(value)
    except ValueError:
        return ()
    path = parse_qs(url.query).get("d", [unquote(url.path)])[0].lstrip("/")
    if not is_picture(path.encode("utf-8", "replace")):
        return ()
    name = path.rpartition("/")[2]
    return (path, name, _UPLOADED.sub("", name, count=1)) if _UPLOADED.match(name) else (path, name)


def _spellings(name: str | None) -> tuple[str, ...]:
    """`name`, and how it would be written here where another system wrote it."""
    if name is None:
        return ()
    if "://" in name or name.startswith("/data/"):  # Label Studio's
        return (name, *url_names(name))
    return (name, name.replace("\\", "/").removeprefix("./"), unicodedata.normalize("NFC", name))


def _content_hash(cells: Mapping[str, Any]) -> bytes | None:
    found = text(cells.get("sha256"), "sha256") or text(cells.get("content_hash"), "content_hash")
    if found is None:
        return None
    try:
        content = bytes.fromhex(found)
    except ValueError:
        content = b""
    if len(content) != 32:
        raise Unusable(f"its SHA-256 is none: {found[:_MOST_SHOWN]}")
    return content


def _tags(value: Any) -> tuple[str, ...]:
    """Tags of a list, or of a text with commas between them. Raises `Unusable` where one cannot be a tag."""
    if not isinstance(value, list):
        value = (text(value, "tags") or "").split(",")
    tags = tuple(dict.fromkeys(tag for each in value if (tag := text(each, "tags"))))
    if odd := next((tag for tag in tags if set(tag) & set(',:"()')), None):
        raise Unusable(f"{odd[:_MOST_SHOWN]} cannot be a tag")
    return tags


def _flag(value: Any) -> bool:
    said = (text(value, "rejected") or "").lower()
    if said not in (*_TRUE, *_FALSE):
        raise Unusable(f"its “rejected” is neither true nor false: {said[:_MOST_SHOWN]}")
    return said in _TRUE
