"""Tasks of Label Studio as JSON: labels are annotations of the type choices, what a run said are predictions.

Of the format: labelstud.io/guide/task_format and labelstud.io/guide/predictions. Label Studio finds an image by a path
below the folder that it was started with, which a notice tells. It keeps the further fields of `data` and exports them
again, so that images are known by their content afterwards.
"""

import json
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from core.curate.exchange.aside import text_file
from core.curate.exchange.outgoing import Outgoing, WorkingSet
from core.curate.exchange.said import Said, read_row, url_names
from core.curate.exchange.tables import gathered, hashed, small_keys
from core.errors import Error
from core.events import Event, Notice, Progress, Stage
from core.images.decode import open_regular
from core.images.names import shown
from core.project.predictions import Guess

MAX_BYTES = 1 << 30
_LOCAL = "/data/local-files/?d="
_CONTROL, _IMAGE = "choice", "image"  # as in Label Studio's own template for classes of images
_KEPT = ("file", "sha256", "tags", "note", "rejected")


def accepts(path: Path) -> bool:
    return path.suffix.lower() == ".json"


def write(images: WorkingSet, place: Path) -> Generator[Event, None, int]:
    yield Stage(title="Writing labels", total=len(images))
    # Label Studio takes folders below the one that it was started with, not that one itself.
    root = images.folder().parent
    done = 0
    with text_file(place) as file:
        for portion in images.portions():
            guesses = images.guesses(portion)
            for out in portion:
                task = _task(out, root, guesses.get(out.image.id))
                file.write((",\n" if done else "[\n") + json.dumps(task, ensure_ascii=False))
                done += 1
            yield Progress(done=done, total=len(images))
        file.write("\n]\n" if done else "[]\n")
    yield Notice(
        text="For Label Studio to show the images, start it with LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true and"
        f" LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT={shown(root)}, and add a local storage below that folder."
        " Its template for image classification fits, with your classes in it."
    )
    return done


def read(path: Path) -> Generator[Event, None, list[Said]]:
    """Tasks, or else a list of rows such as Label Studio's JSON_MIN."""
    name = shown(path.name)
    with open_regular(path) as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Error(f"{name} has more than {MAX_BYTES >> 30} GB.", "Export fewer tasks at once, or use JSON lines.")
    try:
        held = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as problem:
        raise Error(f"{name} is no sound JSON: {problem}.", "It may have been cut off; export it again.") from problem
    if not isinstance(held, list):
        raise Error(f"{name} holds no list.", "Label Studio's export as JSON is a list of tasks.")
    rows = yield from gathered(_said(number, task) for number, task in enumerate(held, start=1))
    return (yield from hashed(rows, path.parent))


def _task(out: Outgoing, root: Path, guess: Guess | None) -> dict[str, Any]:
    near = os.path.relpath(os.path.abspath(out.image.path), root)
    url = _LOCAL + quote(os.fsencode(near).replace(os.fsencode(os.sep), b"/"))
    task: dict[str, Any] = {"data": {_IMAGE: url, "file": out.image.name, **out.facts()}}
    if out.image.class_name is not None:
        task["annotations"] = [{"result": [_choice(out.image.class_name)]}]
    if guess:
        said = {"model_version": guess.run, "score": guess.confidence, "result": [_choice(guess.class_name)]}
        task["predictions"] = [said]
    return task


def _choice(name: str) -> dict[str, Any]:
    return {"from_name": _CONTROL, "to_name": _IMAGE, "type": "choices", "value": {"choices": [name]}}


def _said(number: int, task: object) -> Said:
    where = f"task {number}"
    if not isinstance(task, dict):
        return Said(where, problem="it is no object")
    data = task.get("data")
    if data is None:
        return read_row(where, small_keys(task))
    if not isinstance(data, dict):
        return Said(where, problem="its data is no object")
    label, problem = _label(task.get("annotations"))
    if problem:
        return Said(where, problem=problem)
    cells = {key: data.get(key) for key in _KEPT} | {"label": label}
    if label is not None and data.get("label") == label:  # else somebody has changed it since
        cells["labelled_by"] = data.get("labelled_by")
    return read_row(where, cells, [name for value in data.values() for name in url_names(value)])


def _label(annotations: object) -> tuple[str | None, str]:
    """The class that all annotations of a task choose, None where none does; or else why there is no telling."""
    if annotations is None:
        return None, ""
    if not isinstance(annotations, list) or not all(isinstance(each, dict) for each in annotations):
        return None, "its annotations are no list of objects"
    chosen: dict[str, set[str]] = {}
    for each in annotations:
        if each.get("was_cancelled") is True:
            continue
        for control, choices in _choices(each.get("result")):
            if len(choices) > 1:
                return None, "an annotation has several choices"
            chosen.setdefault(control, set()).update(choices)
    if len(chosen) > 1 and _CONTROL not in chosen:
        return None, f"its annotations are of several controls: {', '.join(sorted(chosen))}"
    names = chosen.get(_CONTROL) or next(iter(chosen.values()), set())
    if len(names) > 1:
        return None, f"its annotations disagree: {', '.join(sorted(names))}"
    return next(iter(names), None), ""


def _choices(result: object) -> Iterator[tuple[str, list[str]]]:
    """The name of each control of the type choices in a result, and what was chosen there."""
    for region in result if isinstance(result, list) else []:
        if isinstance(region, dict) and region.get("type") == "choices" and isinstance(region.get("value"), dict):
            choices = region["value"].get("choices")
            if isinstance(choices, list) and all(isinstance(choice, str) for choice in choices):
                yield str(region.get("from_name")), choices
