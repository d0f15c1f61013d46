"""The only place that decodes pictures, so that thumbnails, training, review and export see the same pixels.

Whatever the file holds, `load` gives 8-bit sRGB: turned as its EXIF says, transparency laid on white, deep grey scaled
instead of clipped, the first frame of an animation. Everything that cannot be read is an `Unreadable` with its reason.
Paths are opened by Python (any name works) and only where they are regular files: a named pipe must not block.
"""

import contextlib
import errno
import functools
import io
import os
import stat
import struct
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import (
    BmpImagePlugin,
    ExifTags,
    GifImagePlugin,
    Image,
    ImageCms,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from core.errors import Error
from core.images.names import shown

LOADER_VERSION = 1
"""Part of every cache key; to be raised when `load` gives other pixels for the same file."""

MAX_PIXELS = 100_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")

# Registers the plug-ins once, before threads could race for it.
_PLUGINS = (
    *(BmpImagePlugin, GifImagePlugin, JpegImagePlugin, MpoImagePlugin),
    *(PngImagePlugin, TiffImagePlugin, WebPImagePlugin),
)
# Pillow refuses more than twice this from the header alone, before it allocates anything.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2

_MODES = {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV"}
_DEEP = {"I", "F", "I;16", "I;16B", "I;16L", "I;16N"}
_USUAL_HEIGHTS = (255.0, 65535.0)

# What Pillow's plug-ins raise on damaged bytes.
DAMAGE = (
    *(OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, ArithmeticError, AttributeError),
    *(NotImplementedError, struct.error, zlib.error),
)

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LYING = {5, 6, 7, 8}


class Unreadable(Error):
    """A picture that cannot be read; `reason` is a clause without the file's name, such as "it is empty"."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} could not be read: {reason}.", "Replace the file, or leave it out.")
        self.name = name
        self.reason = reason


@dataclass(frozen=True)
class Header:
    """What the start of a picture says: its size in pixels as seen (after its EXIF turn) and its format."""

    width: int
    height: int
    format: str


def load(source: Path | BinaryIO, name: str = "") -> Image.Image:
    """The picture as an RGB image; raises `Unreadable`. `name` is what errors call an open file."""
    return _decoded(source, name, None)


def load_at_least(source: Path | BinaryIO, side: int, name: str = "") -> Image.Image:
    """Like `load`, but a large JPEG may come smaller as long as both sides keep `side` pixels: several times faster."""
    return _decoded(source, name, side)


def load_alpha(source: Path | BinaryIO, name: str = "") -> Image.Image | None:
    """The picture's opacity as an 8-bit grey image, turned as `load` turns it; None where it has no transparency.

    Raises `Unreadable`.
    """
    with opened(source, name) as image:
        if image.mode in _DEEP or not image.has_transparency_data:
            return None
        turn = _TURNS.get(_orientation(image))
        image.load()
        alpha = image.convert("RGBA").getchannel("A")
        return alpha if turn is None else alpha.transpose(turn)


def inspect(source: Path | BinaryIO, name: str = "") -> Header:
    """Size and format from the header alone; raises `Unreadable`. A damaged body is not noticed."""
    with opened(source, name) as image:
        return _header(image)


def check(source: Path | BinaryIO, name: str = "") -> Header:
    """Like `inspect`, but decodes the whole body once, so that what passes here can be loaded later."""
    with opened(source, name) as image:
        header = _header(image)
        image.draft(None, (1, 1))
        image.load()
        return header


def open_regular(path: Path) -> io.BufferedReader:
    """`path` opened for reading; raises `Unreadable` where it is missing, forbidden, empty or no regular file."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    name = shown(path.name)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as problem:
        raise Unreadable(name, _system_reason(problem)) from problem
    facts = os.fstat(descriptor)
    if stat.S_ISREG(facts.st_mode) and facts.st_size:
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise Unreadable(name, "it is empty (0 bytes)" if stat.S_ISREG(facts.st_mode) else "it is not a regular file")


@contextlib.contextmanager
def opened(source: Path | BinaryIO, name: str = "") -> Iterator[Image.Image]:
    """The picture with its header read; problems inside the block become `Unreadable` too."""
    _hush_pillow()
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(open_regular(source)) if isinstance(source, Path) else source
        name = name or shown(source.name if isinstance(source, Path) else getattr(source, "name", "the picture"))
        try:
            with Image.open(file, formats=FORMATS) as image:
                if image.mode not in _MODES | _DEEP:
                    raise Unreadable(name, f"its colour mode {image.mode} is not supported")
                yield image
        except Image.DecompressionBombError as problem:
            raise Unreadable(name, f"it has more than {MAX_PIXELS // 1_000_000} million pixels") from problem
        except UnidentifiedImageError as problem:
            raise Unreadable(name, _guess(file)) from problem
        except MemoryError as problem:
            raise Unreadable(name, "there is not enough memory for it") from problem
        except DAMAGE as problem:
            raise Unreadable(name, _damage_reason(problem)) from problem


def _hush_pillow() -> None:
    """Keep Pillow's remarks about odd metadata from the user; set again because others may reset the filters.

    `warnings.catch_warnings` would do it for one block, but is not safe with threads.
    """
    ours = warnings.filters[:1] and warnings.filters[0][3]
    if not ours or getattr(ours, "pattern", "") != _PILLOW:
        warnings.filterwarnings("ignore", module=_PILLOW)


_PILLOW = r"PIL\."


def _header(image: Image.Image) -> Header:
    width, height = image.size
    if _orientation(image) in _LYING:
        width, height = height, width
    return Header(width, height, {"MPO": "JPEG"}.get(image.format or "", image.format or ""))


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation still to be applied, 1 to 8; broken EXIF counts as upright.

    Pillow turns TIFF itself. A PNG whose EXIF follows its pixels counts as upright, so that header and body agree.
    """
    if image.format == "TIFF" or (image.format == "PNG" and "exif" not in image.info):
        return 1
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except DAMAGE:
        return 1  # EXIF is only about the picture: the picture itself is still good


def _decoded(source: Path | BinaryIO, name: str, side: int | None) -> Image.Image:
    with opened(source, name) as image:
        turn = _TURNS.get(_orientation(image))
        if side is not None:
            image.draft(None, (side, side))
        image.load()
        picture = _coloured(image)
        return picture if turn is None else picture.transpose(turn)


def _coloured(image: Image.Image) -> Image.Image:
    """RGB by the embedded colour profile where there is a usable one other than sRGB."""
    plain = image if image.mode in ("L", "CMYK") and not image.has_transparency_data else _flat(image)
    profile = image.info.get("icc_profile")
    transform = _to_srgb(profile, plain.mode) if isinstance(profile, bytes) else None
    if transform is None:
        return plain if plain.mode == "RGB" and plain is not image else plain.convert("RGB")
    managed = transform.apply(plain)
    assert isinstance(managed, Image.Image)
    return managed


def _flat(image: Image.Image) -> Image.Image:
    if image.mode in _DEEP:
        return _scaled(image).convert("RGB")
    if image.mode == "LAB":
        converted = ImageCms.profileToProfile(
            image, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
        assert converted is not None
        return converted
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")


def _scaled(image: Image.Image) -> Image.Image:
    """Deep grey as 8 bit. 16 bit maps 0..65535; otherwise the smallest usual range (1, 255, 65535) that holds all
    values, else from the least to the greatest value. NaN and infinities are black."""
    values = np.asarray(image)
    if image.mode.startswith("I;16"):
        return Image.fromarray(((values.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8))
    deep = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0).clip(-1e38, 1e38)
    least, greatest = float(deep.min()), float(deep.max())
    heights = (1.0, *_USUAL_HEIGHTS) if image.mode == "F" else _USUAL_HEIGHTS
    height = next((height for height in heights if greatest <= height), None) if least >= 0 else None
    if height is None:
        deep, height = deep - least, (greatest - least) or 1.0
    return Image.fromarray((deep / height * 255.0 + 0.5).astype(np.uint8))


@functools.lru_cache(maxsize=16)
def _to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The transform from an embedded profile; None where it is sRGB already, damaged or for another kind of colour."""
    try:
        known = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        kind = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK"}[mode]
        if known.profile.xcolor_space != kind or "sRGB" in (known.profile.profile_description or ""):
            return None
        return ImageCms.ImageCmsTransform(known, ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")), mode, "RGB")
    except (OSError, ValueError, TypeError, ImageCms.PyCMSError):
        return None  # the numbers without their profile are still the picture


def _system_reason(problem: OSError | ValueError) -> str:
    if isinstance(problem, ValueError):
        return "its name holds a zero byte"
    known = {
        errno.ENOENT: "it is not there",
        errno.EACCES: "you are not allowed to read it",
        errno.EPERM: "you are not allowed to read it",
        errno.ENXIO: "it is not a regular file",
        errno.EISDIR: "it is a folder",
        errno.ELOOP: "it is a link that leads in a circle",
        errno.ENAMETOOLONG: "its path is too long",
    }
    return known.get(problem.errno or 0, f"the system says “{problem.strerror}”")


def _damage_reason(problem: Exception) -> str:
    if isinstance(problem, OSError) and problem.errno:
        return _system_reason(problem)
    text = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
    if isinstance(problem, EOFError) or "truncated" in text.lower() or "unexpected end" in text.lower():
        return "it is cut off before its end"
    return f"it is damaged ({text})"


_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"RIFF")
_OTHERS = {
    b"%PDF": "it is a PDF document, not a picture",
    b"%!PS": "it is a PostScript document, which is never opened",
    b"PK\x03\x04": "it is a zip archive, not a picture",
}


def _guess(file: BinaryIO) -> str:
    """Why a file is not a picture that is read here, from its first bytes."""
    file.seek(0)
    start = file.read(512)
    if start.startswith(_PICTURES):
        return "it is cut off or damaged at its start"
    if reason := _OTHERS.get(start[:4]):
        return reason
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html", b"<head")):
        return "it is a web page, not a picture"
    if start[4:8] == b"ftyp":
        return "it is a HEIC, AVIF or video file, which is not supported; save it as JPEG"
    if not start.strip(b"\x00"):
        return "it holds nothing but zeros"
    return "it is not a JPEG, PNG, WebP, BMP, GIF or TIFF picture"
