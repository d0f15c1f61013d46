"""After a run has new predictions: their index in the project is brought up to date, so that filters know them.

The child process that predicted could not do it, because the window holds the project's write lock.
"""

import numpy as np

from core.evaluate import index
from core.project.edits import Change
from core.project.store import Store
from studio.session import Session


def index_predictions(session: Session) -> None:
    """Read the runs' predictions into the open project; all views hear of it. A project that is only read stays so."""
    if session.writable:
        session.do(_sync)


def _sync(store: Store) -> Change | None:
    return Change("Predictions", "predictions", np.zeros(0, np.int64)) if index.sync(store) else None
