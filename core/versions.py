"""Which versions of what are installed, without importing any of it."""

import importlib.metadata
import platform
import sqlite3

PACKAGES = (
    "torch",
    "torchvision",
    "numpy",
    "opencv-python-headless",
    "pillow",
    "safetensors",
    "scikit-learn",
    "PySide6-Essentials",
    "pyqtgraph",
    "pydantic",
)


def of(package: str) -> str:
    """The installed version of a distribution; "not installed" without it."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def wildset() -> str:
    """The version of this program; "unpackaged" when it runs from bare files."""
    found = of("wildset")
    return "unpackaged" if found == "not installed" else found


def system() -> str:
    """Kind and release of the operating system, without the computer's name."""
    return f"{platform.system()} {platform.release()} {platform.machine()}"


def table() -> dict[str, str]:
    """Everything that a bug report or an environment needs to name."""
    own = {"wildset": wildset(), "python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    return own | {package: of(package) for package in PACKAGES}
