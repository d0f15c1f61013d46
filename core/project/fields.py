"""What is known of images, as a table: each field with its name in filters, its title and its column.

Filters, orders, headings of groups, completion and help all read this table. What an image lacks is -1 in a column of
words and nan in a column of numbers.
"""

import calendar
import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from core.images import alike
from core.images.measures import FLAWS, Flaw
from core.project.table import MADE_BY, SPLITS, Column, Mask, Table, Words

DAY = 86_400  # seconds
SYNTHETIC = "synthetic"  # the source under which composites come in


@dataclass(frozen=True)
class TextField:
    """`title` names it in the window, `help` says what it is."""

    title: str
    help: str
    column: Callable[[Table], Words]


@dataclass(frozen=True)
class NumberField:
    """`step` is what a histogram or a range may be rounded to; a date counts seconds since 1970, UTC."""

    title: str
    help: str
    column: Callable[[Table], Column]
    date: bool = False


@dataclass(frozen=True)
class FlagField:
    """`finding` marks what `core check` finds."""

    title: str
    help: str
    mask: Callable[[Table], Mask]
    finding: bool = False


def _measured(name: str) -> Callable[[Table], Column]:
    def column(table: Table) -> Column:
        known = getattr(table.measures, name).astype(np.float32)
        return np.asarray(np.append(known, np.float32(np.nan))[table.measured])

    return column


def _cluster(table: Table) -> Column:
    found = np.append(table.measures.cluster, -1)[table.measured]
    return np.where(found < 0, np.nan, found).astype(np.float64)


def _aspect(table: Table) -> Column:
    return np.asarray(table.number("width") / np.maximum(table.number("height"), 1), np.float32)


def _predicted(table: Table) -> Words:
    return Words(table.predicted.class_at, table.classes.names)


def _loss(table: Table) -> Column:
    """Not known where the label is another by now."""
    said = table.predicted
    return np.where(said.label_at == table.classes.codes, said.loss, np.float32(np.nan))


def _suggested(table: Table) -> Words:
    return Words(table.scores.suggested, table.classes.names)


TEXTS: Mapping[str, TextField] = {
    "class": TextField("Class", "the label", lambda table: table.classes),
    "split": TextField("Split", "train, val or test", lambda table: Words(table.number("split"), SPLITS)),
    "source": TextField("Source", "where or by whom it was taken", lambda table: table.sources),
    "group": TextField("Group", "what stays in one split", lambda table: table.words("group")),
    "folder": TextField("Folder", "the folder of the file", lambda table: table.words("folder")),
    "pred": TextField("Prediction", "what the latest run says", _predicted),
    "by": TextField("Labelled by", "hand, bulk, model or import", lambda table: Words(table.number("by"), MADE_BY)),
    "suggested": TextField("Suggested class", "what a suspect label should rather be", _suggested),
}

NUMBERS: Mapping[str, NumberField] = {
    "conf": NumberField("Confidence", "of the latest run, 0 to 1", lambda table: table.predicted.confidence),
    "margin": NumberField("Margin", "its confidence minus the next class's", lambda table: table.predicted.margin),
    "loss": NumberField("Loss", "cross-entropy of the label", _loss),
    "agreement": NumberField("Agreement", "share of the runs that say the same, 0 to 1", lambda table: table.agreement),
    "suspect": NumberField("Suspicion", "how likely the label is wrong, 0 to 1", lambda table: table.scores.suspect),
    "difficulty": NumberField("Difficulty", "how hard it is to learn, 0 to 1", lambda table: table.scores.difficulty),
    "width": NumberField("Width", "in px", lambda table: table.number("width")),
    "height": NumberField("Height", "in px", lambda table: table.number("height")),
    "bytes": NumberField("File size", "in bytes", lambda table: table.number("bytes")),
    "date": NumberField(
        "File date", "such as 2026-03-01", lambda table: np.asarray(table.number("modified") / 1e9), date=True
    ),
    "aspect": NumberField("Aspect", "width over height", _aspect),
    "brightness": NumberField("Brightness", "mean of the image, 0 black to 1 white", _measured("brightness")),
    "contrast": NumberField("Contrast", "range of its greys, 0 to 1", _measured("contrast")),
    "sharpness": NumberField("Sharpness", "0 blurred to 1 sharp", _measured("sharpness")),
    "cluster": NumberField("Near duplicates", "number of the group of near duplicates", _cluster),
}


def _wrong(table: Table) -> Mask:
    said, label = table.predicted.class_at, table.classes.codes
    return np.asarray((said >= 0) & (label >= 0) & (said != label))


def _right(table: Table) -> Mask:
    said = table.predicted.class_at
    return np.asarray((said >= 0) & (said == table.classes.codes))


def _unsure(table: Table) -> Mask:
    return table.tags.get("unsure", np.zeros(len(table), np.bool_))


def _checked(table: Table) -> Mask:
    return table.tags.get("checked", np.zeros(len(table), np.bool_))


def _synthetic(table: Table) -> Mask:
    names = table.sources.names
    return np.asarray(table.sources.codes == (names.index(SYNTHETIC) if SYNTHETIC in names else -2))


def _duplicate(table: Table) -> Mask:
    return alike.shared(table.pictures, ~table.number("rejected"))


def _equal(table: Table) -> Mask:
    same = table.made("same content", lambda: alike.same_content(table.content))
    return alike.shared(same, ~table.number("rejected"))


def _conflict(table: Table) -> Mask:
    """Images that show the same as one with another label."""
    return alike.conflicting(table.pictures, table.classes.codes, ~table.number("rejected"))


def _flaw(flaw: Flaw) -> Callable[[Table], Mask]:
    def mask(table: Table) -> Mask:
        names = {field for part in flaw.any_of for field, _, _ in part}
        return flaw.of({name: NUMBERS[name].column(table) for name in names})

    return mask


FLAGS: Mapping[str, FlagField] = {
    "unlabelled": FlagField("Unlabelled", "has no class", lambda table: table.classes.codes < 0),
    "wrong": FlagField("Wrong in the last run", "predicted as another class", _wrong),
    "right": FlagField("Right in the last run", "predicted as its class", _right),
    "predicted": FlagField("Predicted", "the latest run saw it", lambda table: table.predicted.class_at >= 0),
    "unsure": FlagField("Unsure", "to be looked at again", _unsure),
    "checked": FlagField("Checked", "a suspect label that is right", _checked),
    "rejected": FlagField("Rejected", "kept out of training", lambda table: table.number("rejected")),
    "synthetic": FlagField("Synthetic", "made by Wildset, not taken", _synthetic),
    "real": FlagField("Real", "not synthetic", lambda table: ~_synthetic(table)),
    "duplicate": FlagField("Duplicate", "shows the same as another image", _duplicate, finding=True),
    "equal": FlagField("Equal file", "another file has the same bytes", _equal, finding=True),
    "conflict": FlagField("Conflict", "the same image has another label elsewhere", _conflict, finding=True),
    **{flaw.word: FlagField(flaw.title, flaw.says, _flaw(flaw), finding=True) for flaw in FLAWS},
}


def seconds_of(text: str) -> tuple[float, float]:
    """The first moment of a day, month or year (2026-03-01, 2026-03, 2026) and of the one after, in seconds, UTC.

    Raises ValueError for another text.
    """
    parts = [int(part) for part in text.split("-")]
    year, month, day = (*parts, *(1,) * (3 - len(parts)))
    begin = datetime.datetime(year, month, day, tzinfo=datetime.UTC)
    days = {1: 365 + calendar.isleap(year), 2: calendar.monthrange(year, month)[1], 3: 1}[len(parts)]
    return begin.timestamp(), begin.timestamp() + DAY * days
