"""The arithmetic of the grid against going through all rows, with and without titled sections."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QRect

from studio.widgets.lattice import GAP, Lattice, Sections


@st.composite
def lattices(draw: st.DrawFn) -> Lattice:
    sizes = draw(st.lists(st.integers(1, 9), max_size=6))
    titled = draw(st.booleans())
    starts = np.cumsum([0, *sizes])[:-1]
    sections = Sections(starts, tuple(f"s{n}" for n in range(len(sizes)))) if titled else Sections()
    return Lattice(sum(sizes), draw(st.integers(1, 5)), 50, sections)


@given(lattices())
def test_tiles_never_overlap_and_are_found_again(lattice: Lattice) -> None:
    rects = [lattice.rect(row) for row in range(lattice.count)]
    for row, rect in enumerate(rects):
        assert lattice.row_at(rect.center()) == lattice.row_at(rect.topLeft()) == row
        assert lattice.section_at(rect.center()) is None
        assert rect.bottom() < lattice.height
        assert not any(rect.intersects(other) for other in rects[:row])


@given(lattices(), st.integers(-50, 900), st.integers(0, 400))
def test_the_rows_on_the_screen(lattice: Lattice, top: int, height: int) -> None:
    seen = [row for row in range(lattice.count) if lattice.rect(row).top() <= top + height]
    seen = [row for row in seen if lattice.rect(row).bottom() >= top]
    found = lattice.rows_between(top, top + height)
    assert set(seen) <= set(found)
    assert len(found) <= len(seen) + 2 * lattice.columns


@given(lattices(), st.integers(-20, 300), st.integers(-20, 900), st.integers(1, 300), st.integers(1, 500))
def test_what_a_rubber_band_touches(lattice: Lattice, x: int, y: int, width: int, height: int) -> None:
    area = QRect(x, y, width, height)
    touched = {row for row in range(lattice.count) if lattice.rect(row).intersects(area)}
    runs = lattice.runs(area)
    found = {row for first, last in runs for row in range(first, last + 1)}
    assert touched <= found
    beside = {row for row in found if not lattice.rect(row).adjusted(-GAP, -GAP, GAP, GAP).intersects(area)}
    assert not beside


@given(lattices(), st.data())
def test_down_and_up_keep_the_column_and_end_at_the_ends(lattice: Lattice, data: st.DataObject) -> None:
    if not lattice.count:
        return
    row = data.draw(st.integers(0, lattice.count - 1))
    below = lattice.step(row, 1, 0)
    assert below == row or lattice.rect(below).top() > lattice.rect(row).top()
    assert lattice.rect(below).left() <= lattice.rect(row).left()
    assert lattice.step(lattice.step(row, 0, 1), 0, -1) == row or row == lattice.count - 1
    assert lattice.step(row, -lattice.count, 0) == 0
    assert lattice.step(row, lattice.count, 0) == lattice.count - 1


@given(lattices())
def test_titles_stand_above_their_rows(lattice: Lattice) -> None:
    for section in lattice.sections_between(0, lattice.height):
        rect = lattice.heading(section, 400)
        assert lattice.section_at(rect.center()) == section
        assert lattice.row_at(rect.center()) is None
        first = next(row for row in range(lattice.count) if lattice.rect(row).top() > rect.bottom())
        assert lattice.begins_section(first)


def test_a_point_outside_is_on_nothing() -> None:
    lattice = Lattice(10, 3, 50, Sections(np.array([0, 4]), ("a", "b")))
    for point in (QPoint(-5, 5), QPoint(5, -5), QPoint(5000, 30), QPoint(30, 5000)):
        assert lattice.row_at(point) is None
        assert lattice.section_at(point) is None or point.x() == 5000
