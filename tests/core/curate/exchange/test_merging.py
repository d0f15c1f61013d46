import json
from pathlib import Path

import pytest

from core.curate import exchange
from core.errors import Error
from core.project import edits, records
from core.project.catalog import add_images
from core.project.store import Store
from tests.core.conftest import finish
from tests.core.curate.exchange.conftest import NAMES, facts, ids
from tests.core.project.conftest import new_image


def into(
    store: Store, place: Path, text: str | bytes, conflicts: str = "ours", dry_run: bool = False
) -> exchange.MergeReport:
    place.write_bytes(text if isinstance(text, bytes) else text.encode())
    report: exchange.MergeReport = finish(exchange.merge(store, place, conflicts, dry_run))
    return report


def label(store: Store, name: str) -> str | None:
    return records.image(store, ids(store)[name]).class_name


def test_what_a_person_gave_here_stays_unless_theirs_shall_win(ours: Store, tmp_path: Path) -> None:
    id, table = ids(ours)["cat/2.png"], tmp_path / "labels.csv"
    text = "file,label,note\ncat/2.png,dog,seen\ncat/1.png,dog,\ndog/1.png,,other words\n"
    report = into(ours, table, text, "report")
    assert [(c.id, c.what, c.ours, c.theirs, c.where) for c in report.conflicts] == [
        (id, "label", "cat", "dog", "line 2"),
        (ids(ours)["dog/1.png"], "note", 'He said "no",\r\nthen;\tyes – ✓', "other words", "line 4"),
    ]
    assert (report.written, label(ours, "cat/1.png")) == (False, "cat")
    assert (report.changed, report.at_stake) == (2, 1)
    report = into(ours, table, text)
    assert (report.written, report.changed, report.relabelled, report.noted) == (True, 2, 1, 1)
    assert (label(ours, "cat/2.png"), label(ours, "cat/1.png")) == ("cat", "dog")  # the second came by an import
    report = into(ours, table, text, "theirs")
    assert (len(report.conflicts), report.changed, label(ours, "cat/2.png")) == (2, 2, "dog")
    assert records.image(ours, id).labelled_by == "import"
    edits.undo(ours)
    assert label(ours, "cat/2.png") == "cat"


def test_a_dry_run_tells_the_same_and_writes_nothing(ours: Store, tmp_path: Path) -> None:
    before, step = facts(ours), edits.next_undo(ours)
    text = "file,label,tags\nspare.png,ape,new tag\ncat/1.png,ape,night\n"
    dry = into(ours, tmp_path / "labels.csv", text, dry_run=True)
    assert (facts(ours), edits.next_undo(ours)) == (before, step)
    wet = into(ours, tmp_path / "labels.csv", text)
    assert (dry.written, wet.written) == (False, True)
    assert (dry.changed, dry.labelled, dry.relabelled, dry.tagged, dry.new_classes) == (2, 1, 1, 1, ("ape",))
    assert (wet.changed, wet.labelled, wet.tagged, wet.new_classes) == (2, 1, 1, ("ape",))


def test_nothing_said_takes_nothing_away(ours: Store, tmp_path: Path) -> None:
    before = facts(ours)
    rows = "".join(f'"{name}",,,,\n' for name in NAMES)
    report = into(ours, tmp_path / "labels.csv", "file,label,tags,note,rejected\n" + rows)
    assert (report.matched, report.equal, report.changed, facts(ours)) == (8, 8, 0, before)


def test_rows_of_one_image_that_disagree_give_it_nothing_and_are_told(ours: Store, tmp_path: Path) -> None:
    text = "file,label,tags\nspare.png,cat,a\nspare.png,dog,b\ncat/1.png,cat,\ncat/1.png,cat,\n"
    report = into(ours, tmp_path / "labels.csv", text, "theirs")
    (found,) = report.conflicts
    assert (found.ours, found.theirs, found.where) == ("", "cat or dog", "line 2, line 3")
    assert label(ours, "spare.png") is None
    assert {"a", "b"} <= set(records.image(ours, ids(ours)["spare.png"]).tags)


def test_a_label_by_hand_is_worth_more_than_the_same_by_an_import(ours: Store, tmp_path: Path) -> None:
    id = ids(ours)["cat/1.png"]
    report = into(ours, tmp_path / "labels.csv", "file,label,labelled_by\ncat/1.png,cat,hand\n")
    assert (report.confirmed, records.image(ours, id).labelled_by) == (1, "hand")
    report = into(ours, tmp_path / "labels.csv", "file,label,labelled_by\ncat/1.png,cat,somebody\n")
    assert (report.changed, report.equal, records.image(ours, id).labelled_by) == (0, 1, "hand")


def test_content_outweighs_names(ours: Store, photos: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "cat").mkdir(parents=True)
    (elsewhere / "cat" / "1.png").write_bytes((photos / "spare.png").read_bytes())
    report = into(ours, elsewhere / "labels.csv", "file,label\ncat/1.png,dog\n")
    assert (report.by_name, label(ours, "spare.png"), label(ours, "cat/1.png")) == (0, "dog", "cat")
    (elsewhere / "cat" / "1.png").write_bytes(b"something else")
    report = into(ours, elsewhere / "labels.csv", "file,label\ncat/1.png,dog\n")
    assert report.unknown == (("line 2 (cat/1.png)", "no image here has this content"),)
    unknown = "0" * 64
    assert into(ours, tmp_path / "x.csv", f"file,label,sha256\ncat/1.png,dog,{unknown}\n").matched == 0


def test_names_count_only_where_they_are_unique(ours: Store, tmp_path: Path) -> None:
    text = "image,class\n1.png,ape\nC:\\pics\\photos\\dog\\2.png,ape\n/x/y/loose.png,ape\nbird/loose.png,ape\n"
    report = into(ours, tmp_path / "labels.csv", text, "theirs")
    assert report.unknown == (("line 2 (1.png)", "several images here have this name"),)
    assert (report.by_name, label(ours, "dog/2.png"), label(ours, "loose.png")) == (2, "ape", "ape")


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbffile;label;tags\r\nspare.png;cat;x\r\n",
        b"file\tlabel\ttags\nspare.png\tcat\tx",
        b'"file","label","tags"\n"spare.png","cat","x"\n\n\n',
        b"FILE , Label,TAGS\nspare.png , cat,x\n",
    ],
)
def test_tables_of_other_programs_are_read(text: bytes, ours: Store, tmp_path: Path) -> None:
    assert into(ours, tmp_path / "labels.csv", text).labelled == 1
    assert records.image(ours, ids(ours)["spare.png"]).tags == ("häßlich; sehr", "x")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", b"file,label\nspare.png,\xff\n", "not UTF-8 text: line 2"),
        ("a.csv", b'file,label\nspare.png,"cat', "line 2: unexpected end of data"),
        ("a.csv", b"label,size\ncat,3\n", "has no column “file” or “sha256”"),
        ("a.csv", b"file,size\nspare.png,3\n", "has no column “label”"),
        ("a.csv", b"file,label,label\nspare.png,cat,dog\n", "has the column “label” twice"),
        ("a.csv", b"", "it is empty"),
        ("a.jsonl", b'{"file": "spare.png", "label": "cat"}\n{"file": "cat/1', "line 2 is no JSON object"),
        ("a.jsonl", b"[" * 100_000 + b"\n", "line 1 is no JSON object"),
        ("a.jsonl", b'["spare.png", "cat"]\n', "line 1 is no JSON object"),
        ("a.json", b'[{"data": {"image": "1.png"}', "is no sound JSON"),
        ("a.json", b'{"data": {"image": "1.png"}}', "holds no list"),
        ("a.json", b"[" * 100_000, "is no sound JSON"),
        ("a.xml", b"<a/>", "holds no labels that can be read"),
    ],
)
def test_damaged_files_change_nothing_and_say_where(
    name: str, text: bytes, words: str, ours: Store, tmp_path: Path
) -> None:
    before = facts(ours)
    with pytest.raises(Error, match=words):
        into(ours, tmp_path / name, text)
    assert facts(ours) == before


def test_rows_that_cannot_be_used_are_told_and_the_others_count(ours: Store, tmp_path: Path) -> None:
    rows: list[object] = [
        {"file": "spare.png", "label": ["cat"]},
        {"file": "spare.png", "label": {"name": "cat"}},
        {"file": "spare.png", "tags": "a:b"},
        {"file": "spare.png", "sha256": "abc", "label": "cat"},
        {"file": "spare.png", "rejected": 7},
        {"label": "cat"},
        {"file": "spare.png", "label": 3.5, "note": None, "tags": [], "rejected": 0, "extra": {"a": 1}},
    ]
    report = into(ours, tmp_path / "a.jsonl", "\n".join(json.dumps(row) for row in rows))
    assert [reason for _, reason in report.unusable] == [
        "its label is no text",
        "its label is no text",
        "a:b cannot be a tag",
        "its SHA-256 is none: abc",
        "its “rejected” is neither true nor false: 7",
        "it names no image",
    ]
    assert label(ours, "spare.png") == "3.5"
    report = into(ours, tmp_path / "a.csv", "file,label\nspare.png\ncat/1.png,cat,dog\ncat/2.png,cat,,\n")
    assert [row for row, _ in report.unusable] == ["line 2", "line 3"]
    assert report.equal == 1


def test_halves_of_signs_and_odd_numbers_do_no_harm(ours: Store, tmp_path: Path) -> None:
    text = (
        '{"file": "spare.png", "label": "\\ud800x", "note": "a\\u0000b\\udfff"}\n{"file": "cat/1.png", "label": NaN}\n'
    )
    into(ours, tmp_path / "a.jsonl", text)
    assert label(ours, "spare.png") == "?x"
    assert label(ours, "cat/1.png") == "cat"


def test_an_import_of_images_into_a_merged_class_keeps_the_class(ours: Store, tmp_path: Path) -> None:
    into(ours, tmp_path / "a.csv", "file,label\nspare.png,ape\n")
    title = f"Import labels of image {ids(ours)['spare.png']} from a.csv"
    add_images(ours, tmp_path / "more", [new_image("x.png", label="cat")])
    assert edits.next_undo(ours) == title
    add_images(ours, tmp_path / "more", [new_image("y.png", label="ape")])
    assert edits.next_undo(ours) != title


def test_many_new_classes_are_in_natural_order_and_too_many_are_refused(tmp_path: Path) -> None:
    with Store.create(tmp_path / "project") as store:
        add_images(store, tmp_path, [new_image(f"{n}.png") for n in range(10_001)])
        names = [f"{n}.png,{n}" for n in range(10_001)]
        with pytest.raises(Error, match="10,001 new classes"):
            into(store, tmp_path / "a.csv", "file,label\n" + "\n".join(names))
        report = into(store, tmp_path / "a.csv", "file,label\n" + "\n".join(reversed(names[:200])))
        assert [known.name for known in records.classes(store)] == [str(n) for n in range(200)]
        assert (len(report.new_classes), label(store, "150.png")) == (200, "150")
        edits.undo(store)
        assert records.classes(store) == []
        edits.redo(store)
        assert [known.position for known in records.classes(store)] == list(range(200))


def test_the_report_lists_twenty_and_its_table_all(tmp_path: Path) -> None:
    with Store.create(tmp_path / "project") as store:
        add_images(store, tmp_path, [new_image(f"{n}.png", label="a") for n in range(30)])
        edits.label(store, range(1, 31), "a", by="bulk")
        rows = "".join(f"{n}.png,b\n" for n in range(30))
        report = into(store, tmp_path / "labels.csv", f"file,label\n{rows}gone.png,b\n")
    lines = exchange.described(report).splitlines()
    assert lines[0] == "31 rows: 30 matched, 0 to be changed, 0 equal already"
    assert "30 conflicts" in lines
    assert "  image 1 0.png: label a here, b in the file (line 2)" in lines
    assert "  … 10 more" in lines
    assert lines[-1] == "  line 32 (gone.png): no image here has this name"
    exchange.write_csv(report, tmp_path / "report.csv")
    assert len((tmp_path / "report.csv").read_text("utf-8").splitlines()) == 32
    with pytest.raises(Error, match="is there already"):
        exchange.write_csv(report, tmp_path / "report.csv")
