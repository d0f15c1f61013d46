"""What happened to a sample, in words with units: for the window, the command line and contact sheets."""

from core.augment.plan import Plan
from core.recipe.operations import operations


def told(plan: Plan, n: int) -> list[tuple[str, str]]:
    """Title of each operation that happened to sample n and what it did, in order."""
    return [
        ((kind.__doc__ or name).strip(), _did(plan, name, n).replace("-", "−"))
        for name, kind in operations().items()
        if name in plan.happened and plan.happened[name][n]
    ]


def _did(plan: Plan, name: str, n: int) -> str:
    if name in plan.geometry:
        return _moved(name, plan.geometry[name][n])
    x, y, width, height = plan.erase[n]
    words = {
        "horizontal_flip": "left and right swapped",
        "vertical_flip": "top and bottom swapped",
        "jitter": _coloured(plan, n),
        "grayscale": "no colour",
        "invert": "light and dark swapped",
        "sharpness": f"factor {plan.sharpness[n]:.2f}",
        "blur": f"sigma {plan.blur[n]:.2f} px",
        "motion": f"{plan.motion[n]:.1f} px",
        "noise": f"sigma {plan.noise[n]:.3f}",
        "jpeg": f"quality {plan.jpeg[n]}",
        "erasing": f"{width} × {height} px at {x}, {y}" if width else "no patch fits",
    }
    return words[name]


def _coloured(plan: Plan, n: int) -> str:
    """What the jitter changed; what it left as it was is not told."""
    factors = {"brightness": plan.brightness[n], "contrast": plan.contrast[n], "saturation": plan.saturation[n]}
    said = [f"{name} × {factor:.2f}" for name, factor in factors.items() if f"{factor:.2f}" != "1.00"]
    hue = f"{plan.hue[n]:+.2f}"
    return ", ".join(said + [f"hue {hue}"] * (float(hue) != 0)) or "too little to see"


def _moved(name: str, numbers: object) -> str:
    if name == "rotation":
        return f"{numbers:+.1f}°"
    if name == "quarter_turn":
        return f"{90 * numbers:.0f}°"  # type: ignore[operator]
    values = [float(number) for number in numbers]  # type: ignore[attr-defined]
    if name == "crop":
        return f"{100 * values[2]:.0f} × {100 * values[3]:.0f} % at {100 * values[0]:.0f}, {100 * values[1]:.0f} %"
    if name == "padded_crop":
        return f"from {100 * values[0]:+.0f}, {100 * values[1]:+.0f} %"
    if name == "perspective":
        return f"corners moved by up to {100 * max(values):.0f} %"
    shift = f"moved {100 * values[0]:+.0f}, {100 * values[1]:+.0f} %, scale × {values[2]:.2f}"
    return f"{shift}, shear {values[3]:+.1f}°" if values[3] else shift
