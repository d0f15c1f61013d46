"""Where the tiles of a grid lie: arithmetic only, so that a million rows cost what ten do."""

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect

GAP, MARGIN, RIGHT = 8, 16, 4  # px; the scroll bar makes up the right margin


@dataclass(frozen=True)
class Lattice:
    """`count` square tiles of `tile` px in lines of `columns`; coordinates are of the content, not of the screen."""

    count: int = 0
    columns: int = 1
    tile: int = 96

    @classmethod
    def fit(cls, count: int, width: int, side: int) -> "Lattice":
        """As many columns of at least `side` px as `width` holds, the tiles enlarged so that a line fills it."""
        room = max(1, width - MARGIN - RIGHT)
        columns = max(1, (room + GAP) // (side + GAP))
        return cls(count, columns, max(1, (room - GAP * (columns - 1)) // columns))

    @property
    def pitch(self) -> int:
        return self.tile + GAP

    @property
    def height(self) -> int:
        """The height of the content with its margins; 0 without tiles."""
        lines = -(-self.count // self.columns)
        return 2 * MARGIN + lines * self.pitch - GAP if lines else 0

    def rect(self, row: int) -> QRect:
        line, column = divmod(row, self.columns)
        return QRect(MARGIN + column * self.pitch, MARGIN + line * self.pitch, self.tile, self.tile)

    def row_at(self, point: QPoint) -> int | None:
        """The row whose tile holds `point`; None in gaps, margins and beyond the end."""
        x, y = point.x() - MARGIN, point.y() - MARGIN
        line, column = y // self.pitch, x // self.pitch
        inside = x >= 0 and y >= 0 and column < self.columns and x % self.pitch < self.tile
        row = line * self.columns + column
        return row if inside and y % self.pitch < self.tile and row < self.count else None

    def step(self, row: int, lines: int, along: int) -> int:
        """The row reached from `row` by so many lines and tiles; up from the first line and down from the last stay."""
        target = row + lines * self.columns + along
        on_last_line = row // self.columns == (self.count - 1) // self.columns
        if (lines == -1 and target < 0) or (lines == 1 and target >= self.count and on_last_line):
            return row
        return min(self.count - 1, max(0, target))

    def rows_between(self, top: int, bottom: int) -> range:
        """The rows at least partly between two heights."""
        first = max(0, (top - MARGIN + GAP) // self.pitch) * self.columns
        last = ((bottom - MARGIN) // self.pitch + 1) * self.columns
        return range(min(first, self.count), max(0, min(last, self.count)))

    def runs(self, area: QRect) -> list[tuple[int, int]]:
        """First and last row of what `area` touches: one pair a line, one pair in all if it covers whole lines."""
        left, right = max(0, (area.left() - MARGIN + GAP) // self.pitch), (area.right() - MARGIN) // self.pitch
        top, bottom = max(0, (area.top() - MARGIN + GAP) // self.pitch), (area.bottom() - MARGIN) // self.pitch
        right, last = min(right, self.columns - 1), self.count - 1
        bottom = min(bottom, last // self.columns)
        if left > right or top > bottom:
            return []
        if left == 0 and right == self.columns - 1:
            return [(top * self.columns, min(last, bottom * self.columns + right))]
        starts = (line * self.columns for line in range(top, bottom + 1))
        return [(start + left, min(last, start + right)) for start in starts if start + left <= last]
