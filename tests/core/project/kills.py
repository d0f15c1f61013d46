"""Somebody who labels and is killed, again and again, for test_faults.py: `python -m tests.core.project.kills ROOT N`.

Each time a forked process labels and says so after each label, until it is killed at a random moment. Prints how many
labels were said and how many of them the project does not have.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from core.project import edits, records
from core.project.store import Store

CLASSES = ("0", "1", "2")


def label_forever(root: Path, said: int, begin: int) -> None:
    """Write the number of each label once it is on disk."""
    with Store.open(root) as store:
        ids = [row[0] for row in store.read("SELECT id FROM image ORDER BY id")]
        number = begin
        while True:
            edits.label(store, [ids[number % len(ids)]], CLASSES[number // len(ids) % 3])
            os.write(said, b"%d\n" % number)
            number += 1


def main() -> None:
    root, kills = Path(sys.argv[1]), int(sys.argv[2])
    luck, lost, labels = random.Random(0), 0, 0
    for _ in range(kills):
        hears, says = os.pipe()
        begin = labels + 1
        child = os.fork()
        if child == 0:
            os.close(hears)
            label_forever(root, says, begin)
        os.close(says)
        with os.fdopen(hears, "rb") as pipe:
            first = pipe.readline()
            time.sleep(luck.uniform(0.0, 0.02))
            os.kill(child, signal.SIGKILL)
            rest = pipe.readlines()
        os.waitpid(child, 0)
        labels = int([line for line in (first, *rest) if line.endswith(b"\n")][-1])
        lost += _missing(root, labels)
    sys.stdout.write(json.dumps({"kills": kills, "labels": labels, "lost": lost}))


def _missing(root: Path, last: int) -> int:
    """How many labels up to `last` are not what was said; the one after may be there or not."""
    with Store.open(root) as store:
        ids = [row[0] for row in store.read("SELECT id FROM image ORDER BY id")]
        known = {record.id: record.class_name for record in records.images(store, ids)}
    newest = range(max(0, last - len(ids) + 2), last + 1)  # the oldest may have been overwritten since
    return sum(known[ids[number % len(ids)]] != CLASSES[number // len(ids) % 3] for number in newest if number)


if __name__ == "__main__":
    main()
