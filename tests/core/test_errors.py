import errno
import sqlite3

import pytest

from core.errors import Error, told


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (Error("A file is gone.", "Look."), "A file is gone. Look."),
        (OSError(errno.ENOSPC, "No space left", "a.png"), "The disk is full at a.png."),
        (OSError(errno.EFBIG, "File too large"), "The disk is full."),
        (PermissionError(errno.EACCES, "denied", "a.png"), "Not allowed to read or write at a.png."),
        (FileNotFoundError(errno.ENOENT, "gone", "a.png"), "There is nothing at a.png."),
        (IsADirectoryError(errno.EISDIR, "Is a directory", "a"), "The system says “Is a directory” at a."),
        (OSError(errno.EIO, "Input/output error"), "The system says “Input/output error”."),
        (FileExistsError(errno.EEXIST, "File exists", "runs"), "The system says “File exists” at runs."),
        (sqlite3.DatabaseError("database disk image is malformed"), "project.db, is damaged"),
        (sqlite3.OperationalError("database or disk is full"), "the disk is full or failing"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "read-only"),
    ],
)
def test_what_lies_outside_the_program_is_told(problem: BaseException, words: str) -> None:
    error = told(problem)
    assert error is not None
    assert words in str(error)


@pytest.mark.parametrize(
    "problem",
    [ValueError("x"), KeyError("y"), OSError(errno.EINVAL, "?"), sqlite3.OperationalError("no such column: a")],
)
def test_a_bug_is_not_explained_away(problem: BaseException) -> None:
    assert told(problem) is None
