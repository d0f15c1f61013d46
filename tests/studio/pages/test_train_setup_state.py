"""What the left column of the Train page says, without a window."""

import pytest

from core.events import Progress, RatePoint, Stage
from core.models.capacity import Capacity
from core.recipe import Recipe, change
from studio.pages.train import capacity, finding
from studio.pages.train.devices import AUTOMATIC, DeviceChoice, device_choices
from studio.pages.train.finding import Search
from studio.progress import Pace, fold


def found(**others: object) -> dict[str, object]:
    return {
        "network": "resnet18",
        "classes": 10,
        "image_size": 128,
        "batch_size": 64,
        "rows": [
            {"module": "stem", "formula": "3 × 64 × 3²", "parameters": 1_728, "share": 0.25},
            {"module": "fc", "formula": "512 × 10 + 10", "parameters": 5_130, "share": 0.75},
        ],
        "parameters": 11_181_642,
        "adjusted": 5_130,
        "multiply_adds": 592_188_416,
        "activation_bytes": 2_000_000_000,
        "weight_bytes": 100_000_000,
        "gradient_bytes": 20_000_000,
        "moment_bytes": 40_000_000,
        "receptive_field": 435,
        **others,
    }


def test_the_figures_are_those_of_capacity() -> None:
    assert set(found()) == set(Capacity.__dataclass_fields__)


def test_the_line_counts_two_operations_for_a_multiply_add() -> None:
    assert capacity.line(found()) == "11,181,642 parameters · 1.2 GFLOP · 2.1 GB at batch 64"


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (900, "900 B"), (1000, "1.0 kB"), (9_960, "10 kB"), (128_400_000, "128 MB"), (999_700_000, "1.0 GB")],
)
def test_sizes_have_two_digits_or_more(count: int, said: str) -> None:
    assert capacity.size(count) == said


def test_memory_is_told_by_part_and_adds_up() -> None:
    told = dict(capacity.memory_facts(found()))
    assert told == {
        "Weights": "40 MB",
        "Gradients": "20 MB",
        "Optimizer": "40 MB",
        "Activations": "2.0 GB",
        "Together, about": "2.1 GB",
    }
    assert capacity.memory_head(found(), automatic=False) == "Memory at batch 64"
    assert capacity.memory_head(found(), automatic=True) == "Memory at batch 64, if that is chosen"
    assert dict(capacity.network_facts(found(receptive_field=None)))["Receptive field"] == "any place"


def test_what_is_copied_is_a_table_with_tabs() -> None:
    lines = capacity.as_text(found(), automatic=False).splitlines()
    assert lines[0] == "resnet18 for 10 classes and images of 128 px"
    assert lines[2] == "stem\t3 × 64 × 3²\t1728\t25.0 %"
    assert lines[4] == "together\t\t11181642\t100.0 %"
    assert lines[-1] == "Together, about\t2.1 GB"


def test_only_what_changes_the_cost_asks_again() -> None:
    asked = capacity.question(Recipe(), 10)
    assert capacity.question(change(Recipe(), {"optim.learning_rate": 0.1, "name": "x"}), 10) == asked
    for changes in ({"model.dropout": 0.3}, {"data.image_size": 32}, {"optim.method": "sgd"}, {"optim.batch_size": 8}):
        assert capacity.question(change(Recipe(), changes), 10) != asked
    assert capacity.question(Recipe(), 3) != asked
    assert capacity.question(change(Recipe(), {"optim.batch_size": 0}), 0)["batch_size"] == 64
    assert capacity.question(Recipe(), 0)["classes"] == 2


def test_devices_that_are_not_offered_say_why_and_checked_ones_how() -> None:
    (waiting,) = device_choices(None)
    assert (waiting.name, waiting.title) == (AUTOMATIC, "Checking devices…")
    lines = device_choices(
        {
            "devices": [
                {"name": "cuda", "title": "NVIDIA GPU", "offered": False, "reason": "the driver is too old."},
                {"name": "cpu", "title": "CPU, 2 threads", "offered": True, "reason": ""},
            ],
            "checks": [{"device": "cpu", "verdict": "cpu agrees with itself."}],
        }
    )
    assert lines == (
        DeviceChoice(AUTOMATIC, "Automatic", True, "The fastest of those that can be used: CPU, 2 threads."),
        DeviceChoice("cuda", "NVIDIA GPU", False, "Not offered: the driver is too old."),
        DeviceChoice("cpu", "CPU, 2 threads", True, "cpu agrees with itself."),
    )
    assert device_choices({})[0].note == "The fastest that can be used."


def test_a_search_keeps_its_points_and_chooses_what_is_suggested() -> None:
    search = Search()
    for event in (Stage(title="Trying"), RatePoint(rate=1e-4, loss=2.3), RatePoint(rate=1e-3, loss=None)):
        search = finding.heard(search, event)
    assert (search.rates, search.losses) == ((1e-4, 1e-3), (2.3, None))
    done = finding.finished(search, {"rate": 0.0024321, "reason": "A third of 0.0073."})
    assert (done.suggested, done.chosen) == (0.0024, 0.0024)
    chosen = finding.choose(search, 0.0317)
    assert finding.finished(chosen, {"rate": 0.0024, "reason": ""}).chosen == 0.032
    assert finding.result_line(done) == "Suggested: 0.0024. A third of 0.0073."
    assert finding.result_line(search) == ""


def test_how_far_a_search_is() -> None:
    pace = Pace("Finding the learning rate")
    assert finding.running_line(pace, stopping=False) == "Starting"
    pace = fold(fold(pace, Stage(title="Trying", total=100), 0.0), Progress(done=40, total=100), 4.0)
    assert finding.running_line(pace, stopping=False) == "Trying, 40 % · 6 s left"
    assert finding.running_line(pace, stopping=True) == "Stopping"
