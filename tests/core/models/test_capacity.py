import re

import pytest
import torch
from torch import nn

from core.errors import Error
from core.models.capacity import BATCH_NORM, Capacity, capacity, refuse_small
from core.models.field import ReceptiveField
from core.models.registry import MODELS, build
from core.recipe import Model

LIBRARY = tuple(f"torchvision:{name}" for name in ("resnet18", "mobilenet_v3_small", "vit_b_32", "googlenet"))


def test_the_table_is_that_of_the_write_up() -> None:
    found = capacity(Model(name="resnet18"), 10, 128, 64)
    assert [(row.module, row.formula, row.parameters) for row in found.rows] == [
        ("stem", "3 × 64 × 7²", 9_408),
        ("block1.0", "2 · (64 × 64 × 3²)", 73_728),
        ("block1.1", "2 · (64 × 64 × 3²)", 73_728),
        ("block2.0", "(64 × 128 × 3²) + (128 × 128 × 3²) + (64 × 128)", 229_376),
        ("block2.1", "2 · (128 × 128 × 3²)", 294_912),
        ("block3.0", "(128 × 256 × 3²) + (256 × 256 × 3²) + (128 × 256)", 917_504),
        ("block3.1", "2 · (256 × 256 × 3²)", 1_179_648),
        ("block4.0", "(256 × 512 × 3²) + (512 × 512 × 3²) + (256 × 512)", 3_670_016),
        ("block4.1", "2 · (512 × 512 × 3²)", 4_718_592),
        ("fc", "512 × 10 + 10", 5_130),
        (BATCH_NORM, "2 × 4,800", 9_600),
    ]
    assert found.parameters == found.adjusted == 11_181_642


def evaluated(formula: str) -> int:
    text = formula.replace(",", "").replace("×", "*").replace("·", "*")
    assert re.fullmatch(r"[\d*+()² ]+", text)
    return int(eval(text.replace("²", "**2")))


@pytest.mark.parametrize("name", [*MODELS, *LIBRARY])
def test_formulas_compute_the_parameters_and_rows_add_up(name: str) -> None:
    found = capacity(Model(name=name), 7, 64, 8)
    for row in found.rows:
        assert evaluated(row.formula) == row.parameters
        assert row.share == row.parameters / found.parameters
    with torch.device("meta"):
        module = build(Model(name=name), 7, 0)
    assert sum(row.parameters for row in found.rows) == found.parameters == sum(p.numel() for p in module.parameters())


def multiply_adds(module: nn.Module, side: int) -> int:
    """By definition: of a convolution its weights at each place, of a linear layer its weights."""
    sums = []

    def count(layer: nn.Module, inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
        places = output.shape[-1] * output.shape[-2] if isinstance(layer, nn.Conv2d) else 1
        sums.append(layer.weight.numel() * places)  # type: ignore[union-attr, operator]

    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.register_forward_hook(count)  # type: ignore[arg-type]
    module.eval()(torch.empty(1, 3, side, side, device="meta"))
    return sum(sums)


@pytest.mark.parametrize(
    "name",
    [
        "lenet5",
        "resnet18",
        "resnet34",
        "resnet_blocks",
        *(f"torchvision:{name}" for name in ("mobilenet_v3_small", "vgg11", "resnext50_32x4d")),
    ],
)
def test_multiply_adds_are_those_of_the_layers(name: str) -> None:
    with torch.device("meta"):
        module = build(Model(name=name), 10, 0)
    assert capacity(Model(name=name), 10, 64, 8).multiply_adds == multiply_adds(module, 64)


def test_multiply_adds_of_known_networks() -> None:
    resnet = capacity(Model(name="resnet18"), 1000, 224, 2)
    assert resnet.multiply_adds == pytest.approx(1.814e9, rel=1e-3)  # what torchvision publishes
    # Attention multiplies too, which its layers do not show.
    assert capacity(Model(name="torchvision:vit_b_16"), 1000, 224, 2).multiply_adds == pytest.approx(17.56e9, rel=1e-3)


def kept(name: str, side: int, batch: int) -> int:
    """The bytes that a real forward pass on the CPU keeps for the backward pass."""
    module = build(Model(name=name), 5, 0).train()
    weights = {p.untyped_storage().data_ptr() for p in [*module.parameters(), *module.buffers()]}
    storages = {}
    images = torch.rand(batch, 3, side, side)

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.untyped_storage().data_ptr() not in weights:
            storages[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        logits = module(images)
    keep(images)
    del logits
    return sum(storage.nbytes() for storage in storages.values())


@pytest.mark.parametrize("name", ["lenet5", "lenet_rgb", "resnet_blocks", "resnet18"])
def test_activations_are_what_a_real_pass_keeps(name: str) -> None:
    found = capacity(Model(name=name), 5, 48, 4).activation_bytes
    assert found == pytest.approx(kept(name, 48, 4), rel=0.01)


def test_memory_follows_from_batch_optimizer_precision_and_transfer() -> None:
    def of(batch: int = 32, method: str = "adamw", precision: str = "float32", **model: str) -> Capacity:
        return capacity(Model(name="resnet_blocks", **model), 5, 48, batch, method, precision)

    plain = of()
    statistics = plain.weight_bytes - 16 * plain.parameters
    assert 0 < statistics < 0.02 * plain.weight_bytes  # running means and variances
    assert of(method="adam").weight_bytes == plain.weight_bytes
    assert of(method="sgd").weight_bytes == 12 * plain.parameters + statistics
    assert of(64).activation_bytes == pytest.approx(2 * plain.activation_bytes, rel=0.01)
    assert of(1).activation_bytes == pytest.approx(plain.activation_bytes / 32, rel=0.05)
    assert of(precision="bfloat16").activation_bytes == pytest.approx(plain.activation_bytes / 2, rel=0.01)
    assert of(precision="bfloat16").weight_bytes == plain.weight_bytes + 2 * plain.parameters
    frozen = of(weights="w.pth", transfer="head")
    assert frozen.adjusted == 65 * 5
    assert frozen.activation_bytes < plain.activation_bytes / 20
    assert frozen.weight_bytes == 4 * frozen.parameters + 12 * frozen.adjusted + statistics
    assert plain.memory_bytes == plain.activation_bytes + plain.weight_bytes


@pytest.mark.parametrize(
    ("name", "side"),
    [
        # AlexNet, VGG-16 and Inception v3 as in the table of Araujo et al. 2019.
        ("resnet18", 435),
        ("torchvision:resnet18", 435),
        ("torchvision:alexnet", 195),
        ("torchvision:vgg16", 212),
        ("torchvision:inception_v3", 1311),
        ("torchvision:vit_b_16", None),
        ("torchvision:swin_t", None),
    ],
)
def test_receptive_fields_of_known_networks(name: str, side: int | None) -> None:
    assert capacity(Model(name=name), 10, 128, 2).receptive_field == side


def test_the_receptive_field_is_where_gradients_reach() -> None:
    layers = nn.Sequential(nn.Conv2d(1, 1, 5), nn.MaxPool2d(2), nn.Conv2d(1, 1, 3, dilation=2), nn.AvgPool2d(3, 2))
    images = torch.rand(1, 1, 64, 64, requires_grad=True)
    with ReceptiveField(images) as field:
        out = layers(images)
    reached = 0
    for _ in range(20):  # a maximum passes the gradient to one place only: different images show all of them
        images = torch.rand(1, 1, 64, 64, requires_grad=True)
        (gradient,) = torch.autograd.grad(layers(images)[0, 0, 3, 3], images)
        rows = gradient[0, 0].abs().sum(1).nonzero()
        reached = max(reached, int(rows.max() - rows.min()) + 1)
    assert out.shape[-1] > 3
    assert field.side == reached == 5 + 1 + 4 * 2 + 2 * 2


def test_images_too_small_for_the_strides_are_told() -> None:
    for name, size in (("torchvision:vgg11", 16), ("torchvision:inception_v3", 64), ("torchvision:convnext_tiny", 16)):
        with pytest.raises(Error, match=rf"{name} cannot take images of {size} px"):
            capacity(Model(name=name), 10, size, 8)
        with pytest.raises(Error, match="cannot take images"):
            refuse_small(build(Model(name=name), 10, 0), name, size)
    for name in MODELS:
        refuse_small(build(Model(name=name), 10, 0), name, 32)


def test_the_largest_things() -> None:
    deep = Model(name="resnet_blocks", expands=",".join(["1"] * 200))
    found = capacity(deep, 1, 16, 1)
    assert len(found.rows) == 203
    assert found.receptive_field == 3 + 400 * 2
    with pytest.raises(Error, match="more than 2,000,000,000 parameters"):
        capacity(Model(name="resnet_blocks", expands="8,8,8,8,8"), 10, 32, 8)
    assert capacity(Model(name="torchvision:regnet_x_400mf"), 1000, 64, 8).parameters == 5_495_976


def test_nothing_is_left_of_it_behind() -> None:
    torch.manual_seed(1)
    state = torch.get_rng_state()
    capacity(Model(name="small_cnn"), 10, 64, 8)
    assert torch.equal(state, torch.get_rng_state())
    assert torch.empty(1).device.type == "cpu"
