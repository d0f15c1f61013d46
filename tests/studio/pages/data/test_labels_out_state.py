from pathlib import Path

import numpy as np
import pytest

from core.curate.exchange import FORMATS, export
from core.jobs import run
from core.project import edits, query
from core.project.store import Store
from studio.pages.data.accept_state import EVERYTHING, SELECTED, SHOWN
from studio.pages.data.labels_out_state import TITLES, Wanted, offer, tally
from tests.studio.conftest import COUNT

NONE = np.zeros(0, np.int64)


def wanted(format: str = "csv", scope: str = EVERYTHING, where: str = "", ids: list[int] | None = None) -> Wanted:
    return Wanted(format, scope, query.parse(where), NONE if ids is None else np.array(ids, np.int64))


@pytest.mark.parametrize("format", FORMATS)
def test_an_offer_tells_how_many_images_an_export_writes(format: str, project: Path, tmp_path: Path) -> None:
    asked = wanted(format)
    with Store.open(project) as store:
        edits.label(store, [1, 2], None)
        edits.reject(store, [2, 3])
        said = offer(asked, tally(store, asked))
        place = tmp_path / f"out{FORMATS[format].suffix}"
        written = run(export(store, place, format), lambda event: None).images
    assert said.lines[0] in (f"{written} images.", f"{written} images of {COUNT}.")
    assert (place.is_dir(), said.button) in ((True, "Choose the folder…"), (False, "Choose the file…"))


def test_what_a_scope_means(project: Path) -> None:
    with Store.open(project) as store:
        everything, shown, selected = (
            tally(store, one)
            for one in (
                wanted(where="class:1"),
                wanted(scope=SHOWN, where="class:1"),
                wanted(scope=SELECTED, where="class:1", ids=[3, 4]),
            )
        )
    assert (everything.images, shown.images, selected.images) == (COUNT, COUNT // 3, 2)


def test_a_command_is_told_a_filter_where_it_is_short() -> None:
    assert wanted(where="class:1").words == ""
    assert wanted(scope=SHOWN, where="-class:1").words == "-class:1"
    assert wanted(scope=SELECTED, ids=[1]).words is None
    assert wanted(scope=SHOWN, where=f"id:{','.join(map(str, range(5000)))}").words is None


def test_nothing_to_export_is_said(project: Path) -> None:
    asked = wanted("imagefolder", SHOWN, "width>1000")
    with Store.open(project) as store:
        said = offer(asked, tally(store, asked))
    assert (said.lines, said.can, said.why) == (("0 images.",), False, "There is no image to export.")


def test_every_format_has_a_name() -> None:
    assert set(TITLES) == set(FORMATS)
