"""Two threads for decoding: Pillow releases Python's lock, and more threads would starve the window."""

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

THREADS = 2
_AHEAD = 64


@contextlib.contextmanager
def in_order(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Iterator[Result]]:
    """The results of `work` in the order of `items`, a few computed ahead; leaving the block drops what is pending."""
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="images")
    try:
        yield _results(pool, work, items)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _results(pool: ThreadPoolExecutor, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    pending: deque[Future[Result]] = deque()
    for item in items:
        pending.append(pool.submit(work, item))
        if len(pending) >= _AHEAD:
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()
