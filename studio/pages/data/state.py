"""What the Data page shows, decided from facts without Qt: facets, chips, counts, details and empty states."""

from collections.abc import Sequence
from dataclasses import dataclass

from core import wording
from core.project.predictions import Guess
from core.project.query import ALL, And, Compare, Filter, Flag, IdIn, NameHas, Not, OneOf, Or, Tagged
from core.project.records import Counts, ImageRecord
from core.project.split import SplitHealth

SPLIT_WORDS = {"train": "Train", "val": "Validation", "test": "Test", "": "No split"}
BY_WORDS = {"hand": "by hand", "bulk": "in bulk", "import": "imported", "model": "by a model"}
SORT_WORDS = {
    "name": "Name",
    "class": "Class",
    "source": "Source",
    "split": "Split",
    "confidence": "Confidence",
    "size": "Size",
    "id": "Order of import",
}


@dataclass(frozen=True)
class Facts:
    """What a reader found out: counts of the whole project, health of its split, the number of images shown."""

    counts: Counts
    health: SplitHealth
    shown: int
    filter: Filter = ALL
    writable: bool = True
    lent: bool = False


@dataclass(frozen=True)
class Facet:
    """A row of the left column. `value` is what the filter says; a class has a colour by its `position`."""

    title: str
    value: str
    count: int
    chosen: bool
    position: int = -1
    coloured: bool = False


@dataclass(frozen=True)
class Chip:
    """One condition of the filter in words, and the filter that is left without it."""

    words: str
    rest: Filter


@dataclass(frozen=True)
class Note:
    """A line with its kind: good, warning or muted."""

    text: str
    kind: str


@dataclass(frozen=True)
class Empty:
    """What is said where there are no pictures; `action` names the button's command."""

    sentence: str
    button: str
    action: str


@dataclass(frozen=True)
class DataState:
    classes: tuple[Facet, ...]
    splits: tuple[Facet, ...]
    sources: tuple[Facet, ...]
    chips: tuple[Chip, ...]
    count: str
    split_note: Note | None
    can_split: bool
    empty: Empty | None


def decide(facts: Facts) -> DataState:
    """The page's state."""
    counts = facts.counts
    classes = [
        Facet(name, name, number, _chosen(facts.filter, "class", name), position, True)
        for position, (name, number) in enumerate(counts.classes.items())
    ]
    if counts.unlabelled:
        classes.append(Facet("Unlabelled", "none", counts.unlabelled, _chosen(facts.filter, "class", "none"), -1, True))
    splits = [
        Facet(SPLIT_WORDS[name], name or "none", number, _chosen(facts.filter, "split", name or "none"))
        for name, number in counts.splits.items()
        if number or name in ("train", "val")
    ]
    sources = [
        Facet(name or "No source", name or "none", number, _chosen(facts.filter, "source", name or "none"))
        for name, number in sorted(counts.sources.items(), key=lambda row: -row[1])
    ]
    labelled = counts.total - counts.unlabelled
    return DataState(
        classes=tuple(classes),
        splits=tuple(splits) if counts.total else (),
        sources=tuple(sources) if set(counts.sources) - {""} else (),
        chips=chips(facts.filter),
        count=_count(facts),
        split_note=_split_note(facts),
        can_split=facts.writable and labelled > 1,
        empty=_empty(facts),
    )


def status(counts: Counts) -> str:
    """Such as "4,943 images · 4,201 train · 742 val · 7 sources"."""
    parts = [wording.count(counts.total, "image")]
    parts += [f"{counts.splits[name]:,} {name}" for name in ("train", "val", "test") if counts.splits.get(name)]
    named = len(set(counts.sources) - {""})
    if named:
        parts.append(wording.count(named, "source"))
    if counts.unlabelled:
        parts.append(f"{counts.unlabelled:,} unlabelled")
    return " · ".join(parts)


def completions(known: Sequence[str], counts: Counts) -> list[str]:
    """What the search field offers: each value of the project, then the words that want a value."""
    values = [OneOf("class", (name,)) for name in counts.classes]
    values += [OneOf("source", (name,)) for name in counts.sources if name]
    values += [OneOf("split", (name,)) for name in ("train", "val", "test", "none")]
    return [str(value) for value in values] + list(known)


def toggled(filter: Filter, field: str, value: str) -> Filter:
    """`filter` with `value` of `field` switched: values of one field are alternatives, fields narrow each other."""
    parts = list(_parts(filter))
    for place, part in enumerate(parts):
        if isinstance(part, OneOf) and part.field == field:
            left = tuple(v for v in part.values if v != value)
            values = left if value in part.values else (*part.values, value)
            parts[place : place + 1] = [OneOf(field, values)] if values else []
            return _joined(parts)
    return _joined([*parts, OneOf(field, (value,))])


def chips(filter: Filter) -> tuple[Chip, ...]:
    """The conditions of a filter, each with what is left when it is taken away."""
    parts = _parts(filter)
    return tuple(
        Chip(describe(part), _joined([other for k, other in enumerate(parts) if k != place]))
        for place, part in enumerate(parts)
    )


def describe(filter: Filter) -> str:
    """A filter in words, such as "source is sign or meter"."""
    match filter:
        case OneOf(field="class", values=("none",)):
            return "unlabelled"
        case OneOf(field=field, values=values):
            return f"{_FIELD_WORDS.get(field, field)} is {_alternatives(values)}"
        case Tagged(values=values):
            return f"tagged {_alternatives(values)}"
        case Compare(field=field, operator=operator, value=value):
            return f"{_FIELD_WORDS.get(field, field)} {_SIGNS.get(operator, operator)} {value:g}"
        case Flag(word=word):
            return {"wrong": "wrong in the last run", "right": "right in the last run"}.get(word, word)
        case NameHas(text=text):
            return f"name has {text}"
        case IdIn(ids=ids):
            return f"chosen: {wording.count(len(ids), 'image')}"
        case Not(part=part):
            return f"not {describe(part)}"
        case Or(parts=parts):
            return " or ".join(describe(part) for part in parts)
        case And(parts=parts):
            return " and ".join(describe(part) for part in parts) or "all"
    return str(filter)


@dataclass(frozen=True)
class Details:
    """The right column: `head` counts the selection, `rows` are name and value of the image that is looked at."""

    head: str
    name: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    wrong: bool = False


def details(record: ImageRecord | None, guess: Guess | None, selected: int) -> Details:
    """What is known of the current image."""
    head = f"{selected:,} selected" if selected != 1 else "1 selected"
    if record is None:
        return Details(head if selected else "Nothing selected")
    label = record.class_name or "none"
    if record.class_name and record.labelled_by:
        label = f"{label} · {BY_WORDS.get(record.labelled_by, record.labelled_by)}"
    rows = [("Label", label)]
    if guess:
        rows.append((f"Run {guess.run.partition('-')[0]} says", f"{guess.class_name} at {guess.confidence:.2f}"))
    rows += [("Source", record.source or "none"), ("Split", SPLIT_WORDS[record.split or ""].lower())]
    if record.group and record.group != record.source:
        rows.append(("Group", record.group))
    rows.append(("Size", f"{record.width:,} × {record.height:,} px"))
    if record.tags:
        rows.append(("Tags", ", ".join(record.tags)))
    if record.rejected:
        rows.append(("Rejected", "kept out of training"))
    wrong = guess is not None and record.class_name not in (None, guess.class_name)
    return Details(head, record.name, tuple(rows), wrong)


_FIELD_WORDS = {"pred": "prediction", "conf": "confidence", "by": "labelled by", "bytes": "file size"}
_SIGNS = {">=": "≥", "<=": "≤"}


def _alternatives(values: Sequence[str]) -> str:
    shown = [SPLIT_WORDS[v].lower() if v in ("train", "val", "test") else v for v in values]
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _parts(filter: Filter) -> tuple[Filter, ...]:
    return filter.parts if isinstance(filter, And) else (filter,)


def _joined(parts: Sequence[Filter]) -> Filter:
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _chosen(filter: Filter, field: str, value: str) -> bool:
    return any(isinstance(part, OneOf) and part.field == field and value in part.values for part in _parts(filter))


def _count(facts: Facts) -> str:
    total = facts.counts.total
    return f"{total:,}" if facts.filter == ALL else f"{facts.shown:,} of {total:,}"


def _split_note(facts: Facts) -> Note | None:
    health = facts.health
    if not facts.counts.total:
        return None
    if health.torn_groups:
        return Note(f"{wording.count(health.torn_groups, 'group')} in more than one split", "warning")
    if health.train and health.val:
        return Note("No leak between splits", "good")
    return Note("Not split yet", "muted")


def _empty(facts: Facts) -> Empty | None:
    if facts.lent and not facts.counts.total:
        return Empty("The images appear here when the import is done.", "", "")
    if not facts.counts.total:
        return Empty(
            "Your images will be here. Drop a folder, a zip or a table on the window.", "Add a folder…", "add-folder"
        )
    if not facts.shown:
        return Empty("No image matches this filter.", "Show all images", "clear-filter")
    return None
