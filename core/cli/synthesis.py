"""`core synth`: what synthetic images are made of."""

import click

from core.cli.output import drive, output_options, result


@click.group("synth")
def synth() -> None:
    """Synthetic images: digits composed on photos."""


@synth.command("download")
@output_options
def download(json: bool, events: bool) -> None:
    """Fetch MNIST, 60,000 handwritten digits (12 MB), once for all projects."""
    from core.synth import mnist

    folder = drive(mnist.download(mnist.folder()), json=json, events=events)
    result({"folder": str(folder)}, f"MNIST is in {folder}", json=json, events=events)


COMMANDS = {"synth": synth}
