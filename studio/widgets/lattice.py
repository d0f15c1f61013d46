"""Where the tiles of a grid lie: arithmetic only, so that a million rows cost what ten do."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect

GAP, MARGIN, RIGHT = 8, 16, 4  # px; the scroll bar makes up the right margin
HEADING = 36  # px that the title of a section takes


@dataclass(frozen=True, eq=False)
class Sections:
    """Groups of rows that follow each other: where each begins (ascending, the first one is 0), and its title."""

    starts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    titles: tuple[str, ...] = ()

    def rows(self, section: int, count: int) -> range:
        """The rows of a section of `count` rows in all."""
        end = self.starts[section + 1] if section + 1 < len(self.starts) else count
        return range(int(self.starts[section]), int(end))


class Lattice:
    """`count` square tiles of `tile` px in lines of `columns`; coordinates are of the content, not of the screen.

    Each section, if there are any, has a line of its own for its title, and begins a line of tiles.
    """

    def __init__(self, count: int = 0, columns: int = 1, tile: int = 96, sections: Sections | None = None) -> None:
        self.count, self.columns, self.tile = count, columns, tile
        self.titled = bool(count and sections and len(sections.starts))
        starts = sections.starts if self.titled and sections else np.zeros(1, np.int64)
        lines = np.cumsum(np.append(0, -(-np.diff(np.append(starts, count)) // columns)))
        self._head = HEADING if self.titled else 0
        # Of each section: its first row, its first line, and the top of that line.
        self._rows, self._lines, self._all_lines = starts, lines[:-1], int(lines[-1])
        self._tops = MARGIN + self._lines * self.pitch + self._head * np.arange(1, len(starts) + 1)

    @classmethod
    def fit(cls, count: int, width: int, side: int, sections: Sections | None = None) -> "Lattice":
        """As many columns of at least `side` px as `width` holds, the tiles enlarged so that a line fills it."""
        room = max(1, width - MARGIN - RIGHT)
        columns = max(1, (room + GAP) // (side + GAP))
        return cls(count, columns, max(1, (room - GAP * (columns - 1)) // columns), sections)

    @property
    def pitch(self) -> int:
        return self.tile + GAP

    @property
    def height(self) -> int:
        """The height of the content with its margins; 0 without tiles."""
        lines = self._all_lines
        return 2 * MARGIN + lines * self.pitch - GAP + self._head * len(self._rows) if lines else 0

    def rect(self, row: int) -> QRect:
        section = self._section_of(row)
        line, column = divmod(row - int(self._rows[section]), self.columns)
        top = int(self._tops[section]) + line * self.pitch
        return QRect(MARGIN + column * self.pitch, top, self.tile, self.tile)

    def begins_section(self, row: int) -> bool:
        """Whether a title is right above the line that `row` is on."""
        section = self._section_of(row)
        return self.titled and row - int(self._rows[section]) < self.columns

    def heading(self, section: int, width: int) -> QRect:
        """Where the title of a section is."""
        return QRect(MARGIN, int(self._tops[section]) - self._head, width - MARGIN - RIGHT, self._head - GAP)

    def section_at(self, point: QPoint) -> int | None:
        """The section whose title is at `point`."""
        section = int(np.searchsorted(self._tops - self._head, point.y(), "right")) - 1
        inside = self.titled and section >= 0 and point.y() < int(self._tops[section]) - GAP
        return section if inside else None

    def sections_between(self, top: int, bottom: int) -> range:
        """The sections whose titles are at least partly between two heights."""
        if not self.titled:
            return range(0)
        first = int(np.searchsorted(self._tops, top, "right"))
        return range(first, int(np.searchsorted(self._tops - self._head, bottom, "right")))

    def row_at(self, point: QPoint) -> int | None:
        """The row whose tile holds `point`; None in gaps, margins, titles and beyond the end."""
        section = max(0, int(np.searchsorted(self._tops, point.y(), "right")) - 1)
        x, y = point.x() - MARGIN, point.y() - int(self._tops[section])
        line, column = y // self.pitch, x // self.pitch
        inside = x >= 0 and y >= 0 and column < self.columns and x % self.pitch < self.tile
        row = int(self._rows[section]) + line * self.columns + column
        return row if inside and y % self.pitch < self.tile and row < self._end(section) else None

    def step(self, row: int, lines: int, along: int) -> int:
        """The row reached from `row` by so many lines or tiles; up from the first line and down from the last stay."""
        if not lines:
            return min(self.count - 1, max(0, row + along))
        line, column = self._line_of(row)
        last = self._all_lines - 1
        if (lines == -1 and line == 0) or (lines == 1 and line == last):
            return row
        if not 0 <= line + lines <= last:
            return 0 if lines < 0 else self.count - 1
        first, end = self._line(line + lines)
        return min(first + column, end - 1)

    def rows_between(self, top: int, bottom: int) -> range:
        """The rows at least partly between two heights."""
        first, _ = self._line(min(self._line_below(top), max(0, self._all_lines - 1)))
        last = self._line_above(bottom)
        begin = first if self._line_below(top) < self._all_lines else self.count
        return range(min(begin, self.count), self._line(last)[1] if last >= 0 and self.count else 0)

    def runs(self, area: QRect) -> list[tuple[int, int]]:
        """First and last row of what `area` touches: one pair a line, one pair in all if it covers whole lines."""
        left, right = max(0, (area.left() - MARGIN + GAP) // self.pitch), (area.right() - MARGIN) // self.pitch
        right = min(right, self.columns - 1)
        top, bottom = self._line_below(area.top()), self._line_above(area.bottom())
        if left > right or top > bottom or not self.count:
            return []
        if left == 0 and right == self.columns - 1:
            return [(self._line(top)[0], self._line(bottom)[1] - 1)]
        ends = (self._line(line) for line in range(top, bottom + 1))
        return [(first + left, min(end - 1, first + right)) for first, end in ends if first + left < end]

    def _section_of(self, row: int) -> int:
        return 0 if not self.titled else max(0, int(np.searchsorted(self._rows, row, "right")) - 1)

    def _end(self, section: int) -> int:
        return int(self._rows[section + 1]) if section + 1 < len(self._rows) else self.count

    def _line_of(self, row: int) -> tuple[int, int]:
        section = self._section_of(row)
        line, column = divmod(row - int(self._rows[section]), self.columns)
        return int(self._lines[section]) + line, column

    def _line(self, line: int) -> tuple[int, int]:
        """The first row of a line of tiles and the one after its last."""
        section = max(0, int(np.searchsorted(self._lines, line, "right")) - 1)
        first = int(self._rows[section]) + (line - int(self._lines[section])) * self.columns
        return first, min(first + self.columns, self._end(section))

    def _line_below(self, top: int) -> int:
        """The first line whose tiles end below the height `top`."""
        section = max(0, int(np.searchsorted(self._tops, top, "right")) - 1)
        line = max(0, (top - int(self._tops[section]) + GAP) // self.pitch)
        after = int(self._lines[section + 1]) if section + 1 < len(self._lines) else self._all_lines
        return min(int(self._lines[section]) + line, after)

    def _line_above(self, bottom: int) -> int:
        """The last line whose tiles begin above the height `bottom`; -1 when none does."""
        section = int(np.searchsorted(self._tops, bottom, "right")) - 1
        if section < 0:
            return -1
        line = (bottom - int(self._tops[section])) // self.pitch
        after = int(self._lines[section + 1]) if section + 1 < len(self._lines) else self._all_lines
        return min(int(self._lines[section]) + line, after - 1)
