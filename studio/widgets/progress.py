"""A thin line that fills while something runs."""

from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

_FINE = 1000  # steps of the line


class ProgressLine(QProgressBar):
    """Filled by `set_fraction`; None means that the end is not known. `name` says what runs, for screen readers."""

    def __init__(self, name: str = "Progress", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextVisible(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)
        self.set_fraction(0.0)

    def set_fraction(self, fraction: float | None) -> None:
        """How much is done, 0 to 1."""
        whole = 0 if fraction is None else _FINE
        done = 0 if fraction is None else round(min(1.0, max(0.0, fraction)) * _FINE)
        if (done, whole) == (self.value(), self.maximum()):
            return
        self.setUpdatesEnabled(False)  # else it paints at once, and with it all of the window that waits for that
        self.setRange(0, whole)
        self.setValue(done)
        self.setToolTip("Running" if fraction is None else f"{100 * fraction:.0f} % done")
        self.setUpdatesEnabled(True)
