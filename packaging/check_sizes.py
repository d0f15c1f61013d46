"""Refuse code that outgrew a human: function and module lengths, and module names that collect everything.

Functions: 95 % within 35 lines, none above 80. Modules: 400 lines.
"""

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

FUNCTION_LINES = 35
FUNCTION_LINES_LIMIT = 80
SHARE_WITHIN = 0.95
MODULE_LINES_LIMIT = 400
REFUSED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc"}
FOLDERS = ("core", "studio", "packaging", "benchmarks")


class Function(NamedTuple):
    """A function or method of `place` ("file:line name") with its length in lines, docstring included."""

    place: str
    lines: int


def functions(file: Path, source: str) -> Iterator[Function]:
    """Every function of a module, nested ones and methods too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield Function(f"{file}:{node.lineno} {node.name}", lines)


def complaints(files: Iterable[Path]) -> list[str]:
    """One sentence for each rule that the files break."""
    found: list[Function] = []
    told: list[str] = []
    for file in files:
        source = file.read_text(encoding="utf-8")
        found += functions(file, source)
        if (lines := len(source.splitlines())) > MODULE_LINES_LIMIT:
            told.append(f"{file}: {lines} lines, at most {MODULE_LINES_LIMIT}: split it by noun")
        if file.stem in REFUSED_NAMES or file.parent.name in REFUSED_NAMES:
            told.append(f"{file}: name it after what it holds, not {file.stem!r}")
    told += [
        f"{f.place}: {f.lines} lines, at most {FUNCTION_LINES_LIMIT}" for f in found if f.lines > FUNCTION_LINES_LIMIT
    ]
    long = [f for f in found if f.lines > FUNCTION_LINES]
    if len(long) > (1 - SHARE_WITHIN) * len(found):
        worst = ", ".join(f"{f.place} ({f.lines})" for f in sorted(long, key=lambda f: -f.lines)[:10])
        told.append(f"{len(long)} of {len(found)} functions exceed {FUNCTION_LINES} lines, at most 5 %: {worst}")
    return told


def main(arguments: Sequence[str]) -> int:
    """Check the folders named, or all of ours; 1 where a rule is broken."""
    files = [file for folder in arguments or FOLDERS for file in sorted(Path(folder).rglob("*.py"))]
    told = complaints(files)
    print("\n".join(told) or f"Sizes: {len(files)} modules within their limits")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
