"""Write packaging/THIRD_PARTY.md: what Wildset installs with itself, and under which licence, as the packages state it.

Run it in an environment that holds the program: `.venv/bin/python packaging/third_party.py`.
"""

import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

DESTINATION = Path(__file__).with_name("THIRD_PARTY.md")
HEADING = """# Third-party packages

What an installation of Wildset brings along on Linux, with the licence that each package states in its metadata. Exact
versions: `constraints.txt`. The `nvidia-*`, `cuda-*` and `triton` packages come with PyTorch on Linux only. Fonts and
icons state their licences beside them in `resources/`. Made by `packaging/third_party.py`.

| package | licence |
|---|---|
"""


def closure(root: str) -> dict[str, Distribution]:
    """Installed distributions that `root` needs, directly or not, by canonical name and without itself."""
    found: dict[str, Distribution] = {}
    waiting = list(requires(root) or [])
    while waiting:
        requirement = Requirement(waiting.pop())
        name = canonicalize_name(requirement.name)
        extras = requirement.extras or {""}
        wanted = any(not requirement.marker or requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras))
        if name in found or not wanted:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue  # an optional part that this platform has no use for
        for line in found[name].requires or []:
            inner = Requirement(line)
            if not inner.marker or any(inner.marker.evaluate({"extra": extra}) for extra in extras):
                inner.marker = None
                waiting.append(str(inner))
    return found


def licence(package: Distribution) -> str:
    """The licence in the package's own words: expression, else trove classifiers, else the first line of its text."""
    meta = package.metadata
    if expression := meta.get("License-Expression"):
        return str(expression)
    named = [line.rpartition(" :: ")[2] for line in meta.get_all("Classifier") or [] if line.startswith("License ::")]
    if named := [name for name in named if name != "OSI Approved"]:
        return ", ".join(named)
    first = next(iter(str(meta.get("License") or "").strip().splitlines()), "")
    return re.sub(r"\s+", " ", first)[:80] or "not stated in its metadata"


def main() -> int:
    """Write the table, sorted by name."""
    rows = [f"| {name} | {licence(package)} |" for name, package in sorted(closure("wildset").items())]
    DESTINATION.write_text(HEADING + "\n".join(rows) + "\n", encoding="utf-8")
    print(f"{DESTINATION}: {len(rows)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
