import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Error
from core.project import edits, predictions, query, records
from core.project.query import parse
from core.project.store import Store
from tests.said import said


def numbers(store: Store, text: str) -> set[int]:
    """The n of the images n.png that a filter text selects."""
    return {int(image.name.removesuffix(".png")) for image in records.images(store, query.ids(store, parse(text)))}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", set(range(30))),
        ("class:1", {n for n in range(30) if n % 3 == 1}),
        ("class:0,2", {n for n in range(30) if n % 3 != 1}),
        ("class:1 source:meter", {n for n in range(30) if n % 3 == 1 and n % 2}),
        ("class:1 or source:meter", {n for n in range(30) if n % 3 == 1 or n % 2}),
        ("-class:1", {n for n in range(30) if n % 3 != 1}),
        ("-(class:1 or source:meter)", {n for n in range(30) if not (n % 3 == 1 or n % 2)}),
        ("group:g4 class:2", {n for n in range(30) if n % 5 == 4 and n % 3 == 2}),
        ("name:12.png", {12}),
        ("29.p", {29}),
        ("split:none", set(range(30))),
        ("-split:val", set(range(30))),
        ("unlabelled", set()),
        ("width>=32 height<24", set()),
        ("width=32", set(range(30))),
        ("id:1,2", {0, 1}),
        ("wrong", set()),
    ],
)
def test_text_selects(digits: Store, text: str, expected: set[int]) -> None:
    assert numbers(digits, text) == expected


def test_tags_and_rejected(digits: Store) -> None:
    edits.tag(digits, [1, 2], "blurry")
    edits.reject(digits, [2])
    assert numbers(digits, "tag:blurry") == {0, 1}
    assert numbers(digits, "tag:blurry -rejected") == {0}
    assert numbers(digits, "-tag:blurry") == set(range(2, 30))


def test_run_100_is_later_than_run_99(digits: Store) -> None:
    classes = records.classes(digits)
    for run, guessed in (("99-b", classes[0]), ("100-a", classes[1])):
        predictions.replace(digits, run, "x", said([1], [guessed.id], [0.5]))
    assert numbers(digits, "pred:1") == {0}
    assert [guess.run for guess in predictions.of_image(digits, 1)] == ["100-a", "99-b"]
    assert predictions.latest(digits, np.array([1]))[1].run == "100-a"


@pytest.mark.parametrize("text", ["bytes>1234567", "conf>=0.99999999", "width=32", 'name:""'])
def test_the_text_of_a_filter_means_the_same(text: str) -> None:
    assert str(parse(text)) == text
    assert parse(str(parse(text))) == parse(text)


def test_predictions_of_the_latest_run_filter_and_sort(digits: Store) -> None:
    class_ids = np.array([c.id for c in records.classes(digits)])
    ids = np.arange(1, 31)
    true = (ids - 1) % 3
    predictions.replace(digits, "00-a", "x", said(ids, class_ids[true], np.full(30, 0.5)))
    guess = np.where(ids == 5, (true + 1) % 3, true)
    predictions.replace(digits, "01-b", "y", said(ids, class_ids[guess], ids / 100))
    assert numbers(digits, "wrong") == {4}
    assert numbers(digits, "right conf>0.285") == {28, 29}
    assert numbers(digits, "wrong pred:2") == {4}
    ordered = query.ids(digits, sort="confidence", descending=True)
    assert (ordered[0], ordered[-1]) == (30, 1)
    predictions.drop_others(digits, {"00-a"})
    assert numbers(digits, "wrong") == set()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("clas:3", "no field clas. Did you mean class"),
        ("conf>much", "much is no number"),
        ("(class:1", "closing parenthesis"),
        ("class:1)", "parenthesis too many"),
        ("class:", "needs a value"),
        ("class", "needs a value"),
        ("-", "Nothing follows the minus"),
        ("class:1 or", "lacks a condition"),
        ('name:"abc', "quotation"),
        ("speed>3", "no field speed"),
        ("id:x", "whole number"),
        ("id:²", "whole number"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, words: str) -> None:
    with pytest.raises(Error) as told:
        parse(text)
    assert words in str(told.value)


def test_values_with_spaces_are_quoted_and_names_with_wildcards_are_literal(digits: Store) -> None:
    assert str(parse('source:"my camera",sign')) == 'source:"my camera",sign'
    assert numbers(digits, "name:%") == set()


atoms = st.sampled_from(
    [
        "class:1",
        "class:0,2",
        "source:meter",
        "wrong",
        "unlabelled",
        "conf>0.5",
        "split:none",
        "group:g1",
        "name:1",
        "note:seen",
        "tag:x",
        "tag:none",
        "width:20..40",
        "date:2026-02",
        "date>2026-03-01",
        "suspect>=0.5",
    ]
)
texts = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: f"({p[0]}) ({p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]}) or ({p[1]})"),
        inner.map(lambda t: f"-({t})"),
    ),
    max_leaves=6,
)


@given(texts)
def test_the_text_form_of_a_filter_means_the_same(text: str) -> None:
    filter = parse(text)
    assert parse(str(filter)) == filter


@given(st.text(max_size=30))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        filter = parse(text)
    except Error:
        return
    assert parse(str(filter)) == filter


@pytest.mark.parametrize("text", ["word " * 201, "(" * 5000 + "wrong" + ")" * 5000, "-" * 3000 + "wrong"])
def test_a_filter_too_long_for_the_database_is_told(text: str) -> None:
    with pytest.raises(Error, match="words, more than 200"):
        parse(text)


def test_the_longest_filter_works(digits: Store) -> None:
    assert numbers(digits, "png " * 200) == set(range(30))
    assert numbers(digits, "(" * 99 + "png" + ")" * 99) == set(range(30))
