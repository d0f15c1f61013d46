"""Kill -9 of the window while somebody labels: every label that it has shown is in the project."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.project import records
from core.project.store import Store

ROUNDS = 4


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_no_label_shown_is_lost(project: Path, round_: int) -> None:
    luck = random.Random(round_)
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.studio.labelling", str(project), str(round_)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert child.stdout is not None
    shown: dict[int, str] = {}
    lines = 0
    until = None
    for line in child.stdout:
        id, name = line.split()
        shown[int(id)] = name
        lines += 1
        if until is None:
            until = time.monotonic() + luck.uniform(0.05, 0.6)
        if lines > 3 and time.monotonic() > until:
            child.kill()
            break
    rest = child.communicate(timeout=20)[0]
    for line in rest.splitlines(keepends=True):
        if line.endswith("\n"):  # said before the kill, read after it
            id, name = line.split()
            shown[int(id)] = name
    assert lines > 3
    with Store.open(project) as store:
        stored = {record.id: record.class_name for record in records.images(store, shown)}
        # One key may have been stored after the last line was written.
        (last,) = store.read("SELECT row_id FROM edit_row ORDER BY edit_id DESC LIMIT 1")[0]
    lost = {id: name for id, name in shown.items() if stored[id] != name and id != last}
    assert lost == {}
