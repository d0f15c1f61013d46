"""The settings of a recipe as options: grouped in the help, and told where they change nothing."""

import pytest

from core.cli.choices import chosen_recipe
from core.cli.main import run as command_line


@pytest.mark.parametrize("command", [["train"], ["find-rate"], ["queue", "add"]])
def test_help_lists_settings_by_groups_after_the_options(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line([*command, "--help"]) == 0
    text = capsys.readouterr().out
    headings = [
        "\nOptions:\n",
        "\nRun:\n",
        "\nData:\n",
        "\nModel:\n",
        "\nOptimizer:\n",
        "\nSchedule:\n",
        "\nComputing:\n",
    ]
    places = [text.index(heading) for heading in headings]
    assert places == sorted(places)
    assert text.index("--json") < text.index("\nRun:\n")
    assert text.count("--optim.momentum") == 1


def test_help_says_what_a_setting_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["train", "--help"]) == 0
    words = " ".join(capsys.readouterr().out.split())
    assert "Share of the last step that goes on. Only with optim.method sgd. [0.9]" in words
    assert "Only with model.name lenet_rgb or resnet_blocks." in words
    assert "Only with schedule.shape cosine, constant, step or exponential." in words


def test_settings_without_what_they_need_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    chosen_recipe(None, {"optim__nesterov": True, "schedule__rise": 0.2})
    told = capsys.readouterr().err
    assert "--optim.nesterov matters only with optim.method sgd; here it is adamw.\n" in told
    assert "--schedule.rise matters only with schedule.shape one_cycle; here it is cosine.\n" in told
    chosen_recipe(None, {"optim__nesterov": True, "optim__method": "sgd"})
    assert capsys.readouterr().err == ""
