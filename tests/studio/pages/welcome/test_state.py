from pathlib import Path

from studio.pages.welcome.state import decide
from studio.recent import Recent


def test_places_are_short_and_missing_projects_are_said() -> None:
    home = Path("/home/ada")
    state = decide([Recent(home / "Wildset" / "signs", True), Recent(Path("/media/stick/jerseys"), False)], home)
    assert [(row.name, row.place, row.there) for row in state.rows] == [
        ("signs", "~/Wildset", True),
        ("jerseys", "/media/stick", False),
    ]
    assert "not connected" in state.rows[1].tooltip
    assert state.note == ""


def test_without_projects_it_says_what_will_be_here() -> None:
    assert decide([], Path("/home/ada")).note == "Projects you open will be listed here."
