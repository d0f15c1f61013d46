"""Images carried by the mouse: within the window as their numbers, to other programs as files."""

import secrets
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QMimeData, QPoint, QRect, Qt, QUrl
from PySide6.QtGui import QDrag, QDropEvent, QFont, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.widgets.tiles import cut, draw_badge

IDS = "application/x-wildset-ids"
MOST_FILES = 1000  # more are carried within the window only
_SIDE = 72  # px
_HERE = secrets.token_bytes(16)  # numbers of another window are those of other images

Ids = npt.NDArray[np.int64]


def packed(ids: Ids, files: Sequence[Path]) -> QMimeData:
    """The images with these numbers, and their files for other programs."""
    data = QMimeData()
    data.setData(IDS, _HERE + ids.astype("<i8").tobytes())
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in files[:MOST_FILES]])
    return data


def carried(event: QDropEvent) -> Ids | None:
    """The numbers of the images that are dragged; None where they come from elsewhere or another process."""
    data = bytes(event.mimeData().data(IDS).data())
    return np.frombuffer(data[len(_HERE) :], "<i8").astype(np.int64) if data.startswith(_HERE) else None


def carry(source: QWidget, ids: Ids, files: Sequence[Path], image: QImage | None) -> None:
    """Drag images until they are dropped; `image` is shown under the pointer."""
    drag = QDrag(source)
    drag.setMimeData(packed(ids, files))
    drag.setPixmap(_drawn(image, len(ids), source.devicePixelRatioF()))
    drag.setHotSpot(QPoint(-8, -8))  # what lies under the pointer stays in sight
    drag.exec(Qt.DropAction.CopyAction)


def _drawn(image: QImage | None, count: int, ratio: float) -> QPixmap:
    side = round(_SIDE * ratio)
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setOpacity(0.9)
    if image is not None and not image.isNull():
        painter.drawPixmap(0, 0, cut(image, side, theme.RADIUS * ratio))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    if count > 1 or image is None:
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = theme.mono(11, QFont.Weight.Medium)
        draw_badge(painter, QRect(0, 0, _SIDE, _SIDE), font, f"{count:,}", False, None)
        painter.end()
    return pixmap
