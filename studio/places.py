"""The places of the rail, and how a page plugs in.

A page is a QWidget class with `__init__(session: Session)`, `activate()` (called each time it is shown) and, if it owns
threads or files, `release()` (called once when the window closes). Add one line to PLACES: key, icon, title, tooltip,
shortcut, and a generator that imports and makes the page, a part of less than 50 ms between two yields. The import
belongs inside it: the window shows its first page, then the others grow while the user looks at that (see ahead.py); a
page that is asked for earlier is made at once. A page reads `session.store`, asks `session.reader` for what takes time,
writes with `session.do(…)` only, starts work with `session.start(title, ["train", …])`, and listens to the session's
signals. It must cope with `session.is_open` being False. It shows no errors itself: raise, or emit `session.problem`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtWidgets import QWidget

from studio import actions
from studio.actions import Command
from studio.ahead import Growth
from studio.session import Session

T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """A page of the rail; `make` imports and builds it in slices, `commands` are those of the page."""

    key: str
    icon: str
    title: str
    tooltip: str
    shortcut: str
    make: Callable[[Session], Growth[QWidget]]
    commands: tuple[Command, ...]

    @property
    def command(self) -> Command:
        """The command that goes there."""
        return Command(f"go-{self.key}", f"Go to {self.title}", self.tooltip, "go", (self.shortcut,), argument=self.key)


def _data(session: Session) -> Growth[QWidget]:
    from studio.pages.data.view import DataPage

    yield
    return DataPage(session)


def _augment(session: Session) -> Growth[QWidget]:
    from studio.pages.augment.panels import columns
    from studio.pages.augment.view import AugmentPage

    return (yield from _of_columns(columns(), lambda made: AugmentPage(session, made=made)))


def _synthesize(session: Session) -> Growth[QWidget]:
    from studio.pages.synthesize.view import SynthesizePage, columns

    return (yield from _of_columns(columns(), lambda made: SynthesizePage(session, made=made)))


def _train(session: Session) -> Growth[QWidget]:
    from studio.pages.train.view import TrainPage, columns

    return (yield from _of_columns(columns(), lambda made: TrainPage(session, made=made)))


def _review(session: Session) -> Growth[QWidget]:
    from studio.pages.review.view import ReviewPage, columns

    return (yield from _of_columns(columns(), lambda made: ReviewPage(session, made=made)))


def _export(session: Session) -> Growth[QWidget]:
    from studio.pages.export.view import ExportPage

    yield
    return ExportPage(session)


def _of_columns(columns: Growth[T], page: Callable[[T], QWidget]) -> Growth[QWidget]:
    yield
    made = yield from columns
    yield
    whole = page(made)
    yield
    return whole


PLACES: tuple[Place, ...] = (
    Place("data", "grid_view", "Data", "See, filter and label the images", "Ctrl+1", _data, actions.DATA),
    Place(
        "augment",
        "tune",
        "Augment",
        "Tune augmentation by eye: see what the model gets",
        "Ctrl+2",
        _augment,
        actions.AUGMENT,
    ),
    Place(
        "synthesize",
        "layers",
        "Synthesize",
        "Compose digits on your images, for training",
        "Ctrl+3",
        _synthesize,
        actions.SYNTHESIZE,
    ),
    Place("train", "play_arrow", "Train", "Train a model and watch it learn", "Ctrl+4", _train, actions.TRAIN),
    Place(
        "review",
        "target",
        "Review",
        "See what a model gets wrong, and correct labels",
        "Ctrl+5",
        _review,
        actions.REVIEW,
    ),
    Place(
        "export",
        "ios_share",
        "Export",
        "Write a model to a folder for use elsewhere",
        "Ctrl+6",
        _export,
        actions.EXPORT,
    ),
)
