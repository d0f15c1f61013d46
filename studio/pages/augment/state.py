"""What the Augment page shows, decided without Qt: which images, whether it equals training, verdicts, warnings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from core import recipe as recipes
from core import wording
from core.augment import preview
from core.augment.preview import Candidates, Picture, Sheet, Tile
from core.errors import Error
from core.events import Judged, Sampled, StrengthPoint
from core.project.store import Store
from core.recipe import Augment, Recipe
from core.recipe.rules import OF_BATCHES
from core.runs import history
from core.runs.folder import RunFolder, list_runs
from studio.pages.augment.lines import all_operations

Which = Literal["classes", "random", "selection", "id", "recorded"]
WHICH: tuple[tuple[Which, str], ...] = (
    ("classes", "One of each class"),
    ("random", "At random"),
    ("selection", "Selected on Data"),
    ("id", "One image"),
    ("recorded", "First of the epoch"),  # of a replayed run: those of which it wrote digests down
)
LINES, FEWEST, MOST = 5, 5, 8  # images below each other; epochs beside each other
_ROOMY = 76  # px of a tile from which a badge has room for a number more
_NONE = "No model"


# --- what there is ---


@dataclass(frozen=True)
class PastRun:
    """A run that can be replayed or asked: its recipe, how many epochs it has begun, whether it has a network."""

    name: str
    recipe: Recipe
    epochs: int
    trained: bool


@dataclass(frozen=True, eq=False)
class Ground:
    """What the page stands on: the images that training would use, some of them, the number of all, and the runs."""

    candidates: Candidates
    crowd: Candidates
    total: int
    runs: tuple[PastRun, ...]
    refusal: Error | None = None  # why the recipe's filter chooses nothing
    where: str | None = None  # that filter, while the project is as it was
    unread: tuple[str, ...] = ()  # runs whose recipe cannot be read, such as one of another version

    def run(self, name: str) -> PastRun | None:
        return next((run for run in self.runs if run.name == name), None)


def survey(store: Store, where: str, known: Ground | None = None) -> Ground:
    """Read what the page stands on; runs whose recipe cannot be read are only named. For a reader's thread.

    The images are taken from `known` if they are the same.
    """
    read = {folder.name: _past(folder) for folder in reversed(list_runs(store.paths.runs))}
    runs = tuple(run for run in read.values() if run is not None)
    unread = tuple(name for name, run in read.items() if run is None)
    if known is not None and known.where == where:
        return replace(known, runs=runs, unread=unread)
    refusal = None
    try:
        found = preview.candidates(store, where)
    except Error as problem:
        found, refusal = preview.candidates(store), problem
    total = int(store.read("SELECT count(*) FROM image")[0][0])
    return Ground(found, preview.crowd(found), total, runs, refusal, where, unread)


def _past(run: RunFolder) -> PastRun | None:
    try:
        past = history.read(run)
        begun = min(len(past.epochs) + 1, past.planned_epochs) if past.epochs else past.planned_epochs
        return PastRun(run.name, run.recipe(), max(1, begun), run.best.is_file())
    except (Error, OSError):
        return None


Recorded = dict[tuple[int, int], str]  # the digests that a run wrote down while it trained, by epoch and image


def recorded(run: RunFolder) -> Recorded:
    """What a run wrote down, in its order; "" for samples of a GPU, which cannot be compared. Raises OSError."""
    return {
        (event.epoch, id): digest if event.renderer == "opencv" else ""
        for event in run.events(steps=False)
        if isinstance(event, Sampled)
        for id, digest in zip(event.ids, event.digests, strict=False)
    }


@dataclass(frozen=True)
class Wanted:
    """Which images to show: `draw` counts the clicks on "Others"; `ids` are those of a selection or run, or the one."""

    which: Which = "classes"
    draw: int = 0
    ids: tuple[int, ...] = ()


def choose(store: Store, among: Candidates, wanted: Wanted) -> list[Picture]:
    """The images to show, at most `LINES`. For a reader's thread."""
    if wanted.which == "classes":
        ids: Sequence[int] = preview.one_of_each(among, wanted.draw, LINES)
    elif wanted.which == "random":
        ids = preview.at_random(among, wanted.draw, LINES)
    else:
        ids = wanted.ids[:LINES]
    return preview.pictures(store, ids)


def first_of(run: Recorded, epoch: int, draw: int) -> tuple[int, ...]:
    """Real images of which a run wrote a digest down in this epoch: `LINES` of them, others for each `draw`."""
    ids = [id for known, id in run if known == epoch and id > 0]
    start = draw * LINES % max(1, len(ids))
    return tuple(ids[start : start + LINES])


@dataclass(frozen=True)
class Empty:
    """Why there is nothing to show, and the button that helps: `goal` is a place, or ""."""

    sentence: str
    hint: str = ""
    button: str = ""
    goal: str = ""


def empty(opened: bool, ground: Ground | None, wanted: Wanted, pictures: Sequence[Picture]) -> Empty | None:
    """What stands in the way of samples; None when nothing does or it is not known yet."""
    if not opened:
        return Empty("What training makes of your images will be here.", "Open a project first.")
    if ground is None or pictures:
        return None
    if not ground.total:
        hint = "What training makes of them will be here."
        return Empty("There are no images yet.", hint, "Go to Data", "data")
    if wanted.which == "selection":
        return Empty("No image is selected.", "Select some on the Data page.", "Go to Data", "data")
    if wanted.which == "recorded":
        return Empty("The run wrote nothing down in this epoch.", "Choose other images above, or another epoch.")
    if wanted.which == "id":
        return Empty("There is no image of this number.", "The Data page shows the number of an image.")
    if ground.refusal is not None:
        return Empty(ground.refusal.title, ground.refusal.hint, "Go to Train", "train")
    hint = "Label some on the Data page, or choose “One image” above."
    return Empty("No image has a label that training could use.", hint, "Go to Data", "data")


# --- recipes ---


def offered(runs: Sequence[PastRun]) -> list[tuple[str, str]]:
    """The augmentations to start from as title and key: those that come with the program, and those of runs."""
    return [(name, name) for name in recipes.presets()] + [(f"As in {run.name}", f"run:{run.name}") for run in runs]


def found(key: str, runs: Sequence[PastRun]) -> Augment | None:
    """The augmentation that a key of `offered` means; None where it is gone. Raises `Error` for a damaged file."""
    if key.startswith("run:"):
        return next((run.recipe.augment for run in runs if f"run:{run.name}" == key), None)
    return _preset(key) if key in recipes.presets() else None


@cache
def _preset(name: str) -> Augment:
    return recipes.load(recipes.presets()[name]).augment


def start_of(augment: Augment, runs: Sequence[PastRun]) -> tuple[str, Augment]:
    """Key and values of the offered augmentation that this one is; the newest run's come first, "" is none of them."""
    for _, key in reversed(offered(tuple(reversed(runs)))):
        if found(key, runs) == augment:
            return key, augment
    return "", augment


def replays(runs: Sequence[PastRun]) -> list[tuple[str, str]]:
    """What can be looked at, as title and name: the draft, or what a run saw."""
    return [("The draft", ""), *((run.name, run.name) for run in runs)]


def left_out(ground: Ground | None) -> str:
    """Which runs are not offered, for tooltips; "" where all are."""
    unread = ground.unread if ground else ()
    return f"Not offered, as their recipe cannot be read here: {', '.join(unread)}." if unread else ""


# --- the grid ---


def epochs_beside(width: int, height: int, lines: int, recipes_beside: int, gap: int) -> int:
    """How many epochs fit beside each other without smaller tiles than `lines` lines need, of each recipe."""
    side = max(1, (height - gap * (lines - 1)) // max(1, lines))
    most = (width + gap) // (side + gap)
    return max(FEWEST, min(MOST, most)) if recipes_beside == 1 else max(3, min(MOST, most) // 2)


@dataclass(frozen=True)
class Written:
    """What is written on a tile, whether in red, and what its tooltip says."""

    badge: str
    bad: bool
    tip: str


def of_one_image(sheet: Sheet) -> bool:
    """Whether all tiles show the same image, so that epochs go on from line to line."""
    return len(sheet.tiles) > 1 and len({tile.picture.id for tile in sheet.tiles}) == 1


def marks(
    sheet: Sheet, classes: Sequence[str], said: "Mapping[int, Verdict]", letters: str, room: int
) -> list[Written]:
    """What is written on each tile of `room` px; `said` is by tile, `letters` name the recipes side by side."""
    alone = of_one_image(sheet)
    return [_written(tile, classes, said.get(at), alone, letters, room) for at, tile in enumerate(sheet.tiles)]


def _written(
    tile: Tile, classes: Sequence[str], verdict: "Verdict | None", alone: bool, letters: str, room: int
) -> Written:
    label = name_of(tile.label, classes)
    facts = [f"Image {tile.picture.id}, class {label}, epoch {tile.epoch}"]
    if len(letters) > 1:
        facts[0] += f", recipe {letters[tile.which]}"
    badge, bad = (str(tile.epoch) if alone else ""), False
    if tile.label != tile.picture.label:
        badge = label
        facts.append(f"The rules make this class {label}; the image is {name_of(tile.picture.label, classes)}.")
    if tile.mixing is not None:
        other = name_of(tile.partner, classes)
        badge = f"{label} {100 * tile.mixing.share:.0f} % + {other}"
        facts.append(f"{tile.mixing.kind.capitalize()}: lambda {tile.mixing.share:.2f} with class {other}")
    elif verdict is not None and not verdict.right:
        badge, bad = f"{label}→{verdict.name}", True
        badge += f" {verdict.confidence:.2f}" if room >= _ROOMY else ""
    if verdict is not None:
        facts.append(f"The model says {verdict.name}, confidence {verdict.confidence:.2f}.")
    return Written(badge, bad, "\n".join([*facts, tile.picture.name]))


def headings(sheet: Sheet, letters: str) -> list[str]:
    """The words above the columns: the epoch, and the recipe where two are side by side; none of one image."""
    if of_one_image(sheet):
        return []
    first = sheet.tiles[: sheet.columns]
    return [f"{letters[tile.which]} {tile.epoch}" if len(letters) > 1 else str(tile.epoch) for tile in first]


def name_of(label: int, classes: Sequence[str]) -> str:
    """The name of a class, a dash where there is none."""
    return classes[label] if 0 <= label < len(classes) else "–"


def speed(sheet: Sheet) -> str:
    """Such as "25 samples in 21 ms"."""
    return f"{wording.count(len(sheet.tiles), 'sample')} in {sheet.seconds * 1000:.0f} ms"


def skipped_line(sheet: Sheet) -> str:
    """Which images could not be read; "" when all could."""
    if not sheet.skipped:
        return ""
    rest = f" {len(sheet.skipped) - 1} more could not be read either." if len(sheet.skipped) > 1 else ""
    return sheet.skipped[0].title + rest


# --- what the model says ---


@dataclass(frozen=True)
class Verdict:
    """What a network said of a sample."""

    name: str
    confidence: float
    right: bool


def verdicts(judged: Judged) -> tuple[Verdict, ...]:
    """What an answer says of each of its samples; none where no run was asked."""
    return tuple(
        Verdict(name_of(said, judged.classes), confidence, right)
        for said, confidence, right in zip(judged.predicted, judged.confidence, judged.right, strict=False)
    )


def models(runs: Sequence[PastRun]) -> list[tuple[str, str]]:
    """The runs that can be asked, as title and name."""
    return [(_NONE, ""), *((run.name, run.name) for run in runs if run.trained)]


def verdict_facts(
    said: "Mapping[int, Verdict]", tiles: Sequence[Tile], letters: str
) -> tuple[tuple[str, str], tuple[str, str]]:
    """Correct and mean confidence, such as "A 9 · B 7 of 15" where two recipes are side by side; dashes while nothing
    is known. `said` is by tile.
    """
    right, mean, most = list[str](), list[str](), 0
    for which, letter in enumerate(letters):
        mine = [one for at, one in said.items() if tiles[at].which == which]
        name, most = f"{letter} " if len(letters) > 1 else "", max(most, len(mine))
        right.append(f"{name}{sum(one.right for one in mine)}" if mine else f"{name}–")
        mean.append(f"{sum(one.confidence for one in mine) / len(mine):.2f}" if mine else "–")
    count = " · ".join(right) + (f" of {most}" if most else "")
    return ("Correct", count), ("Mean confidence", " · ".join(mean))


# --- accuracy against strength ---


@dataclass(frozen=True)
class Strength:
    """The setting whose strength is measured: an operation and the name of its setting, "enabled" where it has none."""

    operation: str
    setting: str

    @property
    def head(self) -> str:
        """Such as "Accuracy against rotation", or "… against brightness" where an operation has several strengths."""
        known = next(one for one in all_operations() if one.name == self.operation)
        strengths = [knob for knob in known.mains if knob.neutral is not None]
        titles = {knob.path.rpartition(".")[2]: knob.title for knob in strengths}
        return f"Accuracy against {(titles[self.setting] if len(titles) > 1 else known.title).lower()}"

    @property
    def unit(self) -> str:
        known = next(one for one in all_operations() if one.name == self.operation)
        return next((knob.unit for knob in known.knobs if knob.path.endswith(f".{self.setting}")), "")


def strength_of(path: str, before: Strength) -> Strength:
    """The strength to measure after the setting at `path` was touched."""
    _, name, setting = (*path.split("."), "")[:3]
    known = next((one for one in all_operations() if one.name == name), None)
    if known is None or name in OF_BATCHES:
        return before
    strengths = [knob.path.rpartition(".")[2] for knob in known.mains if knob.neutral is not None]
    if setting in strengths:
        return Strength(name, setting)
    if name == before.operation:
        return before
    return Strength(name, strengths[0] if strengths else "enabled")


def trained_range(augment: Augment, of: Strength, points: Sequence[StrengthPoint]) -> tuple[float, float] | None:
    """From which to which of the measured strengths the draft trains; None without, or while nothing is measured.

    Ranges about 0 count by their distance from it.
    """
    operation = getattr(augment, of.operation)
    if not operation.used or not points:
        return None
    if of.setting == "enabled":
        return 0.0, 1.0
    value = getattr(operation, of.setting)
    low, high = value if isinstance(value, tuple) else (0.0, value)
    signed = any(knob.scale and knob.scale.low < 0 for knob in _knobs(of))
    if signed:
        low, high = max(0.0, low, -high), max(abs(low), abs(high))
    axis = [point.strength for point in points]
    return max(low, min(axis)), min(high, max(axis))


def _knobs(of: Strength) -> list[Any]:
    known = next(one for one in all_operations() if one.name == of.operation)
    return [knob for knob in known.knobs if knob.path.endswith(f".{of.setting}")]


def strength_caption(points: Sequence[StrengthPoint], model: str, shaded: bool) -> str:
    """What stands below the curve."""
    if not points:
        known = "What the model withstands of the setting that was touched last."
        return known if model else "Choose a model above to measure it."
    images = f"Validation images, {points[-1].images:,}."
    return f"Shaded: the range you train on. {images}" if shaded else images
