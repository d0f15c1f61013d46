import json

import pytest
import torch

from core import doctor
from core.train import parity as module
from core.train.parity import parity


def test_facts_are_plain_and_complete() -> None:
    facts = json.loads(json.dumps(doctor.facts()))
    assert facts["versions"]["torch"] == torch.__version__.split("+")[0]
    assert {"python", "numpy", "pillow", "opencv-python-headless", "PySide6-Essentials", "sqlite"} <= set(
        facts["versions"]
    )
    assert facts["computer"]["cpus"] >= 1
    assert facts["computer"]["memory_gib"] > 0.5
    by_name = {device["name"]: device for device in facts["devices"]}
    assert by_name["cpu"]["offered"]
    assert all(device["offered"] or device["reason"] for device in facts["devices"])


def test_the_cpu_agrees_with_its_float64() -> None:
    found = parity("cpu", seconds=0)
    assert found.agrees
    assert 0 < found.outputs < 1e-4
    assert 0 < found.gradients < 1e-3
    assert found.images_per_second > 0
    assert "agrees" in found.verdict


@pytest.mark.parametrize("value", [0.5, float("nan")])
def test_a_device_that_computes_otherwise_is_found(value: float, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = module._pass

    def faulty(network: torch.nn.Module, images: torch.Tensor, labels: torch.Tensor) -> list[torch.Tensor]:
        arrays = honest(network, images, labels)
        if images.dtype == torch.float32:
            arrays[-1] = arrays[-1] + value
        return arrays

    monkeypatch.setattr(module, "_pass", faulty)
    found = parity("cpu", seconds=0)
    assert not found.agrees
    assert "differs" in found.verdict
