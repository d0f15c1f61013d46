"""Numbers as people type or paste them: with a unit, a comma, a percent sign."""

import re

_SPACES = re.compile(r"[\s\u00a0\u202f']+")  # a grouping apostrophe too
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+")


def read_number(text: str, unit: str = "", share: bool = False) -> float | None:
    """The number that `text` says, with or without `unit` behind it; None if it says none.

    A comma is a decimal comma unless a dot follows it. With `share`, "20 %" is 0.2.
    """
    bare = _bare(text, unit)
    percent = share and bare.endswith("%")
    bare = bare.removesuffix("%") if percent else bare
    if "," in bare and "." in bare:
        bare = bare.replace(",", "") if bare.rfind(",") < bare.rfind(".") else bare.replace(".", "")
    number = _float(bare.replace(",", "."))
    return number / 100 if number is not None and percent else number


def read_whole(text: str, unit: str = "") -> int | None:
    """The whole number that `text` says, such as "9,000 images", "9 000" or "9e3"; None if it says none."""
    bare = _bare(text, unit)
    number = _float(bare.replace(",", "") if _GROUPED.fullmatch(bare) else bare)
    return int(number) if number is not None and abs(number) < 2**53 and number == int(number) else None


def _bare(text: str, unit: str) -> str:
    return _SPACES.sub("", text.replace("\u2212", "-")).removesuffix(_SPACES.sub("", unit))


def _float(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None
