"""Whether the samples that show are those of training, decided without Qt."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.augment.preview import Tile


@dataclass(frozen=True)
class Badge:
    text: str
    kind: str
    tip: str


@dataclass(frozen=True)
class Check:
    """The comparison with training's own code. `ours` and `theirs` are digests by recipe; `trouble` ends it."""

    ours: tuple[tuple[str, ...], ...] = ()
    theirs: tuple[tuple[str, ...], ...] = ()
    trouble: str = ""
    pairs: bool = False
    recorded: tuple[int, int] = (0, 0)  # of a replayed run: how many samples it wrote down, how many are equal


def badge(check: Check) -> Badge:
    """Never good without a comparison of every sample that is shown."""
    if check.trouble:
        return Badge("Not checked", "muted", check.trouble)
    if check.pairs:
        return Badge("Not checked", "muted", "Training mixes whole batches; switch pairs off to check their samples.")
    if not check.ours or len(check.theirs) < len(check.ours):
        return Badge("Checking…", "muted", "Training's own code is making the same samples in another process.")
    count = sum(len(digests) for digests in check.ours)
    equal = sum(a == b for a, b in zip(_flat(check.ours), _flat(check.theirs), strict=False))
    told, kept = check.recorded
    if equal < count or len(_flat(check.theirs)) != count:
        return Badge("Not equal", "bad", f"{count - equal} of {count} samples differ from those of training.")
    if kept < told:
        return Badge("Not equal", "bad", f"{told - kept} of {told} samples differ from those the run wrote down.")
    tip = f"All {count} samples are equal, bit by bit, to those that training's own code makes on the CPU."
    if not told:
        tip += " A GPU renders the same plan, to within a few grey levels."
    else:
        tip += f" The run wrote {told:,} of them down while it trained: equal too."
    return Badge("✓ Equal to training", "good", tip)


def _flat(digests: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    return tuple(digest for part in digests for digest in part)


def by_recipe(values: Sequence[Any], tiles: Sequence[Tile], recipes_beside: int) -> tuple[tuple[Any, ...], ...]:
    """The values of a sheet's tiles, apart for each recipe."""
    return tuple(
        tuple(value for value, tile in zip(values, tiles, strict=True) if tile.which == which)
        for which in range(recipes_beside)
    )


def gpu_trouble(run: dict[tuple[int, int], str]) -> str:
    """Why a replayed run cannot be compared with what it wrote down; "" where it can."""
    return "" if all(run.values()) else "This run saw what a GPU rendered: the same plan, to within a few grey levels."


def compared(run: dict[tuple[int, int], str], tiles: Sequence[Tile], digests: Sequence[str]) -> tuple[int, int]:
    """Of how many tiles a replayed run wrote a digest down, and how many of those are equal."""
    pairs = [
        (run[key], digest)
        for tile, digest in zip(tiles, digests, strict=True)
        if (key := (tile.epoch, tile.picture.id)) in run
    ]
    return len(pairs), sum(theirs == ours for theirs, ours in pairs)
