"""Filters: which images, as small frozen objects that know the columns they test and their text form.

The text is what the filter bar, `core list --where` and saved views share: words beside each other all hold, `or`
between words, `-` or `not` before one, parentheses, commas for alternatives of one field, `..` between the ends of a
range: `class:3,5 split:val wrong conf>0.9 brightness:0.2..0.4 source:meter -tag:blurry`. The fields are those of
fields.py.
"""

import datetime
import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.errors import Error
from core.project import table
from core.project.fields import DAY, FLAGS, NUMBERS, TEXTS, seconds_of
from core.project.order import ordered
from core.project.store import Store
from core.project.table import Mask, Table


class Filter(Protocol):
    """A condition on images."""

    def mask(self, table: Table) -> Mask:
        """The rows of `table` for which it holds, N."""


@dataclass(frozen=True)
class And:
    parts: tuple[Filter, ...]

    def mask(self, table: Table) -> Mask:
        mask = np.ones(len(table), np.bool_)
        for part in self.parts:
            mask &= part.mask(table)
        return mask

    def __str__(self) -> str:
        return " ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.parts)


@dataclass(frozen=True)
class Or:
    parts: tuple[Filter, ...]

    def mask(self, table: Table) -> Mask:
        mask = np.zeros(len(table), np.bool_)
        for part in self.parts:
            mask |= part.mask(table)
        return mask

    def __str__(self) -> str:
        return " or ".join(str(part) for part in self.parts)


@dataclass(frozen=True)
class Not:
    """Holds also where the condition cannot be known: an image without a source is not from "meter"."""

    part: Filter

    def mask(self, table: Table) -> Mask:
        return ~self.part.mask(table)

    def __str__(self) -> str:
        return f"-({self.part})" if isinstance(self.part, And | Or) else f"-{self.part}"


@dataclass(frozen=True)
class OneOf:
    """`field:a,b`: a text field has one of these values; the value `none` means empty."""

    field: str
    values: tuple[str, ...]

    def mask(self, table: Table) -> Mask:
        column = TEXTS[self.field].column(table)
        place = {name: code for code, name in enumerate(column.names)}
        codes = [-1 if value == "none" else place.get(value, -2) for value in self.values]
        if len(codes) == 1:
            return np.asarray(column.codes == codes[0])
        return np.isin(column.codes, codes)

    def __str__(self) -> str:
        return f"{self.field}:{','.join(_quoted(value) for value in self.values)}"


@dataclass(frozen=True)
class Tagged:
    """`tag:a,b`: carries one of these tags; `none` means no tag at all."""

    values: tuple[str, ...]

    def mask(self, table: Table) -> Mask:
        mask = np.zeros(len(table), np.bool_)
        for value in self.values:
            if value in table.tags:
                mask |= table.tags[value]
            elif value == "none":
                mask |= ~np.any([*table.tags.values(), mask & False], axis=0)
        return mask

    def __str__(self) -> str:
        return f"tag:{','.join(_quoted(value) for value in self.values)}"


@dataclass(frozen=True)
class Compare:
    """`field>number`: a numeric field against a number; operators > >= < <= =."""

    field: str
    operator: str
    value: float

    def mask(self, table: Table) -> Mask:
        column = NUMBERS[self.field].column(table)
        # A float32 compares with the number as it is written: 0.9 is not below itself.
        value = column.dtype.type(self.value) if column.dtype.kind == "f" else self.value
        return np.asarray(_OPERATORS[self.operator](column, value))

    def __str__(self) -> str:
        return f"{self.field}{self.operator}{_written(self.field, self.value)}"


@dataclass(frozen=True)
class Between:
    """`field:low..high`: a numeric field within a range, both ends included; `date:2026-03` is that month."""

    field: str
    low: float
    high: float

    def mask(self, table: Table) -> Mask:
        return Compare(self.field, ">=", self.low).mask(table) & Compare(self.field, "<=", self.high).mask(table)

    def __str__(self) -> str:
        return f"{self.field}:{_written(self.field, self.low)}..{_written(self.field, self.high)}"


@dataclass(frozen=True)
class Flag:
    """A word that is true or false of an image, such as `wrong` or `unlabelled`."""

    word: str

    def mask(self, table: Table) -> Mask:
        return FLAGS[self.word].mask(table)

    def __str__(self) -> str:
        return self.word


@dataclass(frozen=True)
class NameHas:
    """`name:text` or a bare word: the name contains it, in any case."""

    text: str

    def mask(self, table: Table) -> Mask:
        return table.named_like("name", self.text)

    def __str__(self) -> str:
        return f"name:{_quoted(self.text)}"


@dataclass(frozen=True)
class NoteHas:
    """`note:text`: the note contains it, in any case."""

    text: str

    def mask(self, table: Table) -> Mask:
        return table.named_like("note", self.text)

    def __str__(self) -> str:
        return f"note:{_quoted(self.text)}"


@dataclass(frozen=True)
class IdIn:
    """Exactly these images: a selection, for instance the cell of a confusion matrix."""

    ids: tuple[int, ...]

    def mask(self, table: Table) -> Mask:
        return table.mask_of(np.array([id for id in self.ids if id < 2**63], np.int64))

    def __str__(self) -> str:
        return f"id:{','.join(str(id) for id in self.ids)}"


ALL: Filter = And(())

_OPERATORS = {">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal, "=": np.equal}


def ids(store: Store, filter: Filter = ALL, sort: str = "name", descending: bool = False) -> npt.NDArray[np.int64]:
    """Ids of the images of `filter`; ties and the default order go by name, empty values last."""
    known = table.of(store)
    rows = known.by_name
    if filter != ALL:
        rows = rows[filter.mask(known)[rows]]
    return np.asarray(known.ids[ordered(known, rows, sort, descending)])


def parse(text: str) -> Filter:
    """The filter of `text`; an empty text means all images. Raises `Error` naming the word it cannot read."""
    words = _words(text)
    if len(words) > _MOST_WORDS:
        raise Error(
            f"The filter has {len(words):,} words, more than {_MOST_WORDS}.", "Join values by commas: class:3,5."
        )
    return _Parser(words).whole()


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
    if word in (*TEXTS, *NUMBERS, "tag", "name", "note"):
        raise Error(f"The filter word {word} needs a value.", f"Such as {word}:3 or, for numbers, {word}>0.9.")
    return NameHas(word.replace('"', ""))


def _field(field: str, values: tuple[str, ...], word: str) -> Filter:
    if not values:
        raise Error(f"The filter word {word} needs a value.", f"Such as {field}:3.")
    if field in TEXTS:
        return OneOf(field, values)
    if field in NUMBERS:
        ranges = tuple(_range(field, value) for value in values)
        return ranges[0] if len(ranges) == 1 else Or(ranges)
    if field == "tag":
        return Tagged(values)
    if field in ("name", "note"):
        kind = NameHas if field == "name" else NoteHas
        parts = tuple(kind(value) for value in values)
        return parts[0] if len(parts) == 1 else Or(parts)
    if field == "id":
        if not all(value.isascii() and value.isdigit() for value in values):
            raise Error(f"{word}: an id is a whole number.", "Such as id:12,15.")
        return IdIn(tuple(int(value) for value in values))
    raise _unknown(field)


def _range(field: str, text: str) -> Filter:
    """`low..high`, one number, or a day, month or year."""
    low, dots, high = text.partition("..")
    if not dots:
        if not NUMBERS[field].date:
            return Compare(field, "=", _number(field, text, field + ":"))
        begin, end = _moment(field, text, field + ":")
        return Between(field, begin, end - 1)
    if not NUMBERS[field].date:
        return Between(field, _number(field, low, field + ":"), _number(field, high, field + ":"))
    return Between(field, _moment(field, low, field + ":")[0], _moment(field, high, field + ":")[1] - 1)


def _comparison(field: str, operator: str, value: str) -> Filter:
    if field not in NUMBERS:
        raise _unknown(field)
    if not NUMBERS[field].date:
        return Compare(field, operator, _number(field, value, field + operator))
    begin, end = _moment(field, value, field + operator)
    if operator == "=":
        return Between(field, begin, end - 1)
    return Compare(field, {">": ">=", "<=": "<"}.get(operator, operator), end if operator in (">", "<=") else begin)


def _number(field: str, text: str, said: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Error(f"{said}{text}: {text or 'nothing'} is no number.", f"Such as {field}>0.9.") from None


def _moment(field: str, text: str, said: str) -> tuple[float, float]:
    try:
        return seconds_of(text)
    except (ValueError, OverflowError):
        raise Error(f"{said}{text}: {text or 'nothing'} is no date.", f"Such as {field}>2026-03-01.") from None


def _written(field: str, value: float) -> str:
    """A number as a filter says it; a moment by its day, where it is the first or the last of one."""
    if NUMBERS[field].date and np.isfinite(value):
        moment = datetime.datetime.fromtimestamp(value, datetime.UTC)
        if value % DAY in (0, DAY - 1) and moment.year > 0:
            return f"{moment:%Y-%m-%d}"
    return repr(value).removesuffix(".0")


def _unknown(field: str) -> Error:
    known = [*TEXTS, "tag", "name", "note", "id", *NUMBERS]
    near = difflib.get_close_matches(field, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(known)}."
    return Error(f"The filter knows no field {field}.", hint)


def _values(text: str) -> tuple[str, ...]:
    parts = re.findall(r'(?:[^,"]|"[^"]*")+', text)
    return tuple(part.replace('"', "") for part in parts)


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"[\s(),:]|^-|^(or|and|not)?$", value) else value
