import pytest

from core import recipe as recipes
from core.errors import Error
from core.project import classes as project_classes
from core.project import edits
from core.project.records import columns
from core.project.store import Store
from core.recipe import Recipe
from core.train import selection

CLASSES = ("bar", "disc", "stripes")


def test_classes_go_by_name_whatever_their_order(shapes: Store) -> None:
    chosen = selection.training(shapes, Recipe(), ("stripes", "bar", "disc"))
    known = columns(shapes)
    names = dict(zip(known.ids.tolist(), (known.classes[at] for at in known.class_index), strict=True))
    assert [("stripes", "bar", "disc")[at] for at in chosen.label] == [names[int(id)] for id in chosen.ids]


def test_rejected_images_and_those_outside_the_filter_are_left_out(shapes: Store) -> None:
    everything = selection.training(shapes, Recipe(), CLASSES)
    edits.reject(shapes, everything.ids[:5], True)
    assert len(selection.training(shapes, Recipe(), CLASSES)) == len(everything) - 5
    narrowed = recipes.change(Recipe(), {"data.where": "class:bar,disc"})
    assert set(selection.training(shapes, narrowed, CLASSES).label.tolist()) == {0, 1}
    assert set(selection.validation(shapes, narrowed, CLASSES).label.tolist()) == {0, 1}


def test_what_makes_no_training_is_told(shapes: Store) -> None:
    ids = columns(shapes).ids
    with pytest.raises(Error, match="All training images are of one class, bar"):
        selection.training(shapes, recipes.change(Recipe(), {"data.where": "class:bar"}), CLASSES)
    with pytest.raises(Error, match="No image is one where class:disk"):
        selection.training(shapes, recipes.change(Recipe(), {"data.where": "class:disk"}), CLASSES)
    with pytest.raises(Error, match="a class that this run does not know"):
        selection.training(shapes, Recipe(), ("bar", "disc"))
    edits.set_split(shapes, dict.fromkeys(ids.tolist(), "val"))
    with pytest.raises(Error, match="no labelled training images"):
        selection.training(shapes, Recipe(), CLASSES)
    edits.set_split(shapes, dict.fromkeys(ids.tolist(), None))
    with pytest.raises(Error, match="not split") as told:
        selection.training(shapes, Recipe(), CLASSES)
    assert "core split" in told.value.hint
    edits.label(shapes, ids, None)
    with pytest.raises(Error, match="no labelled images"):
        selection.training(shapes, Recipe(), CLASSES)


def test_validation_images_of_an_unknown_class_are_left_out(shapes: Store) -> None:
    assert set(selection.validation(shapes, Recipe(), ("bar", "disc")).label.tolist()) == {0, 1}


def test_a_run_knows_renamed_and_merged_classes_by_their_old_names(shapes: Store) -> None:
    before = selection.training(shapes, Recipe(), CLASSES).label.tolist()
    project_classes.rename(shapes, "disc", "circle")
    assert selection.training(shapes, Recipe(), CLASSES).label.tolist() == before
    project_classes.merge(shapes, ["circle"], "bar")
    assert selection.training(shapes, Recipe(), CLASSES).label.tolist() == [0 if at == 1 else at for at in before]
