"""What is told of an image beside the large view."""

from pathlib import Path

from core.images.about import About, Camera
from core.project import edits, records
from core.project.journal import Step, history
from core.project.predictions import Guess
from core.project.store import Store
from studio.pages.data.told import alike_words, camera_rows, compared, file_rows, history_rows, verdicts


def test_runs_agree_with_the_label_or_not() -> None:
    said = verdicts([Guess("02-b", "3", 0.981), Guess("01-a", "8", 0.5)], "3")
    assert said.rows == (("02-b", "✓ 3 at 0.98"), ("01-a", "✗ 8 at 0.50"))
    assert said.kinds == ("good", "bad")
    assert said.summary == "1 of 2 runs agrees with the label."
    assert verdicts([Guess("01-a", "8", 0.5)], None).summary == "All runs say the same."
    assert verdicts([], "3").summary == "No run has seen this image."


def test_the_file_keeps_its_lines_while_it_is_read(project: Path) -> None:
    with Store.open(project) as store:
        record = records.image(store, 1)
    about = About("PNG", 8, "RGB", "", 1234, 0.0, Camera(camera="Canon", has_place=True))
    before, after = file_rows(record, None), file_rows(record, about)
    assert [name for name, _ in before] == [name for name, _ in after]
    assert dict(after)["Colour"] == "8 bit RGB"
    assert dict(after)["Bytes"] == "1,234"
    assert dict(file_rows(record, None, "it is empty"))["Format"] == "it is empty"
    assert camera_rows(about) == (("Camera", "Canon"), ("Place", "has a place"))
    assert camera_rows(None) == ()


def test_the_history_of_an_image(project: Path) -> None:
    with Store.open(project) as store:
        edits.label(store, [1], "2", "hand")
        edits.tag(store, [1], "blurry")
        edits.reject(store, [1])
        edits.label(store, [1], "1", "hand")
        edits.undo(store)
        steps = history(store, 1)
    told = [value for _, value in history_rows(steps)]
    assert told[:3] == ["rejected · by hand", "tag blurry put on · by hand", "0 → 2 · by hand"]


def test_a_long_history_is_cut() -> None:
    steps = [Step(float(n), "by hand", "", "class", str(n), str(n + 1)) for n in reversed(range(30))]
    rows = history_rows(steps)
    assert rows[0][1] == "29 → 30 · by hand"
    assert rows[-1] == ("Before", "18 changes")


def test_what_differs_from_most_is_set_apart(project: Path) -> None:
    with Store.open(project) as store:
        images = records.images(store, [1, 2, 4])  # classes 0, 1, 0; sources sign, meter, meter
    said = [[Guess("01-a", "0", 0.9)], [Guess("01-a", "0", 0.5)], []]
    told = compared(images, said)
    assert [dict(rows)["Label"] for rows, _ in told] == ["0", "1", "0"]
    kinds = [dict(zip((name for name, _ in rows), kinds, strict=True)) for rows, kinds in told]
    assert [kind["Label"] for kind in kinds] == ["muted", "strong", "muted"]
    assert [kind["01-a"] for kind in kinds] == ["muted", "muted", "strong"]
    assert [kind["Source"] for kind in kinds] == ["strong", "muted", "muted"]
    assert "Size" not in kinds[0]
    two = compared(images[:2], said[:2])
    assert two[0][1][0] == two[1][1][0] == "strong"


def test_similar_images_in_words(project: Path) -> None:
    with Store.open(project) as store:
        assert alike_words(records.image(store, 1), 0.974) == "000.png, label 0, 97 % alike"
