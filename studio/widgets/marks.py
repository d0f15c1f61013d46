"""The mark of a class: one of ten colours and, beyond ten classes, one of five shapes."""

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from studio import theme

_CORNERS = {2: 3, 3: 4, 4: 6}  # shape number -> corners of a regular polygon


def draw_mark(painter: QPainter, rect: QRectF, position: int) -> None:
    """Fill `rect` with the mark of the class at a display `position`; below 0, without a class, an empty ring."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    color = theme.class_color(position)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    shape = position // len(theme.CLASS_COLORS) % 5
    if position < 0:
        _ring(painter, rect, color)
    elif shape == 0:
        painter.drawRoundedRect(rect, rect.width() / 4, rect.width() / 4)
    elif shape == 1:
        painter.drawEllipse(rect)
    else:
        painter.drawPolygon(_polygon(rect, _CORNERS[shape]))
    painter.restore()


def _ring(painter: QPainter, rect: QRectF, color: QColor) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(color, 1.5))
    painter.drawEllipse(rect.adjusted(1, 1, -1, -1))


def _polygon(rect: QRectF, corners: int) -> QPolygonF:
    radius = rect.width() / 2 * 1.1
    angles = [2 * math.pi * k / corners - math.pi / 2 for k in range(corners)]
    return QPolygonF([rect.center() + QPointF(math.cos(a) * radius, math.sin(a) * radius) for a in angles])


def luminance(color: QColor) -> float:
    """Relative luminance of an opaque colour, 0 to 1 (WCAG 2.2)."""
    parts = (color.redF(), color.greenF(), color.blueF())
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
