"""The middle and the right of the Augment page: the samples, and what is known of them. The page decides what shows."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.augment.preview import Pixels, Steps
from core.events import StrengthPoint
from studio import theme
from studio.ahead import Growth
from studio.pages.augment import parts
from studio.pages.augment.controls import ControlsColumn
from studio.pages.augment.equality import Badge
from studio.pages.augment.labelled import RIM, LabelledSheet
from studio.pages.augment.state import WHICH, Empty, Which, Written
from studio.widgets import words
from studio.widgets.columns import MARGIN, SideColumn, in_turn
from studio.widgets.empty import EmptyState
from studio.widgets.facts import Chip, Facts
from studio.widgets.line_plot import LinePlot
from studio.widgets.progress import ProgressLine

RIGHT = 248  # px
_BADGE, _RUN = 126, 240  # px: kept for the badge, so that nothing moves when its words change; the most for a run
_WHICH, _ID, _TWO_LINES = 150, 72, 36  # px
_EPOCH, _SEED, _FRAME, _DIGIT = 44, 52, 20, 8  # px: least width of the numbers; around their digits, and of a digit
_STEP, _STEPS = 92, 6  # px, side of a sample step by step, and how many steps there are
_LARGEST = 2**31 - 1


class SamplesColumn(QWidget):
    """Which images and epochs, their samples, and one of them step by step."""

    which_chosen = Signal(str)
    others = Signal()
    id_chosen = Signal(int)
    run_chosen = Signal(str)  # to replay; "" for the draft
    epoch_chosen = Signal(int)
    seed_chosen = Signal(int)
    pairs_chosen = Signal(bool)
    helped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._make_controls()
        self.badge = Chip()
        self.samples = LabelledSheet("Samples")
        self.strip = LabelledSheet("One sample, step by step", below=True)
        self.strip.sheet.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.strip.sheet.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.speed = words.number(quiet=True)
        self.speed.setToolTip("How long all samples took, without reading the files")
        self.trouble = words.muted()
        self.trouble.setContentsMargins(RIM, 0, RIM, 0)
        theme.role(self.trouble, "warning")
        self.empty = EmptyState("", icon="tune")
        self.empty.clicked.connect(self.helped)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._grid())
        self._stack.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN - RIM, MARGIN, MARGIN - RIM, 8)
        column.setSpacing(8)
        self._lines = self._first_line(), self._second_line()
        for line in self._lines:
            column.addWidget(line)
        column.addWidget(self._stack, 1)
        self.setMinimumWidth(theme.px(440))
        self.show_badge(Badge("", "muted", ""))

    def set_runs(self, lines: Sequence[tuple[str, str]], chosen: str, left_out: str) -> None:
        """Offer the draft and runs to replay, as title and name; say which runs are not offered."""
        parts.offer(self.runs, lines, chosen)
        tip = "The draft at the left, or exactly what a past run saw" if len(lines) > 1 else "No run to replay yet"
        tip = f"What {chosen} saw; its recipe is at the left" if chosen else tip
        self.runs.setToolTip("\n".join(filter(None, (tip, left_out))))
        self.runs.setEnabled(len(lines) > 1)

    def set_which(self, which: Which, id: int, replays: bool) -> None:
        """Which images show; only a run that is replayed has written some down."""
        self.which.view().setRowHidden(self.which.findData("recorded"), not replays)  # type: ignore[attr-defined]
        self.which.setCurrentIndex(self.which.findData(which))
        self.id.setVisible(which == "id")
        self.more.setVisible(which in ("classes", "random", "recorded"))
        with QSignalBlocker(self.id):
            self.id.setValue(id)

    def set_epochs(self, first: int, most: int) -> None:
        """The first epoch that shows, and the last that could come first."""
        for control in (self.epoch, self.scrub):
            with QSignalBlocker(control):
                control.setRange(1, most)
                control.setValue(first)
        self.epoch.setFixedWidth(theme.px(max(_EPOCH, _FRAME + _DIGIT * len(str(most)))))
        self.scrub.setEnabled(most > 1)
        self._before.setEnabled(first > 1)
        self._after.setEnabled(first < most)

    def set_seed(self, seed: int, editable: bool) -> None:
        with QSignalBlocker(self.seed):
            self.seed.setValue(seed)
        self.seed.setEnabled(editable)

    def set_pairs(self, offered: bool, on: bool) -> None:
        """Whether batches are mixed at all, and whether mixed pairs show."""
        self.pairs.setEnabled(offered)
        self.pairs.setChecked(on and offered)
        tip = "Show samples of batches that training mixes, with both labels"
        self.pairs.setToolTip(tip if offered else "Mixup and cutmix are off")

    def show_badge(self, badge: Badge) -> None:
        self.badge.show_state(badge.text, badge.kind)
        self.badge.setToolTip(badge.tip)
        self.badge.setAccessibleName(badge.text)
        self.badge.setAccessibleDescription(badge.tip)

    def set_open(self, known: bool) -> None:
        """Whether there is anything to choose from."""
        for line in self._lines:
            line.setEnabled(known)

    def show_trouble(self, sentence: str, stale: bool = False) -> None:
        """Say what could not be shown; `stale` greys samples that are not those of the controls."""
        self.trouble.setText(sentence)
        self.trouble.setVisible(bool(sentence))
        for view in (self.samples, self.strip):
            view.setEnabled(not stale)

    def show_samples(self, pixels: Pixels, columns: int, labels: Sequence[str], marks: Sequence[Written]) -> None:
        self._stack.setCurrentIndex(0)
        self.samples.set_samples(pixels, columns, labels, marks)

    def show_steps(self, steps: Steps | None) -> None:
        """One sample step by step; None while there is none."""
        stages = steps.stages if steps else ()
        pixels = np.stack([image for _, image in stages]) if stages else np.zeros((0, 1, 1, 3), np.uint8)
        self.strip.set_samples(pixels, max(1, len(stages)), [title.replace(" and ", ", ") for title, _ in stages])

    def show_empty(self, empty: Empty) -> None:
        self.empty.set_words(empty.sentence, empty.button, empty.hint)
        self._stack.setCurrentIndex(1)
        self.show_badge(Badge("", "muted", ""))
        self.speed.setText("")

    def is_empty(self) -> bool:
        return self._stack.currentIndex() == 1

    def showEvent(self, event: QShowEvent) -> None:
        self.samples.sheet.setFocus()  # else a choice has it, and the wheel would change that

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.strip.fit_height(self.width() - 2 * MARGIN, _STEPS, theme.px(_STEP))

    def _make_controls(self) -> None:
        self.which = parts.combo("Images", "Which images show")
        for key, title in WHICH:
            self.which.addItem(title, key)
        self.which.setMinimumWidth(theme.px(_WHICH))
        self.which.activated.connect(lambda _: self.which_chosen.emit(self.which.currentData()))
        self.more = parts.tool("shuffle", "Other images", 28, 28)
        self.more.setObjectName("augment-others")
        self.more.clicked.connect(self.others)
        self.id = parts.number("Number of the image", "The number of an image, as the Data page shows it", 1, _LARGEST)
        self.id.setFixedWidth(theme.px(_ID))
        self.id.valueChanged.connect(self.id_chosen)
        self.runs = parts.combo("Replay", "")
        self.runs.activated.connect(lambda _: self.run_chosen.emit(self.runs.currentData()))
        self.epoch = parts.number("Epoch", "The epoch of the first column", 1, 1)
        self.epoch.valueChanged.connect(self.epoch_chosen)
        self._before = parts.tool("chevron_left", "One epoch back", 22, 28)
        self._after = parts.tool("chevron_right", "One epoch on", 22, 28)
        self._before.setObjectName("augment-back")
        self._after.setObjectName("augment-on")
        self._before.clicked.connect(lambda: self.epoch.setValue(self.epoch.value() - 1))
        self._after.clicked.connect(lambda: self.epoch.setValue(self.epoch.value() + 1))
        self.scrub = QSlider(Qt.Orientation.Horizontal)
        self.scrub.setAccessibleName("Epochs")
        self.scrub.setToolTip("Go through the epochs of the training")
        self.scrub.setMinimumWidth(32)
        self.scrub.valueChanged.connect(self.epoch_chosen)
        self.seed = parts.number("Seed", "All random decisions of a run follow from its seed", 0, _LARGEST)
        self.seed.valueChanged.connect(self.seed_chosen)
        self.pairs = parts.toggle("Pairs", "")
        self.pairs.setObjectName("augment-pairs")
        self.pairs.clicked.connect(lambda on: self.pairs_chosen.emit(on))

    def _first_line(self) -> QWidget:
        inner = QWidget()
        line = QHBoxLayout(inner)
        line.setContentsMargins(RIM, 0, RIM, 0)
        line.setSpacing(8)
        for widget in (self.which, self.more, self.id):
            line.addWidget(widget)
        line.addStretch(1)
        line.addWidget(self.pairs)
        line.addWidget(self.runs, 3)
        self.runs.setMaximumWidth(theme.px(_RUN))
        return inner

    def _second_line(self) -> QWidget:
        inner, kept = QWidget(), QWidget()
        line = QHBoxLayout(inner)
        line.setContentsMargins(RIM, 0, RIM, 0)
        kept.setFixedWidth(theme.px(_BADGE))
        place = QHBoxLayout(kept)
        place.setContentsMargins(0, 0, 0, 0)
        place.addWidget(self.badge)
        place.addStretch(1)
        line.setSpacing(4)
        line.addWidget(kept)
        line.addSpacing(4)
        line.addWidget(QLabel("Epoch"))
        for widget in (self._before, self.epoch, self._after):
            line.addWidget(widget)
        line.addWidget(self.scrub, 3)
        line.addSpacing(4)
        line.addWidget(QLabel("Seed"))
        line.addWidget(self.seed, 1)
        self.epoch.setFixedWidth(theme.px(_EPOCH))
        self.seed.setMinimumWidth(theme.px(_SEED))
        self.seed.setMaximumWidth(theme.px(_FRAME + _DIGIT * len(str(_LARGEST))))
        return inner

    def _grid(self) -> QWidget:
        inner, heading = QWidget(), QHBoxLayout()
        heading.setContentsMargins(RIM, 0, RIM, 0)
        heading.addWidget(words.head("One sample, step by step"))
        heading.addStretch(1)
        heading.addWidget(self.speed)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.samples, 1)
        column.addWidget(self.trouble)
        column.addSpacing(4)
        column.addLayout(heading)
        column.addWidget(self.strip)
        return inner


class FindingsColumn(SideColumn):
    """The model on what is seen, accuracy against strength, warnings, and what happened to the chosen sample."""

    model_chosen = Signal(str)
    measured = Signal()
    stopped = Signal()

    def __init__(self) -> None:
        super().__init__("What is known", RIGHT)
        self.models = parts.combo("Model", "A trained run that judges the samples you see")
        self.models.activated.connect(lambda _: self.model_chosen.emit(self.models.currentData()))
        self.facts = Facts("What the model says")
        self.model_trouble = words.muted()
        theme.role(self.model_trouble, "warning")
        self.model_trouble.hide()
        self.strength_head = words.head("Accuracy against strength")
        self.strength_head.setWordWrap(True)  # else a long name widens the column
        self.plot = LinePlot("Accuracy against strength")
        self.caption = words.muted()
        self.caption.setMinimumHeight(theme.px(_TWO_LINES))
        self.caption.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.measure = QPushButton("Measure")
        self.measure.clicked.connect(lambda: (self.stopped if self.measure.text() == "Stop" else self.measured).emit())
        self.progress = ProgressLine("Measuring")
        self.warnings, self.happened = _Lines("Warnings"), _Lines("What happened to the sample")
        self.sample_head = words.head("This sample")
        self.add_sections(
            [words.head("Model on what you see"), self.models, self.facts, self.model_trouble],
            [self.strength_head, self.plot, self.caption, self.progress, self.measure],
            [words.head("Warnings"), self.warnings],
            [self.sample_head, self.happened],
        )
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(policy)

    def set_models(self, offered: Sequence[tuple[str, str]], chosen: str, left_out: str) -> None:
        """Offer runs as title and name; say which are not offered."""
        parts.offer(self.models, offered, chosen)
        self.models.setEnabled(len(offered) > 1)
        tip = "A trained run that judges the samples you see" if len(offered) > 1 else "No trained network to ask yet"
        self.models.setToolTip("\n".join(filter(None, (tip, left_out))))

    def set_verdict(self, facts: Sequence[tuple[str, str]], trouble: str) -> None:
        """What the model says of all samples, or why it cannot."""
        self.facts.set_rows(facts)
        self.model_trouble.setText(trouble)
        self.model_trouble.setVisible(bool(trouble))

    def set_curve(
        self, head: str, points: Sequence[StrengthPoint], shade: tuple[float, float] | None, unit: str, caption: str
    ) -> None:
        self.strength_head.setText(head)
        self.plot.setAccessibleName(head)
        self.plot.set_curve([p.strength for p in points], [p.accuracy for p in points], shade, unit)
        self.caption.setText(caption)

    def clear(self) -> None:
        """There are no samples."""
        self.set_happened("This sample", ())
        self.happened.set_lines([])
        self.set_verdict((("Correct", "–"), ("Mean confidence", "–")), "")

    def set_measuring(self, running: bool, share: float | None, refusal: str) -> None:
        """Whether a measurement runs, how far it is, and why none can begin."""
        self.progress.setVisible(running)
        self.progress.set_fraction(share if running else 0.0)
        self.measure.setText("Stop" if running else "Measure")
        self.measure.setEnabled(running or not refusal)
        tip = "Let the model read validation images with this operation alone, stronger and stronger"
        self.measure.setToolTip("Stop measuring" if running else refusal or tip)

    def set_happened(self, head: str, told: Sequence[tuple[str, str]]) -> None:
        """What was drawn for a sample, in words."""
        self.sample_head.setText(head)
        lines = [(kind, text) for title, did in told for kind, text in (("plain", title), ("muted", did))]
        self.happened.set_lines(lines or [("muted", "Nothing happens to this sample.")])


class _Lines(QWidget):
    """Sentences below each other, each with a role. Labels are kept and used again."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._labels: list[QLabel] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)

    def set_lines(self, lines: Sequence[tuple[str, str]]) -> None:
        while len(self._labels) < len(lines):
            self._labels.append(words.muted())
            self._column.addWidget(self._labels[-1])
        for at, label in enumerate(self._labels):
            role, text = lines[at] if at < len(lines) else ("muted", "")
            if label.property("role") != role:
                theme.role(label, role)
            label.setText(text)
            label.setVisible(bool(text))

    def texts(self) -> list[str]:
        return [label.text() for label in self._labels if label.text()]


Columns = tuple[ControlsColumn, SamplesColumn, FindingsColumn]


def columns() -> Growth[Columns]:
    """The page's columns, one at a time."""
    return in_turn(ControlsColumn, SamplesColumn, FindingsColumn)
