"""The lines under Warnings, decided without Qt: what the augmentation spoils, and how often."""

from core.augment.caution import cautions
from core.augment.preview import Candidates, Outlook
from core.errors import Error
from core.recipe import Augment
from studio.pages.augment.lines import all_operations

_MANY_LOST, _MUCH_CLIPPED = 0.005, 0.05  # shares from which samples and pixels are told


def warnings(augment: Augment, among: Candidates | None, outlook: Outlook | None) -> list[tuple[str, str]]:
    """Kind ("warning" or "muted") and sentence of each line under Warnings."""
    try:
        told = cautions(augment, among.classes, among.targets) if among else []
        found = [("warning", caution.text) for caution in told]
    except Error as problem:
        found = [("warning", problem.title)]
    if outlook is not None and outlook.lost >= _MANY_LOST:
        found.append(("warning", f"{_share(outlook.lost)} of samples lose over half of the visible area."))
        if outlook.cause:
            title = next(one.title for one in all_operations() if one.name == outlook.cause)
            found.append(("muted", f"Widest cause: {title.lower()}."))
    if outlook is not None and outlook.clipped >= _MUCH_CLIPPED:
        found.append(("warning", f"Colour changes cut off {_share(outlook.clipped)} of the pixels to black or white."))
    return found or [("muted", "None.")]


def _share(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.095 else f"{100 * share:.1f} %"
