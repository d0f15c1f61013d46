"""Two augmentations side by side, A and B, decided without Qt: which is edited, what shows, where each started from."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.augment.preview import only
from core.recipe import Augment, Recipe

LETTERS = "AB"


def mixes(shown: Iterable[Recipe]) -> bool:
    """Whether any of these mixes batches."""
    return any(recipe.augment.mixup.used or recipe.augment.cutmix.used for recipe in shown)


@dataclass(frozen=True)
class Drafts:
    """`kept` and `starts` are by letter; a start is the key and the values of what was chosen to start from.

    B begins as A is when it is first chosen. `alone` names the operation that shows without the others, "" for none.
    `before` is the start and the augmentation that another start replaced, until the next edit.
    """

    kept: dict[str, Augment]
    starts: dict[str, tuple[str, Augment]]
    letter: str = "A"
    both: bool = False
    alone: str = ""
    before: tuple[tuple[str, Augment], Augment] | None = None

    @classmethod
    def begin(cls, augment: Augment) -> "Drafts":
        """One draft that has not started from anything known."""
        return cls({"A": augment}, {"A": ("", augment)})

    @property
    def augment(self) -> Augment:
        """The one that is edited."""
        return self.kept[self.letter]

    @property
    def start(self) -> tuple[str, Augment]:
        """Key and values from which the edited one started."""
        return self.starts[self.letter]

    @property
    def shown(self) -> str:
        """The letters of those that show."""
        return LETTERS if self.both else self.letter

    def edited(self, augment: Augment) -> "Drafts":
        """The same with another augmentation at the letter that is edited."""
        if augment == self.augment:
            return self
        return replace(self, kept=self.kept | {self.letter: augment}, before=None)

    def started(self, key: str, augment: Augment) -> "Drafts":
        """The edited one starts from here, whatever it is now."""
        return replace(self, starts=self.starts | {self.letter: (key, augment)})

    def replaced(self, key: str, augment: Augment) -> "Drafts":
        """All of the edited one is given up for another start; `undone` gives it back."""
        return replace(self.edited(augment).started(key, augment), before=(self.start, self.augment))

    def undone(self) -> "Drafts":
        """As it was before another start replaced it."""
        if self.before is None:
            return self
        start, augment = self.before
        return self.edited(augment).started(*start)

    def choose(self, letter: str) -> "Drafts":
        """Edit the other one."""
        return replace(self._second(), letter=letter, before=None)

    def compare(self, both: bool) -> "Drafts":
        """Show both, or the edited one only."""
        return replace(self._second(), both=both)

    def toggle_alone(self, name: str) -> "Drafts":
        """Show an operation alone, or all again."""
        return replace(self, alone="" if self.alone == name else name)

    def recipes(self, recipe: Recipe) -> tuple[Recipe, ...]:
        """`recipe` with each augmentation that shows, as it shows."""
        found = [self.kept[letter] for letter in self.shown]
        found = [only(augment, self.alone) if self.alone else augment for augment in found]
        return tuple(recipe.model_copy(update={"augment": augment}) for augment in found)

    def _second(self) -> "Drafts":
        return replace(self, kept={"B": self.kept["A"]} | self.kept, starts={"B": self.starts["A"]} | self.starts)
