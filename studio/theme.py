"""The look in one place: colour tokens, fonts and icons become palette, style sheet and what widgets paint with.

Widgets ask `tokens()` while they paint and repaint on `watch.changed`; nothing else in the window names a colour.
"""

import functools
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from string import Template
from typing import Literal

from PySide6.QtCore import QByteArray, QObject, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QWidget

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
RADIUS = 6
SANS, MONO = "IBM Plex Sans", "IBM Plex Mono"
Choice = Literal["system", "dark", "light"]


@dataclass(frozen=True)
class Tokens:
    """The colours of one theme as #rrggbb."""

    name: str
    background: str
    surface: str
    raised: str
    line: str
    text: str
    muted: str
    accent: str
    selection: str
    good: str
    warning: str
    bad: str
    on_accent: str  # text on accent
    badge: str  # fill behind the words on a picture, the same in both themes because pictures are
    badge_bad: str
    on_badge: str
    train: str  # curves
    validation: str

    @property
    def dark(self) -> bool:
        return self.name == "dark"


DARK = Tokens(
    name="dark",
    background="#14161a",
    surface="#1b1e24",
    raised="#242932",
    line="#2f3540",
    text="#e6e8eb",
    muted="#98a1ae",
    accent="#5da7ff",
    selection="#1f3a5c",
    good="#3fb68b",
    warning="#e5a50a",
    bad="#f0655a",
    on_accent="#0c1420",
    badge="#14161a",
    badge_bad="#c93c37",
    on_badge="#ffffff",
    train="#56b4e9",
    validation="#de8f05",
)
# good, warning, bad and accent are words, too: 4.5 to 1 on each ground, which lighter ones would not have
LIGHT = Tokens(
    name="light",
    background="#f4f5f7",
    surface="#ffffff",
    raised="#eceff3",
    line="#d8dde4",
    text="#1b1f24",
    muted="#5b6470",
    accent="#1361d9",
    selection="#dbe9ff",
    good="#197a56",
    warning="#936200",
    bad="#c33935",
    on_accent="#ffffff",
    badge="#14161a",
    badge_bad="#c93c37",
    on_badge="#ffffff",
    train="#0173b2",
    validation="#a36200",
)

# seaborn "colorblind"; beyond ten the same colours come back with another shape (widgets/marks.py)
CLASS_COLORS = (
    "#0173B2",
    "#DE8F05",
    "#029E73",
    "#D55E00",
    "#CC78BC",
    "#CA9161",
    "#FBAFE4",
    "#949494",
    "#ECE133",
    "#56B4E9",
)

# lines of plots by theme, after Okabe and Ito, each told from the background; the first two are training and validation
SERIES_COLORS = {
    "dark": (
        *("#56b4e9", "#de8f05", "#2fb98a", "#f0703a", "#e58ac6"),
        *("#c99a6b", "#8f9bff", "#d8ce3c", "#a8b0ba", "#5fd0d6"),
    ),
    "light": (
        *("#0173b2", "#a36200", "#00795a", "#c24400", "#a8458f"),
        *("#85552a", "#4a4fc4", "#6f6a00", "#5f6670", "#00767e"),
    ),
}


class _Watch(QObject):
    """Tells that the theme changed; widgets that paint themselves connect their `update`."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.tokens = DARK
        self.choice: Choice = "dark"
        self.text_scale = 1.0
        self.system_is_dark: bool | None = None  # what the system's own palette said before ours replaced it
        self.following = False
        self.class_colors: tuple[str | None, ...] = ()


watch = _Watch()


def tokens() -> Tokens:
    """The colours in force."""
    return watch.tokens


def apply(app: QApplication, choice: Choice = "system", text_scale: float = 1.0) -> None:
    """Dress `app`; "system" follows the system's colour scheme from then on. `text_scale` 1.5 is 150 % text."""
    _load_fonts()
    if watch.system_is_dark is None:
        watch.system_is_dark = app.palette().window().color().lightness() < 128
    hints = app.styleHints()  # kept, as Python forgets its parts with it
    if not watch.following:
        hints.colorSchemeChanged.connect(_system_changed)
        hints.accessibility().contrastPreferenceChanged.connect(_contrast_changed)
        watch.following = True
    watch.choice, watch.text_scale = choice, text_scale
    chosen = {"dark": DARK, "light": LIGHT, "system": _system_tokens(app)}[choice]
    wished = hints.accessibility().contrastPreference()
    watch.tokens = strong(chosen) if wished == Qt.ContrastPreference.HighContrast else chosen
    app.setStyle("Fusion")
    app.setFont(sans())
    app.setPalette(_palette(watch.tokens))
    app.setStyleSheet(_style_sheet(watch.tokens))
    watch.changed.emit()


def strong(t: Tokens) -> Tokens:
    """The theme for people whose system asks for high contrast: 7 to 1 for words, lines that are seen."""
    ends = ("#000000", "#ffffff") if t.dark else ("#ffffff", "#000000")
    words = {name: blend(getattr(t, name), ends[1], 0.4).name() for name in ("muted", "good", "warning", "bad")}
    accent = blend(t.accent, ends[1], 0.3).name()
    return replace(
        t, background=ends[0], surface=ends[0], text=ends[1], line=t.muted, accent=accent, on_accent=ends[0], **words
    )


def px(length: float) -> int:
    """A length that holds text, scaled with the text."""
    return round(length * watch.text_scale)


def sans(size: float = 13, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The font for words, `size` in px at 100 % text."""
    return _font(SANS, size, weight)


def mono(size: float = 12, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The font for numbers, keys and paths, `size` in px at 100 % text."""
    return _font(MONO, size, weight)


def set_class_colors(colors: Sequence[str | None]) -> None:
    """Give the classes of the open project these colours (#rrggbb) by display position; None is that of the place."""
    if tuple(colors) != watch.class_colors:
        watch.class_colors = tuple(colors)
        watch.changed.emit()


def class_color(position: int) -> QColor:
    """The colour of the class at a display position; positions below 0 mean no class."""
    chosen = watch.class_colors[position] if 0 <= position < len(watch.class_colors) else None
    return QColor(chosen) if chosen else place_color(position)


def place_color(position: int) -> QColor:
    """The colour of a place in a row of classes or groups; places below 0 mean none."""
    return QColor(CLASS_COLORS[position % len(CLASS_COLORS)] if position >= 0 else watch.tokens.muted)


def series_color(position: int) -> QColor:
    """The colour of a line of a plot; positions below 0 mean one that stays in the background."""
    t = watch.tokens
    if position < 0:
        return blend(t.background, t.muted, 0.45)
    colors = SERIES_COLORS[t.name]
    return QColor(colors[position % len(colors)])


def blend(below: str, above: str, share: float) -> QColor:
    """`share` (0 to 1) of the colour `above` over `below`, opaque."""
    a, b = QColor(below), QColor(above)
    mixed = [round(x + (y - x) * share) for x, y in zip(_rgb(a), _rgb(b), strict=True)]
    return QColor(*mixed)


def icon(name: str, color: str | None = None) -> QIcon:
    """The icon resources/icons/`name`.svg in `color`, or in the colours of the theme whenever it is painted."""
    return QIcon(_TintedSvg(name, color))


def icon_pixmap(name: str, color: str, side: int, ratio: float) -> QPixmap:
    """The icon as a pixmap of `side` logical px for a screen of `ratio` device px each."""
    pixmap = _render(name, color, round(side * ratio))
    pixmap = QPixmap(pixmap)
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def role(widget: QWidget, name: str) -> None:
    """Give `widget` a role of the style sheet, such as "head", "number", "muted" or "primary"."""
    widget.setProperty("role", name)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


class _TintedSvg(QIconEngine):
    """Paints one SVG in the colour that fits the theme and the state of its control."""

    def __init__(self, name: str, color: str | None) -> None:
        super().__init__()
        self._name = name
        self._color = color

    def _tint(self, mode: QIcon.Mode, state: QIcon.State) -> str:
        if mode == QIcon.Mode.Disabled:
            return blend(watch.tokens.surface, watch.tokens.muted, 0.45).name()
        if self._color:
            return self._color
        return watch.tokens.accent if state == QIcon.State.On else watch.tokens.muted

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        ratio = painter.device().devicePixelRatioF()
        side = min(rect.width(), rect.height())
        pixmap = icon_pixmap(self._name, self._tint(mode, state), side, ratio)
        painter.drawPixmap(rect.x() + (rect.width() - side) // 2, rect.y() + (rect.height() - side) // 2, pixmap)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return _render(self._name, self._tint(mode, state), min(size.width(), size.height()))

    def clone(self) -> QIconEngine:
        return _TintedSvg(self._name, self._color)


@functools.lru_cache(maxsize=256)
def _render(name: str, color: str, side: int) -> QPixmap:
    drawing = (RESOURCES / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    renderer = QSvgRenderer(QByteArray(drawing.replace("<path ", f'<path fill="{color}" ').encode()))
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    return pixmap


def _system_tokens(app: QApplication) -> Tokens:
    scheme = app.styleHints().colorScheme()
    if scheme == Qt.ColorScheme.Unknown:  # many Linux desktops do not say
        return DARK if watch.system_is_dark else LIGHT
    return DARK if scheme == Qt.ColorScheme.Dark else LIGHT


def _contrast_changed() -> None:
    app = QApplication.instance()
    if isinstance(app, QApplication):
        apply(app, watch.choice, watch.text_scale)


def _system_changed() -> None:
    app = QApplication.instance()
    if watch.choice == "system" and isinstance(app, QApplication):
        apply(app, "system", watch.text_scale)


@functools.cache
def _load_fonts() -> None:
    for file in sorted((RESOURCES / "fonts").glob("*.ttf")):
        QFontDatabase.addApplicationFont(str(file))


def _font(family: str, size: float, weight: QFont.Weight) -> QFont:
    font = QFont(family)
    font.setStyleHint(QFont.StyleHint.Monospace if family == MONO else QFont.StyleHint.SansSerif)
    font.setPixelSize(px(size))
    font.setWeight(weight)
    return font


def _rgb(color: QColor) -> Sequence[int]:
    return color.red(), color.green(), color.blue()


def _palette(t: Tokens) -> QPalette:
    roles = QPalette.ColorRole
    palette = QPalette()
    colors = {
        roles.Window: t.background,
        roles.WindowText: t.text,
        roles.Base: t.surface,
        roles.AlternateBase: t.raised,
        roles.Text: t.text,
        roles.Button: t.raised,
        roles.ButtonText: t.text,
        roles.BrightText: t.bad,
        roles.Highlight: t.accent,
        roles.HighlightedText: t.on_accent,
        roles.Accent: t.accent,
        roles.Link: t.accent,
        roles.LinkVisited: t.accent,
        roles.PlaceholderText: t.muted,
        roles.ToolTipBase: t.raised,
        roles.ToolTipText: t.text,
        roles.Light: t.raised,
        roles.Midlight: t.raised,
        roles.Mid: t.line,
        roles.Dark: t.line,
        roles.Shadow: t.background,
    }
    for which, color in colors.items():
        palette.setColor(which, QColor(color))
    faint = blend(t.surface, t.muted, 0.6)
    for which in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, faint)
    return palette


def _style_sheet(t: Tokens) -> str:
    template = Template((RESOURCES / "themes" / "studio.qss").read_text(encoding="utf-8"))
    values: dict[str, object] = {**asdict(t), "sans": SANS, "mono": MONO, "radius": RADIUS}
    values["faint"] = blend(t.surface, t.muted, 0.6).name()
    values["hover"] = blend(t.raised, t.text, 0.08).name()
    values["accent_hover"] = blend(t.accent, t.text, 0.12).name()
    values["icons"] = (RESOURCES / "icons").as_posix()
    values |= {f"px{size}": f"{px(size)}px" for size in range(1, 49)}
    return template.substitute(values)
