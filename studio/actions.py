"""The commands of the window as tables: menus, shortcuts, buttons, the palette, the sheet of keys and tests read them.

`slot` names a method: of the window for WINDOW, of the page that owns the table for the others. A command without one
is done by the button of the page that has its id as object name (`press`), or by a widget with the focus (HANDS).
Which keys a command has now is asked of keys.py, as the user may have chosen others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QWidget

from studio import keys


@dataclass(frozen=True)
class Command:
    """One thing a user can do. `shortcuts` are in Qt's portable form; the first one is shown."""

    id: str  # unlike that of any other command of any table
    title: str
    tooltip: str
    slot: str = ""
    shortcuts: tuple[str, ...] = ()
    key: str = ""  # handled by a widget while it has the focus: shown, but no shortcut of the page
    argument: str = ""  # handed to the slot if not empty

    @property
    def shown_key(self) -> str:
        """The first shortcut in force as the platform writes it; empty without one."""
        return keys.written((*keys.of(self.id, self.shortcuts), self.key)[0])


FILES = "a zip or tar of images, a table that names images (CSV, TSV, JSON lines), or a file of MNIST or CIFAR"

WINDOW: tuple[Command, ...] = (
    Command("new-folder", "New project from a folder…", "Make a project of the images in a folder", "new_from_folder"),
    Command("new-file", "New project from a file…", f"Make a project of {FILES}", "new_from_file"),
    Command("open", "Open project…", "Open the folder of a project", "open_project", ("Ctrl+O",)),
    Command("add-folder", "Add a folder of images…", "Bring another folder into this project", "add_folder"),
    Command("add-file", "Add a file of images…", f"Bring in {FILES}", "add_file"),
    Command("close", "Close project", "Go back to the start page", "close_project", ("Ctrl+W",)),
    Command("find", "Find images", "Write a filter, such as class:3 split:val wrong", "focus_search", ("Ctrl+K",)),
    Command("commands", "Find a command…", "List all that can be done now", "show_commands", ("Ctrl+Shift+P",)),
    Command("undo", "Undo", "Take back the last edit", "undo", ("Ctrl+Z",)),
    Command("redo", "Redo", "Do again what was undone", "redo", ("Ctrl+Shift+Z", "Ctrl+Y")),
    Command("keys", "Keys and commands…", "See all keys, and choose others", "show_keys", ("?", "F1")),
    Command("notices", "Notices…", "Read again what was said at the bottom of the window", "show_notices"),
    Command("theme-system", "Theme of the system", "Dark or light, as the system says", "set_theme", argument="system"),
    Command("theme-dark", "Dark theme", "Dark, whatever the system says", "set_theme", argument="dark"),
    Command("theme-light", "Light theme", "Light, whatever the system says", "set_theme", argument="light"),
    *(
        Command(f"text-{size}", f"Text size {size} %", "From the next start on", "set_text_size", argument=str(size))
        for size in (100, 125, 150, 200)
    ),
    Command("quit", "Quit", "Close the window; everything is saved already", "close", ("Ctrl+Q",)),
)

LABELLING: tuple[Command, ...] = (
    Command("accept", "Accept suggestion", "Take what the last run says as the label", "labelling.accept", key="Space"),
    Command(
        "unsure",
        "Unsure",
        "Mark the selected images to be looked at again, or take the mark off",
        "labelling.unsure",
        ("U",),
    ),
    Command(
        "reject", "Reject", "Keep the selected images out of training, or take them back in", "labelling.reject", ("X",)
    ),
    Command(
        "unlabel", "Take the label away", "Make the selected images unlabelled", "labelling.unlabel", ("Backspace",)
    ),
    Command("approve", "Label is right", "Say that a suspect label is right", "labelling.approve", ("K",)),
    Command("by-name", "Label by name…", "Type the start of a class and Enter", "labelling.label_by_name", ("/",)),
    Command("tag", "Tag…", "Put a tag on the selected images, or take it off", "labelling.tag", ("T",)),
    Command("note", "Note…", "Write a note on the selected images", "labelling.note", ("O",)),
    Command("skip", "Next image", "Go on without a label", "labelling.skip", ("D",)),
    Command("back", "Image before", "Go back by one", "labelling.back", ("A",)),
    Command(
        "next-unlabelled",
        "Next unlabelled",
        "Go to the next image without a label",
        "labelling.next_unlabelled",
        ("N",),
    ),
    Command("next-suspect", "Next suspect", "Go to the next suspect label", "labelling.next_suspect", ("Shift+N",)),
)

DATA: tuple[Command, ...] = (
    *LABELLING,
    Command("large", "Show large", "Fill the page with the image; Esc goes back", "show_large", key="Enter"),
    Command("compare", "Compare", "Show 2 to 4 selected images side by side; Esc goes back", "compare", ("C",)),
    Command(
        "balance",
        "Class balance…",
        "See how many images each class has, by split and by source",
        "dialogs.show_balance",
        ("B",),
    ),
    Command(
        "accept-all",
        "Accept predictions…",
        "Take over as labels what the last run is sure of; see first what would change",
        "dialogs.accept_predictions",
        ("Shift+A",),
    ),
    Command("check", "Check the images", "Measure all images: duplicates, blurred, dark and more", "looking.check"),
    Command(
        "findings",
        "Findings…",
        "See what is odd about the images: duplicates, poor ones, and what tells the class but should not",
        "looking.show_findings",
        ("Shift+F",),
    ),
    Command(
        "find-suspects",
        "Find suspect labels",
        "Look at all labels and show those that are probably wrong",
        "looking.find_suspects",
    ),
    Command(
        "duplicates",
        "Show duplicates",
        "Group images that show the same, those with several labels first",
        "looking.show_duplicates",
    ),
    Command("keep-one", "Keep this duplicate", "Reject the others that show the same", "looking.keep_one", ("G",)),
    Command("reveal", "Show in the file manager", "Open the folder of the image", "desk.reveal", ("Ctrl+Shift+R",)),
    Command("copy-image", "Copy the image", "Put the image on the clipboard", "desk.copy_image", ("Ctrl+C",)),
    Command("copy-path", "Copy the path", "Put where it lies on the clipboard", "desk.copy_path", ("Ctrl+Shift+C",)),
)

AUGMENT: tuple[Command, ...] = (
    Command("augment-back", "One epoch back", "Show the samples of the epoch before", shortcuts=("Alt+Left",)),
    Command("augment-on", "One epoch on", "Show the samples of the next epoch", shortcuts=("Alt+Right",)),
    Command("augment-others", "Other images", "Show samples of other images", shortcuts=("Ctrl+R",)),
    Command("augment-pairs", "Mixed pairs", "Show samples of batches that training mixes, with both labels"),
    Command("augment-reset", "Reset all, or undo that", "Give every operation the value that the recipe began with"),
)

SYNTHESIZE: tuple[Command, ...] = (
    Command("synth-back", "Composites before", "Show the composites before these", shortcuts=("Alt+Left",)),
    Command("synth-on", "Next composites", "Show the composites after these", shortcuts=("Alt+Right",)),
    Command("synth-compare", "Compare with real images", "Learn to tell synthetic images from real ones, or stop it"),
    Command("synth-plot", "Plot of the comparison", "Show the comparison as a plot, or the composites again"),
    Command("synth-export", "Export synthetic images…", "Write synthetic images into a folder"),
)

TRAIN: tuple[Command, ...] = (
    Command("train-start", "Start training", "Train with the recipe of the form", shortcuts=("Ctrl+Return",)),
    Command("train-pause", "Pause or go on", "Let the training wait, or go on; nothing is lost"),
    Command("train-stop", "Stop and keep", "Save what is trained and end; it can be resumed"),
    Command("train-next", "Start what waits", "Train the runs of the queue, one after the other"),
)

REVIEW: tuple[Command, ...] = (
    Command("review-evaluate", "Evaluate again", "Let the chosen run read the images of its split once more"),
    Command("review-wrong", "Only wrong ones", "Show the images that the run read wrong"),
    Command("review-all", "All images", "Show all images that the run has read"),
)

EXPORT: tuple[Command, ...] = (
    Command(
        "export-write", "Export the model", "Write the model to the folder of the form", shortcuts=("Ctrl+Return",)
    ),
)

HANDS: tuple[Command, ...] = (
    Command("hand-label", "Label as the class of that key", "The class buttons show which key is whose", key="0 to 9"),
    Command("hand-move", "Go to another image", "In a grid and in the large view", key="Arrows"),
    Command("hand-far", "Far away", "First, last, a page up or down", key="Home End PgUp PgDown"),
    Command("hand-extend", "Select from here to there", "Together with any key that moves", key="Shift"),
    Command("hand-keep", "Move and keep the selection", "Together with any key that moves", key="Ctrl"),
    Command("hand-choose", "Add this one to the selection, or take it out", "In a grid", key="Ctrl+Space"),
    Command("hand-all", "Select all", "In a grid", key="Ctrl+A"),
    Command(
        "hand-size", "Larger or smaller thumbnails", "In a grid; Ctrl and the wheel do so too", key="Ctrl++ Ctrl+-"
    ),
    Command("hand-large", "Show large", "In a grid", key="Enter"),
    Command("hand-fit", "Fit the image", "In the large view; Ctrl+0 does so too", key="F"),
    Command("hand-pixels", "Pixels as they are", "In the large view; Ctrl+1 does so too", key="Z"),
    Command("hand-zoom", "Larger or smaller", "In the large view; the wheel does so too", key="+ -"),
    Command("hand-leave", "Back", "Leave the large view, a list or a message", key="Esc"),
)


def install(commands: Sequence[Command], owner: Any, widget: QWidget, everywhere: bool = True) -> dict[str, QAction]:
    """An action of `widget` for each command, calling the slot of `owner`; by the id of the command."""
    made = {}
    for command in commands:
        action = _action(command, widget, everywhere)
        slot, given = attrgetter(command.slot)(owner), (command.argument,) if command.argument else ()
        action.triggered.connect(lambda checked=False, slot=slot, given=given: slot(*given))
        made[command.id] = action
    return made


def press(commands: Sequence[Command], page: QWidget) -> None:
    """An action of `page` for each command without a slot; it clicks the button that has the command's id as its name.

    It can be used whenever that button could be clicked.
    """
    for command in commands:
        if not command.slot:
            button = page.findChild(QAbstractButton, command.id)
            assert button is not None, command.id
            action = _action(command, page, everywhere=True)
            action.triggered.connect(lambda checked=False, button=button: button.click())
            _Follower(action, button, page)


def of(action: QAction) -> Command | None:
    """The command behind an action; None for one that is in no table."""
    command = action.data()
    return command if isinstance(command, Command) else None


def dress(made: Iterable[QAction]) -> None:
    """Give actions the keys that are in force now, and their tooltips."""
    for action in made:
        if command := of(action):
            action.setShortcuts([QKeySequence(text) for text in keys.of(command.id, command.shortcuts) if text])
            shown = command.shown_key
            action.setToolTip(f"{command.tooltip} ({shown})" if shown else command.tooltip)


def _action(command: Command, widget: QWidget, everywhere: bool) -> QAction:
    action = QAction(command.title, widget)
    action.setData(command)
    context = Qt.ShortcutContext.WindowShortcut if everywhere else Qt.ShortcutContext.WidgetWithChildrenShortcut
    action.setShortcutContext(context)
    dress([action])
    widget.addAction(action)
    return action


class _Follower(QObject):
    """Lets an action be enabled while its button is, and not hidden by its page."""

    def __init__(self, action: QAction, button: QAbstractButton, page: QWidget) -> None:
        super().__init__(button)
        self._action, self._button, self._page = action, button, page
        button.installEventFilter(self)
        self._follow()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kinds = (QEvent.Type.EnabledChange, QEvent.Type.ShowToParent, QEvent.Type.HideToParent)
        if event.type() in kinds:
            self._follow()
        return super().eventFilter(watched, event)

    def _follow(self) -> None:
        self._action.setEnabled(self._button.isEnabled() and self._button.isVisibleTo(self._page))
