"""The recipe: every choice of a training run in typed sections.

This one declaration makes the command line's options, the window's forms, the checks with their messages, the
`recipe.yaml` of a run and the difference between two runs. A field knows its title, help, unit and bounds; a section
is a group of the form.
"""

from core.recipe.command import command
from core.recipe.files import described, dump, find, load, presets
from core.recipe.operations import Augment, Operation
from core.recipe.recipe import Recipe
from core.recipe.rules import Rule, parse_rules
from core.recipe.section import Section
from core.recipe.sections import Compute, Data, Model, Optim, Schedule, Synth
from core.recipe.settings import Setting, change, difference, flat, make, matters, settings

__all__ = [
    "Augment",
    "Compute",
    "Data",
    "Model",
    "Operation",
    "Optim",
    "Recipe",
    "Rule",
    "Schedule",
    "Section",
    "Setting",
    "Synth",
    "change",
    "command",
    "described",
    "difference",
    "dump",
    "find",
    "flat",
    "load",
    "make",
    "matters",
    "parse_rules",
    "presets",
    "settings",
]
