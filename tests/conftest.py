"""What all tests share: the user's own folders are out of reach, and Qt needs no display."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("GOMP_SPINCOUNT", "2000")  # see core.cli.main; tests share the cores with their children

# How long a draw takes says how busy the machine is.
settings.register_profile("wildset", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("wildset")


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("WILDSET_CONFIG", str(home / "settings"))
    monkeypatch.setenv("WILDSET_CACHE", str(home / "cache"))
    monkeypatch.setenv("WILDSET_PROJECTS", str(home / "projects"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the repository; tests that need it skip where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real data beside the repository (../shared/data) is absent")
    return folder
