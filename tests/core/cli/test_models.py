import json
import subprocess
import sys

import pytest

from core.cli.main import run
from core.models.registry import MODELS


def test_the_networks_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in told["models"]] == list(MODELS)
    assert {row["name"]: row["parameters"] for row in told["models"]}["resnet18"] == 11_181_642
    assert "mobilenet_v3_small" in told["libraries"]["torchvision"]
    assert run(["models", "--classes", "1"]) == 0
    out = capsys.readouterr().out
    assert f"{11_181_642 - 9 * 513:,}  Eighteen layers" in out
    assert "torchvision:NAME" in out


def test_what_one_costs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "resnet18", "--image", "128"]) == 0
    out = capsys.readouterr().out
    assert "block3.0" in out
    assert "(128 × 256 × 3²) + (256 × 256 × 3²) + (128 × 256)" in out
    assert "11,181,642" in out
    assert "592,188,416 multiply-adds" in out
    assert "435 px" in out


def test_settings_and_recipes_count(capsys: pytest.CaptureFixture[str]) -> None:
    def told(*arguments: str) -> dict[str, object]:
        assert run(["models", *arguments, "--json"]) == 0
        value: dict[str, object] = json.loads(capsys.readouterr().out)
        return value

    lenet = told("--recipe", "mnist-lenet5")
    assert (lenet["network"], lenet["image_size"], lenet["batch_size"]) == ("lenet5", 32, 32)
    assert told("--recipe", "mnist-lenet5", "--batch", "7", "--image", "40")["batch_size"] == 7
    assert told("small_cnn", "--recipe", "mnist-lenet5")["network"] == "small_cnn"
    blocks = told("--model.name", "resnet_blocks", "--model.expands", "1", "--model.batchnorm", "false")
    assert blocks["parameters"] == 3 * 16 * 9 + 16 + 2 * (16 * 16 * 9 + 16) + 17 * 10
    adamw, sgd = told("lenet5"), told("lenet5", "--optim.method", "sgd")
    assert adamw["weight_bytes"] - sgd["weight_bytes"] == 4 * 62_006  # type: ignore[operator]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "model.name is 'nonsense'"),
        (["torchvision:resnet19"], "Near it are resnet18"),
        (["torchvision:vgg11", "--image", "16"], "cannot take images of 16 px"),
        (["lenet5", "--model.transfer", "head"], "start from nothing"),
    ],
)
def test_what_cannot_be_is_told(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", *arguments]) == 1
    assert said in capsys.readouterr().err


def test_help_does_not_wait_for_torch() -> None:
    code = "import sys; from core.cli.main import run; run(['models', '--help']); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
