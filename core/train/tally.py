"""How an epoch's samples were answered, from the logits of the ordinary forward pass: by class, by source, by image.

Logits are put aside and looked at many steps at a time: looking at each step would cost a small network a tenth of its
speed. Sums grow sample by sample in the order of the epoch, so they do not depend on when that happens.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F

from core.train.batches import Batch, Ids, Images
from core.train.together import World

Sums = npt.NDArray[np.float64]

_STEPS, _NUMBERS = 64, 1 << 22  # put aside at most
_SYNTHETIC, _REAL = "synthetic", "real"


@dataclass
class _Aside:
    logits: list[torch.Tensor]
    labels: list[torch.Tensor]
    soft: list[torch.Tensor]
    at: list[Ids]


class Tally:
    """The answers of the current epoch.

    `by_class` and `by_source` are float64[3,…]: samples, right answers, sum of losses, smoothed as training smooths
    them. The last two sources are none and synthetic. `loss` and `margin` float16[N] are those of `core.runs.dynamics`.
    """

    def __init__(self, images: Images, smoothing: float) -> None:
        self._classes, self._sources = images.chosen.classes, images.chosen.sources
        none, made = len(self._sources), len(self._sources) + 1
        real = np.where(images.chosen.source < 0, none, images.chosen.source)
        self._source = np.concatenate([real, np.full(images.composites, made)]).astype(np.int64)
        self._ids = images.ids
        self._smoothing = smoothing
        self.reset()

    def reset(self) -> None:
        """Begin another epoch."""
        self.by_class, self.by_source = np.zeros((3, len(self._classes))), np.zeros((3, len(self._sources) + 2))
        self.loss, self.margin = np.full((2, len(self._ids)), np.nan, np.float16)
        self._aside = _Aside([], [], [], [])
        self._numbers = 0

    def add(self, batch: Batch, logits: torch.Tensor) -> None:
        """Put the answers `logits` float[n,C] to a batch aside."""
        aside = self._aside
        if (batch.soft is not None) != bool(aside.soft):
            self.flush()
            aside = self._aside
        aside.logits.append(logits.detach())
        aside.labels.append(batch.y)
        aside.at.append(batch.at)
        if batch.soft is not None:
            aside.soft.append(batch.soft)
        self._numbers += logits.numel()
        if len(aside.logits) >= _STEPS or self._numbers >= _NUMBERS:
            self.flush()

    def flush(self) -> None:
        """Count what was put aside."""
        aside, self._aside, self._numbers = self._aside, _Aside([], [], [], []), 0
        if not aside.logits:
            return
        logits, labels, at = torch.cat(aside.logits).float(), torch.cat(aside.labels), np.concatenate(aside.at)
        right = logits.argmax(1) == labels
        if aside.soft:
            losses = F.cross_entropy(logits, torch.cat(aside.soft), reduction="none")
        else:
            losses = F.cross_entropy(logits, labels, reduction="none", label_smoothing=self._smoothing)
            self._remember(logits, labels, right, at)
        values = np.stack([np.ones(len(at)), right.cpu().numpy(), losses.cpu().numpy()]).astype(np.float64)
        for sums, index in ((self.by_class, labels.cpu().numpy()), (self.by_source, self._source[at])):
            for row, value in zip(sums, values, strict=True):
                np.add.at(row, index, value)

    def _remember(self, logits: torch.Tensor, labels: torch.Tensor, right: torch.Tensor, at: Ids) -> None:
        own = logits.gather(1, labels[:, None])[:, 0]
        other = logits.scatter(1, labels[:, None], -torch.inf).amax(1)
        # A margin too small for float16 keeps its sign, which says whether the answer was right.
        margin = torch.where(right, (own - other).clamp(1e-7, 6e4), (own - other).clamp(-6e4, -1e-7))
        loss = (logits.logsumexp(1) - own).clamp(max=6e4)
        self.loss[at] = loss.half().cpu().numpy()
        self.margin[at] = margin.half().cpu().numpy()

    def collect(self, world: World) -> None:
        """Count what was put aside, and let the first process have what all have counted since this was called last."""
        self.flush()
        if not world.several:
            return
        found = world.gather(self.arrays)
        if not world.leads:
            return self.reset()
        for other in found[1:]:
            self.by_class += other["by_class"]
            self.by_source += other["by_source"]
            for name in ("loss", "margin"):
                np.copyto(getattr(self, name), other[name], where=~np.isnan(other[name]))

    @property
    def arrays(self) -> dict[str, npt.NDArray[np.float64] | npt.NDArray[np.float16]]:
        """What a checkpoint keeps of an epoch that is not over."""
        self.flush()
        return {"by_class": self.by_class, "by_source": self.by_source, "loss": self.loss, "margin": self.margin}

    def restore(self, arrays: dict[str, npt.NDArray[np.float64] | npt.NDArray[np.float16]]) -> None:
        """Go on with the arrays of a checkpoint."""
        for name, array in arrays.items():
            getattr(self, name)[...] = array

    @property
    def ids(self) -> Ids:
        return self._ids

    def mean_loss(self) -> float | None:
        """Of all samples; None before the first."""
        samples, _, loss = self.by_class.sum(1)
        return float(loss / samples) if samples else None

    def accuracy(self) -> float:
        """The share of right answers."""
        samples, right, _ = self.by_class.sum(1)
        return float(right / samples) if samples else 0.0

    def classes(self, row: int) -> dict[str, float]:
        """Accuracy (`row` 1) or mean loss (2) of each class that was shown."""
        return _means(self.by_class, row, self._classes)

    def sources(self, row: int) -> dict[str, float]:
        """The same of each source of real images."""
        return _means(self.by_source[:, :-2], row, self._sources)

    def origins(self, row: int) -> dict[str, float]:
        """The same of real and synthetic samples, where there are both."""
        parts = np.stack([self.by_source[:, :-1].sum(1), self.by_source[:, -1]], axis=1)
        return _means(parts, row, (_REAL, _SYNTHETIC)) if parts[0].all() else {}


def _means(sums: Sums, row: int, names: tuple[str, ...]) -> dict[str, float]:
    return {name: float(sums[row, n] / sums[0, n]) for n, name in enumerate(names) if sums[0, n]}
