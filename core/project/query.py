"""Filters: which images, as small frozen objects that know their SQL and their text form.

The text is what the filter bar, `core list --where` and saved views share: words beside each other all hold, `or`
between words, `-` or `not` before one, parentheses, commas for alternatives of one field:
`class:3,5 split:val wrong conf>0.9 source:meter -tag:blurry`. What SQL cannot say is not offered.
"""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from core.errors import Error
from core.project.store import Store

Sql = tuple[str, list[Any]]


class Filter(Protocol):
    """A condition on the row `i` of table image."""

    def sql(self) -> Sql: ...


@dataclass(frozen=True)
class And:
    parts: tuple[Filter, ...]

    def sql(self) -> Sql:
        return _joined(self.parts, " AND ", "1")

    def __str__(self) -> str:
        return " ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.parts)


@dataclass(frozen=True)
class Or:
    parts: tuple[Filter, ...]

    def sql(self) -> Sql:
        return _joined(self.parts, " OR ", "0")

    def __str__(self) -> str:
        return " or ".join(str(part) for part in self.parts)


@dataclass(frozen=True)
class Not:
    part: Filter

    def sql(self) -> Sql:
        sql, params = self.part.sql()
        # `IS NOT 1` also holds where the condition is unknown: an image without a source is not from "meter".
        return f"(({sql}) IS NOT 1)", params

    def __str__(self) -> str:
        return f"-({self.part})" if isinstance(self.part, And | Or) else f"-{self.part}"


@dataclass(frozen=True)
class OneOf:
    """`field:a,b`: a text field has one of these values; the value `none` means empty."""

    field: str
    values: tuple[str, ...]

    def sql(self) -> Sql:
        expression = TEXT_FIELDS[self.field]
        named = [value for value in self.values if value != "none"]
        tests = [f"{expression} IN ({','.join('?' * len(named))})"] if named else []
        if "none" in self.values:
            tests.append(f"{expression} IS NULL")
        return f"({' OR '.join(tests)})", list(named)

    def __str__(self) -> str:
        return f"{self.field}:{','.join(_quoted(value) for value in self.values)}"


@dataclass(frozen=True)
class Tagged:
    """`tag:a,b`: carries one of these tags."""

    values: tuple[str, ...]

    def sql(self) -> Sql:
        marks = ",".join("?" * len(self.values))
        inner = "SELECT 1 FROM image_tag it JOIN tag t ON t.id = it.tag_id WHERE it.image_id = i.id AND t.name IN"
        return f"EXISTS ({inner} ({marks}))", list(self.values)

    def __str__(self) -> str:
        return f"tag:{','.join(_quoted(value) for value in self.values)}"


@dataclass(frozen=True)
class Compare:
    """`field>number`: a numeric field against a number; operators > >= < <= =."""

    field: str
    operator: str
    value: float

    def sql(self) -> Sql:
        return f"{NUMBER_FIELDS[self.field]} {self.operator} ?", [self.value]

    def __str__(self) -> str:
        return f"{self.field}{self.operator}{repr(self.value).removesuffix('.0')}"


@dataclass(frozen=True)
class Flag:
    """A word that is true or false of an image, such as `wrong` or `unlabelled`."""

    word: str

    def sql(self) -> Sql:
        return FLAGS[self.word], []

    def __str__(self) -> str:
        return self.word


@dataclass(frozen=True)
class NameHas:
    """`name:text` or a bare word: the name contains it, in any case."""

    text: str

    def sql(self) -> Sql:
        escaped = re.sub(r"([\\%_])", r"\\\1", self.text)
        return "i.name LIKE ? ESCAPE '\\'", [f"%{escaped}%"]

    def __str__(self) -> str:
        return f"name:{_quoted(self.text)}"


@dataclass(frozen=True)
class IdIn:
    """Exactly these images: a selection, for instance the cell of a confusion matrix."""

    ids: tuple[int, ...]

    def sql(self) -> Sql:
        return f"i.id IN ({','.join(str(int(id)) for id in self.ids)})", []

    def __str__(self) -> str:
        return f"id:{','.join(str(id) for id in self.ids)}"


ALL: Filter = And(())

# By number, because as text 99-name comes after 100-name.
LATEST_FIRST = "CAST(run.name AS INTEGER) DESC, run.name DESC"
# A run without a stamp is being copied.
LATEST_RUN = f"(SELECT id FROM run WHERE stamp <> '' ORDER BY {LATEST_FIRST} LIMIT 1)"
_LAST_RUN = f"p.run_id = {LATEST_RUN} AND p.image_id = i.id"
_CONFIDENCE = f"(SELECT p.confidence FROM prediction p WHERE {_LAST_RUN})"
_PREDICTED_CLASS = f"(SELECT p.class_id FROM prediction p WHERE {_LAST_RUN})"

TEXT_FIELDS = {
    "class": "(SELECT c.name FROM class c WHERE c.id = i.class_id)",
    "split": "i.split",
    "source": "(SELECT s.name FROM source s WHERE s.id = i.source_id)",
    "group": "i.group_name",
    "pred": f"(SELECT c.name FROM class c WHERE c.id = {_PREDICTED_CLASS})",
    "by": "i.labelled_by",
}
NUMBER_FIELDS = {
    "conf": _CONFIDENCE,
    "width": "i.width",
    "height": "i.height",
    "bytes": "i.byte_size",
}
FLAGS = {
    "wrong": f"{_PREDICTED_CLASS} <> i.class_id",
    "right": f"{_PREDICTED_CLASS} = i.class_id",
    "predicted": f"{_PREDICTED_CLASS} IS NOT NULL",
    "unlabelled": "i.class_id IS NULL",
    "rejected": "i.rejected",
}
SORTS = {
    "name": "i.name",
    "class": "(SELECT c.position FROM class c WHERE c.id = i.class_id)",
    "source": TEXT_FIELDS["source"],
    "split": "i.split",
    "confidence": _CONFIDENCE,
    "size": "i.width * i.height",
    "id": "i.id",
}


def ids(store: Store, filter: Filter = ALL, sort: str = "name", descending: bool = False) -> npt.NDArray[np.int64]:
    """Ids of the images of `filter`; ties and the default order go by name, empty values last."""
    where, params = filter.sql()
    order, direction = SORTS[sort], "DESC" if descending else "ASC"
    rows = store.read(
        f"SELECT i.id FROM image i WHERE {where} ORDER BY {order} {direction} NULLS LAST, i.name, i.id", params
    )
    return np.fromiter((row[0] for row in rows), np.int64, len(rows))


def parse(text: str) -> Filter:
    """The filter of `text`; an empty text means all images. Raises `Error` naming the word it cannot read."""
    words = _words(text)
    if len(words) > _MOST_WORDS:
        raise Error(
            f"The filter has {len(words):,} words, more than {_MOST_WORDS}.", "Join values by commas: class:3,5."
        )
    return _Parser(words).whole()


def words() -> list[str]:
    """All words that a filter text may begin with, for completion."""
    return [f"{name}:" for name in (*TEXT_FIELDS, "tag", "name", "id")] + list(NUMBER_FIELDS) + list(FLAGS)


_MOST_WORDS = 200  # SQLite takes conditions up to 1,000 deep, Python about as many calls
_WORD = re.compile(r"""\s*(\(|\)|-(?=\S)|(?:[^\s()"]|"[^"]*")+)""")
_COMPARISON = re.compile(r"([a-z]+)(>=|<=|>|<|=)(.*)")


def _words(text: str) -> list[str]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _WORD.match(text, at)
        if not match:
            raise Error(f"The filter ends inside a quotation: {text[at:].strip()}", 'Close it with ".')
        found.append(match.group(1))
        at = match.end()
    return found


class _Parser:
    """Recursive descent over the words: either = both ("or" both)*, both = one+, one = [-] word | ( either )."""

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._at = 0

    def whole(self) -> Filter:
        if not self._words:
            return ALL
        filter = self._either()
        if self._at < len(self._words):
            raise Error("The filter has a closing parenthesis too many.", "Remove it or open one before.")
        return filter

    def _peek(self) -> str:
        return self._words[self._at] if self._at < len(self._words) else ""

    def _either(self) -> Filter:
        parts = [self._both()]
        while self._peek().lower() == "or":
            self._at += 1
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Or(_flat(Or, parts))

    def _both(self) -> Filter:
        parts = []
        while self._peek() not in ("", ")") and self._peek().lower() != "or":
            if self._peek().lower() == "and":
                self._at += 1
                continue
            parts.append(self._one())
        if not parts:
            raise Error("The filter lacks a condition.", "Such as class:3, split:val, wrong or conf>0.9.")
        return parts[0] if len(parts) == 1 else And(_flat(And, parts))

    def _one(self) -> Filter:
        word = self._peek()
        self._at += 1
        if word == "-" or word.lower() == "not":
            if self._peek() in ("", ")"):
                raise Error("Nothing follows the minus in the filter.", "Such as -class:3.")
            return Not(self._one())
        if word == "(":
            inner = self._either()
            if self._peek() != ")":
                raise Error("The filter lacks a closing parenthesis.", "Add ) at its end.")
            self._at += 1
            return inner
        return _atom(word)


def _flat(kind: type[And] | type[Or], parts: Sequence[Filter]) -> tuple[Filter, ...]:
    """`parts` with those of the same kind opened up, because parentheses mean nothing there."""
    return tuple(inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,)))


def _atom(word: str) -> Filter:
    field, colon, rest = word.partition(":")
    if colon and not field.startswith('"'):
        return _field(field, _values(rest), word)
    if match := _COMPARISON.fullmatch(word):
        return _comparison(*match.groups())
    if word in FLAGS:
        return Flag(word)
    if word in (*TEXT_FIELDS, *NUMBER_FIELDS, "tag", "name"):
        raise Error(f"The filter word {word} needs a value.", f"Such as {word}:3 or, for numbers, {word}>0.9.")
    return NameHas(word.replace('"', ""))


def _field(field: str, values: tuple[str, ...], word: str) -> Filter:
    if not values:
        raise Error(f"The filter word {word} needs a value.", f"Such as {field}:3.")
    if field in TEXT_FIELDS:
        return OneOf(field, values)
    if field == "tag":
        return Tagged(values)
    if field == "name":
        parts = tuple(NameHas(value) for value in values)
        return parts[0] if len(parts) == 1 else Or(parts)
    if field == "id":
        if not all(value.isascii() and value.isdigit() for value in values):
            raise Error(f"{word}: an id is a whole number.", "Such as id:12,15.")
        return IdIn(tuple(int(value) for value in values))
    raise _unknown(field)


def _comparison(field: str, operator: str, value: str) -> Filter:
    if field not in NUMBER_FIELDS:
        raise _unknown(field)
    try:
        return Compare(field, operator, float(value))
    except ValueError:
        raise Error(f"{field}{operator}{value}: {value or 'nothing'} is no number.", f"Such as {field}>0.9.") from None


def _unknown(field: str) -> Error:
    known = [*TEXT_FIELDS, "tag", "name", "id", *NUMBER_FIELDS]
    near = difflib.get_close_matches(field, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(known)}."
    return Error(f"The filter knows no field {field}.", hint)


def _values(text: str) -> tuple[str, ...]:
    parts = re.findall(r'(?:[^,"]|"[^"]*")+', text)
    return tuple(part.replace('"', "") for part in parts)


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"[\s(),:]|^-|^(or|and|not)?$", value) else value


def _joined(parts: Sequence[Filter], word: str, empty: str) -> Sql:
    if not parts:
        return empty, []
    each = [part.sql() for part in parts]
    return word.join(f"({sql})" for sql, _ in each), [param for _, params in each for param in params]
