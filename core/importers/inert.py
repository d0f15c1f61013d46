"""Pickles read as plain data, without running anything that they ask for.

Python's own unpickler calls whatever a file names. This reader knows only the opcodes that build dicts, lists, tuples,
text, bytes and numbers, and of what a file may name only the few functions with which numpy and Python 2 write arrays
and bytes, which it imitates. Everything else is refused. The opcodes: Python's pickletools.
"""

import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_BYTES = 1 << 30


class Refused(Exception):
    """A pickle that is damaged or asks for more than plain data; the message is a clause such as "it is cut off"."""


@dataclass
class _Array:
    """An array of numpy before its contents are known."""

    state: Any = None


class _Kind:
    """numpy's description of the numbers in an array, which are unsigned bytes."""


@dataclass
class _Machine:
    """The stack that the opcodes of a pickle work on."""

    stack: list[Any] = field(default_factory=list)
    marks: list[list[Any]] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def since_mark(self) -> list[Any]:
        items = self.stack
        self.stack = self.marks.pop()
        return items

    def pop(self) -> Any:
        return self.stack.pop()


def loads(data: bytes) -> Any:
    """What a pickle holds: text stays text, bytes bytes; arrays are uint8. Raises `Refused`."""
    machine = _Machine()
    try:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name == "STOP":
                return _finished(machine.pop())
            if opcode.name not in _OPCODES:
                raise Refused(f"it asks for {opcode.name}, which plain data does not need")
            _OPCODES[opcode.name](machine, argument)
    except (IndexError, KeyError, TypeError, AttributeError) as problem:
        raise Refused("it is damaged") from problem
    except (ValueError, OverflowError) as problem:
        raise Refused("it is cut off or damaged") from problem
    raise Refused("it is cut off")


def _finished(value: Any) -> Any:
    """`value` with the arrays in it made; they occur only as values of the outermost dict, list or tuple."""
    if isinstance(value, dict):
        return {key: _array(item) if isinstance(item, _Array) else item for key, item in value.items()}
    return _array(value) if isinstance(value, _Array) else value


def _array(inert: _Array) -> NDArray[np.uint8]:
    _, shape, kind, by_column, content = inert.state
    content = content.encode("latin-1") if isinstance(content, str) else content
    if not isinstance(kind, _Kind):
        raise Refused("it is damaged")
    return np.frombuffer(content, np.uint8).reshape(shape, order="F" if by_column else "C")


# What files may name, and what is done instead of calling it.
_NAMES = {
    "numpy.core.multiarray _reconstruct": "array",
    "numpy._core.multiarray _reconstruct": "array",
    "numpy ndarray": "ndarray",
    "numpy dtype": "kind",
    "_codecs encode": "encode",
    "__builtin__ bytes": "bytes",
    "builtins bytes": "bytes",
}


@dataclass(frozen=True)
class _Name:
    meaning: str


def _named(text: str) -> _Name:
    if text not in _NAMES:
        raise Refused(f"it asks for “{text.replace(' ', '.')}”, which is never run")
    return _Name(_NAMES[text])


def _reduce(machine: _Machine, _: Any) -> None:
    arguments, name = machine.pop(), machine.pop()
    machine.stack.append(_instead(name, arguments))


def _instead(name: Any, arguments: Any) -> Any:
    """What calling `name` would have made."""
    if not isinstance(name, _Name) or not isinstance(arguments, tuple):
        raise Refused("it calls what is no function")
    match name.meaning, arguments:
        case "array", (_Name("ndarray"), *_):
            return _Array()
        case "kind", (str(kind), *_):
            return _kind(kind)
        case "kind", (bytes(kind), *_):
            return _kind(kind.decode("latin-1"))
        case "encode", (str(text), "latin1" | "latin-1"):
            return text.encode("latin-1")
        case "bytes", ():
            return b""
    raise Refused("it calls a function with unusual arguments")


def _kind(name: str) -> _Kind:
    if name not in ("u1", "|u1"):
        raise Refused("it holds an array of other numbers than unsigned bytes")
    return _Kind()


def _build(machine: _Machine, _: Any) -> None:
    state, target = machine.pop(), machine.stack[-1]
    if isinstance(target, _Array):
        target.state = state
    elif not (isinstance(target, _Kind) and state[1] in ("|", b"|")):
        raise Refused("it changes what is no array")


def _memoize(machine: _Machine, _: Any) -> None:
    machine.memo[len(machine.memo)] = machine.stack[-1]


def _remember(machine: _Machine, number: int) -> None:
    machine.memo[number] = machine.stack[-1]


def _recall(machine: _Machine, number: int) -> None:
    machine.stack.append(machine.memo[number])


def _mark(machine: _Machine, _: Any) -> None:
    machine.marks.append(machine.stack)
    machine.stack = []


def _append(machine: _Machine, _: Any) -> None:
    item = machine.pop()
    _extend(machine, [item])


def _appends(machine: _Machine, _: Any) -> None:
    _extend(machine, machine.since_mark())


def _extend(machine: _Machine, items: list[Any]) -> None:
    target = machine.stack[-1]
    if not isinstance(target, list):
        raise Refused("it adds to what is no list")
    target.extend(items)


def _setitem(machine: _Machine, _: Any) -> None:
    value, key = machine.pop(), machine.pop()
    _update(machine, [key, value])


def _setitems(machine: _Machine, _: Any) -> None:
    _update(machine, machine.since_mark())


def _update(machine: _Machine, items: list[Any]) -> None:
    target = machine.stack[-1]
    if not isinstance(target, dict):
        raise Refused("it adds to what is no dict")
    target.update(_pairs(items))


def _pairs(items: list[Any]) -> dict[Any, Any]:
    # Python overflows its stack, and ends, when it looks up a tuple in a tuple in a tuple and so on.
    if not all(isinstance(key, (str, bytes, int)) for key in items[::2]):
        raise Refused("it has keys other than text and numbers")
    return dict(zip(items[::2], items[1::2], strict=True))


def _stack_global(machine: _Machine, _: Any) -> None:
    name, module = machine.pop(), machine.pop()
    machine.stack.append(_named(f"{module} {name}"))


def _dict(machine: _Machine, _: Any) -> None:
    items = machine.since_mark()
    machine.stack.append(_pairs(items))


def _list(machine: _Machine, _: Any) -> None:
    items = machine.since_mark()  # which changes the stack that the list goes to
    machine.stack.append(items)


def _tuple(machine: _Machine, _: Any) -> None:
    items = machine.since_mark()
    machine.stack.append(tuple(items))


def _value(machine: _Machine, argument: Any) -> None:
    machine.stack.append(argument)


def _nothing(machine: _Machine, _: Any) -> None:
    """Opcodes that say only how the file is laid out."""


def _constant(make: Callable[[], Any]) -> Callable[[_Machine, Any], None]:
    return lambda machine, _: machine.stack.append(make())


def _tuple_of(count: int) -> Callable[[_Machine, Any], None]:
    def gather(machine: _Machine, _: Any) -> None:
        items = [machine.pop() for _ in range(count)]
        machine.stack.append(tuple(items[::-1]))

    return gather


_OPCODES: dict[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(("PROTO", "FRAME"), _nothing),
    **dict.fromkeys(("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"), _value),
    **dict.fromkeys(("STRING", "BINSTRING", "SHORT_BINSTRING"), _value),
    **dict.fromkeys(("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"), _value),
    **dict.fromkeys(("BINBYTES", "SHORT_BINBYTES", "BINBYTES8"), _value),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _remember),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _recall),
    "NONE": _constant(lambda: None),
    "NEWTRUE": _constant(lambda: True),
    "NEWFALSE": _constant(lambda: False),
    "EMPTY_DICT": _constant(dict),
    "EMPTY_LIST": _constant(list),
    "EMPTY_TUPLE": _constant(tuple),
    "MARK": _mark,
    "MEMOIZE": _memoize,
    "APPEND": _append,
    "APPENDS": _appends,
    "SETITEM": _setitem,
    "SETITEMS": _setitems,
    "LIST": _list,
    "DICT": _dict,
    "TUPLE": _tuple,
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "GLOBAL": lambda machine, name: machine.stack.append(_named(name)),
    "STACK_GLOBAL": _stack_global,
    "REDUCE": _reduce,
    "BUILD": _build,
}
