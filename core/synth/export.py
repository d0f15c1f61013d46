"""Composites as files: PNG images in class folders and a manifest that tells how each was made."""

import contextlib
import csv
import io
import os
import shutil
import tempfile
from collections.abc import Generator, Sequence
from pathlib import Path

import cv2
import numpy as np

from core.errors import Error
from core.events import Event, Progress, Stage
from core.synth.source import Pixels, Provenance, Synthesizer

_AT_ONCE = 50  # composites between two events
_COLUMNS = (
    *("file", "label", "source", "split", "index", "digit", "background", "ink", "angle", "padding"),
    *("crop_x", "crop_y", "crop_side", "opacity", "stroke", "shadow", "blur", "grain"),
)
_FORBIDDEN = set('<>:"/\\|?*')  # in file names, on one system or another


def write(
    synthesizer: Synthesizer, classes: Sequence[str], count: int, destination: Path
) -> Generator[Event, None, Path]:
    """Write the first `count` composites (at least 1) to the folder `destination`, which importing understands.

    The folder appears as a whole or not at all. Raises `Error` when it is not empty.
    """
    destination = destination.absolute()
    if destination.exists() and not destination.is_dir():
        raise Error(f"{destination} is a file, and the images go to a folder.", "Choose a new or empty folder.")
    if destination.exists() and any(destination.iterdir()):
        raise Error(f"{destination} is not empty.", "Choose a new or empty folder, so that nothing gets overwritten.")
    made = [folder for folder in destination.parents if not folder.exists()]  # the innermost first
    aside = None
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".composites-", dir=destination.parent))
        yield from _fill(aside, synthesizer, folders(classes), classes, count)
        if hasattr(os, "sync"):
            os.sync()  # else a power cut could leave the folder with its files empty
        if destination.exists():
            destination.rmdir()
        aside.chmod(0o755)  # a temporary folder is its owner's only
        aside.rename(destination)
    except BaseException:
        if aside is not None:
            shutil.rmtree(aside, ignore_errors=True)
        for folder in made:
            with contextlib.suppress(OSError):  # somebody else put something there
                folder.rmdir()
        raise
    return destination


def folders(classes: Sequence[str]) -> list[str]:
    """A folder's name for each class: its own where every system allows that, and no two alike."""
    names: list[str] = []
    for name in classes:
        safe = "".join("_" if letter in _FORBIDDEN or not letter.isprintable() else letter for letter in name)
        safe = safe.strip(" .") or "class"
        taken = {name.casefold() for name in names}
        number = 2
        unique = safe
        while unique.casefold() in taken:
            unique, number = f"{safe}-{number}", number + 1
        names.append(unique)
    return names


def _fill(
    folder: Path, synthesizer: Synthesizer, places: Sequence[str], classes: Sequence[str], count: int
) -> Generator[Event, None, None]:
    yield Stage(title="Writing composites", total=count)
    manifest = io.StringIO(newline="")
    lines = csv.writer(manifest, lineterminator="\n")
    lines.writerow(_COLUMNS)
    for start in range(0, count, _AT_ONCE):
        indices = np.arange(start, min(start + _AT_ONCE, count), dtype=np.int64)
        for index, pixels in zip(indices.tolist(), synthesizer.pixels(indices), strict=True):
            told = synthesizer.provenance(index)
            file = f"{places[told.label]}/synthetic_{index:06d}.png"
            (folder / places[told.label]).mkdir(exist_ok=True)
            (folder / file).write_bytes(_png(pixels))
            lines.writerow([file, classes[told.label], "synthetic", "train", *_facts(told)])
        yield Progress(done=len(indices) + start, total=count)
    (folder / "manifest.csv").write_bytes(manifest.getvalue().encode())


def _facts(told: Provenance) -> list[object]:
    numbers = (told.angle, told.padding, *told.crop, told.opacity, told.stroke, told.shadow, told.blur, told.grain)
    return [told.index, told.stamp_name, told.background, told.ink, *(round(number, 4) for number in numbers)]


def _png(pixels: Pixels) -> bytes:
    _, data = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    return data.tobytes()
