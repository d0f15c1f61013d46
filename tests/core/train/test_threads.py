"""How many threads a step uses follows from the network and the recipe."""

import pytest
import torch

from core import recipe as recipes
from core.models import registry
from core.models.capacity import capacity
from core.recipe import Model, Recipe
from core.train import threads


@pytest.mark.parametrize("name", ["lenet5", "small_cnn", "lenet_rgb", "resnet18", "resnet_blocks"])
def test_the_arithmetic_counted_is_that_of_the_capacity_table(name: str) -> None:
    model = registry.build(Model(name=name), 10, 0).train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    told = capacity(Model(name=name), 10, 32, 4).multiply_adds
    assert threads.multiply_adds(model, 32) == pytest.approx(told, rel=0.05)
    assert model.training
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


def test_steps_of_small_networks_have_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 6)
    small = recipes.change(Recipe(), {"model.name": "lenet5", "data.image_size": 32, "optim.batch_size": 32})
    large = recipes.change(small, {"optim.batch_size": 1024})
    model = registry.build(small.model, 10, 0)
    assert threads.of_step(model, small, "cpu") == 1
    assert threads.of_step(model, large, "cpu") == 6
    assert threads.of_step(model, small, "cuda:0") == 6


def test_the_threads_are_as_before_after_a_block() -> None:
    before = torch.get_num_threads()
    with threads.limited(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
