"""Bad luck: read-only folders, full disks, kills. Nothing that was acknowledged may be lost."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.project import edits, records
from core.project.store import Store
from tests.faults import ROOT, as_ordinary_user, on_full_disk

CLI = "import sys; from core.cli.main import run; sys.exit(run(sys.argv[1:]))"

LABEL_FOREVER = """
import sys
from pathlib import Path
from core.errors import told
from core.project import edits
from core.project.store import Store
store = Store.open(Path(sys.argv[-1]))
try:
    for n in range(1000000):
        edits.label(store, [n % 30 + 1], str(n // 30 % 3))
        print(n, flush=True)
except Exception as problem:
    error = told(problem)
    print(error.title if error else repr(problem), file=sys.stderr)
    sys.exit(1)
"""


def make_read_only(folder: Path) -> None:
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            (Path(place) / name).chmod(0o444)
        Path(place).chmod(0o555)


def agrees_up_to(root: Path, last: int) -> bool:
    """Whether the labels are those of LABEL_FOREVER after its step `last`, or one further."""

    def state(step: int) -> list[str]:
        wanted = {n % 30: str(n // 30 % 3) for n in range(step + 1)}
        return [wanted.get(n, str(n % 3)) for n in range(30)]

    with Store.open(root) as store:
        found = [image.class_name for image in records.images(store, range(1, 31))]
        assert store.read("PRAGMA integrity_check") == [("ok",)]
    return found in (state(last), state(last + 1))


@pytest.mark.parametrize("clean", [True, False])
def test_a_read_only_project_can_be_looked_at_and_says_so_when_edited(digits: Store, clean: bool) -> None:
    if clean:
        digits.close()
    else:
        # Killed while open: the write-ahead log is still there and cannot be recovered into the database.
        edits.label(digits, [1], "2")
    make_read_only(digits.root)
    try:
        listed = as_ordinary_user(CLI, "list", "-p", str(digits.root))
        assert (listed.returncode, "30 images" in listed.stdout) == (0, True), listed.stderr
        labelled = as_ordinary_user(CLI, "label", "1", "--class", "2", "-p", str(digits.root))
        assert labelled.returncode == 1
        assert "is read-only" in labelled.stderr or "open for writing" in labelled.stderr
    finally:
        digits.root.chmod(0o755)


def test_a_full_disk_loses_no_acknowledged_label(digits: Store) -> None:
    digits.close()
    size = digits.paths.database.stat().st_size
    done = on_full_disk(LABEL_FOREVER, size + 60_000, str(digits.root))
    assert done.returncode == 1
    assert "disk is full" in done.stderr
    acknowledged = [int(line) for line in done.stdout.split()]
    assert len(acknowledged) > 3
    assert agrees_up_to(digits.root, acknowledged[-1])


def test_a_project_that_a_full_disk_refuses_leaves_its_place_free(tmp_path: Path) -> None:
    code = "from pathlib import Path\nfrom core.project.store import Store\nStore.create(Path(sys.argv[2]))"
    done = on_full_disk(code, 1000, str(tmp_path / "new"))
    assert done.returncode == 1
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and signals of POSIX")
def test_kill_9_at_200_random_moments_loses_no_acknowledged_label(digits: Store) -> None:
    digits.close()
    command = [sys.executable, "-m", "tests.core.project.kills", str(digits.root), "200"]
    found = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    assert found["kills"] == 200
    assert found["labels"] >= 200
    assert found["lost"] == 0
