import copy
import pickle
import urllib.error
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision import models

from core.errors import Error
from core.models import transfer, weights
from core.models.registry import batch_norms, build, head
from core.recipe import Model

SMALL = {"name": "resnet_blocks", "base_channels": 4, "expands": "1,2"}


def saved(path: Path, classes: int = 5, **model: Any) -> dict[str, torch.Tensor]:
    """The weights of a network with other first weights, written to `path`."""
    state = build(Model(**{**SMALL, **model}), classes, seed=9).state_dict()
    if path.suffix == ".safetensors":
        save_file(state, path)
    else:
        torch.save(state, path)
    return state


def loaded(path: Path | str, classes: int = 5, **model: Any) -> nn.Module:
    chosen = Model(**{**SMALL, **model, "weights": str(path)})
    module = build(chosen, classes, seed=0)
    transfer.load_first(module, chosen)
    return module


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_no_weights_leave_the_network_as_it_is() -> None:
    module = build(Model(), 5, seed=0)
    before = copy.deepcopy(module.state_dict())
    transfer.load_first(module, Model())
    assert same(module.state_dict(), before)


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth", "w.PT"])
def test_weights_of_a_file_are_taken(tmp_path: Path, name: str) -> None:
    state = saved(tmp_path / name)
    assert same(loaded(tmp_path / name).state_dict(), state)


def test_a_runs_checkpoint_is_taken_without_its_optimizer(tmp_path: Path) -> None:
    state = build(Model(**SMALL), 5, seed=9).state_dict()
    tensors = {f"model.{name}": tensor for name, tensor in state.items()} | {"optimizer.fc.bias.exp_avg": torch.ones(5)}
    save_file(tensors, tmp_path / "best.safetensors", metadata={"wildset-checkpoint": "{}"})
    assert same(loaded(tmp_path / "best.safetensors").state_dict(), state)


def test_a_last_layer_of_another_shape_stays_new_and_all_else_is_taken(tmp_path: Path) -> None:
    state = saved(tmp_path / "w.pth", classes=1000)
    found = loaded(tmp_path / "w.pth").state_dict()
    new = build(Model(**SMALL), 5, seed=0).state_dict()
    for name in found:
        assert torch.equal(found[name], (new if name.startswith("fc.") else state)[name])


def test_weights_without_a_last_layer_and_without_counts_are_taken(tmp_path: Path) -> None:
    state = saved(tmp_path / "w.pth")
    kept = {k: v for k, v in state.items() if not k.startswith("fc.") and "num_batches" not in k}
    torch.save(kept, tmp_path / "body.pth")
    found = loaded(tmp_path / "body.pth").state_dict()
    assert all(torch.equal(found[name], tensor) for name, tensor in kept.items())


@pytest.mark.parametrize("inner", ["state_dict", "model_state_dict", "model"])
def test_weights_beside_other_things_and_of_a_wrapped_network_are_taken(tmp_path: Path, inner: str) -> None:
    state = saved(tmp_path / "w.pth")
    wrapped = {inner: {f"module.{name}": tensor for name, tensor in state.items()}, "epoch": 3}
    torch.save(wrapped, tmp_path / "script.pth")
    assert same(loaded(tmp_path / "script.pth").state_dict(), state)


def test_weights_of_another_network_are_refused_by_their_first_layer_that_does_not_fit(tmp_path: Path) -> None:
    saved(tmp_path / "wide.pth", base_channels=8)
    with pytest.raises(Error, match=r"layer0.weight is 8 × 3 × 3 × 3 in wide.pth and 4 × 3 × 3 × 3 in the network"):
        loaded(tmp_path / "wide.pth")
    saved(tmp_path / "long.pth", expands="1,2,1")
    with pytest.raises(Error, match=r"long.pth has blocks.2.conv1.weight, which the network lacks"):
        loaded(tmp_path / "long.pth")
    with pytest.raises(Error, match=r"wide.pth lacks conv1.weight"):
        loaded(tmp_path / "wide.pth", name="lenet5")


def test_refused_weights_leave_the_network_as_it_is(tmp_path: Path) -> None:
    saved(tmp_path / "long.pth", expands="1,2,1")
    chosen = Model(**{**SMALL, "weights": str(tmp_path / "long.pth")})
    module = build(chosen, 5, seed=0)
    before = copy.deepcopy(module.state_dict())
    with pytest.raises(Error):
        transfer.load_first(module, chosen)
    assert same(module.state_dict(), before)


class Harmful:
    """What unpickling would make a file of."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("how", ["torch", "pickle"])
def test_a_file_that_would_execute_code_is_refused_and_does_not(tmp_path: Path, how: str) -> None:
    mark, path = tmp_path / "mark", tmp_path / "w.pth"
    if how == "torch":
        torch.save({"fc.weight": Harmful(mark)}, path)
    else:
        path.write_bytes(pickle.dumps({"fc.weight": Harmful(mark)}))
    said = {"torch": "holds code besides weights and is not opened", "pickle": "cannot be read as weights"}
    with pytest.raises(Error, match=f"^w.pth {said[how]}"):
        loaded(path)
    assert not mark.exists()


def test_a_whole_network_and_a_script_are_refused(tmp_path: Path) -> None:
    torch.save(build(Model(), 5, 0), tmp_path / "network.pt")
    with pytest.raises(Error, match=r"network.pt holds code"):
        loaded(tmp_path / "network.pt")
    with pytest.warns(FutureWarning, match="deprecated"):
        torch.jit.save(torch.jit.script(nn.Linear(2, 2)), tmp_path / "script.pt")
    with pytest.raises(Error, match=r"script.pt holds code"):
        loaded(tmp_path / "script.pt")


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth"])
@pytest.mark.parametrize("keep", [0, 7, 0.5, 0.99])
def test_a_file_cut_short_is_refused(tmp_path: Path, name: str, keep: float) -> None:
    saved(tmp_path / name)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: keep if isinstance(keep, int) else int(keep * len(data))])
    with pytest.raises(Error, match=rf"{name} cannot be read as weights: [^\n]+$"):
        loaded(tmp_path / name)


@pytest.mark.parametrize("content", [[1, 2], {}, {1: torch.ones(2)}, "text", torch.ones(3)])
def test_a_file_without_weights_is_refused(tmp_path: Path, content: Any) -> None:
    torch.save(content, tmp_path / "w.pth")
    with pytest.raises(Error, match=r"w.pth holds no weights"):
        loaded(tmp_path / "w.pth")


def test_files_of_other_kinds_are_refused(tmp_path: Path) -> None:
    (tmp_path / "w.onnx").write_bytes(b"")
    (tmp_path / "text.pth").write_text("these are no weights")
    torch.save({"fc.weight": torch.ones(2), "epoch": 3}, tmp_path / "mixed.pth")
    for name, said in (
        ("w.onnx", "w.onnx is no file of weights"),
        ("text.pth", "text.pth cannot be read as weights"),
        ("mixed.pth", "mixed.pth holds epoch, which is no tensor"),
        ("none.pth", "There is no file of weights"),
        (".", "There is no file of weights"),
    ):
        with pytest.raises(Error, match=said):
            loaded(tmp_path / name)


def test_our_own_networks_have_no_published_weights() -> None:
    with pytest.raises(Error, match="There are no published weights of resnet_blocks"):
        loaded("default")


def test_published_weights_offline_are_told_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    def offline(*args: object, **kwargs: object) -> None:
        raise urllib.error.URLError("Temporary failure in name resolution")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "urlopen", offline)
    with pytest.raises(Error) as told:
        loaded("default", name="torchvision:resnet18")
    assert told.value.title == "The weights of resnet18 could not be fetched: Temporary failure in name resolution."
    url = models.get_model_weights("resnet18").DEFAULT.url
    assert told.value.hint == f"Download {url} on another machine and name the file in model.weights."
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def published(tmp_path: Path, name: str, weights_of: nn.Module) -> None:
    """Put weights where torchvision's loader keeps what it has fetched before."""
    file = models.get_model_weights(name).DEFAULT.url.rpartition("/")[2]
    (tmp_path / "hub" / "checkpoints").mkdir(parents=True)
    torch.save(weights_of.state_dict(), tmp_path / "hub" / "checkpoints" / file)


def test_published_weights_are_taken_with_a_new_last_layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    theirs = models.mobilenet_v3_small()
    published(tmp_path, "mobilenet_v3_small", theirs)
    module = loaded("default", name="torchvision:mobilenet_v3_small")
    for name, tensor in theirs.state_dict().items():
        if name.startswith("classifier.3."):
            assert module.state_dict()[name].shape[0] == 5
        else:
            assert torch.equal(module.state_dict()[name], tensor)


def test_published_weights_of_auxiliary_outputs_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    theirs = models.googlenet(init_weights=False, aux_logits=True)
    published(tmp_path, "googlenet", theirs)
    module = loaded("default", name="torchvision:googlenet")
    assert torch.equal(module.state_dict()["conv1.conv.weight"], theirs.conv1.conv.weight)
    images = torch.rand(2, 3, 64, 64)
    theirs.fc, theirs.transform_input = module.fc, True
    with torch.inference_mode():
        assert torch.equal(module.eval()(images), theirs.eval()(images))


def test_older_names_of_layers_are_understood(tmp_path: Path) -> None:
    state = build(Model(name="torchvision:densenet121"), 5, 9).state_dict()
    old = {k.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."): v for k, v in state.items()}
    torch.save(old, tmp_path / "densenet.pth")
    assert same(loaded(tmp_path / "densenet.pth", name="torchvision:densenet121").state_dict(), state)


def test_timms_weights_offline_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    timm = pytest.importorskip("timm", reason="timm is not installed; it is an extra")

    def offline(name: str, pretrained: bool = False, **kwargs: object) -> None:
        raise ConnectionError("no route")

    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.raises(Error, match=r"The weights of resnet18 could not be fetched: ConnectionError"):
        weights.published("timm:resnet18")


def adjusted(module: nn.Module) -> set[str]:
    return {name for name, parameter in module.named_parameters() if parameter.requires_grad}


@pytest.mark.parametrize("name", ["small_cnn", "lenet5", "torchvision:mobilenet_v3_small", "torchvision:squeezenet1_1"])
def test_all_is_adjusted_alike_unless_told_otherwise(name: str) -> None:
    module = build(Model(name=name), 5, 0)
    (part,) = transfer.parts(module, Model(name=name))
    assert part.rate == 1
    assert part.names == [name for name, _ in module.named_parameters()]
    assert [id(p) for p in part.parameters] == [id(p) for p in module.parameters()]
    assert adjusted(module) == set(part.names)


def test_the_backbone_has_a_rate_of_its_own() -> None:
    chosen = Model(**SMALL, backbone_rate=0.1)
    module = build(chosen, 5, 0)
    backbone, last = transfer.parts(module, chosen)
    assert (backbone.rate, last.rate) == (0.1, 1.0)
    assert last.names == ["fc.weight", "fc.bias"]
    assert set(backbone.names) | set(last.names) == adjusted(module) == dict(module.named_parameters()).keys()


@pytest.mark.parametrize("name", ["resnet_blocks", "torchvision:mobilenet_v3_small"])
def test_the_last_layer_alone_or_with_batch_normalisation(name: str) -> None:
    chosen = Model(name=name, weights="w.pth", transfer="head", backbone_rate=0.5)
    module = build(chosen, 5, 0)
    (last,) = transfer.parts(module, chosen)
    assert [id(p) for p in last.parameters] == [id(p) for p in head(module).parameters()]
    assert last.rate == 1
    assert adjusted(module) == set(last.names)
    norms, again = transfer.parts(module, chosen.model_copy(update={"transfer": "head_and_norms"}))
    assert again.names == last.names
    assert norms.rate == 0.5
    assert {id(p) for p in norms.parameters} == {id(p) for layer in batch_norms(module) for p in layer.parameters()}
    assert adjusted(module) == {*norms.names, *again.names}


def test_a_frozen_backbone_that_starts_from_nothing_is_refused() -> None:
    with pytest.raises(Error, match="the layers before start from nothing"):
        transfer.parts(build(Model(), 5, 0), Model(transfer="head"))


@pytest.mark.parametrize("mode", ["everything", "head_and_norms", "head"])
def test_what_a_step_changes(mode: str) -> None:
    chosen = Model(**{**SMALL, "weights": "w.pth", "transfer": mode})
    module = build(chosen, 5, 0)
    adjusting = [{"params": part.parameters, "lr": 0.1 * part.rate} for part in transfer.parts(module, chosen)]
    optimizer = torch.optim.SGD(adjusting)
    before = copy.deepcopy(module.state_dict())
    transfer.train_mode(module, chosen)
    nn.functional.cross_entropy(module(torch.rand(4, 3, 16, 16)), torch.arange(4)).backward()
    optimizer.step()
    changed = {name for name, tensor in module.state_dict().items() if not torch.equal(tensor, before[name])}
    statistics = {name for name in before if "running" in name or "num_batches" in name}
    assert (changed & statistics == statistics) == (mode != "head")
    kinds = {name.rpartition(".")[0].rpartition(".")[2] for name in changed - statistics}
    assert ("conv1" in kinds) == (mode == "everything")
    assert ("bn1" in kinds) == (mode != "head")
    assert "fc" in kinds
    assert module.training
