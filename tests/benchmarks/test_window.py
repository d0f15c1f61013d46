"""What the heart of the window's benchmark tells of its beats. No timing is tested."""

from benchmarks.heart import Stall, summary, told


def test_a_stall_is_told_apart_into_work_and_waits() -> None:
    quiet = [Stall(n / 200, "watching", 0.0, 0.1, 0.0) for n in range(98)]
    own = Stall(1.0, "labelling", 40.0, 38.0, 1.0)
    queued = Stall(2.0, "watching", 60.0, 2.0, 57.0, 3.0, ("page/view.py:3 < page/view.py:9",))
    found = summary([*quiet, own, queued])
    assert (found["beats"], found["p50_ms"], found["p99_ms"], found["max_ms"]) == (100, 0.0, 60.0, 60.0)
    assert (found["own_max_ms"], found["queued_max_ms"]) == (38.0, 57.0)
    assert (found["over_33"], found["over_50"]) == (2, 1)
    assert told(queued).splitlines() == [
        "   60 ms  watching: worked 2, waited 57 for a core, 3 of garbage collection",
        "          page/view.py:3 < page/view.py:9",
    ]


def test_a_machine_that_does_not_tell_its_queue_leaves_it_out() -> None:
    found = summary([Stall(0.0, "watching", 1.0, 0.5, None)])
    assert found["queued_p99_ms"] is None
    assert "core" not in told(Stall(0.0, "watching", 1.0, 0.5, None))
