"""What a network costs, in words: the line below its settings, the table, the memory. Decided without Qt.

`found` is always the answer of `core models --companion`: a `core.models.capacity.Capacity` as JSON has it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core import wording
from core.recipe import Recipe

Found = Mapping[str, Any]

FEWEST_CLASSES = 2  # of a project that has less so far
_LIKELY_BATCH = Recipe().optim.batch_size  # where the recipe leaves it open


def question(recipe: Recipe, classes: int) -> dict[str, Any]:
    """What to ask about the network of a recipe; equal for recipes whose networks cost the same."""
    parts = {
        "model": recipe.model.model_dump(mode="json"),
        "data": {"image_size": recipe.data.image_size},
        "optim": {"method": recipe.optim.method},
        "compute": {"precision": recipe.compute.precision},
    }
    batch_size = recipe.optim.batch_size or _LIKELY_BATCH
    return {"recipe": parts, "classes": max(FEWEST_CLASSES, classes), "batch_size": batch_size}


def line(found: Found) -> str:
    """Such as "11,181,642 parameters · 1.2 GFLOP · 2.1 GB at batch 64"."""
    memory = f"{size(_memory(found))} at batch {found['batch_size']:,}"
    return f"{found['parameters']:,} parameters · {operations(found)} · {memory}"


def operations(found: Found) -> str:
    """Floating-point operations of one image, forward: two for each multiply-add. Such as "1.2 GFLOP"."""
    return f"{_short(2 * found['multiply_adds'])}FLOP"


def size(count: int) -> str:
    """Bytes with two digits or more, such as "2.1 GB" and "128 MB"."""
    return f"{_short(count)}B"


def _short(number: int) -> str:
    value, unit = float(number), ""
    for unit in ("", "k", "M", "G", "T"):
        if value < 999.5 or unit == "T":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if value >= 9.95 or not unit else f"{value:.1f} {unit}"


def _memory(found: Found) -> int:
    return int(found["activation_bytes"] + found["weight_bytes"])


def head(found: Found) -> str:
    """Such as "resnet18 for 10 classes and images of 128 px"."""
    classes = wording.count(found["classes"], "class")
    return f"{found['network']} for {classes} and images of {found['image_size']:,} px"


@dataclass(frozen=True)
class Row:
    """A module of the network: its parameters, their formula, and their share of all, 0 to 1."""

    module: str
    formula: str
    parameters: int
    share: float


def rows(found: Found) -> tuple[Row, ...]:
    """The modules that have parameters, and all together."""
    modules = [Row(row["module"], row["formula"], row["parameters"], row["share"]) for row in found["rows"]]
    return (*modules, Row("together", "", found["parameters"], 1.0))


def network_facts(found: Found) -> tuple[tuple[str, str], ...]:
    """Lines about the network itself: name and value."""
    field = found["receptive_field"]
    return (
        ("Parameters adjusted", f"{found['adjusted']:,}"),
        ("Multiply-adds an image", f"{found['multiply_adds']:,}"),
        ("Operations an image", operations(found)),
        ("Receptive field", "any place" if field is None else f"{field:,} px"),
    )


def memory_head(found: Found, automatic: bool) -> str:
    """What the memory is for; `automatic` where training will choose the batch size."""
    return f"Memory at batch {found['batch_size']:,}" + (", if that is chosen" if automatic else "")


def memory_facts(found: Found) -> tuple[tuple[str, str], ...]:
    """Lines about the memory of training: name and value, the sum last."""
    own = found["weight_bytes"] - found["gradient_bytes"] - found["moment_bytes"]
    return (
        ("Weights", size(own)),
        ("Gradients", size(found["gradient_bytes"])),
        ("Optimizer", size(found["moment_bytes"])),
        ("Activations", size(found["activation_bytes"])),
        ("Together, about", size(_memory(found))),
    )


def as_text(found: Found, automatic: bool) -> str:
    """All of it for the clipboard: the table with tabs, as spreadsheets take it, then the facts."""
    table = [f"{row.module}\t{row.formula}\t{row.parameters}\t{wording.percent(row.share)}" for row in rows(found)]
    facts = [f"{name}\t{value}" for name, value in network_facts(found)]
    memory = [f"{name}\t{value}" for name, value in memory_facts(found)]
    lines = [head(found), "Module\tFormula\tParameters\tShare", *table, "", *facts, "", memory_head(found, automatic)]
    return "\n".join([*lines, *memory])
