"""The modules of the pages, imported on a thread while the user looks at the first page.

They take longer than a frame, so the window would stand still when a page is first
shown. Only code is loaded here; widgets are made by the window's thread, when they are needed.
"""

import importlib
import threading

MODULES = (
    "studio.pages.data.view",
    "studio.pages.augment.view",
    "studio.pages.synthesize.view",
    "studio.pages.train.view",
    "studio.pages.review.view",
    "studio.pages.export.view",
)


def load_pages() -> threading.Thread:
    """Begin to import; the program does not end before the thread has."""
    thread = threading.Thread(target=lambda: [importlib.import_module(name) for name in MODULES], name="pages-ahead")
    thread.start()
    return thread
