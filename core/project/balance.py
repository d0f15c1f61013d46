"""How balanced the classes are: counts and shares by class, by split and by source, and what differs most."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core import wording
from core.project import table
from core.project.query import ALL, Filter
from core.project.store import Store
from core.project.table import SPLITS, Mask, Table, Words

Counts = npt.NDArray[np.int64]
PARTS = ("all", "split", "source")
MOST = 200  # sources that are told apart
FEW = 20  # labelled images; below, one image moves a share by more than 5 points


@dataclass(frozen=True, eq=False)
class Crosstab:
    """`counts` C,K of the labelled images by class and by part; `names` K of the parts, "" those without.

    `unlabelled` K counts the others. `left_out` parts, the smallest ones, have no column.
    """

    names: tuple[str, ...]
    counts: Counts
    unlabelled: Counts
    left_out: int = 0

    @property
    def labelled(self) -> Counts:
        """Of each part, K."""
        return np.asarray(self.counts.sum(0))

    @property
    def shares(self) -> npt.NDArray[np.float64]:
        """Of each class among the labelled images of its part, C,K in [0, 1]; 0 in a part without any."""
        return np.asarray(self.counts / np.maximum(1, self.labelled))


@dataclass(frozen=True)
class Spread:
    """The classes with the most and the fewest images.

    `relative` is their difference as a share of an average class: 0.037 for 873 ± 16 images a class.
    """

    most: str
    most_count: int
    least: str
    least_count: int
    relative: float

    def __str__(self) -> str:
        most = f"class {self.most} has {wording.count(self.most_count, 'image')}"
        apart = f"{wording.percent(self.relative)} of an average class"
        return f"{most}, class {self.least} has {self.least_count:,}; {apart}"


@dataclass(frozen=True)
class Gap:
    """The class whose share differs most from part to part: `high_share` of the part `high`, `low_share` of `low`."""

    class_name: str
    high: str
    high_share: float
    low: str
    low_share: float

    @property
    def points(self) -> float:
        """The difference in percentage points."""
        return 100 * (self.high_share - self.low_share)

    def __str__(self) -> str:
        shares = f"{wording.percent(self.high_share)} of {self.high}, {wording.percent(self.low_share)} of {self.low}"
        return f"class {self.class_name} is {shares}; {self.points:.1f} points"


@dataclass(frozen=True, eq=False)
class Balance:
    """Counts of the images of a filter; `rejected` of them are kept out of training.

    `parts` has a table for each of PARTS. `spread` is over all classes, also those without images, `between` has the
    gap between train and val under "split" and the one between sources of FEW and more labelled images under "source".
    """

    classes: tuple[str, ...]
    rejected: int
    parts: Mapping[str, Crosstab]
    spread: Spread | None
    between: Mapping[str, Gap | None]

    @property
    def labelled(self) -> int:
        return int(self.parts["all"].labelled.sum())

    @property
    def unlabelled(self) -> int:
        return int(self.parts["all"].unlabelled.sum())

    def said(self, part: str) -> str:
        """A sentence with the largest difference in one of PARTS; empty where nothing can be compared."""
        if part == "all":
            if self.spread and self.spread.most_count == self.spread.least_count:
                return f"Each class has {wording.count(self.spread.most_count, 'image')}."
            return f"Largest difference between classes: {self.spread}." if self.spread else ""
        gap, places = self.between[part], {"split": "train and val", "source": "sources"}[part]
        return f"Largest difference between {places}: {gap}." if gap else ""


def balance(store: Store, filter: Filter = ALL) -> Balance:
    """How the images of `filter` are balanced."""
    known = table.of(store)
    mask = None if filter == ALL else filter.mask(known)
    whole = np.ones(len(known), np.bool_) if mask is None else mask
    parts = {
        "all": _crosstab(known, Words(np.zeros(len(known), np.int8), ("all",)), mask),
        "split": _crosstab(known, Words(known.number("split"), SPLITS), mask),
        "source": _crosstab(known, known.sources, mask),
    }
    names = known.classes.names
    between = {
        "split": _gap(names, parts["split"], ("train", "val"), 1),
        "source": _gap(names, parts["source"], tuple(name for name in parts["source"].names if name), FEW),
    }
    rejected = int((known.number("rejected") & whole).sum())
    return Balance(names, rejected, parts, _spread(names, parts["all"].counts.sum(1)), between)


def _crosstab(known: Table, column: Words, mask: Mask | None) -> Crosstab:
    """Parts without images have no column, of many parts the largest have one; their order is that of `column`."""
    classes, codes = known.classes.codes, column.codes
    if mask is not None:
        classes, codes = classes[mask], codes[mask]
    codes = np.where(codes < 0, len(column.names), codes)  # what has none comes last
    sizes = np.bincount(codes, minlength=len(column.names) + 1)
    largest = np.argsort(-sizes, kind="stable")[:MOST]
    shown = np.sort(largest[sizes[largest] > 0])
    place = np.full(len(sizes), len(shown))
    place[shown] = np.arange(len(shown))
    width, height = len(shown) + 1, len(known.classes.names) + 1
    both = (classes.astype(np.int64) + 1) * width + place[codes]
    counts = np.bincount(both, minlength=width * height).reshape(height, width)[:, :-1]
    names = (*column.names, "")
    left_out = int((sizes > 0).sum()) - len(shown)
    return Crosstab(tuple(names[at] for at in shown), counts[1:], counts[0], left_out)


def _spread(classes: tuple[str, ...], counts: Counts) -> Spread | None:
    if len(counts) < 2 or not counts.any():
        return None
    most, least = int(counts.argmax()), int(counts.argmin())
    relative = float((counts[most] - counts[least]) / counts.mean())
    return Spread(classes[most], int(counts[most]), classes[least], int(counts[least]), relative)


def _gap(classes: tuple[str, ...], found: Crosstab, among: tuple[str, ...], few: int) -> Gap | None:
    """The largest gap between those parts `among` that have `few` labelled images; None where there are not two."""
    columns = [k for k, name in enumerate(found.names) if name in among and found.labelled[k] >= few]
    if len(columns) < 2:
        return None
    shares = found.shares[:, columns]
    at = int((shares.max(1) - shares.min(1)).argmax())
    high, low = int(shares[at].argmax()), int(shares[at].argmin())
    names = [found.names[k] for k in columns]
    return Gap(classes[at], names[high], float(shares[at, high]), names[low], float(shares[at, low]))
