"""The two kinds of failure.

`Error` is the user's business: something about their files, recipe or machine that they can act on. It is shown
as one sentence and a hint, and a command that meets it exits with code 1. Any other exception is a bug of ours.
"""

import errno
import sqlite3

_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_UNUSABLE = {
    *(errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP),
    *(errno.EIO, errno.EBUSY, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ETIMEDOUT),
}


class Error(Exception):
    """A failure to tell the user: `title` is one sentence, `hint` says what to do next."""

    def __init__(self, title: str, hint: str = "") -> None:
        super().__init__(title)
        self.title = title
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.title} {self.hint}".strip()


def told(problem: BaseException) -> Error | None:
    """The `Error` that explains `problem` when its cause lies outside the program; None when it is a bug."""
    if isinstance(problem, Error):
        return problem
    if isinstance(problem, OSError):
        return _told_of_file(problem)
    if isinstance(problem, sqlite3.OperationalError):
        return _told_of_database(problem)
    if isinstance(problem, sqlite3.DatabaseError) and "malformed" in str(problem):
        return Error(
            "The project's database, project.db, is damaged.",
            "Restore it from a copy. The images and runs beside it are untouched.",
        )
    return None


def _told_of_file(problem: OSError) -> Error | None:
    where = f" at {problem.filename}" if problem.filename else ""
    if problem.errno in _DISK_FULL:
        return Error(f"The disk is full{where}.", "Everything saved before is safe. Free some space and try again.")
    if problem.errno in _FORBIDDEN:
        return Error(f"Not allowed to read or write{where}.", "Check the permissions of the file and its folder.")
    if isinstance(problem, FileNotFoundError):
        return Error(f"There is nothing{where}.", "Check the path; the file may have been moved or deleted.")
    if problem.errno in _UNUSABLE:
        return Error(
            f"The system says “{problem.strerror}”{where}.", "Check the path, and the disk or network it is on."
        )
    return None


def _told_of_database(problem: sqlite3.OperationalError) -> Error | None:
    text = str(problem)
    if "full" in text or "disk I/O error" in text:
        return Error(
            "The project could not be written: the disk is full or failing.",
            "Everything saved before is safe. Free some space and try again.",
        )
    if "readonly" in text or "unable to open" in text:
        return Error("The project is read-only.", "Copy it to a folder you may write to, or change its permissions.")
    if "locked" in text:
        return Error("The project is busy in another program.", "Close the other program or try again in a moment.")
    return None
