import dataclasses

import pytest

from core.project.listing import Facets
from core.project.predictions import Guess
from core.project.query import ALL, parse
from core.project.records import Counts, ImageRecord
from core.project.split import SplitHealth
from studio.pages.data.state import Facts, chips, completions, decide, describe, details, status, toggled

COUNTS = Counts(
    total=4943,
    unlabelled=3,
    classes={"0": 493, "1": 574, "2": 0},
    splits={"train": 4201, "val": 742, "test": 0, "": 0},
    sources={"meter": 830, "sign": 888, "": 5},
)
HEALTH = SplitHealth(train=4201, val=742, test=0, none=0, torn_groups=0)


def facts(**changes: object) -> Facts:
    return dataclasses.replace(Facts(COUNTS, HEALTH, 4943), **changes)  # type: ignore[arg-type]


def test_counts_are_said_as_in_the_drawing() -> None:
    assert decide(facts()).count == "4,943"
    assert decide(facts(shown=1718, filter=parse("source:sign"))).count == "1,718 of 4,943"
    assert status(COUNTS) == "4,943 images · 4,201 train · 742 val · 2 sources · 3 unlabelled"


def test_facets_mark_what_the_filter_chose() -> None:
    state = decide(facts(filter=parse("class:1,none split:val"), shown=9))
    assert [(row.title, row.count, row.chosen) for row in state.classes] == [
        ("0", 493, False),
        ("1", 574, True),
        ("2", 0, False),
        ("Unlabelled", 3, True),
    ]
    assert [(row.title, row.chosen) for row in state.splits] == [("Train", False), ("Validation", True)]
    assert [row.title for row in state.sources] == ["sign", "meter", "No source"]


@pytest.mark.parametrize(
    ("text", "field", "value", "after"),
    [
        ("", "class", "3", "class:3"),
        ("class:3", "class", "5", "class:3,5"),
        ("class:3,5", "class", "3", "class:5"),
        ("class:3", "class", "3", ""),
        ("class:3 wrong", "source", "sign", "class:3 wrong source:sign"),
        ("wrong or unlabelled", "split", "val", "(wrong or unlabelled) split:val"),
        ("-class:3", "class", "3", "-class:3 class:3"),
    ],
)
def test_picking_a_facet_edits_the_filter(text: str, field: str, value: str, after: str) -> None:
    assert str(toggled(parse(text), field, value)) == after


def test_each_chip_takes_its_condition_away() -> None:
    found = chips(parse("source:sign,meter wrong conf>=0.9"))
    assert [chip.words for chip in found] == ["source is sign or meter", "wrong in the last run", "confidence ≥ 0.9"]
    assert [str(chip.rest) for chip in found] == [
        "wrong conf>=0.9",
        "source:sign,meter conf>=0.9",
        "source:sign,meter wrong",
    ]
    assert chips(ALL) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("class:none", "unlabelled"),
        ("split:val", "split is validation"),
        ("class:1,2,3", "class is 1, 2 or 3"),
        ("-tag:blurry", "not tagged blurry"),
        ("plate", "name has plate"),
        ("id:4,5", "chosen: 2 images"),
        ("wrong or rejected", "wrong in the last run or rejected"),
    ],
)
def test_conditions_in_words(text: str, words: str) -> None:
    assert describe(parse(text)) == words


def test_the_split_is_certified_or_warned_about() -> None:
    note = decide(facts()).split_note
    assert note is not None
    assert (note.text, note.kind) == ("No leak found so far", "good")
    measured = decide(facts(health=dataclasses.replace(HEALTH, near=0))).split_note
    assert measured is not None
    assert measured.text == "No leak between splits"
    alike = decide(facts(health=dataclasses.replace(HEALTH, exact=1, near=2))).split_note
    assert alike is not None
    assert (alike.text, alike.kind) == ("3 duplicates in more than one split", "warning")
    torn = decide(facts(health=dataclasses.replace(HEALTH, torn_groups=2))).split_note
    assert torn is not None
    assert (torn.text, torn.kind) == ("2 groups in more than one split", "warning")
    none = decide(facts(health=SplitHealth(0, 0, 0, 4943, 0))).split_note
    assert none is not None
    assert none.kind == "muted"


def test_read_only_projects_cannot_be_split() -> None:
    assert decide(facts()).can_split
    assert not decide(facts(writable=False)).can_split


def test_empty_states_offer_the_way_out() -> None:
    nothing = Counts(0, 0, {}, {"train": 0, "val": 0, "test": 0, "": 0}, {})
    empty = decide(facts(counts=nothing, shown=0)).empty
    assert empty is not None
    assert empty.action == "add-folder"
    importing = decide(facts(counts=nothing, shown=0, lent=True, writable=False)).empty
    assert importing is not None
    assert importing.button == ""
    unmatched = decide(facts(shown=0, filter=parse("class:2"))).empty
    assert unmatched is not None
    assert unmatched.action == "clear-filter"
    assert decide(facts()).empty is None


def test_details_say_label_and_by_whom(tmp_path: object) -> None:
    record = ImageRecord(
        id=7,
        path=None,  # type: ignore[arg-type]
        name="3/sudoku_02683.jpg",
        content_hash=b"",
        width=1280,
        height=96,
        byte_size=1,
        class_id=4,
        class_name="3",
        labelled_by="hand",
        source="sudoku",
        group="page 4",
        split="val",
        rejected=True,
        tags=("blurry",),
    )
    shown = details(record, Guess("03-resnet18", "8", 0.976), 5)
    assert shown.head == "5 selected"
    assert shown.wrong
    assert dict(shown.rows) == {
        "Label": "3 · by hand",
        "Run 03 says": "8 at 0.98",
        "Source": "sudoku",
        "Split": "validation",
        "Group": "page 4",
        "Size": "1,280 × 96 px",
        "Tags": "blurry",
        "Rejected": "kept out of training",
    }
    assert details(None, None, 0).head == "Nothing selected"


def test_completions_are_filters_that_can_be_read() -> None:
    words = {"class": {"0": 493, "1": 574, "2": 0, "": 3}, "source": {"sign": 888}, "tag": {"night": 2}}
    offered = completions(Facets(4943, 4943, words, {"wrong": 12, "unsure": 0}))
    assert list(offered.items())[:3] == [("class:0", "493"), ("class:1", "574"), ("class:none", "3")]
    assert (offered["source:sign"], offered["tag:night"], offered["wrong"]) == ("888", "2", "12")
    assert offered["unsure"] == "to be looked at again"
    for text in offered:
        if not text.endswith((":", ">")):
            parse(text)
