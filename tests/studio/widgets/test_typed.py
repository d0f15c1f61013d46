import pytest

from studio.widgets.typed import read_number, read_whole


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.05", 0.05),
        (" 1e-4 ", 1e-4),
        ("0,05", 0.05),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("\u221220 °", -20),
        ("20°", 20),
        ("1 234", 1234),
        ("", None),
        ("1e", None),
        ("20 px", None),
        ("20 %", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_a_number_is_read_as_people_write_it(text: str, number: float | None) -> None:
    assert read_number(text, "°") == number


def test_percent_is_read_where_shares_are_asked_for() -> None:
    assert read_number("20 %", share=True) == 0.2
    assert read_number("0.2", share=True) == 0.2


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("64", 64),
        ("64 images", 64),
        ("9,000 images", 9000),
        ("9 000", 9000),
        ("9'000", 9000),
        ("9e3", 9000),
        ("1,5", None),
        ("0.5", None),
        ("64 px", None),
        ("", None),
        ("many", None),
    ],
)
def test_a_whole_number_is_read_as_people_write_it(text: str, number: int | None) -> None:
    assert read_whole(text, "images") == number
