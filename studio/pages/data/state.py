"""What the Data page shows, decided from facts without Qt: facets, chips, counts, details and empty states."""

import calendar
import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core import wording
from core.project.fields import FLAGS, NUMBERS, TEXTS
from core.project.listing import Facets
from core.project.predictions import Guess
from core.project.query import ALL, And, Between, Compare, Filter, Flag, IdIn, NameHas, Not, NoteHas, OneOf, Or, Tagged
from core.project.records import Counts, ImageRecord
from core.project.split import SplitHealth

SPLIT_WORDS = {"train": "Train", "val": "Validation", "test": "Test", "": "No split"}
BY_WORDS = {"hand": "by hand", "bulk": "in bulk", "import": "imported", "model": "by a model"}
SORT_WORDS = {
    "name": "Name",
    "id": "Order of import",
    "class": "Class",
    "source": "Source",
    "split": "Split",
    "folder": "Folder",
    "pred": "Prediction",
    "confidence": "Confidence",
    "uncertainty": "Margin of the last run",
    "disagreement": "Agreement of runs",
    "diversity": "Diversity",
    "loss": "Loss",
    "suspect": "Suspicion",
    "difficulty": "Difficulty",
    "size": "Size",
    "bytes": "File size",
    "date": "File date",
    "brightness": "Brightness",
    "contrast": "Contrast",
    "sharpness": "Sharpness",
    "cluster": "Near duplicates",
}
LARGEST_FIRST = ("loss", "suspect", "difficulty")  # what one looks for in these orders
GROUP_WORDS = {
    "": "None",
    "class": "Class",
    "source": "Source",
    "split": "Split",
    "pred": "Prediction",
    "by": "Labelled by",
    "folder": "Folder",
    "date": "Month of the file",
    "same": "Same image",
}
FLAG_ORDER = ("unlabelled", "unsure", "rejected", "wrong", "duplicate", "conflict")


@dataclass(frozen=True)
class Facts:
    """What a reader found out: counts of the whole project, health of its split, the number of images shown."""

    counts: Counts
    health: SplitHealth
    shown: int
    filter: Filter = ALL
    writable: bool = True
    lent: bool = False
    facets: Facets | None = None  # counts beside each choice under the present filter; None until counted
    findings: Mapping[str, int] = field(default_factory=dict)  # of what the filter shows, by word


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
    tags: tuple[Facet, ...]
    flags: tuple[Facet, ...]
    chips: tuple[Chip, ...]
    count: str
    split_note: Note | None
    can_split: bool
    empty: Empty | None


def decide(facts: Facts) -> DataState:
    """The page's state."""
    counts = facts.counts
    beside = facts.facets.words if facts.facets else {"class": {**counts.classes, "": counts.unlabelled}}
    by_class, by_split = beside["class"], beside.get("split", counts.splits)
    by_source = beside.get("source", counts.sources)
    classes = [
        Facet(name, name, by_class.get(name, 0), _chosen(facts.filter, "class", name), position, True)
        for position, name in enumerate(counts.classes)
    ]
    if counts.unlabelled:
        classes.append(Facet("Unlabelled", "none", by_class[""], _chosen(facts.filter, "class", "none"), -1, True))
    splits = [
        Facet(SPLIT_WORDS[name], name or "none", by_split[name], _chosen(facts.filter, "split", name or "none"))
        for name, number in counts.splits.items()
        if number or name in ("train", "val")
    ]
    sources = [
        Facet(
            name or "No source", name or "none", by_source.get(name, 0), _chosen(facts.filter, "source", name or "none")
        )
        for name, number in sorted(counts.sources.items(), key=lambda row: -row[1])
    ]
    labelled = counts.total - counts.unlabelled
    return DataState(
        classes=tuple(classes),
        splits=tuple(splits) if counts.total else (),
        sources=tuple(sources) if set(counts.sources) - {""} else (),
        tags=_tags(facts),
        flags=_flags(facts),
        chips=chips(facts.filter),
        count=_count(facts),
        split_note=_split_note(facts),
        can_split=facts.writable and labelled > 1,
        empty=_empty(facts),
    )


def _tags(facts: Facts) -> tuple[Facet, ...]:
    chosen = {value for part in _parts(facts.filter) if isinstance(part, Tagged) for value in part.values}
    found = facts.facets.words["tag"] if facts.facets else {}
    return tuple(Facet(f"#{name}", name, number, name in chosen) for name, number in found.items())


def _flags(facts: Facts) -> tuple[Facet, ...]:
    """What there is to look at: a finding without images is not worth a line, unless it is what is shown."""
    chosen = {part.word for part in _parts(facts.filter) if isinstance(part, Flag)}
    found = {**(facts.facets.flags if facts.facets else {}), **facts.findings}
    order = [*FLAG_ORDER, *facts.findings]
    return tuple(
        Facet(FLAGS[word].title, word, found[word], word in chosen)
        for word in dict.fromkeys(order)
        if found.get(word) or (word in chosen and word in found)
    )


def group_title(group: str, name: str) -> str:
    """What stands over a group of images: "Validation", "March 2026", "No class"."""
    if not name and group not in ("split", "same"):
        return {"class": "Unlabelled", "by": "Unlabelled", "folder": "Top folder"}.get(
            group, f"No {GROUP_WORDS[group].lower()}"
        )
    if group == "same":
        return f"Same image, {'labels' if ', ' in name else 'label'} {name}" if name else "Alone, or without a label"
    if group == "split":
        return SPLIT_WORDS[name]
    if group == "by":
        return f"Labelled {BY_WORDS[name]}"
    if group == "date":
        return f"{calendar.month_name[int(name[5:])]} {name[:4]}"
    return f"Predicted as {name}" if group == "pred" else name


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


def completions(choices: Facets) -> dict[str, str]:
    """What the search field offers, each with what is said beside it: values with their count, words with their help.

    What no image has is offered last, as what wants a value is.
    """
    values: dict[str, int] = {}
    for facet, counts in choices.words.items():
        for name, count in counts.items():
            chosen: Filter = Tagged((name,)) if facet == "tag" else OneOf(facet, (name or "none",))
            values[str(chosen)] = count
    values |= choices.flags
    found = {text: f"{count:,}" for text, count in values.items() if count}
    words = {f"{name}:": field.help for name, field in TEXTS.items()}
    words |= {"tag:": "a tag", "name:": "part of the name", "note:": "part of the note", "id:": "number of the image"}
    words |= {f"{name}>": field.help for name, field in NUMBERS.items()}
    words |= {name: field.help for name, field in FLAGS.items() if name not in found}
    return found | words


def toggled(filter: Filter, field: str, value: str) -> Filter:
    """`filter` with `value` of `field` switched: values of one field are alternatives, fields narrow each other.

    `field` is one of words, "tag", or "flag" for a word that is true or false.
    """
    parts = list(_parts(filter))
    if field == "flag":
        flag = Flag(value)
        return _joined([part for part in parts if part != flag] if flag in parts else [*parts, flag])
    if field == "tag":
        return _toggled_tag(parts, value)
    for place, part in enumerate(parts):
        if isinstance(part, OneOf) and part.field == field:
            left = tuple(v for v in part.values if v != value)
            values = left if value in part.values else (*part.values, value)
            parts[place : place + 1] = [OneOf(field, values)] if values else []
            return _joined(parts)
    return _joined([*parts, OneOf(field, (value,))])


def _toggled_tag(parts: list[Filter], value: str) -> Filter:
    for place, part in enumerate(parts):
        if isinstance(part, Tagged):
            left = tuple(v for v in part.values if v != value)
            values = left if value in part.values else (*part.values, value)
            parts[place : place + 1] = [Tagged(values)] if values else []
            return _joined(parts)
    return _joined([*parts, Tagged((value,))])


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
            return f"{_field_words(field)} is {_alternatives(values)}"
        case Tagged(values=values):
            return f"tagged {_alternatives(values)}"
        case Compare(field=field, operator=operator, value=value):
            return f"{_field_words(field)} {_SIGNS.get(operator, operator)} {said_number(field, value)}"
        case Between(field=field, low=low, high=high):
            name, low_said, high_said = _field_words(field), *(said_number(field, value) for value in (low, high))
            return f"{name} {low_said}" if low_said == high_said else f"{name} {low_said} to {high_said}"
        case Flag(word=word):
            return FLAGS[word].title.lower()
        case NoteHas(text=text):
            return f"note has {text}"
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


def said_number(field: str, value: float) -> str:
    """A number of a field as people read it: a date as a day."""
    if NUMBERS[field].date:
        return f"{datetime.datetime.fromtimestamp(value, datetime.UTC):%Y-%m-%d}"
    return f"{value:g}"


def _field_words(field: str) -> str:
    return (TEXTS.get(field) or NUMBERS[field]).title.lower()


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
    if number := health.exact + (health.near or 0):
        return Note(f"{wording.count(number, 'duplicate')} in more than one split", "warning")
    if health.train and health.val:
        known = health.near is not None  # near duplicates are only found among images that were measured
        return Note("No leak between splits" if known else "No leak found so far", "good")
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
