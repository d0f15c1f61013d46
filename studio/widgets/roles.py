"""The roles under which an item model hands pictures and their words to the grid."""

from PySide6.QtCore import Qt

THUMB_ROLE = Qt.ItemDataRole.UserRole + 1  # QImage, or None while it is not there; the same one each time
BADGE_ROLE = Qt.ItemDataRole.UserRole + 2  # str, such as "7" or "1→7 .94"
BADGE_BAD_ROLE = Qt.ItemDataRole.UserRole + 3  # bool, the badge tells of a wrong prediction
CLASS_ROLE = Qt.ItemDataRole.UserRole + 4  # int, display position of the class, -1 without one
BADGE_GHOST_ROLE = Qt.ItemDataRole.UserRole + 5  # bool, the badge tells what a run says of an image without label
MARKS_ROLE = Qt.ItemDataRole.UserRole + 6  # str, a few signs at the top right, such as "! #night"
