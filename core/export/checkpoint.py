"""A checkpoint as a folder that plain PyTorch can use without Wildset: weights, network, classes, preprocessing."""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save

from core import recipe as recipes
from core.errors import Error
from core.models.registry import build, construction
from core.runs.durable import flush_folder, write_durably
from core.runs.folder import RunFolder
from core.train import checkpoint
from core.train.checkpoint import Checkpoint

_README = """# {run}, {which} checkpoint

{network} with {parameters:,} parameters, trained by Wildset to epoch {epoch}{accuracy}.
Classes: {classes}.

| file | content |
|---|---|
| `weights.safetensors` | the network's weights |
| `model.py` | {model} |
| `classes.json` | the classes in the order of the outputs |
| `preprocessing.json` | how an image becomes the input |
| `recipe.yaml` | how it was trained |

Needs the packages {packages}safetensors, pillow and numpy.

```python
import json, sys
import numpy as np, torch
from PIL import Image, ImageOps
from safetensors.torch import load_file
from model import {builder}

classes, prepare = json.load(open("classes.json")), json.load(open("preprocessing.json"))
network = {builder}(classes=len(classes), {arguments}).eval()
network.load_state_dict(load_file("weights.safetensors"))
side = prepare["image_size"]
image = Image.open(sys.argv[1])
image.draft(None, (2 * side, 2 * side))
image = ImageOps.exif_transpose(image).convert("RGBA")
image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
image = image.resize((side, side), Image.Resampling.BILINEAR)
pixels = (np.asarray(image) / 255 - prepare["mean"]) / prepare["std"]
with torch.inference_mode():
    logits = network(torch.tensor(pixels, dtype=torch.float32).permute(2, 0, 1)[None])[0]
print(classes[logits.argmax()], f"{{logits.softmax(0).max():.3f}}")
```
"""


def export(run: RunFolder, which: str, destination: Path) -> Path:
    """Write the run's checkpoint `which` ("best" or "last") to the folder `destination`, verify it, return the folder.

    The folder appears as a whole or not at all. Raises `Error` when it is not empty, or the checkpoint is missing or
    damaged, or the written weights do not compute what the checkpoint does.
    """
    destination = destination.absolute()
    if destination.exists() and not destination.is_dir():
        raise Error(f"{destination} is a file, and the export is a folder.", "Choose a new or empty folder.")
    if destination.exists() and any(destination.iterdir()):
        raise Error(f"{destination} is not empty.", "Choose a new or empty folder, so that nothing gets overwritten.")
    saved = checkpoint.load({"best": run.best, "last": run.last}[which])
    destination.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".export-", dir=destination.parent))
    try:
        _write(aside, run, which, saved)
        _verify(aside, saved)
        if destination.exists():
            destination.rmdir()
        aside.chmod(0o755)  # a temporary folder is its owner's only
        aside.rename(destination)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    flush_folder(destination.parent)
    return destination


def _write(folder: Path, run: RunFolder, which: str, saved: Checkpoint) -> None:
    plan = construction(saved.recipe.model)
    library = saved.recipe.model.name.rpartition(":")[0]
    source = sys.modules[plan.builder.__module__].__file__
    assert source is not None
    readme = _README.format(
        run=run.name,
        which=which,
        network=saved.recipe.model.name,
        parameters=saved.parameters,
        epoch=saved.epoch,
        accuracy=f", {100 * saved.accuracy:.1f} % of its validation images right" if saved.accuracy is not None else "",
        classes=", ".join(saved.classes),
        model=f"the network itself, by {library}" if library else "the network itself, in plain PyTorch",
        packages=f"torch, {library}, " if library else "torch, ",
        builder=plan.builder.__name__,
        arguments=", ".join(f"{name}={value!r}" for name, value in plan.arguments.items()),
    )
    files = {
        "weights.safetensors": save(saved.weights, metadata={"format": "pt"}),
        "model.py": Path(source).read_bytes(),
        "classes.json": _json(saved.classes),
        "preprocessing.json": _json(saved.preprocessing),
        "recipe.yaml": recipes.dump(saved.recipe).encode(),
        "README.md": readme.encode(),
    }
    for name, data in files.items():
        write_durably(folder / name, data)


def _verify(folder: Path, saved: Checkpoint) -> None:
    side = saved.recipe.data.image_size
    written = build(saved.recipe.model, len(json.loads((folder / "classes.json").read_text("utf-8"))), seed=0).eval()
    written.load_state_dict(load_file(folder / "weights.safetensors"))
    inputs = torch.randn(16, 3, side, side, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        same = torch.equal(written(inputs), saved.model()(inputs))
    if not same:
        raise Error("The exported weights do not compute what the checkpoint does.", "Check the disk and try again.")


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
