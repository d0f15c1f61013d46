"""The frame: top bar, rail of places, pages, status bar, messages; and the commands that concern the whole program.

How a page plugs in stands in places.py.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from core import wording
from core.errors import Error
from core.paths import projects_home
from core.project import edits, records
from core.project.edits import Change
from core.project.records import holds_images
from studio import actions, bookkeeping, commands, handing, importing, moved, recent, theme
from studio.ask import Ask
from studio.bookkeeping import Bookkeeping
from studio.errors import ErrorDesk
from studio.handing import Handing
from studio.importing import Importing, project_name
from studio.jobs import JobSupervisor
from studio.leaving import Leaving
from studio.menu import menu
from studio.moved import Moved
from studio.notices import Notices, NoticeSheet
from studio.page_stack import PageStack
from studio.pages.data.state import completions, status
from studio.places import PLACES
from studio.session import JobFailure, Session
from studio.settings import remembered_text_scale, window_settings
from studio.shortcuts import ShortcutSheet
from studio.statusbar import StatusBar
from studio.strip import JobStrip
from studio.topbar import TopBar
from studio.view_memory import ViewMemory, forget_old
from studio.widgets import rail, words
from studio.widgets.message_bar import MessageBar
from studio.widgets.palette import Palette
from studio.widgets.toast import Toast

MINIMUM = 1100, 700
USUAL = 1440, 900
SKIPPED_SHOWN = 5
_TITLE_BAR = 40  # px, about what the system puts around a window


class Window(QMainWindow):
    """The one window of the program. `ask` holds the dialogs, so that tests can answer them."""

    def __init__(self, session: Session, desk: ErrorDesk) -> None:
        super().__init__()
        from studio.pages.welcome.view import WelcomePage

        self.session, self.desk = session, desk
        self.ask = Ask(self)
        self.place: str | None = None
        self._leaving = Leaving(session.jobs, lambda: self.ask, self)
        self.strip, self.bottom = JobStrip(), StatusBar()
        self.importing = Importing(session, self.new_project, self.add_images, self.open, self)
        self.moved = Moved(session, lambda: self.ask, self.strip.follow)
        self._skipped = ""
        self._settings = window_settings()
        everywhere = [*actions.WINDOW, *(place.command for place in PLACES)]
        self.actions_by_id = actions.install(everywhere, self, self)
        self.actions_by_id |= actions.install(importing.COMMANDS, self.importing, self)
        self.actions_by_id |= actions.install(bookkeeping.COMMANDS, Bookkeeping(session, self), self)
        self.actions_by_id |= actions.install(moved.COMMANDS, self.moved, self)
        labels = Handing(session, lambda: self.ask, self._tell_done, self)
        self.actions_by_id |= actions.install(handing.COMMANDS, labels, self)
        chosen = str(self._settings.value("theme", theme.watch.choice))
        text = str(round(100 * remembered_text_scale()))
        known = self.actions_by_id
        self.top = TopBar(menu(known, chosen, text, self), known["find"], known["undo"], self)
        self.welcome = WelcomePage(self.actions_by_id)
        self.rail = rail.Rail([rail.Place(place.icon, place.title, place.tooltip) for place in PLACES])
        self.stack = PageStack(session)
        self.pages = self.stack.pages
        self.stack.addWidget(self.welcome)
        self.message, self.access = MessageBar(), MessageBar()
        self.toast, self.notices = Toast(self), Notices(self)
        self.commands = Palette(self)
        self.setAcceptDrops(True)
        self.setMinimumSize(*MINIMUM)
        self._arrange()
        self._connect()
        self._restore()
        self._show_project()

    # --- places ---

    def go(self, key: str) -> None:
        """Show a place, making its page when it is its first time; nothing without a project."""
        if not self.session.is_open:
            return
        number = next(number for number, place in enumerate(PLACES) if place.key == key)
        self.place = key
        ViewMemory(self.session.root).keep("place", key)
        self.rail.set_current(number)
        self.stack.show_place(PLACES[number])

    # --- commands (see actions.WINDOW) ---

    def new_from_folder(self) -> None:
        if path := self.ask.folder("Choose the folder with your images"):
            self.importing.offer([path], new=True)

    def new_from_file(self) -> None:
        if path := self.ask.file("Choose the archive or table of your images"):
            self.importing.offer([path], new=True)

    def open_project(self) -> None:
        if path := self.ask.project():
            self.open(path)

    def add_folder(self) -> None:
        if path := self.ask.folder("Choose a folder to add"):
            self.importing.offer([path])

    def add_file(self) -> None:
        if path := self.ask.file("Choose an archive or table to add"):
            self.importing.offer([path])

    def close_project(self) -> None:
        self._leaving.leave(self.session.close)

    def focus_search(self) -> None:
        if self.session.is_open:
            self.top.focus_field()

    def undo(self) -> None:
        self._walk(self.session.undo)

    def redo(self) -> None:
        self._walk(self.session.redo)

    def show_commands(self) -> None:
        root = self.session.root if self.session.is_open else None
        views = commands.saved_views(self.session.store, self._show_view) if root else ()
        self.commands.show_entries([*commands.usable(self), *views, *commands.projects(self.open, root)])

    def show_keys(self) -> None:
        classes = self.session.classes
        of_classes = {key: classes.names[at] for key, at in classes.keys.items()}
        sheet = ShortcutSheet((*commands.GROUPS, ("Images", actions.HANDS)), of_classes, self)
        sheet.changed.connect(lambda: actions.dress(self.findChildren(QAction)))
        sheet.open()

    def show_notices(self) -> None:
        NoticeSheet(self.notices, self).open()

    def open(self, root: Path) -> None:
        """Open a project once running jobs have ended or been stopped."""
        self._leaving.leave(lambda: self.session.open(root))

    def open_demo(self) -> None:
        """Make the demo project, or open it when it is there already."""
        root = projects_home() / "wild-digits-demo"
        if holds_images(root):
            self.open(root)
            return
        job = self.session.start("Making the demo", ["demo", str(root), "--no-train"])
        self.strip.follow(job)
        self.welcome.set_busy(True)
        job.ended.connect(lambda: self.welcome.set_busy(False))
        job.finished.connect(lambda _: self.open(root))

    def new_project(self, *sources: Path) -> None:
        """Make a project named after the first folder or file of images, and bring all in."""

        def make() -> None:
            root = _free(projects_home() / project_name(sources[0]))
            self.session.create(root)
            job = self.add_images(*sources)
            job.failed.connect(lambda title, hint, bug: self._discard(root, title, hint, bug))
            job.stopped.connect(lambda: self._discard(root))

        self._leaving.leave(make)

    def _discard(self, root: Path, title: str = "", hint: str = "", bug: bool = False) -> None:
        """Take back a new project whose first import brought nothing, and say why on the start page."""
        if not self.session.is_open or self.session.root != root or records.counts(self.session.store).total:
            return
        recent.forget(root.absolute())
        self.session.close()
        shutil.rmtree(root)
        self.desk.tell(title, hint, bug) if title else self.toast.say("Stopped. No project was made.")

    def add_images(self, *sources: Path, into: str = "") -> JobSupervisor:
        """Bring folders or files of images into the open project; copies of the files where `into` names a folder."""
        self.go("data")
        job = self.session.add_images(*sources, into=into)
        self.strip.follow(job)
        job.finished.connect(self._imported)
        job.stopped.connect(lambda: self.toast.say("Stopped. The project is as it was before."))
        return job

    # --- what the window hears ---

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.importing.takes(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if self.importing.take(event.mimeData()):
            event.acceptProposedAction()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.session.jobs.running:
            event.ignore()
            self._leaving.leave(self._close_now)
            return
        self._settings.setValue("geometry", self.saveGeometry())
        for page in self.pages.values():
            getattr(page, "release", lambda: None)()
        self.session.close()
        event.accept()

    def _close_now(self) -> None:
        self.close()

    # --- parts ---

    def _arrange(self) -> None:
        centre = QVBoxLayout()
        centre.setSpacing(0)
        for part in (self.access, self.moved, self.message, self.strip):
            centre.addWidget(part)
        centre.addWidget(self.stack, 1)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        middle.addLayout(centre, 1)
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.top)
        layout.addWidget(words.line())
        layout.addLayout(middle, 1)
        layout.addWidget(words.line())
        layout.addWidget(self.bottom)
        self.setCentralWidget(whole)

    def _connect(self) -> None:
        session = self.session
        session.opened.connect(self._show_project)
        session.access_changed.connect(self._show_access)
        session.changed.connect(self._show_change)
        session.counted.connect(self._show_counts)
        session.offered.connect(lambda choices: self.top.field.set_completions(completions(choices)))
        session.filter_changed.connect(self._show_filter)
        session.filter_refused.connect(lambda _: self.top.set_invalid(True))
        session.problem.connect(self._tell)
        session.notice.connect(self.toast.say)
        session.started.connect(self.strip.follow)
        session.go_to.connect(self.go)
        session.command.connect(lambda id: self.actions_by_id[id].trigger())
        session.jobs.changed.connect(self._show_jobs)
        session.jobs.ended.connect(lambda: QApplication.alert(self))  # seen in the task bar, unless the window is
        self.desk.shown.connect(self._show_error)
        self.message.acted.connect(lambda: QApplication.clipboard().setText(self._skipped))
        self.top.searched.connect(self._search)
        self.top.undo.connect(self.undo)
        self.toast.acted.connect(self.undo)
        self.rail.chosen.connect(lambda number: self.go(PLACES[number].key))
        self.welcome.demo.connect(self.open_demo)
        self.welcome.opened.connect(self.open)
        self.toast.said.connect(self.notices.add)
        self.top.field.commands.connect(self.show_commands)
        self.commands.left.connect(self.focus_search)
        for number, place in enumerate(PLACES):
            action = self.actions_by_id[place.command.id]
            action.changed.connect(lambda number=number, action=action: self.rail.set_tooltip(number, action.toolTip()))

    def set_theme(self, choice: theme.Choice) -> None:
        """Dress the program and remember it."""
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.apply(app, choice, theme.watch.text_scale)
            self._settings.setValue("theme", choice)

    def set_text_size(self, percent: str) -> None:
        self._settings.setValue("text", percent)
        self.toast.say(f"Text is {percent} % from the next start on.")

    def _restore(self) -> None:
        geometry = self._settings.value("geometry")
        if not (isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)):
            room = self.screen().availableGeometry()
            self.resize(min(USUAL[0], room.width()), min(USUAL[1], room.height() - _TITLE_BAR))

    # --- showing ---

    def _show_project(self) -> None:
        session, is_open = self.session, self.session.is_open
        self.top.set_project(session.root.name if is_open else "", str(session.root) if is_open else "")
        self.setWindowTitle(f"{session.root.name} - Wildset" if is_open else "Wildset")
        self.rail.setVisible(is_open)
        self.message.show_message("")
        self._show_filter()
        self._show_access()
        self._show_undo()
        self._show_jobs()
        if is_open:
            recent.remember(session.root)
            forget_old()
            last = ViewMemory(session.root).value("place", "data")
            self.go(last if last in {place.key for place in PLACES} else "data")
        else:
            self.place = None
            self.bottom.set_counts("")
            self.welcome.set_projects(recent.load())
            self.stack.setCurrentWidget(self.welcome)
            self.welcome.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_access(self) -> None:
        session = self.session
        self.bottom.set_access(session.is_open, session.writable, session.lent)
        reason = session.read_only_reason
        self.access.show_message(f"{reason.title} You can look, not change." if reason else "", "", "warning")
        for id in ("add-folder", "add-file", "labels-in"):
            self.actions_by_id[id].setEnabled(session.writable)
        for id in ("close", "find", "classes", "journal", "labels-out", *(place.command.id for place in PLACES)):
            self.actions_by_id[id].setEnabled(session.is_open)
        self._show_undo()

    def _show_undo(self) -> None:
        session = self.session
        undo, redo = (edits.next_undo(session.store), edits.next_redo(session.store)) if session.is_open else ("", "")
        self.top.set_undo((undo or "") if session.writable else "")
        self.actions_by_id["undo"].setEnabled(session.writable and bool(undo))
        self.actions_by_id["redo"].setEnabled(session.writable and bool(redo))

    def _show_change(self, change: Change) -> None:
        self._show_undo()
        if len(change.image_ids) > 1 and not change.title.startswith(("Undo", "Redo")):
            self.toast.say(change.title, "Undo")

    def _show_counts(self) -> None:
        if self.session.counts is not None:
            self.bottom.set_counts(status(self.session.counts))

    def _show_filter(self) -> None:
        self.top.set_filter(self.session.filter_text)

    def _show_jobs(self) -> None:
        self.bottom.set_jobs(self.session.jobs.running)

    def _show_view(self, name: str) -> None:
        self.go("data")
        self.pages["data"].views.choose(name)  # type: ignore[attr-defined]

    def _search(self, text: str) -> None:
        if self.session.is_open:
            self.go("data")
            if not self.session.set_filter(text) or not text:  # the next digits are for the field: they label elsewhere
                self.top.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _walk(self, step: Callable[[], Change | None]) -> None:
        if self.session.writable and (change := step()):
            self.toast.say(change.title)

    def _tell(self, problem: Exception) -> None:
        if isinstance(problem, JobFailure):
            self.desk.tell(problem.title, problem.hint, problem.bug)
        else:
            self.desk.report(problem)

    def _show_error(self, title: str, hint: str, kind: str) -> None:
        self._skipped = self.desk.details if kind == "bug" else f"{title}\n{hint}"
        self.notices.add(f"{title} {hint}".strip())
        self.message.show_message(title, hint, "bad", "Copy details" if kind == "bug" else "")

    def _imported(self, result: dict) -> None:
        self._tell_done(f"Imported: {wording.count(int(result.get('added', 0)), 'new image')}", result)

    def _tell_done(self, done: str, result: dict) -> None:
        skipped = [f"{row['name']}: {row['reason']}" for row in result.get("skipped", ())]
        if not skipped:
            self.toast.say(done)
            return
        self._skipped = "\n".join(skipped)
        rest = [f"and {len(skipped) - SKIPPED_SHOWN:,} more"] if len(skipped) > SKIPPED_SHOWN else []
        title = f"{done.removesuffix('.')}; {wording.count(len(skipped), 'file')} left out."
        self.notices.add(title)
        self.message.show_message(title, "\n".join(skipped[:SKIPPED_SHOWN] + rest), "warning", "Copy the list")


def _free(root: Path) -> Path:
    """`root`, or with the first number that makes it a new name."""
    for number in range(1, 1000):
        place = root if number == 1 else root.with_name(f"{root.name}-{number}")
        if not place.exists():
            return place
    raise Error(f"There are too many projects named {root.name}.", "Delete or rename some of them.")
