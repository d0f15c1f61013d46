"""Where to compute: the devices there are, and why one is not offered."""

import warnings
from dataclasses import dataclass

import torch

from core.errors import Error

KINDS = ("cuda", "mps", "cpu")  # in the order of preference


@dataclass(frozen=True)
class Device:
    """`name` is torch's, such as "cuda:0"; `title` is for people; `reason` says why it is not `offered`."""

    name: str
    kind: str
    title: str
    offered: bool = True
    reason: str = ""


def available() -> list[Device]:
    """All devices, the fastest first; each kind appears, also where it is not offered."""
    threads = torch.get_num_threads()
    cpu = Device("cpu", "cpu", f"CPU, {threads} {'thread' if threads == 1 else 'threads'}")
    return [*_cuda(), _mps(), cpu]


def choose(text: str) -> Device:
    """The device for "auto", a kind or a name. Raises `Error` with the reason when it is not offered."""
    known = available()
    if text == "auto":
        return next(device for device in known if device.offered)
    for device in known:
        if text in (device.kind, device.name):
            if device.offered:
                return device
            raise Error(f"{device.title} cannot be used: {device.reason}", "Train on the CPU, or see `core doctor`.")
    names = ", ".join(device.name for device in known if device.offered)
    raise Error(f"There is no device {text}.", f"Offered here: auto, {names}.")


def _cuda() -> list[Device]:
    if torch.version.cuda is None:
        return [Device("cuda", "cuda", "NVIDIA GPU", False, "this PyTorch was built without CUDA.")]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        present = torch.cuda.is_available()
    if not present:
        why = str(said[0].message).split("(")[0].strip() if said else "no NVIDIA GPU with a working driver was found."
        return [Device("cuda", "cuda", "NVIDIA GPU", False, why)]
    return [_tried(number) for number in range(torch.cuda.device_count())]


def _tried(number: int) -> Device:
    """A GPU that PyTorch lists may still be too old or too new for it; one addition tells."""
    name, title = f"cuda:{number}", torch.cuda.get_device_name(number)
    try:
        (torch.ones(1, device=name) + 1).item()
    except RuntimeError as problem:
        return Device(name, "cuda", title, False, str(problem).splitlines()[0])
    return Device(name, "cuda", title)


def _mps() -> Device:
    if not torch.backends.mps.is_built():
        return Device("mps", "mps", "Apple GPU", False, "this PyTorch was built without Metal (only for macOS).")
    if not torch.backends.mps.is_available():
        return Device("mps", "mps", "Apple GPU", False, "it needs macOS 14 and an Apple or AMD GPU.")
    return Device("mps", "mps", "Apple GPU")
