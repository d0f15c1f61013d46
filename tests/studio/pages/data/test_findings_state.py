from core.curate.quality import KINDS
from core.curate.standing import Count, Standing
from core.project import query
from core.project.order import SORTS
from studio.pages.data.findings_state import shown

BRIGHT = {"name": "brightness", "sentence": "Brightness alone tells it.", "accuracy": 0.345, "spurious": True}
SHARP = {"name": "sharpness", "sentence": "Sharpness alone tells it.", "accuracy": 0.1, "spurious": False}


def standing(found: int = 3, measured: int = 40, images: int = 40) -> Standing:
    return Standing(images, measured, tuple(Count(kind, kind.filter, found, 0) for kind in KINDS))


def test_every_finding_and_every_property_shows_something() -> None:
    names = ("brightness", "contrast", "sharpness", "size", "aspect", "source")
    said = shown(standing(), [{**BRIGHT, "name": name} for name in names], running=False)
    assert len(said.targets) == len(KINDS) + len(names) == len(said.lines) + len(said.cue_lines)
    for target in said.targets.values():
        query.parse(target.filter)
        assert target.arranged[0] in SORTS


def test_only_telling_properties_are_findings() -> None:
    said = shown(standing(found=0), [BRIGHT, SHARP], running=False)
    assert said.title == "1 finding among 40 images."
    assert [(line.title, line.number) for line in said.cue_lines] == [("Brightness tells the class", "34.5 %")]
    assert said.cue_note.startswith("A model may learn that")
    assert said.targets["cue:brightness"].arranged == ("brightness", False, "class")
    quiet = shown(standing(found=0), [SHARP], running=False)
    assert quiet.title == "Nothing was found among 40 images."
    assert quiet.cue_note == "No property of the images tells their class: tried sharpness."


def test_what_is_not_known_is_said() -> None:
    assert shown(standing(0, 0, 0), None, False).title == "There are no images yet."
    assert not shown(standing(0, 0, 0), None, False).can
    unknown = shown(standing(0, measured=0), None, False)
    assert (unknown.title, unknown.cue_note) == ("The images have not been checked yet.", "")
    partly = shown(standing(measured=30), None, False)
    assert partly.note == "10 more are not measured: they are new, or cannot be read."
    assert partly.cue_note.startswith("Check again to learn")
    assert shown(standing(), [], False).cue_note.startswith("There are too few labelled images")
    busy = shown(standing(), None, running=True)
    assert (busy.title, busy.can) == ("Checking the images…", False)
