"""Every path of the program and of a project, once."""

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

RESOURCES = Path(__file__).resolve().parent.parent / "resources"


def projects_home() -> Path:
    """Where new projects go: $WILDSET_PROJECTS, else `projects/` of a source checkout, else ~/Wildset."""
    if chosen := os.environ.get("WILDSET_PROJECTS"):
        return Path(chosen)
    checkout = RESOURCES.parent / "projects"
    return checkout if checkout.is_dir() else Path.home() / "Wildset"


def user_config() -> Path:
    """Folder of the user's own settings (recent projects, window layout): $WILDSET_CONFIG or the platform's place."""
    return Path(os.environ.get("WILDSET_CONFIG") or platformdirs.user_config_dir("wildset", appauthor=False))


def reports() -> Path:
    """Folder of crash reports."""
    return Path(os.environ.get("WILDSET_CONFIG") or platformdirs.user_log_dir("wildset", appauthor=False)) / "reports"


def downloads() -> Path:
    """Folder of what was downloaded and can be again: $WILDSET_CACHE or the platform's place."""
    return Path(os.environ.get("WILDSET_CACHE") or platformdirs.user_cache_dir("wildset", appauthor=False))


def images_read() -> Path:
    """What is remembered of image files that were read once."""
    return downloads() / "images-read.bin"


@dataclass(frozen=True)
class ProjectPaths:
    """The files of one project folder. Everything under `cache` may be deleted at any time."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "project.db"

    @property
    def lock(self) -> Path:
        return self.root / "project.lock"

    @property
    def images(self) -> Path:
        """Pictures that came out of archives; pictures of a folder stay where they are."""
        return self.root / "images"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def queue(self) -> Path:
        """Recipes of the runs that wait to be trained."""
        return self.root / "queue"

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    @property
    def thumbnails(self) -> Path:
        return self.cache / "thumbnails.db"

    @property
    def scores(self) -> Path:
        """How suspect labels are and how difficult images."""
        return self.cache / "scores.npz"

    @property
    def packed(self) -> Path:
        return self.cache / "packed"

    @property
    def measures(self) -> Path:
        """What is known of the images' pixels: brightness, hashes, looks."""
        return self.cache / "measures.npz"
