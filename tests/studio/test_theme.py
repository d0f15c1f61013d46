"""Tokens become palette, style sheet, fonts and icons; contrast is enough to read by."""

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QFontInfo, QIcon, QPalette
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from studio import theme

ROOT = Path(__file__).resolve().parents[2]
GROUNDS = ("background", "surface", "raised")


def contrast(a: str, b: str) -> float:
    def luminance(color: str) -> float:
        parts = [QColor(color).redF(), QColor(color).greenF(), QColor(color).blueF()]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


WORDS = ("text", "muted", "accent", "good", "warning", "bad")


@pytest.mark.parametrize("t", [theme.DARK, theme.LIGHT], ids=lambda t: t.name)
def test_words_read_well_on_everything_they_stand_on(t: theme.Tokens) -> None:
    pairs = {(word, below): (getattr(t, word), getattr(t, below)) for word in WORDS for below in GROUNDS}
    pairs |= {(word, "selection"): (getattr(t, word), t.selection) for word in ("text", "accent")}
    pairs |= {("on_accent", "accent"): (t.on_accent, t.accent), ("on_badge", "badge"): (t.on_badge, t.badge)}
    pairs |= {("on_badge", "badge_bad"): (t.on_badge, t.badge_bad)}
    assert {names: contrast(*pair) for names, pair in pairs.items() if contrast(*pair) < 4.5} == {}


@pytest.mark.parametrize("t", [theme.DARK, theme.LIGHT], ids=lambda t: t.name)
def test_lines_of_plots_stand_out(t: theme.Tokens) -> None:
    for color in (t.train, t.validation, *theme.SERIES_COLORS[t.name]):  # 3 to 1 for what is no text, WCAG 1.4.11
        assert min(contrast(color, below) for below in (t.background, t.surface)) >= 3


@pytest.mark.parametrize("t", [theme.DARK, theme.LIGHT], ids=lambda t: t.name)
def test_who_asks_for_high_contrast_gets_it(t: theme.Tokens) -> None:
    high = theme.strong(t)
    assert high.dark == t.dark
    for below in (high.background, high.surface):
        assert contrast(high.text, below) == pytest.approx(21)
        assert min(contrast(getattr(high, word), below) for word in WORDS[1:]) >= 7
        assert contrast(high.line, below) >= 3
    assert contrast(high.on_accent, high.accent) >= 4.5


@pytest.mark.parametrize("choice", ["dark", "light"])
def test_apply_sets_palette_fonts_and_style_sheet(qapp: QApplication, qtbot: QtBot, choice: theme.Choice) -> None:
    with qtbot.waitSignal(theme.watch.changed):
        theme.apply(qapp, choice)
    t = theme.tokens()
    assert t.name == choice
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(t.background)
    assert t.accent in qapp.styleSheet()
    assert "$" not in qapp.styleSheet()
    assert QFontInfo(theme.sans()).family() == "IBM Plex Sans"
    assert QFontInfo(theme.mono()).family() == "IBM Plex Mono"
    assert qapp.font().pixelSize() == 13


def test_system_is_one_of_the_two(qapp: QApplication) -> None:
    theme.apply(qapp, "system")
    assert theme.tokens() in (theme.DARK, theme.LIGHT)


def test_text_scale_reaches_fonts_and_labels(qapp: QApplication, qtbot: QtBot) -> None:
    theme.apply(qapp, "dark", 1.5)
    label = QLabel("0.95")
    qtbot.addWidget(label)
    theme.role(label, "number")
    label.ensurePolished()
    assert theme.sans().pixelSize() == 20
    assert label.font().pixelSize() == 18
    assert label.font().family() == "IBM Plex Mono"


def test_icons_take_the_colour_of_the_theme_when_they_are_painted(qapp: QApplication) -> None:
    icon = theme.icon("grid_view")
    for choice, t in (("dark", theme.DARK), ("light", theme.LIGHT)):
        theme.apply(qapp, choice)  # type: ignore[arg-type]
        for state, color in ((QIcon.State.Off, t.muted), (QIcon.State.On, t.accent)):
            image = icon.pixmap(QSize(48, 48), QIcon.Mode.Normal, state).toImage()
            colors = {image.pixelColor(x, y).name() for x in range(48) for y in range(48)}
            assert color in colors


def test_class_colours_come_back_after_ten() -> None:
    assert theme.class_color(3) == theme.class_color(13) == QColor("#D55E00")


def test_every_icon_named_in_the_window_is_there_and_every_one_there_is_licensed() -> None:
    named: set[str] = set()
    for file in (ROOT / "studio").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        named |= set(re.findall(r'theme\.icon(?:_pixmap)?\(\s*"([a-z_0-9]+)"', text))
    there = {file.stem for file in (ROOT / "resources" / "icons").glob("*.svg")}
    assert named <= there
    assert (ROOT / "resources" / "icons" / "LICENSE").read_text().strip().startswith("Apache License")
    assert "SIL OPEN FONT LICENSE" in (ROOT / "resources" / "fonts" / "OFL.txt").read_text(encoding="utf-8")


def test_coloured_icons_carry_the_colours_of_their_theme() -> None:
    for t in (theme.DARK, theme.LIGHT):
        assert t.muted in (ROOT / "resources" / "icons" / f"arrow_down-{t.name}.svg").read_text()
        assert t.on_accent in (ROOT / "resources" / "icons" / f"tick-{t.name}.svg").read_text()
