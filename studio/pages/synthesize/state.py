"""What the Synthesize page shows, decided without Qt: what is missing, which composites, where one comes from."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from core import wording
from core.errors import Error
from core.images import idx
from core.project.store import Store
from core.recipe import Recipe, settings
from core.synth import mnist, preview
from core.synth.preview import Origin, Sheet

COLUMNS, SHOWN = 5, 25  # composites a line, and at once
MNIST, SCANS = "mnist", "scikit-learn"
_NAMES = {SCANS: "scikit-learn", MNIST: "MNIST"}
_ENDLESS = 1_000_000  # composites that can be looked at while the recipe asks for none

Goal = Literal["", "data", "train", "split", "download", "scans", "folder"]


@dataclass(frozen=True, eq=False)
class Ground:
    """What the page stands on: the project's part, or why the recipe's filter leaves none; whether MNIST is there."""

    images: preview.Ground | None
    refusal: Error | None
    mnist: bool


def survey(store: Store, where: str) -> Ground:
    """Read what the page stands on. For a reader's thread."""
    there = mnist_is_there()
    try:
        return Ground(preview.survey(store, where), None, there)
    except Error as problem:
        return Ground(None, problem, there)


def mnist_is_there() -> bool:
    """Whether MNIST's files have been downloaded."""
    try:
        return bool(idx.digit_files(mnist.folder()))
    except idx.Missing:
        return False


# --- what is missing ---


@dataclass(frozen=True)
class Empty:
    """Why there is nothing to show, and the button that helps."""

    sentence: str
    hint: str = ""
    button: str = ""
    goal: Goal = ""


def empty(opened: bool, ground: Ground | None, recipe: Recipe, problem: Error | None, fetching: bool) -> Empty | None:
    """What stands in the way of composites; None when nothing does or it is not known yet.

    `problem` is what making them met, `fetching` whether MNIST is being downloaded.
    """
    if not opened:
        return Empty("Digits composed on your images will be here.", "Open a project first.")
    if ground is None:
        return None
    if ground.refusal is not None:
        return Empty(ground.refusal.title, ground.refusal.hint, "Go to Train", "train")
    if lack := _lacking(ground.images) or _without_digits(ground.images, recipe.synth.stamps):
        return lack
    if recipe.synth.stamps == MNIST and not ground.mnist:
        if fetching:
            return Empty("MNIST is being downloaded.", "Once for all projects; the status bar tells how far it is.")
        hint = "60,000 handwritten digits, 12 MB, once for all projects. scikit-learn's 1,797 need no download."
        return Empty("MNIST is not on this computer yet.", hint, "Download MNIST", "download")
    if problem is not None:
        said = Empty(problem.title, titled(problem.hint))
        foreign = recipe.synth.stamps not in _NAMES
        return replace(said, button="Use scikit-learn's digits", goal="scans") if foreign else said
    return None


def titled(hint: str) -> str:
    """A hint with the settings that it names by path called what they are called in the window."""
    for setting in sorted(settings(), key=lambda setting: -len(setting.path)):
        hint = hint.replace(setting.path, f"“{setting.title}”")
    return hint


def _without_digits(images: preview.Ground | None, stamps: str) -> Empty | None:
    """What to say where the classes are not the ten digits that `stamps` has."""
    lacking = [str(digit) for digit in range(10) if images is not None and str(digit) not in images.classes]
    if stamps not in _NAMES or not lacking:
        return None
    what = "this project has none of these classes" if len(lacking) == 10 else f"no class is named {_or(lacking)}"
    hint = "Another project whose images have a plain background can lend symbols of your classes."
    return Empty(f"{_NAMES[stamps]} has the digits 0 to 9, and {what}.", hint, "Choose a project…", "folder")


def _or(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]


def _lacking(images: preview.Ground | None) -> Empty | None:
    if images is None or len(images.ids):
        return None
    if not images.images:
        return Empty("There are no images yet.", "Digits will be composed on them here.", "Go to Data", "data")
    if not images.labelled:
        hint = "Digits are composed on labelled training images; label some on the Data page."
        return Empty("No image has a label that training could use.", hint, "Go to Data", "data")
    if not images.split:
        hint = "Digits are composed on training images only, so that none for validation is learnt. You can undo it."
        return Empty("No images are chosen for training yet.", hint, "Split now", "split")
    return Empty(
        "No labelled image is one for training.", "Widen the filter on the Train page.", "Go to Train", "train"
    )


# --- which composites ---


def last_first(recipe: Recipe) -> int:
    """The number of the first composite of the last page."""
    return (max(1, recipe.synth.count or _ENDLESS) - 1) // SHOWN * SHOWN


def shown(recipe: Recipe, first: int) -> int:
    """How many composites the page from `first` on has."""
    return min(SHOWN, (recipe.synth.count or _ENDLESS) - first)


def range_words(recipe: Recipe, first: int) -> str:
    """Such as "0 – 24 of 9,000"."""
    last = first + shown(recipe, first) - 1
    return f"{first:,} – {last:,}" + (f" of {recipe.synth.count:,}" if recipe.synth.count else "")


def count_words(recipe: Recipe) -> str:
    """What the number of synthetic images means for training."""
    if not recipe.synth.count:
        return "None are made for training while this is 0."
    return "Added to the training images in every epoch."


def speed_words(sheet: Sheet) -> str:
    """Such as "25 in 2 ms"."""
    return f"{len(sheet.pixels)} in {max(1, round(1000 * sheet.seconds))} ms"


def skipped_words(sheet: Sheet) -> str:
    """What to say of backgrounds that cannot be read."""
    if not sheet.skipped:
        return ""
    number = len(sheet.skipped)
    return f"{wording.count(number, 'background')} could not be read and {'is' if number == 1 else 'are'} left out."


# --- one composite ---


def facts(origin: Origin) -> tuple[tuple[str, str], ...]:
    """Where a composite comes from, as name and value; what does not apply to it is left out."""
    made = origin.made
    rows = [
        ("Number", f"{made.index:,}"),
        ("Class", origin.label),
        ("Digit", made.stamp_name),
        ("Background", origin.background),
        ("Angle", _degrees(made.angle)),
        ("Ink", made.ink),
        ("Padding", f"{100 * made.padding:.1f} %"),
    ]
    some = (
        ("Opacity", made.opacity < 1, f"{100 * made.opacity:.1f} %"),
        ("Stroke", made.stroke != 0, f"{100 * made.stroke:+.1f} %".replace("-", "−")),
        ("Shadow", made.shadow > 0, f"{100 * made.shadow:.1f} %"),
        ("Blur", made.blur > 0, f"{made.blur:.2f} px"),
        ("Grain", made.grain > 0, f"{made.grain:.1f} levels"),
    )
    return (*rows, *((name, value) for name, there, value in some if there))


def tooltip(origin: Origin) -> str:
    """The same in a few lines, for a tile."""
    made = origin.made
    return "\n".join(
        (
            f"{origin.label} · synthetic {made.index:,}",
            f"Digit: {made.stamp_name}",
            f"Background: {origin.background}",
            f"Turned by {_degrees(made.angle)}, ink {made.ink}",
        )
    )


def augmentation(told: Sequence[tuple[str, str]], epoch: int) -> str:
    """What augmentation did to a composite, a line each."""
    if not told:
        return f"Augmentation does nothing to this image in epoch {epoch}."
    return "\n".join([f"Augmentation in epoch {epoch}:", *(f"{name}: {value}" for name, value in told)])


def _degrees(angle: float) -> str:
    return f"{angle:+.1f}°".replace("-", "−")


# --- stamps ---


def stamp_choices(recipe: Recipe, ground: Ground | None) -> tuple[tuple[str, str], ...]:
    """Title and value of each origin of stamps that is offered; the recipe's own folder last."""
    lacking = ground is not None and not ground.mnist
    found = [("scikit-learn, 1,797 digits", SCANS), ("MNIST, 60,000 digits" + (" · to download" * lacking), MNIST)]
    own = recipe.synth.stamps
    return (*found, *([] if own in _NAMES else [(Path(os.path.expanduser(own)).name or own, own)]))


# --- how far from real ---


@dataclass(frozen=True, eq=False)
class Compared:
    """What the comparison found: places in a plane, N,2; ids (N), those of composite i being -1-i."""

    points: npt.NDArray[np.float64]
    ids: npt.NDArray[np.int64]
    accuracy: float
    recipe: Recipe

    @property
    def group(self) -> npt.NDArray[np.int64]:
        """0 for real images, 1 for synthetic ones."""
        return (self.ids < 0).astype(np.int64)


GROUPS = ("real", "synthetic")  # names of `Compared.group`


def compared(result: dict[str, Any], recipe: Recipe) -> Compared:
    """What the job says when it has finished."""
    points = result["points"]
    return Compared(
        np.array([(point["x"], point["y"]) for point in points], np.float64).reshape(-1, 2),
        np.array([point["id"] for point in points], np.int64),
        float(result["accuracy"]),
        recipe,
    )


def figure(found: Compared | None) -> str:
    """How well a classifier tells synthetic images from real ones."""
    return wording.percent(found.accuracy) if found else "–"


def verdict(found: Compared | None, recipe: Recipe) -> str:
    """What the figure means."""
    perfect = "50 % would be perfect"
    same = found is None or _measured(found.recipe) == _measured(recipe)
    return perfect if same else f"{perfect}; changed since"


def _measured(recipe: Recipe) -> tuple[object, ...]:
    """What the comparison depends on: how composites are made, not how many of them are trained on."""
    return recipe.synth.model_copy(update={"count": 0}), recipe.seed, recipe.data


# --- export ---


def export_refusal(recipe: Recipe, lack: Empty | None) -> str:
    """Why nothing can be exported, in a sentence; empty when it can."""
    if lack:
        return lack.sentence
    return "" if recipe.synth.count else "Say how many synthetic images there shall be first."


def free_folder(folder: Path, recipe: Recipe) -> Path:
    """Where to write: `folder` itself while it is empty or new, else a new one inside it."""
    if not folder.is_dir() or not any(folder.iterdir()):
        return folder
    name, number = f"synthetic-{recipe.name}", 1
    while (place := folder / (name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    return place
