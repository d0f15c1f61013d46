"""A complete, re-runnable description of a training run."""

from pydantic import model_validator

from core.recipe.operations import Augment
from core.recipe.section import Section, setting
from core.recipe.sections import Compute, Data, Model, Optim, Schedule, Synth


class Recipe(Section):
    """Run"""

    name: str = setting(
        "run",
        "Name",
        "A short name for the run: small letters, digits, dots, dashes.",
        pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$",
    )
    seed: int = setting(0, "Seed", "All random decisions follow from it.", ge=0, le=2**31 - 1)
    data: Data = Data()
    model: Model = Model()
    augment: Augment = Augment()
    synth: Synth = Synth()
    optim: Optim = Optim()
    schedule: Schedule = Schedule()
    compute: Compute = Compute()

    @model_validator(mode="after")
    def _warmup_fits(self) -> "Recipe":
        if self.schedule.warmup_epochs > self.schedule.epochs and self.schedule.shape != "one_cycle":
            raise ValueError("schedule.warmup_epochs must not be more than schedule.epochs")
        return self
