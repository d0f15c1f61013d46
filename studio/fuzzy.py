"""Finding a title by some of its letters: every typed word must be in it, whole or with letters left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_START, _INSIDE, _SCATTERED, _ELSEWHERE = 100.0, 60.0, 40.0, 20.0


@dataclass(frozen=True)
class Hit:
    """A found title: its place in the list, and which of its letters were typed."""

    at: int
    score: float
    letters: tuple[int, ...]


def find(typed: str, titles: Sequence[str], abouts: Sequence[str]) -> list[Hit]:
    """The titles that fit, best first, those that fit alike in their order; `abouts` are searched by word starts.

    Nothing typed fits every title.
    """
    hits = (_hit(at, typed.lower().split(), title, abouts[at]) for at, title in enumerate(titles))
    return sorted((hit for hit in hits if hit is not None), key=lambda hit: -hit.score)


def _hit(at: int, typed: Sequence[str], title: str, about: str) -> Hit | None:
    score, letters = 0.0, set[int]()
    for word in typed:
        known, places = _word(word, title.lower())
        if not known and (_at_start(word, about.lower()) is not None):
            known = _ELSEWHERE
        if not known:
            return None
        score += known
        letters.update(places)
    return Hit(at, score - len(title) / 100, tuple(sorted(letters))) if typed else Hit(at, 0.0, ())


def _word(word: str, title: str) -> tuple[float, Iterable[int]]:
    """How well a word fits, 0 if not, and the letters of the title that it is."""
    start = _at_start(word, title)
    if start is not None:
        return _START - start / 10, range(start, start + len(word))
    inside = title.find(word)
    if inside >= 0:
        return _INSIDE - inside / 10, range(inside, inside + len(word))
    ways = (_scattered(word, title, start) for start in _starts(title) if title[start] == word[0])
    found = [places for places in ways if places]
    if not found:
        return 0.0, ()
    best = min(found, key=lambda places: places[-1] - places[0])
    return max(1.0, _SCATTERED - (best[-1] - best[0])), best


def _scattered(word: str, title: str, start: int) -> tuple[int, ...]:
    """The letters of a word in their order from `start`, a word's start before another place; empty if they are not."""
    starts, places = set(_starts(title)), [start]
    for letter in word[1:]:
        after = [k for k in range(places[-1] + 1, len(title)) if title[k] == letter]
        if not after:
            return ()
        beside = after[0] if after[0] == places[-1] + 1 else None
        places.append(next((k for k in after if k in starts), after[0]) if beside is None else beside)
    return tuple(places)


def _at_start(word: str, text: str) -> int | None:
    return next((start for start in _starts(text) if text.startswith(word, start)), None)


def _starts(text: str) -> list[int]:
    """Where words begin."""
    return [k for k, letter in enumerate(text) if letter.isalnum() and (k == 0 or not text[k - 1].isalnum())]
