"""How well `core suspects` finds wrong labels: `python -m benchmarks.suspects [--quick] [--json]`.

Of real data (../shared/data beside the repository) 5 % of the labels are changed on purpose to another class, drawn
evenly; then the job runs. Told are the means over seeds of `precision`, the share of the 100 most suspect images whose
label was changed, and `ratio`, that over the share of all; `marked`, how many images reach 0.5, how many of these were
changed (`marked_precision`) and how many of the changed ones are among them (`marked_recall`); `right`, for how many of
the changed ones among the marked the suggested class is the true one. "looks" is without any run; "with a run" after
training some epochs on the changed labels, of MNIST LeNet-5, of wild digits the small network. As peers stand what
cleanlab, if it is installed, and plain self-confidence make of logistic regression on the same looks, five folds.

Labels that were wrong before count as right here, so real figures are a little better. --quick takes one seed, and
peers and a run of MNIST alone, of which it takes 3,000 images instead of 6,000; under 50 s.
"""

import argparse
import importlib
import json
import shutil
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.main_job import core
from benchmarks.timing import machine
from core.curate.suspects import Suspects, find
from core.images.idx import find_digits
from core.images.measures import load
from core.jobs import run
from core.project import edits
from core.project.records import columns
from core.project.store import Store

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
DIGITS, QUICK_DIGITS, CHANGED, TOP = 6_000, 3_000, 0.05, 100
RECIPES = {"mnist": "mnist-lenet5-plain", "wild-digits": "wild-digits"}

Flags = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 0 on")
    parser.add_argument("--epochs", type=int, default=5, help="of the run")
    parser.add_argument("--quick", action="store_true", help="one seed; under 50 s")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    options = parser.parse_args()
    seeds, epochs = (1, 2) if options.quick else (options.seeds, options.epochs)
    found: dict[str, Any] = {"quick": options.quick} | machine()
    with tempfile.TemporaryDirectory() as folder:
        for name, source in sources(Path(folder), QUICK_DIGITS if options.quick else DIGITS):
            if source is None:
                found[name] = f"skipped: {DATA / name} is not there"
                print(f"{name} {found[name]}", file=sys.stderr)
                continue
            project = Path(folder) / f"{name} project"
            core("import", str(source), "-p", str(project))
            core("suspects", "-p", str(project))  # measures all, which is not timed here
            full = not options.quick or name == "mnist"
            rows = [
                row for seed in range(seeds) for row in measure(project, seed, RECIPES[name], epochs if full else 0)
            ]
            found[name] = summary(rows)
    for name in RECIPES:
        for way, figures in found[name].items() if isinstance(found[name], dict) else ():
            print(f"{name:12}{way:44}{'  '.join(f'{key} {value}' for key, value in figures.items())}")
    if options.json:
        print(json.dumps(found))


def sources(folder: Path, digits: int) -> Iterator[tuple[str, Path | None]]:
    """What is imported by name, None where it is absent."""
    if (DATA / "mnist").is_dir():
        arrays = find_digits(DATA / "mnist")
        (folder / "mnist").mkdir()
        for array, file in zip(arrays, ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"), strict=True):
            few = array[:digits]
            head = bytes([0, 0, 8, few.ndim]) + np.array(few.shape, ">u4").tobytes()
            (folder / "mnist" / file).write_bytes(head + few.tobytes())
    yield "mnist", folder / "mnist" if (DATA / "mnist").is_dir() else None
    archive = DATA / "wild-digits" / "wild-digits.zip"
    yield "wild-digits", archive if archive.is_file() else None


def measure(project: Path, seed: int, recipe: str, epochs: int) -> Iterator[dict[str, Any]]:
    """The figures of one seed, with peers and a run where there are `epochs`; labels are as before then."""
    with Store.open(project) as store:
        changed, true = change(store, seed)
        began = time.perf_counter()
        told = run(find(store), lambda event: None)
        yield figures("looks", told, changed, true) | {"seconds": round(time.perf_counter() - began, 2)}
        if epochs:
            for way, scores in peers(store):
                yield {"way": way, **precision(scores, changed)}
    if epochs:
        core("split", "-p", str(project), "--val", "0.2")
        settings = ("--schedule.epochs", str(epochs), "--seed", str(seed), "--device", "cpu")
        core("train", "--recipe", recipe, *settings, "-p", str(project))
        with Store.open(project) as store:
            yield figures("with a run", run(find(store), lambda event: None), changed, true)
        shutil.rmtree(project / "runs")
    with Store.open(project) as store:
        known = columns(store)
        right = {int(id): known.classes[at] for id, at in zip(known.ids, true, strict=True)}
        edits.set_labels(store, right, "import", "Take it back")


def change(store: Store, seed: int) -> tuple[Flags, npt.NDArray[np.int16]]:
    """Give `CHANGED` of the images another label; which, and the labels as they were."""
    known = columns(store)
    drawn = np.random.default_rng(seed)
    changed = drawn.random(len(known.ids)) < CHANGED
    other = (known.class_index + drawn.integers(1, len(known.classes), len(known.ids))) % len(known.classes)
    wrong = {int(known.ids[at]): known.classes[other[at]] for at in np.flatnonzero(changed)}
    edits.set_labels(store, wrong, "import", "Change labels")
    return changed, known.class_index


def figures(way: str, told: Suspects, changed: Flags, true: npt.NDArray[np.int16]) -> dict[str, Any]:
    marked = told.suspect >= 0.5
    both = marked & changed
    return {
        "way": way,
        **precision(told.suspect.astype(np.float64), changed),
        "marked": int(marked.sum()),
        "marked_precision": share(both.sum(), marked.sum()),
        "marked_recall": share(both.sum(), changed.sum()),
        "right": share((told.suggested == true)[both].sum(), both.sum()),
    }


def precision(scores: Scores, changed: Flags) -> dict[str, float]:
    """Of the `TOP` highest scores; and of as many as were changed."""
    order = np.argsort(-np.nan_to_num(scores, nan=-1), kind="stable")
    first = float(changed[order[:TOP]].mean())
    return {
        "precision": round(first, 4),
        "ratio": round(first / float(changed.mean()), 2),
        "precision_of_all": round(float(changed[order[: int(changed.sum())]].mean()), 4),
    }


def peers(store: Store) -> Iterator[tuple[str, Scores]]:
    """Scores of others from the same looks, higher for worse labels."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    known = columns(store)
    measures = load(store.paths.measures)
    looks = measures.look[measures.rows_of(known.content_hash)].astype(np.float64)
    labels = known.class_index.astype(np.int64)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression(C=10, max_iter=50)
        said = cross_val_predict(model, looks, labels, cv=folds, method="predict_proba")
    yield "logistic, self-confidence", 1 - said[np.arange(len(labels)), labels]
    try:
        rank = importlib.import_module("cleanlab.rank")
        version = importlib.import_module("cleanlab.version").__version__
    except ImportError:
        return
    for method in ("self_confidence", "normalized_margin", "confidence_weighted_entropy"):
        yield f"cleanlab {version}, {method}", 1 - rank.get_label_quality_scores(labels, said, method=method)


def share(part: Any, whole: Any) -> float:
    return round(float(part) / float(whole), 4) if whole else 0.0


def summary(rows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Means over seeds by way, and the least ratio."""
    found: dict[str, dict[str, float]] = {}
    for way in dict.fromkeys(row["way"] for row in rows):
        mine = [row for row in rows if row["way"] == way]
        found[way] = {
            key: round(statistics.mean(row[key] for row in mine), 4) for key in mine[0] if key not in ("way", "seed")
        }
        found[way] |= {"least_ratio": min(row["ratio"] for row in mine), "seeds": len(mine)}
    return found


if __name__ == "__main__":
    main()
