"""What keys do to the chosen images: label, accept, reject, tag, and go on to the next one.

Every change is an edit of the session; the list under the keys is the one that the grid shows.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject

from core.project import edits, listing
from core.project.edits import CHECKED, UNSURE
from core.project.query import And, Compare, Filter, Flag, Not
from studio.models.images import SUSPICIOUS, ImageModel, Shown
from studio.session import Ids, Session
from studio.settings import window_settings
from studio.widgets.prompt import Prompt

UNLABELLED: Filter = Flag("unlabelled")
SUSPECT: Filter = And((Compare("suspect", ">=", SUSPICIOUS), Not(Flag("checked"))))


class Labelling(QObject):
    """`targets` gives the images that a key is for."""

    def __init__(self, session: Session, model: ImageModel, prompt: Prompt, targets: Callable[[], Ids]) -> None:
        super().__init__()
        self.session, self.model, self._prompt, self._targets = session, model, prompt, targets
        self._then: Callable[[str], None] = lambda _: None
        # Whether a label goes on to the next image: a habit of the person, not of a project.
        self.advance = window_settings().value("data/advance", "true") in (True, "true")
        prompt.entered.connect(lambda text: self._then(text))

    @property
    def classes(self) -> list[str]:
        """Their names in display order."""
        return self.session.classes.names

    def set_advance(self, on: bool) -> None:
        """Whether a label shall go on to the next image; remembered."""
        self.advance = on
        window_settings().setValue("data/advance", on)

    def ask(self, title: str, then: Callable[[str], None], names: Sequence[str] = (), only: bool = False) -> None:
        """Ask for a line of text and go on with it; see `Prompt`."""
        self._then = then
        self._prompt.ask(title, names, only=only)

    # --- verbs (see actions.LABELLING and the keys of the classes) ---

    def label(self, name: str | None) -> None:
        """Give the selection a class (None takes it away); a single image makes way for the next one."""
        ids, following = self._targets(), self.id_at(1)
        if not len(ids):
            return
        single = len(ids) == 1
        change = self.session.do(edits.label, ids.tolist(), name, "hand" if single else "bulk")
        if change is not None and single and name is not None:
            self._go_on(following)

    def label_by_key(self, key: str) -> bool:
        """Label with the class of a key; False where it is no class's."""
        position = self.session.classes.keys.get(key)
        if position is None or position >= len(self.classes):
            return False
        self.label(self.classes[position])
        return True

    def unlabel(self) -> None:
        self.label(None)

    def label_by_name(self) -> None:
        """Ask for a class by the start of its name."""
        if len(self._targets()) and self.classes:
            self.ask("Label as", self.label, self.classes, only=True)

    def accept(self) -> None:
        """Take what is suggested for each chosen image as its label; labels given by hand stay."""
        ids, following = self._targets(), self.id_at(1)
        shown = [self.model.shown(row) for row in self.model.rows_of(ids).tolist()]
        said = {one.record.id: one.suggestion for one in shown if one is not None and one.suggestion}
        if not said:
            self._say_why_not(shown)
            return
        change = self.session.do(edits.accept, said)
        if change is None:
            return
        if not len(change.image_ids):
            self.session.notice.emit("Labelled by hand: use its key to change it.")
        elif len(ids) == 1:
            self._go_on(following)

    def approve(self) -> None:
        """Say that the labels of the selection are right, so that they are no longer suspect."""
        ids, following = self._targets(), self.id_at(1)
        if len(ids) and self.session.do(edits.tag, ids.tolist(), CHECKED) is not None and len(ids) == 1:
            self._go_on(following)

    def unsure(self) -> None:
        """Mark the selection to be looked at again; take the mark off where all of it has it."""
        ids = self._targets()
        if len(ids):
            marked = all(one is not None and UNSURE in one.record.tags for one in self._shown(ids))
            self.session.do(edits.tag, ids.tolist(), UNSURE, not marked)

    def reject(self) -> None:
        """Keep the selection out of training; take it back in where all of it is out already."""
        ids = self._targets()
        if len(ids):
            out = all(one is not None and one.record.rejected for one in self._shown(ids))
            self.session.do(edits.reject, ids.tolist(), not out)

    def tag(self) -> None:
        """Ask for a tag; it goes on the selection, or off where all of it carries it."""
        if len(self._targets()):
            known = [name for (name,) in self.session.store.read("SELECT name FROM tag ORDER BY name")]
            self.ask("Tag; one that all carry is taken off", self._tag, known)

    def note(self) -> None:
        """Ask for a note on the selection, beginning with what is there."""
        ids = self._targets()
        if len(ids):
            rows = self.session.store.read("SELECT note FROM image WHERE id = ?", (int(ids[-1]),))
            self._then = lambda text: self._do(edits.write_note, ids.tolist(), text)
            self._prompt.ask("Note", text=(rows[0][0] if rows else None) or "")

    def skip(self) -> None:
        """Go on without a label."""
        self._go_to(self.id_at(1))

    def back(self) -> None:
        """Go to the image before."""
        self._go_to(self.id_at(-1))

    def next_unlabelled(self) -> None:
        self._seek(UNLABELLED, "Every image that is shown has a label.")

    def next_suspect(self) -> None:
        self._seek(SUSPECT, "No suspect label is shown. Look for suspects first, or show all images.")

    # --- parts ---

    def id_at(self, by: int) -> int | None:
        """The image `by` rows from the current one; None beyond the ends."""
        row = self.model.row_of(self.session.current) if self.session.current is not None else None
        if row is None or not 0 <= row + by < len(self.model.ids):
            return None
        return int(self.model.ids[row + by])

    def _go_on(self, id: int | None) -> None:
        if self.advance:
            self._go_to(id)

    def _go_to(self, id: int | None) -> None:
        if id is not None:
            self.session.select([id])

    def _shown(self, ids: Ids) -> list[Shown | None]:
        return [self.model.shown(row) for row in self.model.rows_of(ids).tolist()]

    def _tag(self, name: str) -> None:
        ids = self._targets()
        carried = all(one is not None and name in one.record.tags for one in self._shown(ids))
        self._do(edits.tag, ids.tolist(), name, not carried)

    def _do(self, *edit: object) -> None:
        self.session.do(*edit)  # type: ignore[arg-type]

    def _say_why_not(self, shown: Sequence[Shown | None]) -> None:
        if any(one is not None and one.guess is None for one in shown):
            self.session.notice.emit("No run has said anything of this image. Train or evaluate first.")
        elif shown:
            self.session.notice.emit("The label is what the last run says.")

    def _seek(self, filter: Filter, nothing: str) -> None:
        ids, current = self.model.ids, self.session.current
        row = self.model.row_of(current) if current is not None else None

        def found(id: int | None) -> None:
            if id is None:
                self.session.notice.emit(nothing)
            else:
                self.session.select([id])

        after = -1 if row is None else row
        self.session.reader.ask("data-seek", lambda store: listing.next_of(store, ids, after, filter), found)
