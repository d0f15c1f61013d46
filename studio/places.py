"""The places of the rail, and how a page plugs in.

A page is a QWidget class with `__init__(session: Session)`, `activate()` (called each time it is shown; the first call
comes right after it is made) and, if it owns threads or files, `release()` (called once when the window closes). Add
one line to PLACES: key, icon, title, tooltip, shortcut, and a function that imports and makes the page. The import
belongs inside that function: a page is made when it is first shown, so that the window starts fast and pyqtgraph is
only loaded for Train. A page reads `session.store`, asks `session.reader` for what takes time, writes with
`session.do(…)` only, starts work with `session.start(title, ["train", …])`, and listens to the session's signals. It
must cope with `session.is_open` being False. It shows no errors itself: raise, or emit `session.problem`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from studio.session import Session


@dataclass(frozen=True)
class Place:
    """A page of the rail; `make` imports and builds it when it is first shown."""

    key: str
    icon: str
    title: str
    tooltip: str
    shortcut: str
    make: Callable[[Session], QWidget]


def _data(session: Session) -> QWidget:
    from studio.pages.data.view import DataPage

    return DataPage(session)


def _augment(session: Session) -> QWidget:
    from studio.pages.augment.view import AugmentPage

    return AugmentPage(session)


def _synthesize(session: Session) -> QWidget:
    from studio.pages.synthesize.view import SynthesizePage

    return SynthesizePage(session)


def _train(session: Session) -> QWidget:
    from studio.pages.train.view import TrainPage

    return TrainPage(session)


def _review(session: Session) -> QWidget:
    from studio.pages.review.view import ReviewPage

    return ReviewPage(session)


def _export(session: Session) -> QWidget:
    from studio.pages.export.view import ExportPage

    return ExportPage(session)


PLACES: tuple[Place, ...] = (
    Place("data", "grid_view", "Data", "See, filter and label the images", "Ctrl+1", _data),
    Place("augment", "tune", "Augment", "Tune augmentation by eye: see what the model gets", "Ctrl+2", _augment),
    Place("synthesize", "layers", "Synthesize", "Compose digits on your images, for training", "Ctrl+3", _synthesize),
    Place("train", "play_arrow", "Train", "Train a model and watch it learn", "Ctrl+4", _train),
    Place("review", "target", "Review", "See what a model gets wrong, and correct labels", "Ctrl+5", _review),
    Place("export", "ios_share", "Export", "Write a model to a folder for use elsewhere", "Ctrl+6", _export),
)
