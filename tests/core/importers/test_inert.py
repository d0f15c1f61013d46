"""Reading pickles without running them."""

import contextlib
import os
import pickle
import pickletools
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.importers.inert import Refused, loads

ARRAY = np.arange(12, dtype=np.uint8).reshape(3, 4)


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4])
@pytest.mark.parametrize(
    "value",
    [
        {},
        {"a": [1, -2, 300, 70_000, 1 << 40, 1.5], b"b": (None, True, False), "nested": {"c": [{}, (), []]}},
        {"twice": [["x"] * 3] * 2, "bytes": [b"", b"\xff\x00"], 7: "caf\u00e9"},
        list(range(5000)),
        (1,),
        "text",
    ],
)
def test_plain_data_is_what_it_was(value: object, protocol: int) -> None:
    assert loads(pickle.dumps(value, protocol)) == value


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("array", [ARRAY, np.asfortranarray(ARRAY), ARRAY[:0]])
def test_arrays_of_bytes(array: Any, protocol: int) -> None:
    held = loads(pickle.dumps({"data": array, b"same": array}, protocol))
    assert np.array_equal(held["data"], array)
    assert np.array_equal(held[b"same"], array)


def test_python_2_text() -> None:
    assert loads(b"\x80\x02}(U\x01aU\x02\xe9\xffS'b'\nT\x03\x00\x00\x00xyzu.") == {"a": "\xe9\xff", "b": "xyz"}


class Evil:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_what_asks_to_run_something_is_refused(tmp_path: Path, protocol: int) -> None:
    mark = tmp_path / "it ran"
    with pytest.raises(Refused, match="which is never run"):
        loads(pickle.dumps({"data": [Evil(mark)]}, protocol))
    assert not mark.exists()


@pytest.mark.parametrize(
    ("evil", "reason"),
    [
        (b"cos\nsystem\n(S'touch MARK'\ntR.", "“os.system”, which is never run"),
        (b"(S'touch MARK'\nios\nsystem\n.", "INST"),
        (b"(cos\nsystem\nS'touch MARK'\no.", "OBJ|os.system"),
        (b"(cnumpy\nndarray\nS'x'\no.", "OBJ"),
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x0atouch MARK\x85R.", "os.system"),
        (b"\x80\x04\x8c\x0fbuiltins\nsystem\x8c\x04eval\x93.", "never run"),
        (b"cnumpy\nndarray\n)R.", "unusual arguments"),
        (b"c_codecs\nencode\n(V\xc4\x80\nS'utf-8'\ntR.", "unusual arguments"),
        (b"cnumpy\nndarray\n)\x81.", "NEWOBJ"),
        (b"S'a'\n)R.", "calls what is no function"),
        (b"}}b.", "changes what is no array"),
        (b"cnumpy\nndarray\n}b.", "changes what is no array"),
        (b"\x80\x02\x82\x01.", "EXT1"),
        (b"Pid\n.", "PERSID"),
        (b"S'id'\nQ.", "BINPERSID"),
        (b"}S'a'\na.", "adds to what is no list"),
        (b"]S'a'\nS'b'\ns.", "adds to what is no dict"),
        (b"})S'b'\ns.", "keys other than"),
        (b"0.", "POP"),
    ],
)
def test_every_other_way_is_refused_too(tmp_path: Path, evil: bytes, reason: str) -> None:
    mark = tmp_path / "it ran"
    with pytest.raises(Refused, match=reason):
        loads(evil.replace(b"MARK", os.fsencode(mark)))
    assert not mark.exists()


@pytest.mark.parametrize("array", [np.zeros((2, 2), np.uint16), np.zeros(2), np.array(["a"]), np.array([{}])])
def test_arrays_of_anything_else_are_refused(array: Any) -> None:
    with pytest.raises(Refused):
        loads(pickle.dumps({"data": array}, 2))


def test_a_shape_that_does_not_fit_is_refused() -> None:
    data = pickle.dumps(ARRAY, 2)
    with pytest.raises(Refused, match="damaged"):
        loads(data.replace(b"K\x03K\x04\x86", b"K\x03K\x05\x86"))


def test_a_deep_nest_does_not_end_the_program() -> None:
    depth = 200_000
    assert isinstance(loads(b")" + b"\x85" * depth + b"."), tuple)
    with pytest.raises(Refused, match="keys other than"):
        loads(b"})" + b"\x85" * depth + b"K\x01s.")


def test_every_truncation_is_told() -> None:
    for protocol in (0, 2, 4):
        data = pickle.dumps({"labels": [1, 2, 300], "data": ARRAY}, protocol)
        for end in range(len(data)):
            with pytest.raises(Refused):
                loads(data[:end])


def test_random_damage_gives_data_or_a_reason() -> None:
    chance = random.Random(0)
    sound = [pickle.dumps({"labels": [1, 2, 300], "data": ARRAY, "x": "text"}, protocol) for protocol in (0, 1, 2, 4)]
    for _ in range(3000):
        data = bytearray(chance.choice(sound))
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with contextlib.suppress(Refused):
            loads(bytes(data))


_CODES = [opcode.code.encode("latin-1") for opcode in pickletools.opcodes]


@settings(max_examples=300)
@given(st.lists(st.one_of(st.sampled_from(_CODES), st.binary(max_size=6)), max_size=30).map(b"".join))
def test_random_opcodes_give_data_or_a_reason(data: bytes) -> None:
    with contextlib.suppress(Refused):
        loads(data)
