"""Promises of the README that concern the whole of the main job: nothing is sent, originals stay as they are."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from tests.faults import ROOT

MAIN_JOB = """
import sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        raise RuntimeError(f"{event} {arguments}")

sys.addaudithook(refuse)
from core.cli.main import run

photos, project, exported = sys.argv[1:]
at = ["-p", project]
small = ["--data.image_size", "16", "--schedule.epochs", "2", "--optim.batch_size", "8"]
for command in (
    ["import", photos, *at],
    ["label", "1", "--class", "light", *at],
    ["split", "--val", "0.25", *at],
    ["train", *at, "--device", "cpu", *small],
    ["evaluate", "last", *at],
    ["export", "last", exported, *at],
    ["doctor", "--seconds", "1"],
):
    if code := run(command):
        sys.exit(code)
"""


def contents(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        str(path.relative_to(folder)): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_main_job_sends_nothing_and_leaves_the_originals_alone(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    rng = np.random.default_rng(0)
    for name, level in (("dark", 60), ("light", 200)):
        (photos / name).mkdir(parents=True)
        for n in range(12):
            pixels = np.clip(rng.normal(level, 20, (20, 24, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(photos / name / f"{n}.jpg")
    before = contents(photos)
    arguments = [str(photos), str(tmp_path / "project"), str(tmp_path / "exported")]
    done = subprocess.run([sys.executable, "-c", MAIN_JOB, *arguments], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert contents(photos) == before
    assert (tmp_path / "exported" / "weights.safetensors").is_file()
