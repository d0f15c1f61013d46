"""The generated projects of the catalog's benchmark. No timing is tested."""

from pathlib import Path

from benchmarks.many import many_images
from core.project import query, records
from core.project.query import parse
from core.project.store import Store


def test_a_generated_project_is_what_the_figures_are_of(tmp_path: Path) -> None:
    with Store.open(many_images(tmp_path / "many", 120), write=False) as store:
        counts = records.counts(store)
        assert (counts.total, counts.unlabelled, len(counts.classes), len(counts.sources)) == (120, 14, 10, 7)
        assert len(query.ids(store, parse("predicted"))) == 120
        assert 0 < len(query.ids(store, parse("wrong"))) < 60
        first = records.image(store, int(query.ids(store)[0]))
        assert first.path.is_file()
