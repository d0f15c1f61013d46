"""What the dialog that accepts predictions shows, decided without Qt."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core import wording
from core.errors import Error
from core.project.acceptance import Proposal
from core.project.query import ALL, And, Compare, Filter, Flag, IdIn, Not, OneOf, Or

SHOWN, SELECTED, EVERYTHING = "shown", "selected", "all"
_HANDLED = ("import", "model")


@dataclass(frozen=True)
class Asked:
    """What the controls say; `selection` are the images selected when the dialog was opened."""

    scope: str
    filter: Filter
    selection: npt.NDArray[np.int64]
    confidence: float
    replace: bool

    @property
    def images(self) -> Filter:
        """Which images are looked at."""
        if self.scope == SELECTED:
            return IdIn(tuple(self.selection.tolist()))
        return self.filter if self.scope == SHOWN else ALL

    @property
    def accepted(self) -> Filter:
        """Those of them that would get a label."""
        open_to_it: Filter = Flag("unlabelled")
        if self.replace:
            open_to_it = Or((open_to_it, And((Flag("wrong"), OneOf("by", _HANDLED)))))
        whole = self.images.parts if isinstance(self.images, And) else (self.images,)
        return And((*whole, Compare("conf", ">=", self.confidence), Not(Flag("rejected")), open_to_it))


@dataclass(frozen=True)
class Offer:
    """`rows` are class, its position and number; `lines` are told below them, `warns` that the first one warns."""

    title: str
    rows: tuple[tuple[str, int, int], ...]
    lines: tuple[str, ...]
    warns: bool
    others: str
    button: str
    can: bool


DOUBTFUL = 0.9  # below this share of right ones a warning is given


def offer(found: Proposal | Error) -> Offer:
    """What is shown of `found`."""
    if isinstance(found, Error):
        return Offer(f"{found.title} {found.hint}", (), (), True, _others(0), "Accept", False)
    position = {name: at for at, name in enumerate(found.classes)}
    rows = tuple((name, position[name], number) for name, number in found.counts.items())
    accuracy = found.judged.accuracy
    lines = [str(found.judged)]
    if found.by_hand:
        left = wording.count(found.by_hand, "label")
        lines.append(f"{left} given by hand left alone; {found.disagreeing:,} of them say otherwise.")
    count = len(found.ids)
    return Offer(
        title=f"Run {found.run_number}: {_what(found)}",
        rows=rows,
        lines=tuple(lines),
        warns=accuracy is None or accuracy < DOUBTFUL,
        others=_others(found.replaceable + found.replaced),
        button=f"Accept {wording.count(count, 'label')}" if count else "Accept",
        can=count > 0,
    )


def _what(found: Proposal) -> str:
    if not len(found.ids):
        return "nothing to accept at this confidence."
    new = f"{wording.count(found.unlabelled, 'image')} would get a label"
    changed = f", {wording.count(found.replaced, 'label')} would change" if found.replaced else ""
    return f"{new}{changed}."


def _others(count: int) -> str:
    """The words of the switch that lets labels of imports and models change."""
    return f"Also change labels by an import or a model: {count:,} say otherwise"
