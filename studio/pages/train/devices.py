"""The lines of the device picker, decided without Qt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

AUTOMATIC = "auto"


@dataclass(frozen=True)
class DeviceChoice:
    """A device to train on. `note` says why it is not offered, or how it compares with the CPU."""

    name: str
    title: str
    offered: bool = True
    note: str = ""


def device_choices(result: Mapping[str, Any] | None) -> tuple[DeviceChoice, ...]:
    """The lines of the picker from the result of `core doctor`; None while it is not known."""
    if result is None:
        return (DeviceChoice(AUTOMATIC, "Checking devices…", True, "The devices of this computer are looked up."),)
    verdicts = {str(check["device"]): str(check["verdict"]) for check in result.get("checks", ())}
    lines = [_choice(device, verdicts) for device in result.get("devices", ())]
    offered = [line.title for line in lines if line.offered]
    note = f"The fastest of those that can be used: {offered[0]}." if offered else "The fastest that can be used."
    return (DeviceChoice(AUTOMATIC, "Automatic", True, note), *lines)


def _choice(device: Mapping[str, Any], verdicts: Mapping[str, str]) -> DeviceChoice:
    name, title = str(device["name"]), str(device.get("title") or device["name"])
    if device.get("offered"):
        return DeviceChoice(name, title, True, verdicts.get(name, ""))
    reason = str(device.get("reason") or "it cannot be used.")
    return DeviceChoice(name, title, False, f"Not offered: {reason}")
