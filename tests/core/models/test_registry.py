import re
from typing import get_args

import pytest
import torch
from torchvision.models import resnet18

from core.models.registry import MODELS, build, parameters
from core.models.resnet import ResNet18
from core.recipe import Model


def test_every_name_of_the_recipe_is_a_model_and_every_model_a_name() -> None:
    assert set(get_args(Model.model_fields["name"].annotation)) == set(MODELS)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("side", [16, 32, 48, 65])
def test_models_take_any_size_and_give_a_logit_a_class(name: str, side: int) -> None:
    model = build(Model(name=name), 7, seed=0)
    assert model(torch.rand(2, 3, side, side)).shape == (2, 7)
    assert model.eval()(torch.rand(1, 3, side, side)).shape == (1, 7)


@pytest.mark.parametrize("name", MODELS)
def test_first_weights_follow_from_the_seed_alone(name: str) -> None:
    first = build(Model(name=name), 10, seed=3).state_dict()
    torch.rand(5)
    state = torch.get_rng_state()
    second = build(Model(name=name), 10, seed=3).state_dict()
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(first[key], second[key]) for key in first)
    other = build(Model(name=name), 10, seed=4).state_dict()
    assert not all(torch.equal(first[key], other[key]) for key in first)


def test_parameter_counts() -> None:
    counts = {name: parameters(build(Model(name=name), 10, 0)) for name in MODELS}
    assert counts["resnet18"] == 11_181_642
    assert counts["lenet5"] == (3 * 25 + 1) * 6 + (6 * 25 + 1) * 16 + (16 * 25 + 1) * 120 + 121 * 84 + 85 * 10
    assert 100_000 < counts["small_cnn"] < 300_000


def test_resnet18_prints_as_the_write_up_prints_it() -> None:
    # Newer versions of torch also print a batch norm's bias.
    lines = str(ResNet18(10)).replace("affine=True, bias=True", "affine=True").splitlines()
    assert lines[0] == "ResNet18("
    assert [match[1] for line in lines if (match := re.match(r"  \((\w+)\)", line))] == [
        *("stem", "block1", "block2", "block3", "block4", "dropout", "avgpool", "fc")
    ]
    assert "  (dropout): Identity()" in lines
    assert "  (avgpool): AdaptiveAvgPool2d(output_size=1)" in lines
    assert "  (fc): Linear(in_features=512, out_features=10, bias=True)" in lines
    at = lines.index("  (block2): Sequential(")
    assert lines[at + 1 : at + 11] == [
        "    (0): BasicBlock(",
        "      (conv1): Conv2d(64, 128, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), bias=False)",
        "      (bn1): BatchNorm2d(128, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)",
        "      (conv2): Conv2d(128, 128, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)",
        "      (bn2): BatchNorm2d(128, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)",
        "      (relu): ReLU(inplace=True)",
        "      (shortcut): Sequential(",
        "        (0): Conv2d(64, 128, kernel_size=(1, 1), stride=(2, 2), bias=False)",
        "        (1): BatchNorm2d(128, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)",
        "      )",
    ]


def _torchvision_name(name: str) -> str:
    name = name.replace("stem.0.", "conv1.").replace("stem.1.", "bn1.").replace("shortcut", "downsample")
    return name.replace("block", "layer")


def test_resnet18_computes_what_torchvisions_does() -> None:
    ours, theirs = ResNet18(10, dropout=0.2).eval(), resnet18(num_classes=10).eval()
    theirs.load_state_dict({_torchvision_name(key): value for key, value in ours.state_dict().items()})
    images = torch.rand(3, 3, 96, 96)
    with torch.inference_mode():
        torch.testing.assert_close(ours(images), theirs(images))
