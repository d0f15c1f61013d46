"""Answers the window's questions about the samples that it shows: are they those of training, what does a run say?

The samples are made by the code that makes the batches of a training, never by that of the preview. So their digests
prove that a preview shows what training sees.
"""

from collections import OrderedDict
from collections.abc import Generator, Hashable, Iterator
from dataclasses import replace
from typing import Annotated, Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core import recipe as recipes
from core.augment.sample import digest
from core.errors import Error, told
from core.evaluate.judge import Judge
from core.events import Event, Judged, Skipped
from core.jobs import Requests
from core.project.query import IdIn
from core.project.store import Store
from core.recipe import Recipe
from core.runs.folder import RunFolder, find
from core.train import batches, selection
from core.train.batches import Batch, Images
from core.train.device import Device

_KEPT_IMAGES, _KEPT_RUNS = 8, 2
V = TypeVar("V")


class Request(BaseModel):
    """What is asked: the samples that `recipe` makes of images `ids`, each at its `epoch`, and what `run` says of them.

    `run` is as in `core.runs.folder.find`, empty where no predictions are wanted.
    """

    model_config = ConfigDict(strict=True, frozen=True)

    number: int
    recipe: dict[str, Any]
    ids: list[Annotated[int, Field(ge=1, lt=2**63)]] = Field(max_length=256)
    epoch: list[Annotated[int, Field(ge=1, lt=2**31)]]
    run: str = ""

    @model_validator(mode="after")
    def _an_epoch_for_each(self) -> "Request":
        if len(self.epoch) != len(self.ids):
            raise ValueError(f"there are {len(self.ids)} ids and {len(self.epoch)} epochs")
        return self


def accompany(store: Store, requests: Requests, device: Device) -> Generator[Event, None, None]:
    """Answer each request, see `Request`, with a `Judged` of its number, until the job is stopped.

    What is the user's business (a recipe that is refused, an image that is gone, a run without checkpoint) is told in
    the answer. Labels and classes are read anew for each request; models and pixels are kept.
    """
    companion = _Companion(store, device)
    while True:
        asked = requests.take()
        try:
            answer = yield from companion.answer(_understood(asked))
        except Exception as problem:
            known = told(problem)
            if known is None:
                raise
            number = asked.get("number")
            answer = Judged(number=number if isinstance(number, int) else 0, problem=str(known))
        yield answer


def _understood(asked: dict[str, Any]) -> Request:
    try:
        return Request.model_validate(asked)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Error(f"The request is not understood: {where} {first['msg']}.".replace("  ", " ")) from None


class _Recent(Generic[V]):
    """The few values that were used last, by key."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, V] = OrderedDict()

    def get(self, key: Hashable) -> V | None:
        if key in self._values:
            self._values.move_to_end(key)
        return self._values.get(key)

    def put(self, key: Hashable, value: V) -> V:
        self._values[key] = value
        while len(self._values) > self._most:
            self._values.popitem(last=False)
        return value


class _Verdict:
    """What a run says of N samples, filled in as they are made. `classes` are those that the labels count in."""

    def __init__(self, judge: Judge, classes: tuple[str, ...], count: int) -> None:
        self._judge, self._classes = judge, classes
        self.predicted = np.zeros(count, np.int64)
        self.confidence = np.zeros(count, np.float32)
        self.right = np.zeros(count, np.bool_)

    def take(self, which: npt.NDArray[np.int64], batch: Batch) -> None:
        """The samples `which` are those of `batch`. By name, because a run may have other classes than the project."""
        said = self._judge.probabilities(batch.x)
        self.predicted[which] = said.argmax(1)
        self.confidence[which] = np.nan_to_num(said.max(1))  # a network that has diverged is sure of nothing
        names = [self._judge.classes[index] for index in self.predicted[which]]
        labels = [self._classes[label] if label >= 0 else None for label in batch.y.tolist()]
        self.right[which] = [name == label for name, label in zip(names, labels, strict=True)]


class _Companion:
    def __init__(self, store: Store, device: Device) -> None:
        self._store, self._device = store, device
        self._images: _Recent[Images] = _Recent(_KEPT_IMAGES)
        self._judges: _Recent[Judge] = _Recent(_KEPT_RUNS)

    def answer(self, request: Request) -> Generator[Event, None, Judged]:
        recipe = recipes.make(request.recipe)
        judge = self._judge(find(self._store.paths.runs, request.run)) if request.run else None
        classes = selection.class_names(self._store)
        verdict = _Verdict(judge, classes, len(request.ids)) if judge else None
        fits = judge is not None and _same_input(judge.recipe, recipe)
        images = yield from self._packed(request.ids, classes, recipe)
        digests = [""] * len(request.ids)
        for which, batch in self._made(images, request, recipe):
            for n, sample in zip(which.tolist(), batch.x.cpu().numpy(), strict=True):
                digests[n] = digest(sample)
            if verdict and fits:
                verdict.take(which, batch)
        if not (judge and verdict):
            return Judged(number=request.number, digests=digests)
        if not fits:
            as_run = recipe.model_copy(update={"data": judge.recipe.data})
            images = yield from self._packed(request.ids, classes, as_run)
            for which, batch in self._made(images, request, as_run):
                verdict.take(which, batch)
        return Judged(
            number=request.number,
            digests=digests,
            classes=list(judge.classes),
            predicted=verdict.predicted.tolist(),
            confidence=verdict.confidence.tolist(),
            right=verdict.right.tolist(),
        )

    def _made(self, images: Images, request: Request, recipe: Recipe) -> Iterator[tuple[npt.NDArray[np.int64], Batch]]:
        """The request's samples as training makes them, with their places in the request; a batch an epoch."""
        place = {id: at for at, id in enumerate(images.ids.tolist())}
        at = np.array([place[id] for id in request.ids], np.int64)
        epochs = np.array(request.epoch, np.int64)
        for epoch in np.unique(epochs).tolist():
            which = np.flatnonzero(epochs == epoch)
            yield which, batches.prepare(images, at[which], recipe, epoch, self._device.name)

    def _judge(self, run: RunFolder) -> Judge:
        state = run.best.stat() if run.best.is_file() else None
        key = (run.root, state and (state.st_mtime_ns, state.st_size))  # training may replace it at any time
        return self._judges.get(key) or self._judges.put(key, Judge(run, self._device))

    def _packed(self, ids: list[int], classes: tuple[str, ...], recipe: Recipe) -> Generator[Event, None, Images]:
        """The images as training packs them. Raises `Error` for one that is gone or cannot be read."""
        wanted, side = sorted(set(ids)), recipe.data.training_side
        chosen = selection.matching(self._store, IdIn(tuple(wanted)), classes)
        if len(chosen) < len(wanted):
            gone = min(set(wanted) - set(chosen.ids.tolist()))
            raise Error(f"There is no image {gone} in this project.", "It may have been removed.")
        key = (chosen.ids.tobytes(), chosen.content_hash.tobytes(), side)
        kept = self._images.get(key)
        if kept is not None:
            return replace(kept, chosen=chosen)
        skipped: list[Skipped] = []
        images = yield from _noting(batches.readable(self._store.paths, chosen, side), skipped)
        if len(images) < len(wanted):
            first = skipped[0]
            raise Error(f"{first.name} cannot be read: {first.reason}.")
        return self._images.put(key, images)


def _same_input(a: Recipe, b: Recipe) -> bool:
    """Whether networks of both recipes take the same samples."""
    return (a.data.image_size, a.data.normalize) == (b.data.image_size, b.data.normalize)


def _noting(job: Generator[Event, None, Images], skipped: list[Skipped]) -> Generator[Event, None, Images]:
    """Run `job` within another, keeping what it skips."""
    try:
        while True:
            event = next(job)
            if isinstance(event, Skipped):
                skipped.append(event)
            yield event
    except StopIteration as end:
        images: Images = end.value
        return images
    finally:
        job.close()
