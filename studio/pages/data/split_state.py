"""What the dialog of the split shows, decided without Qt: choices to a plan and back, and the preview of a plan."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core import wording
from core.errors import Error
from core.project.plan import GroupBy, SplitPlan
from core.project.split import Proposal, SplitHealth

MODES = {"shares": "Shares", "folds": "Folds", "sources": "Hold out sources"}
GROUP_WORDS: dict[GroupBy, str] = {
    "auto": "Group, else source",
    "group": "Group",
    "source": "Source",
    "folder": "Folder",
    "any": "Group, source or folder",
    "none": "Nothing but duplicates",
}
HELD_WORDS = {"val": "Validation", "test": "Test"}
PART_WORDS = {"train": "Training", "val": "Validation", "test": "Test", "none": "No split"}


@dataclass(frozen=True)
class Choices:
    """What is set in the dialog; shares in per cent. `locked` is whether the test set was locked before."""

    mode: str = "shares"
    val: int = 15
    test: int = 0
    folds: int = 5
    fold: int = 1
    group_by: GroupBy = "auto"
    sources: tuple[str, ...] = ()
    held_as: str = "val"
    seed: int = 0
    lock: bool = False
    locked: bool = False

    @property
    def fields(self) -> frozenset[str]:
        """The controls that mean something now."""
        held = {"val": "test", "test": "val"}[self.held_as]
        by_mode = {"shares": {"val", "test"}, "folds": {"folds", "fold"}, "sources": {"sources", "held_as", held}}
        return frozenset(by_mode[self.mode])

    @property
    def test_is_open(self) -> bool:
        """Whether a new test set may be asked for."""
        return not (self.locked and self.lock)

    @property
    def refusal(self) -> Error | None:
        """Why there is no plan yet."""
        if self.mode == "sources" and not self.sources:
            return Error("No source is held out.", "Choose one or more.")
        return None

    @property
    def plan(self) -> SplitPlan:
        shared = SplitPlan(group_by=self.group_by, seed=self.seed, lock_test=self.lock)
        test = self.test / 100 if self.test_is_open else 0.0
        if self.mode == "folds":
            return replace(shared, folds=self.folds, fold=self.fold)
        if self.mode == "sources":
            return replace(shared, val=self.val / 100, test=test, hold_out=self.sources, held_as=self.held_as)
        return replace(shared, val=self.val / 100, test=test)


def choices(plan: SplitPlan | None, locked: bool, sources: Mapping[str, int]) -> Choices:
    """Those of the last split, as far as they still mean something."""
    plan = plan or SplitPlan()
    held = tuple(name for name in plan.hold_out if name in sources)
    return Choices(
        mode="folds" if plan.folds else "sources" if held else "shares",
        val=round(100 * plan.val),
        test=0 if locked else round(100 * plan.test),
        folds=plan.folds or Choices.folds,
        fold=plan.fold,
        group_by=plan.group_by,
        sources=held,
        held_as=plan.held_as,
        seed=plan.seed,
        lock=locked,
        locked=locked,
    )


def arguments(plan: SplitPlan) -> list[str]:
    """The plan as `core split` takes it."""
    said = [f"--val={plan.val:g}", f"--test={plan.test:g}", f"--by={plan.group_by}", f"--seed={plan.seed}"]
    said += [f"--folds={plan.folds}", f"--fold={plan.fold}"] if plan.folds else []
    said += [f"--hold-out={name}" for name in plan.hold_out]
    said += [f"--as={plan.held_as}"] if plan.hold_out else []
    return said if plan.lock_test is None else [*said, "--lock-test" if plan.lock_test else "--unlock-test"]


@dataclass(frozen=True)
class Line:
    """A sentence with its kind: good, warning, bad or muted."""

    text: str
    kind: str


@dataclass(frozen=True)
class Preview:
    """Rows are part, images now, images then and their share; `can` says whether the plan can be followed."""

    rows: tuple[tuple[str, str, str, str], ...]
    lines: tuple[Line, ...]
    can: bool


def preview(now: SplitHealth | None, found: Proposal | Error | None) -> Preview:
    """What is shown of a plan: its proposal, why there is none, or None while that is being found out."""
    before = {"train": now.train, "val": now.val, "test": now.test, "none": now.none} if now else {}
    then = found.counts if isinstance(found, Proposal) else {}
    total = sum(then.values())
    rows = tuple(
        (
            word,
            f"{before[part]:,}" if part in before else "",
            f"{then[part]:,}" if part in then else "",
            wording.percent(then[part] / total) if total else "",
        )
        for part, word in PART_WORDS.items()
    )
    return Preview(rows, tuple(_lines(found)), isinstance(found, Proposal))


def _lines(found: Proposal | Error | None) -> list[Line]:
    if found is None:
        return [Line("Counting…", "muted")]
    if isinstance(found, Error):
        return [Line(found.title, "bad"), *([Line(found.hint, "muted")] if found.hint else [])]
    lines = [Line(note, "warning") for note in found.notes]
    lines.append(Line(f"{wording.count(found.units, 'group')} of images that stay together: none is torn.", "good"))
    if found.unmeasured:
        text = f"Of {wording.count(found.unmeasured, 'image')} near duplicates are not known: they were not measured."
        lines.append(Line(text, "muted"))
    return lines
