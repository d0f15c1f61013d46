import copy
import importlib
import re
import sys
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from torch import nn
from torchvision.models import resnet18, resnet34

from core.errors import Error
from core.models import registry, torchvision_zoo
from core.models.registry import MODELS, batch_norms, build, has_batch_norm, head, parameters
from core.models.resnet import ResNet, ResNet18, ResNet34
from core.recipe import Model
from core.recipe.sections import NETWORKS

SOME = ("resnet18", "mobilenet_v3_small", "squeezenet1_1", "shufflenet_v2_x0_5", "mnasnet0_5", "swin_t")


def test_every_name_of_the_recipe_is_a_model_and_every_model_a_name() -> None:
    assert tuple(MODELS) == NETWORKS


def test_every_setting_that_is_for_some_networks_only_reaches_them() -> None:
    for name, field in Model.model_fields.items():
        extra = field.json_schema_extra
        if isinstance(extra, dict) and extra.get("needs"):
            needing = {network for network, family in MODELS.items() if name in family.settings}
            assert needing == set(extra["needs"][1])  # type: ignore[index]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("side", [16, 32, 48, 65])
def test_models_take_any_size_and_give_a_logit_a_class(name: str, side: int) -> None:
    model = build(Model(name=name), 7, seed=0)
    assert model(torch.rand(2, 3, side, side)).shape == (2, 7)
    assert model.eval()(torch.rand(1, 3, side, side)).shape == (1, 7)


@pytest.mark.parametrize("classes", [1, 1000])
@pytest.mark.parametrize("name", MODELS)
def test_models_take_one_class_and_a_thousand(name: str, classes: int) -> None:
    assert build(Model(name=name), classes, seed=0)(torch.rand(2, 3, 32, 32)).shape == (2, classes)


@pytest.mark.parametrize("name", [*MODELS, "torchvision:mobilenet_v3_small"])
def test_first_weights_follow_from_the_seed_alone(name: str) -> None:
    first = build(Model(name=name), 10, seed=3).state_dict()
    torch.rand(5)
    state = torch.get_rng_state()
    second = build(Model(name=name), 10, seed=3).state_dict()
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(first[key], second[key]) for key in first)
    other = build(Model(name=name), 10, seed=4).state_dict()
    assert not all(torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("name", [*MODELS, "torchvision:shufflenet_v2_x0_5", "torchvision:mobilenet_v3_small"])
def test_dropout_acts_on_what_goes_into_the_last_layer_and_only_in_training(name: str) -> None:
    model = build(Model(name=name, dropout=0.6), 5, seed=0)
    last = head(model)
    assert isinstance(last, nn.Linear)
    with torch.no_grad():
        last.weight.zero_()
        last.weight[0, 0] = 1.0  # the first logit is the first feature, and is dropped as often as features are
    images = torch.rand(1, 3, 32, 32).expand(60, -1, -1, -1)
    torch.manual_seed(0)
    model.eval()
    feature = model(images)[0, 0] - last.bias[0]
    if abs(feature) > 1e-3:
        for layer in [model, last, *(layer for layer in model.modules() if isinstance(layer, nn.Dropout))]:
            layer.training = True  # normalisation stays as it was: only dropout acts
        kept = ((model(images)[:, 0] - last.bias[0]) / feature).detach()
        assert set(kept.round(decimals=3).unique().tolist()) == {0.0, 2.5}
        assert 0.15 < (kept > 0).float().mean() < 0.65


def test_parameter_counts() -> None:
    counts = {name: parameters(build(Model(name=name), 10, 0)) for name in MODELS}
    norm = 2 * (24 + 48 + 64 + 96 + 128)
    rgb = (3 * 25 + 1) * 6 + (6 * 25 + 1) * 16 + 401 * 120 + 121 * 84 + 85 * 10
    blocks = 3 * 16 * 9 + 4 * 16 * 16 * 9 + (16 + 32) * 32 * 9 + 16 * 32 + 2 * 32 * 32 * 9
    blocks += (32 + 64) * 64 * 9 + 32 * 64 + 2 * 64 * 64 * 9
    blocks_norms = 2 * (5 * 16 + 5 * 32 + 5 * 64)
    assert counts == {
        "small_cnn": 9 * (3 * 24 + 24 * 48 + 48 * 64 + 64 * 96 + 96 * 128) + norm + 10 * (128 * 9 + 1),
        "lenet5": (3 * 25 + 1) * 6 + (6 * 25 + 1) * 16 + (16 * 25 + 1) * 120 + 121 * 84 + 85 * 10,
        "lenet_rgb": rgb + 2 * (6 + 16),
        "resnet18": 11_181_642,
        "resnet34": 21_289_802,
        "resnet_blocks": blocks + blocks_norms + 65 * 10,
    }
    assert parameters(build(Model(name="lenet_rgb", batchnorm=False), 10, 0)) == rgb


@pytest.mark.parametrize("name", MODELS)
def test_parameters_keep_their_names(name: str) -> None:
    top: dict[str, None] = OrderedDict()
    for key in build(Model(name=name, expands="1,2"), 10, 0).state_dict():
        top[key.split(".")[0]] = None
    names = {
        "small_cnn": ["features", "fc"],
        "lenet5": ["conv1", "conv2", "conv3", "fc1", "fc2"],
        "lenet_rgb": ["conv1", "conv2", "bn1", "bn2", "fc1", "fc2", "fc3"],
        "resnet18": ["stem", "block1", "block2", "block3", "block4", "fc"],
        "resnet34": ["stem", "block1", "block2", "block3", "block4", "fc"],
        "resnet_blocks": ["layer0", "bn0", "blocks", "fc"],
    }
    assert list(top) == names[name]


def test_what_a_flag_turns_off_is_not_there() -> None:
    plain = build(Model(name="resnet_blocks", batchnorm=False, residual=False, expands="1,2", dropout=0.5), 10, 0)
    assert [name for name, _ in plain.named_modules()] == [
        *("", "layer0", "blocks", "blocks.0", "blocks.0.conv1", "blocks.0.conv2"),
        *("blocks.1", "blocks.1.conv1", "blocks.1.conv2", "fc"),
    ]
    assert not has_batch_norm(plain)
    full = build(Model(name="resnet_blocks", expands="1,2"), 10, 0)
    assert isinstance(full.get_submodule("blocks.0.shortcut"), nn.Identity)
    project = full.get_submodule("blocks.1.shortcut.0")
    assert isinstance(project, nn.Conv2d)
    assert (project.kernel_size, project.stride, project.out_channels) == ((1, 1), (2, 2), 32)
    assert len(batch_norms(full)) == 6
    assert not has_batch_norm(build(Model(name="lenet_rgb", batchnorm=False), 10, 0))


def test_a_block_computes_what_its_definition_says() -> None:
    model = build(Model(name="resnet_blocks", expands="2", activation="silu", base_channels=4), 3, 0).eval()
    block = model.get_submodule("blocks.0")
    x = torch.rand(2, 4, 9, 9)
    silu = nn.functional.silu
    inner = block.get_submodule("bn1")(block.get_submodule("conv1")(x))
    outer = block.get_submodule("bn2")(block.get_submodule("conv2")(silu(inner))) + block.get_submodule("shortcut")(x)
    assert torch.equal(block(x), silu(outer))
    assert block(x).shape == (2, 8, 5, 5)


@pytest.mark.parametrize("expands", ["2,2,2,2,2,2,2", "8,8", ",".join(["1"] * 200)])
def test_strides_never_use_an_image_up(expands: str) -> None:
    with torch.device("meta"):
        model = build(Model(name="resnet_blocks", expands=expands, base_channels=2), 3, 0)
        assert model(torch.rand(2, 3, 16, 16)).shape == (2, 3)


@pytest.mark.parametrize("expands", [",".join(["2"] * 200), "8,8,8,8,8"])
def test_blocks_that_no_memory_holds_are_refused(expands: str) -> None:
    with pytest.raises(Error, match="more than 2,000,000,000 parameters"):
        build(Model(name="resnet_blocks", expands=expands), 3, 0)


# RegNets compute with tensors while they are built, which tensors without content cannot: the small ones stand for all.
@pytest.mark.parametrize(
    "name", [name for name in torchvision_zoo.names() if not re.match(r"regnet_.*(gf|_800mf)$", name)]
)
def test_every_network_of_torchvision_can_be_built_and_trained(name: str) -> None:
    with torch.device("cpu" if name.startswith("regnet") else "meta"):
        model = torchvision_zoo.network(name, 7, dropout=0.3).train()
        assert model(torch.rand(2, 3, 96, 96)).shape == (2, 7)
    last = head(model)
    assert isinstance(last, nn.Linear | nn.Conv2d)
    assert last.weight.shape[0] == 7
    model.load_state_dict(dict(model.state_dict()))  # as a checkpoint comes, without torch's version numbers


@pytest.mark.parametrize("name", SOME)
def test_a_network_of_torchvision_keeps_the_names_of_its_layers(name: str) -> None:
    from torchvision import models

    with torch.device("meta"):
        ours = torchvision_zoo.network(name, 7, dropout=0.3)
        theirs = models.get_model(name, num_classes=7)
    assert {k: v.shape for k, v in ours.state_dict().items()} == {k: v.shape for k, v in theirs.state_dict().items()}


def test_a_network_for_one_size_takes_others() -> None:
    with torch.device("meta"):
        for name in ("torchvision:vit_b_32", "torchvision:maxvit_t"):
            model = build(Model(name=name), 3, 0)
            for side in (40, 224, 300):
                assert model(torch.rand(2, 3, side, side)).shape == (2, 3)


def test_an_unknown_name_is_told_with_its_neighbours() -> None:
    with pytest.raises(Error, match=r"torchvision has no network resnet19\. Near it are .*resnet1"):
        build(Model(name="torchvision:resnet19"), 3, 0)
    for name in ("fcn_resnet50", "ResNet18", "resnet18.a1_in1k", "quantized_resnet18", "get_model"):
        with pytest.raises(Error, match=f"torchvision has no network {name}"):
            build(Model(name=f"torchvision:{name}"), 3, 0)


def test_timm_is_told_to_be_installed_where_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Error, match=r"needs the library timm, which is not installed.*wildset\[zoo\]"):
        build(Model(name="timm:resnet18"), 3, 0)


def test_networks_of_timm() -> None:
    pytest.importorskip("timm", reason="timm is not installed; it is an extra")
    model = build(Model(name="timm:resnet10t"), 7, 0)
    assert head(model) is model.fc
    assert model(torch.rand(2, 3, 48, 48)).shape == (2, 7)
    vit = build(Model(name="timm:vit_tiny_patch16_224"), 7, 0)
    assert vit(torch.rand(2, 3, 48, 48)).shape == (2, 7)
    with pytest.raises(Error, match="more than one last layer"):
        head(build(Model(name="timm:deit_tiny_distilled_patch16_224"), 7, 0))
    assert head(build(Model(name="timm:resnet10t.c3_in1k"), 7, 0)).out_features == 7
    for name in ("resnet_ten", "resnet10t.of_nobody"):
        with pytest.raises(Error, match=f"timm has no network {name}"):
            build(Model(name=f"timm:{name}"), 7, 0)


@pytest.mark.parametrize("name", ["lenet_rgb", "torchvision:vit_b_32", "torchvision:mnasnet0_5"])
def test_a_copy_computes_the_same(name: str) -> None:
    model = build(Model(name=name), 3, 0).eval()
    images = torch.rand(1, 3, 40, 40)
    with torch.inference_mode():
        assert torch.equal(copy.deepcopy(model)(images), model(images))


def test_files_of_families_stand_alone() -> None:
    folder = Path(registry.__file__).parent
    for file in ("lenet", "lenet_rgb", "resnet", "resnet_blocks", "small_cnn", "torchvision_zoo", "timm_zoo"):
        assert "core" not in re.findall(r"^(?:from|import) (\w+)", (folder / f"{file}.py").read_text(), re.MULTILINE)


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


@pytest.mark.parametrize(("ours", "theirs"), [(ResNet18, resnet18), (ResNet34, resnet34)])
def test_resnets_compute_what_torchvisions_do(ours: type[ResNet], theirs: type[nn.Module]) -> None:
    mine, reference = ours(10, 0.2).eval(), theirs(num_classes=10).eval()
    reference.load_state_dict({_torchvision_name(key): value for key, value in mine.state_dict().items()})
    images = torch.rand(3, 3, 96, 96)
    with torch.inference_mode():
        torch.testing.assert_close(mine(images), reference(images))


def test_a_folder_called_as_a_library_is_not_taken_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "timm").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "timm", raising=False)
    importlib.invalidate_caches()
    assert not registry._installed("timm")
