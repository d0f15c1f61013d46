"""`core doctor`: versions, devices, why a GPU is not used, and whether the device computes what the CPU computes."""

from dataclasses import asdict
from typing import Any

import click

from core import doctor as examination
from core.cli.output import output_options, result


@click.command("doctor")
@click.option("--devices", "only_devices", is_flag=True, help="Only list the devices; no versions, no check.")
@click.option("--seconds", type=click.FloatRange(1), default=10, show_default=True, help="How long the check may take.")
@output_options
def doctor(only_devices: bool, seconds: float, json: bool, events: bool) -> None:
    """Show versions and devices, say why a GPU is not used, and compare each device with the CPU."""
    if only_devices:
        value: dict[str, Any] = {"devices": examination.devices()}
    else:
        value = examination.facts()
        value["checks"] = [_check(device["name"], seconds) for device in value["devices"] if device["offered"]]
    result(value, _described(value), json=json, events=events)


def _check(device: str, seconds: float) -> dict[str, Any]:
    from core.train.parity import parity

    found = parity(device, seconds)
    return asdict(found) | {"agrees": found.agrees, "verdict": found.verdict}


def _described(value: dict[str, Any]) -> str:
    lines = []
    if "versions" in value:
        computer = value["computer"]
        lines += [f"{name:24}{version}" for name, version in value["versions"].items()]
        lines += ["", f"{computer['system']}, {computer['cpus']} processors, {computer['memory_gib']} GiB", ""]
    for device in value["devices"]:
        lines.append(
            f"{device['name']:8}{device['title']}" + ("" if device["offered"] else f": not used, {device['reason']}")
        )
    checks = value.get("checks", [])
    lines += [""] if checks else []
    lines += [f"{check['verdict']} {check['images_per_second']:,.0f} images/s forward and back." for check in checks]
    return "\n".join(lines)


COMMANDS = {"doctor": doctor}
