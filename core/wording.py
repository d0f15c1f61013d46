"""How numbers are said, the same on the command line, in the window and in reports."""


def duration(seconds: float) -> str:
    """Such as "0.4 s", "12 s", "1 min 4 s", "2 h 5 min"."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def time_left(seconds: float) -> str:
    """Such as "12 s left"; never promises fractions of a second."""
    return f"{duration(max(10, seconds)) if seconds >= 10 else f'{max(1, round(seconds))} s'} left"


def percent(share: float | None) -> str:
    """Such as "94.9 %" of a share in [0, 1]; "n/a" where there is none."""
    return "n/a" if share is None or share != share else f"{100 * share:.1f} %"


def count(number: int, noun: str) -> str:
    """Such as "1 image", "4,943 images", "2 classes"."""
    hisses = noun.endswith(("s", "x", "ch")) and not noun.endswith("epoch")
    plural = f"{noun}es" if hisses else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def clipped(text: str, most: int) -> str:
    """`text`, ended with "…" where it is longer than `most` letters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def number(value: float) -> str:
    """The shortest text that reads back as the same number: "12", "0.0001", "1e-5"."""
    digits, _, power = repr(float(value)).partition("e")
    digits = digits.removesuffix(".0")
    return f"{digits}e{int(power)}" if power else digits
