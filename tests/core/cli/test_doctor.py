import json

import pytest

from core.cli.main import run


def test_devices_are_listed_with_the_reason_why_one_is_not_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--devices", "--json"]) == 0
    devices = {device["kind"]: device for device in json.loads(capsys.readouterr().out)["devices"]}
    assert devices["cpu"]["offered"]
    assert all(device["offered"] or device["reason"] for device in devices.values())


def test_the_whole_examination_ends_with_a_verdict_for_each_device(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--seconds", "1"]) == 0
    out = capsys.readouterr().out
    assert "torch " in out
    assert "cpu agrees with the CPU's float64" in out
