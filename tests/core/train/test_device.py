import pytest
import torch

from core.errors import Error
from core.train.device import KINDS, available, choose


def test_each_kind_is_offered_or_says_why_not() -> None:
    found = available()
    assert {device.kind for device in found} == set(KINDS)
    assert all(device.offered != bool(device.reason) for device in found)
    assert found[-1].name == "cpu"
    assert choose("auto").offered
    assert choose("cpu").kind == "cpu"


def test_a_device_that_is_not_offered_is_refused_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: False)
    with pytest.raises(Error, match="NVIDIA GPU cannot be used: "):
        choose("cuda")
    with pytest.raises(Error, match="built without Metal"):
        choose("mps")
    with pytest.raises(Error, match="no device quantum"):
        choose("quantum")
    assert choose("auto").name == "cpu"
