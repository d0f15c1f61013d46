"""What a file says of itself beside its pixels: format, depth, colour, and what the camera wrote (EXIF).

Nothing of it is trusted: text is cut and cleaned, numbers that are none are left out, and a place is told as being
there without saying where.
"""

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, ImageCms

from core.images.decode import DAMAGE, opened

_LONGEST = 80  # letters of a text
_KINDS = {
    "1": (1, "black and white"),
    "L": (8, "grey"),
    "LA": (8, "grey with transparency"),
    "La": (8, "grey with transparency"),
    "P": (8, "palette"),
    "PA": (8, "palette with transparency"),
    "RGB": (8, "RGB"),
    "RGBX": (8, "RGB"),
    "RGBA": (8, "RGB with transparency"),
    "RGBa": (8, "RGB with transparency"),
    "CMYK": (8, "CMYK"),
    "YCbCr": (8, "YCbCr"),
    "LAB": (8, "Lab"),
    "HSV": (8, "HSV"),
    "I": (32, "grey"),
    "F": (32, "grey, decimal numbers"),
}
_TURNS = {
    2: "mirrored",
    3: "turned by 180°",
    4: "mirrored and turned by 180°",
    5: "mirrored and turned by 90°",
    6: "turned by 90°",
    7: "mirrored and turned by 270°",
    8: "turned by 270°",
}


@dataclass(frozen=True)
class Camera:
    """What EXIF says, each empty where it says nothing: texts for people."""

    camera: str = ""
    lens: str = ""
    exposure: str = ""  # such as "1/125 s, f/2.8, ISO 400"
    focal: str = ""  # such as "35 mm"
    taken: str = ""  # such as "2024-05-01 12:30"
    turn: str = ""  # such as "turned by 90°"; empty where upright
    software: str = ""
    has_place: bool = False


@dataclass(frozen=True)
class About:
    """A file's format, bits per channel, colour, colour profile ("" without one), bytes and time of change in s."""

    format: str
    depth: int
    color: str
    profile: str
    byte_size: int
    modified: float
    camera: Camera


def read(path: Path) -> About:
    """What the file says of itself, from its header alone. Raises `core.images.decode.Unreadable`."""
    with opened(path) as image:
        facts = path.stat()
        depth, color = _kind(image)
        form = {"MPO": "JPEG"}.get(image.format or "", image.format or "")
        return About(form, depth, color, _profile(image), facts.st_size, facts.st_mtime, camera(image))


def camera(image: Image.Image) -> Camera:
    """What EXIF says; whatever is broken in it is left out."""
    if image.format == "PNG" and "exif" not in image.info:
        return Camera()  # Pillow would decode all of the image to look for it behind the pixels
    try:
        exif = image.getexif()
        main: Mapping[int, Any] = dict(exif)
    except DAMAGE:
        return Camera()
    more, place = _part(exif, ExifTags.IFD.Exif), _part(exif, ExifTags.IFD.GPSInfo)
    base = ExifTags.Base
    maker, model = _text(main.get(base.Make)), _text(main.get(base.Model))
    turn = _number(main.get(base.Orientation))
    return Camera(
        camera=model if model.startswith(maker) else f"{maker} {model}".strip(),
        lens=_text(more.get(base.LensModel)),
        exposure=_exposure(more),
        focal=_focal(more),
        taken=_date(more.get(base.DateTimeOriginal) or main.get(base.DateTime)),
        turn=_TURNS.get(int(turn), "") if turn is not None else "",
        software=_text(main.get(base.Software)),
        has_place=ExifTags.GPS.GPSLatitude in place and ExifTags.GPS.GPSLongitude in place,
    )


def _part(exif: Image.Exif, which: int) -> Mapping[int, Any]:
    try:
        return dict(exif.get_ifd(which))
    except DAMAGE:
        return {}


def _exposure(more: Mapping[int, Any]) -> str:
    base = ExifTags.Base
    seconds, f = _number(more.get(base.ExposureTime)), _number(more.get(base.FNumber))
    speed = _number(more.get(base.ISOSpeedRatings))
    parts = []
    if seconds is not None and 1e-7 < seconds < 1e6:
        parts.append(f"1/{round(1 / seconds):,} s" if seconds < 0.3 else f"{seconds:g} s")
    if f is not None and 0 < f < 1000:
        parts.append(f"f/{f:.1f}")
    if speed is not None and 0 < speed < 1e8:
        parts.append(f"ISO {speed:.0f}")
    return ", ".join(parts)


def _focal(more: Mapping[int, Any]) -> str:
    length = _number(more.get(ExifTags.Base.FocalLength))
    return f"{length:.0f} mm" if length is not None and 0 < length < 1e5 else ""


def _date(value: Any) -> str:
    """EXIF writes "2024:05:01 12:30:59"; without seconds here. Other texts stay as they are."""
    text = _text(value)
    date, _, time = text.partition(" ")
    if len(date) == 10 and date.replace(":", "").isdigit():
        return f"{date.replace(':', '-')} {time[:5]}".strip() if date.strip("0:") else ""
    return text


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    kept = "".join(letter if letter.isprintable() else " " for letter in value.partition("\0")[0])
    words = " ".join(kept.split())
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"


def _number(value: Any) -> float | None:
    if isinstance(value, tuple) and value:
        value = value[0]  # some cameras write the speed twice
    try:
        number = float(value)
    except DAMAGE:
        return None
    return number if math.isfinite(number) else None


def _kind(image: Image.Image) -> tuple[int, str]:
    deep = any(";16" in str(tile[3]) for tile in getattr(image, "tile", ()))  # Pillow takes the upper 8 bits of these
    if image.mode.startswith("I;16"):
        return 16, "grey"
    depth, color = _KINDS.get(image.mode, (8, image.mode))
    return (16 if deep and depth == 8 else depth), color


def _profile(image: Image.Image) -> str:
    profile = image.info.get("icc_profile")
    if not isinstance(profile, bytes):
        return ""
    try:
        return _text(ImageCms.getProfileDescription(ImageCms.getOpenProfile(io.BytesIO(profile))))
    except (*DAMAGE, ImageCms.PyCMSError):
        return "damaged"
