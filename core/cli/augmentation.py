"""`core augment`: what augmentation does to images, and what it does to a run's accuracy."""

import click


@click.group("augment")
def augment() -> None:
    """Augmentation: see samples, and measure how much of it a run withstands."""


COMMANDS = {"augment": augment}
