from pathlib import Path

from core import paths
from core.project.store import Store
from studio import recent


def test_latest_comes_first_and_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        Store.create(tmp_path / name).close()
        recent.remember(tmp_path / name)
    recent.remember(tmp_path / "a")
    assert [known.root.name for known in recent.load()] == ["a", "b"]
    assert all(known.there for known in recent.load())


def test_a_missing_project_stays_listed_until_it_is_removed(tmp_path: Path) -> None:
    recent.remember(tmp_path / "gone")
    assert recent.load() == [recent.Recent(tmp_path / "gone", there=False)]
    recent.forget(tmp_path / "gone")
    assert recent.load() == []


def test_a_damaged_list_is_an_empty_one(tmp_path: Path) -> None:
    recent.remember(tmp_path)
    (paths.user_config() / "recent.json").write_text('{"projects": [')
    assert recent.load() == []


def test_the_list_stays_short(tmp_path: Path) -> None:
    for n in range(recent.KEPT + 5):
        recent.remember(tmp_path / str(n))
    assert [known.root.name for known in recent.load()] == [str(recent.KEPT + 4 - k) for k in range(recent.KEPT)]


def test_names_of_any_script_survive(tmp_path: Path) -> None:
    root = tmp_path / "Bücher ﷽ \udcff"
    recent.remember(root)
    assert recent.load()[0].root == root
