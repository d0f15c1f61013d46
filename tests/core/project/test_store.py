import errno
import sqlite3
import subprocess
import sys
from pathlib import Path

import filelock
import pytest

from core.errors import Error
from core.project import edits, migrations, records
from core.project.store import Store


def test_a_new_project_is_empty_and_writable(store: Store) -> None:
    assert store.writable
    assert records.counts(store).total == 0


def test_a_folder_with_files_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(Error, match="not empty"):
        Store.create(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_a_project_is_not_made_twice(store: Store) -> None:
    with pytest.raises(Error, match="a project in"):
        Store.create(store.root)


def test_opening_a_folder_that_is_no_project_is_told(tmp_path: Path) -> None:
    with pytest.raises(Error, match="no project"):
        Store.open(tmp_path)


def test_a_second_writer_is_refused_by_name_and_a_reader_is_let_in(digits: Store) -> None:
    code = f"from core.project.store import Store; from pathlib import Path; Store.open(Path({str(digits.root)!r}))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "open for writing in process" in other.stderr
    with Store.open(digits.root, write=False) as reader:
        assert records.counts(reader).total == 30
        with pytest.raises(Error, match="reading only"):
            edits.reject(reader, [1])


def test_a_reader_sees_what_the_writer_committed(digits: Store) -> None:
    with Store.open(digits.root, write=False) as reader:
        edits.label(digits, [1], "2")
        assert records.image(reader, 1).class_name == "2"


def test_the_lock_is_free_after_closing(store: Store) -> None:
    store.close()
    Store.open(store.root).close()


def test_a_newer_project_is_refused_untouched(store: Store) -> None:
    store.close()
    with sqlite3.connect(store.paths.database) as db:
        db.execute(f"PRAGMA user_version = {len(migrations.STEPS) + 1}")
    before = store.paths.database.read_bytes()
    for write in (True, False):
        with pytest.raises(Error, match="newer Wildset"):
            Store.open(store.root, write=write)
    assert store.paths.database.read_bytes() == before


def test_a_database_of_another_program_is_refused_untouched(tmp_path: Path) -> None:
    file = tmp_path / "project.db"
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE theirs (x)")
    db.close()
    before = file.read_bytes()
    with pytest.raises(Error, match="Another program made"):
        Store.open(tmp_path)
    assert file.read_bytes() == before


def test_a_disk_too_full_for_the_lock_is_not_called_read_only(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.close()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(filelock.FileLock, "acquire", full)
    with pytest.raises(OSError, match="No space"):
        Store.open(store.root)


def test_a_failed_migration_leaves_the_old_form(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.close()
    broken = (*migrations.STEPS, ("CREATE TABLE extra (x) ", "CREATE NONSENSE"))
    monkeypatch.setattr(migrations, "STEPS", broken)
    with pytest.raises(sqlite3.OperationalError):
        Store.open(store.root)
    monkeypatch.undo()
    with Store.open(store.root) as again:
        assert again.read("SELECT count(*) FROM sqlite_master WHERE name = 'extra'") == [(0,)]


@pytest.mark.parametrize("write", [True, False])
def test_a_damaged_database_is_told(store: Store, write: bool) -> None:
    store.close()
    store.paths.database.write_bytes(b"this is not a database, not at all. " * 100)
    with pytest.raises(Error, match="damaged"):
        Store.open(store.root, write=write)


def test_a_failed_transaction_leaves_nothing(digits: Store) -> None:
    def reject_wrongly() -> None:
        with digits.transaction() as db:
            db.execute("UPDATE image SET rejected = 1")
            db.execute("UPDATE image SET rejected = 7")

    with pytest.raises(sqlite3.IntegrityError):
        reject_wrongly()
    assert not any(image.rejected for image in records.images(digits, [1, 2, 3]))


def test_a_project_moves_with_its_photos(digits: Store, tmp_path: Path) -> None:
    assert records.image(digits, 1).path == tmp_path / "project" / "../photos" / "0.png"
    digits.close()
    (tmp_path / "new").mkdir()
    digits.root.rename(tmp_path / "new" / "project")
    with Store.open(tmp_path / "new" / "project") as moved:
        assert records.image(moved, 1).path.resolve() == tmp_path / "new" / "photos" / "0.png"


def test_an_empty_file_is_no_older_project(tmp_path: Path) -> None:
    (tmp_path / "project.db").touch()
    with pytest.raises(Error, match=r"project\.db is empty"):
        Store.open(tmp_path, write=False)
