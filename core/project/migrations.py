"""The numbered steps that bring a project's database to the present form.

Step n takes `user_version` from n to n + 1; those that are missing are taken in one transaction, so that a kill leaves
the old form or the new one.
A step that has been released is never edited; a change is a new step.
"""

import sqlite3

from core.errors import Error

_FIRST = (
    "CREATE TABLE folder (id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE) STRICT",
    """CREATE TABLE class (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE CHECK (name <> ''), position INTEGER NOT NULL) STRICT""",
    "CREATE TABLE source (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
    """CREATE TABLE image (
        id INTEGER PRIMARY KEY,
        folder_id INTEGER NOT NULL REFERENCES folder,
        path BLOB NOT NULL,
        name TEXT NOT NULL,
        content_hash BLOB NOT NULL CHECK (length(content_hash) = 32),
        width INTEGER NOT NULL, height INTEGER NOT NULL, byte_size INTEGER NOT NULL, modified_ns INTEGER NOT NULL,
        source_id INTEGER REFERENCES source,
        group_name TEXT,
        split TEXT CHECK (split IN ('train', 'val', 'test')),
        class_id INTEGER REFERENCES class,
        labelled_by TEXT CHECK (labelled_by IN ('hand', 'bulk', 'model', 'import')),
        rejected INTEGER NOT NULL DEFAULT 0 CHECK (rejected IN (0, 1)),
        UNIQUE (folder_id, path)) STRICT""",
    "CREATE INDEX image_hash ON image (content_hash)",
    "CREATE INDEX image_class ON image (class_id)",
    "CREATE INDEX image_name ON image (name)",
    "CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
    """CREATE TABLE image_tag (
        image_id INTEGER NOT NULL REFERENCES image ON DELETE CASCADE,
        tag_id INTEGER NOT NULL REFERENCES tag, PRIMARY KEY (image_id, tag_id)) STRICT, WITHOUT ROWID""",
    "CREATE TABLE target (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
    """CREATE TABLE image_target (
        image_id INTEGER NOT NULL REFERENCES image ON DELETE CASCADE,
        target_id INTEGER NOT NULL REFERENCES target, value REAL NOT NULL,
        PRIMARY KEY (image_id, target_id)) STRICT, WITHOUT ROWID""",
    # The journal. `state`: 0 done, 1 undone (can be redone), 2 dropped (undone, then something else was done).
    """CREATE TABLE edit (
        id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, verb TEXT NOT NULL, title TEXT NOT NULL, made_by TEXT NOT NULL,
        undoable INTEGER NOT NULL DEFAULT 1, state INTEGER NOT NULL DEFAULT 0) STRICT""",
    # `field` is a column of image, "tag:<name>", or "class:<column>" (then row_id is a class).
    """CREATE TABLE edit_row (
        edit_id INTEGER NOT NULL REFERENCES edit, row_id INTEGER NOT NULL, field TEXT NOT NULL,
        before ANY, after ANY, PRIMARY KEY (edit_id, row_id, field)) STRICT, WITHOUT ROWID""",
    # What runs predicted: a copy of the run folders for filters, rebuilt from them at any time.
    "CREATE TABLE run (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, stamp TEXT NOT NULL) STRICT",
    """CREATE TABLE prediction (
        run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
        image_id INTEGER NOT NULL REFERENCES image ON DELETE CASCADE,
        class_id INTEGER NOT NULL REFERENCES class, confidence REAL NOT NULL,
        PRIMARY KEY (run_id, image_id)) STRICT, WITHOUT ROWID""",
)

# `revision` says which images were changed since somebody looked: columns in memory catch up by it (table.py).
# `imported` is the revision of the latest import, after which they are read anew.
_SECOND = (
    "CREATE TABLE revision (latest INTEGER NOT NULL, imported INTEGER NOT NULL) STRICT",
    "INSERT INTO revision VALUES (0, 0)",
    "ALTER TABLE image ADD COLUMN revision INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX image_revision ON image (revision)",
    "ALTER TABLE image ADD COLUMN note TEXT",
    "ALTER TABLE class ADD COLUMN color TEXT",
    "ALTER TABLE class ADD COLUMN key TEXT",
    "CREATE INDEX edit_row_of ON edit_row (row_id, field)",
    "CREATE INDEX edit_undone ON edit (id) WHERE state = 1",  # of a long journal, what each new edit drops
    """CREATE TABLE view (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE CHECK (name <> ''), filter TEXT NOT NULL, sort TEXT NOT NULL,
        descending INTEGER NOT NULL CHECK (descending IN (0, 1)), "group" TEXT NOT NULL) STRICT""",
    # A copy of the run folders: it is made again with the new columns.
    "DROP TABLE prediction",
    "DELETE FROM run",
    # `label_id` is the label that the run knew, `loss` the cross-entropy of it; `margin` is the confidence minus the
    # next one's.
    """CREATE TABLE prediction (
        run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
        image_id INTEGER NOT NULL REFERENCES image ON DELETE CASCADE,
        class_id INTEGER NOT NULL REFERENCES class, confidence REAL NOT NULL, margin REAL NOT NULL,
        label_id INTEGER, loss REAL,
        PRIMARY KEY (run_id, image_id)) STRICT, WITHOUT ROWID""",
)

STEPS: tuple[tuple[str, ...], ...] = (_FIRST, _SECOND)


def version(db: sqlite3.Connection) -> int:
    """The number of steps this database has taken."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def refuse_strange(db: sqlite3.Connection) -> None:
    """Raises `Error` when the database was made by a newer program or by another one; changes nothing."""
    if (found := version(db)) > len(STEPS):
        raise Error(
            f"This project was made by a newer Wildset (form {found}; this one knows {len(STEPS)}).",
            "Update Wildset to open it. Nothing was changed.",
        )
    if not found and db.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise Error("Another program made this project.db.", "Choose another folder. Nothing was changed.")


def migrate(db: sqlite3.Connection) -> None:
    """Take all missing steps, in one transaction: nobody ever sees a form in between."""
    if version(db) == len(STEPS):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        for step in STEPS[version(db) :]:
            for statement in step:
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {len(STEPS)}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # a full disk has rolled back already
            db.execute("ROLLBACK")
        raise
