"""Results in order from threads. Two decode: Pillow releases Python's lock, and more would starve the window."""

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

THREADS = 2
AHEAD = 64


@contextlib.contextmanager
def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int = THREADS, ahead: int = AHEAD
) -> Iterator[Iterator[Result]]:
    """The results of `work` in the order of `items`, up to `ahead` of them computed before they are asked for.

    Leaving the block drops what is pending.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="images")
    try:
        yield _results(pool, work, items, ahead)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _results(
    pool: ThreadPoolExecutor, work: Callable[[Item], Result], items: Iterable[Item], ahead: int
) -> Iterator[Result]:
    pending: deque[Future[Result]] = deque()
    for item in items:
        pending.append(pool.submit(work, item))
        if len(pending) > ahead:
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()
