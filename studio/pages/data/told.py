"""What is told of one image beside the large view, as rows of name and value; decided without Qt."""

import datetime
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core import wording
from core.images.about import About
from core.project.journal import ABSENT, Step
from core.project.predictions import Guess
from core.project.records import ImageRecord
from studio.pages.data.state import SPLIT_WORDS

Rows = tuple[tuple[str, str], ...]
MOST = 12  # lines of a history


@dataclass(frozen=True)
class Verdicts:
    """What runs said: rows, with the kind of each (good, bad or muted), and how far they agree."""

    rows: Rows = ()
    kinds: tuple[str, ...] = ()
    summary: str = ""


def file_rows(record: ImageRecord, about: About | None, reason: str = "") -> Rows:
    """The file; what is not known yet, or cannot be, keeps its line."""
    wait = reason or "…"
    kind = (("Format", about.format if about else wait), ("Colour", _color(about) if about else "…"))
    bytes_ = ("Bytes", f"{about.byte_size if about else record.byte_size:,}")
    changed = ("Changed", _when(about.modified) if about else "…")
    return (("Path", str(record.path)), *kind, bytes_, changed)


def camera_rows(about: About | None) -> Rows:
    """What the camera wrote; none where it wrote nothing."""
    if about is None:
        return ()
    camera = about.camera
    rows = (
        ("Camera", camera.camera),
        ("Lens", camera.lens),
        ("Exposure", camera.exposure),
        ("Focal length", camera.focal),
        ("Taken", camera.taken),
        ("Orientation", camera.turn),
        ("Software", camera.software),
        ("Place", "has a place" if camera.has_place else ""),
    )
    return tuple(row for row in rows if row[1])


def verdicts(guesses: Sequence[Guess], label: str | None) -> Verdicts:
    """What each run said, in the order given, and whether it agrees with the label."""
    if not guesses:
        return Verdicts(summary="No run has seen this image.")
    rows, kinds = [], []
    for guess in guesses:
        agrees = guess.class_name == label
        sign = "" if label is None else "✓ " if agrees else "✗ "
        rows.append((guess.run, f"{sign}{guess.class_name} at {guess.confidence:.2f}"))
        kinds.append("muted" if label is None else "good" if agrees else "bad")
    return Verdicts(tuple(rows), tuple(kinds), _agreement(guesses, label))


def alike_words(record: ImageRecord, similarity: float) -> str:
    """Such as "3/sudoku_02683.jpg, label 3, 97 % alike"."""
    label = f"label {record.class_name}" if record.class_name else "no label"
    return f"{record.name}, {label}, {max(0.0, similarity):.0%} alike".replace("%", " %")


def history_rows(steps: Sequence[Step]) -> Rows:
    """What was done to an image, the latest first as in `steps`, and how many more steps there are."""
    rows = [(_day(step.at), _change(step)) for step in steps[:MOST]]
    if len(steps) > MOST:
        rows.append(("Before", wording.count(len(steps) - MOST, "change")))
    return tuple(rows)


def _agreement(guesses: Sequence[Guess], label: str | None) -> str:
    if label is None:
        said = {guess.class_name for guess in guesses}
        return "All runs say the same." if len(said) == 1 else f"The runs say {len(said)} different classes."
    agree = sum(guess.class_name == label for guess in guesses)
    runs = wording.count(len(guesses), "run")
    return f"{agree} of {runs} {'agrees' if agree == 1 else 'agree'} with the label."


def _change(step: Step) -> str:
    if step.field.startswith("tag "):
        what = f"{step.field} {'put on' if step.after == 'yes' else 'taken off'}"
    elif step.field == "rejected":
        what = "rejected" if step.after == "yes" else "taken back in"
    elif step.field == "note":
        what = "note written" if step.after else "note taken away"
    elif step.field == "class" and step.before == ABSENT:
        what = step.after
    else:
        what = f"{_named(step, step.before)} → {_named(step, step.after)}"
    return f"{what} · {step.who}" if step.who else what


def _named(step: Step, value: str) -> str:
    return SPLIT_WORDS.get(value, value).lower() if step.field == "split" else value or "none"


def _color(about: About) -> str:
    named = f"{about.depth} bit {about.color}"
    return f"{named} · {about.profile}" if about.profile else named


def _day(seconds: float) -> str:
    """Without the year where it is this one: beside it, there is little room for what was done."""
    when = datetime.datetime.fromtimestamp(seconds)
    return f"{when:%d %b %H:%M}" if when.year == datetime.datetime.now().year else f"{when:%Y-%m-%d}"


def _when(seconds: float) -> str:
    try:
        return f"{datetime.datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):
        return "unknown"


def compared(images: Sequence[ImageRecord], said: Sequence[Sequence[Guess]]) -> list[tuple[Rows, tuple[str, ...]]]:
    """Of each image the same lines, with the kind of each: "strong" where it is not as in most of them, else "muted".

    The label and what runs said are always told, other things where the images differ.
    """
    runs = list(dict.fromkeys(guess.run for guesses in said for guess in guesses))
    columns = [_compared(image, guesses, runs) for image, guesses in zip(images, said, strict=True)]
    usual = [Counter(words[name][0] for words in columns).most_common(2) for name in columns[0]]
    names = [
        name for name, common in zip(columns[0], usual, strict=True) if len(common) > 1 or name in ("Label", *runs)
    ]
    most = {
        name: None if len(common) > 1 and common[0][1] == common[1][1] else common[0][0]
        for name, common in zip(columns[0], usual, strict=True)
    }
    return [
        (
            tuple((name, words[name][1] or "none") for name in names),
            tuple("muted" if words[name][0] == most[name] else "strong" for name in names),
        )
        for words in columns
    ]


def _compared(image: ImageRecord, guesses: Sequence[Guess], runs: Sequence[str]) -> dict[str, tuple[str, str]]:
    """By the name of a line what is compared and what is told."""
    by_run = {guess.run: guess for guess in guesses}
    said = {
        run: (by_run[run].class_name, f"{by_run[run].class_name} at {by_run[run].confidence:.2f}")
        if run in by_run
        else ("", "")
        for run in runs
    }
    others = {
        "Source": image.source or "",
        "Split": SPLIT_WORDS[image.split or ""].lower(),
        "Size": f"{image.width:,} × {image.height:,} px",
        "Tags": ", ".join(image.tags),
        "Rejected": "yes" if image.rejected else "",
    }
    label = image.class_name or ""
    return {"Label": (label, label), **said, **{name: (value, value) for name, value in others.items()}}
