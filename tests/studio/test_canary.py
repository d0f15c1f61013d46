from PySide6.QtCore import QObject, Signal


class Bell(QObject):
    rung = Signal(int)


def test_ten_thousand_signals_survive() -> None:
    """PySide6 6.12 on Python 3.11 drops a reference of None with each emit and aborts after some hundreds."""
    heard = []
    bell = Bell()
    bell.rung.connect(heard.append)
    for n in range(10_000):
        bell.rung.emit(n)
    assert heard == list(range(10_000))
