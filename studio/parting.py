"""What is asked when the window leaves a job that can go on without it. Knows no Qt, so that pages can word it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Parting:
    """The question when the window leaves a job that can go on without it: a sentence, and what either answer does."""

    question: str
    stop: str
    go_on: str
