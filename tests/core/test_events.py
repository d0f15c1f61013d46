import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import events


@pytest.mark.parametrize(
    "event",
    [
        events.Stage(title="Reading images", total=12),
        events.Progress(done=3, total=None),
        events.Skipped(name="caf\udce9.png".encode("utf-8", "replace").decode(), reason="It is empty."),
        events.EpochEnded(
            epoch=1,
            train_loss=0.5,
            train_accuracy=0.9,
            val_loss=None,
            val_accuracy=None,
            by_class={"0": 0.5},
            by_source={"meter": 1.0},
            best=True,
        ),
        events.Sampled(epoch=3, ids=[7, -1], digests=["00ff", "12ab"]),
        events.Finished(result={"added": 3, "names": ["a", "ü", "caf\udce9"]}),  # a path with a byte that is no UTF-8
        events.Failed(title="No.", bug=True),
    ],
)
def test_an_event_survives_its_line(event: events.Event) -> None:
    line = events.encode(event)
    assert "\n" not in line
    assert line.isascii()
    assert events.decode(line) == event


def test_every_kind_can_be_decoded() -> None:
    kinds = [kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, events.Event)]
    assert set(events.KINDS.values()) == set(kinds) - {events.Event}


def test_what_is_no_number_becomes_null() -> None:
    line = events.encode(events.Step(epoch=0, step=1, loss=math.nan, learning_rate=0.1, images_per_second=math.inf))
    assert json.loads(line)["loss"] is None
    decoded = events.decode(line)
    assert isinstance(decoded, events.Step)
    assert decoded.loss is None


def test_fields_of_a_newer_program_are_ignored() -> None:
    assert events.decode('{"event": "Progress", "done": 1, "total": 2, "mood": "good"}') == events.Progress(
        done=1, total=2
    )


@given(st.one_of(st.text(), st.sampled_from(["[]", "1", "null", '{"event": "Nope"}', '{"event": "Stage"}', "{"])))
def test_a_torn_line_is_no_event(line: str) -> None:
    assert events.decode(line) is None


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "Progress", "done": "one"}',
        '{"event": "Stage", "title": null}',
        '{"event": "RunEnded", "run": "00", "status": "completed", "best_epoch": "z", "best_accuracy": 0.5}',
        '{"event": "Finished", "result": [1]}',
    ],
)
def test_values_of_another_type_are_no_event(line: str) -> None:
    assert events.decode(line) is None
