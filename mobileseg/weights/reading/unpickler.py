"""A pickle without its powers, run by a machine of its own.

Not by ``pickle.Unpickler`` with other names for everything: that numbers objects as a file tells it to, in as much memory, and
hashes what a file nests, as deep as that is. Here no name is looked up, nothing is called but ``FUNCTIONS``, and no more is kept than
the file holds.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from typing import IO, Any

from mobileseg.weights.reading.functions import FUNCTIONS, constant, set_item
from mobileseg.weights.reading.inert import Inert, Name, check_name
from mobileseg.weights.reading.numpy_values import Array, DType

RENAMED = {"__builtin__": "builtins", "copy_reg": "copyreg"}  # of Python 2
INSIDE = "torch.storage._load_from_bytes"
# Opcodes that push what they say, or a new container.
VALUES = frozenset(
    ["INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING", "BINSTRING", "SHORT_BINSTRING",
     "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"]
)  # fmt: skip
NEW: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None, "NEWTRUE": lambda: True, "NEWFALSE": lambda: False, "EMPTY_TUPLE": lambda: (),
    "EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_SET": list,
}  # fmt: skip
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
PUTS, GETS = frozenset(["PUT", "BINPUT", "LONG_BINPUT"]), frozenset(["GET", "BINGET", "LONG_BINGET"])
Reference = Callable[[tuple[Any, ...]], Any]


class Unpickler:
    """``reference`` gives what a persistent id stands for, ``inside`` what bytes of ``torch.save`` inside the pickle hold. ``unknown``:
    the names that were met and are not known here."""

    def __init__(self, reference: Reference, inside: Callable[[Any], Any] = lambda content: None) -> None:
        self._reference, self._inside = reference, inside
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []  # the stacks below each mark
        self._memo: dict[int, Any] = {}
        self._unknown: dict[str, None] = {}

    @property
    def unknown(self) -> tuple[str, ...]:
        return tuple(self._unknown)

    def load(self, stream: IO[bytes]) -> Any:
        """The next pickle in ``stream``. Raises ``ActingNameError``, and nearly any other exception for a damaged one."""
        for opcode, argument, _ in pickletools.genops(stream):
            self._step(opcode.name, argument)
        return self._stack.pop()

    def _step(self, code: str, argument: Any) -> None:
        stack = self._stack
        if code in VALUES:
            stack.append(bytes(argument) if isinstance(argument, bytearray) else argument)
        elif code in NEW:
            stack.append(NEW[code]())
        elif code in TUPLES:
            count = TUPLES[code]
            items = tuple(stack[-count:])
            if len(items) < count:
                raise IndexError("too few objects")
            stack[-count:] = [items]
        elif code in PUTS:
            self._memo[int(argument)] = stack[-1]
        elif code in GETS:
            stack.append(self._memo[int(argument)])
        elif code not in ("PROTO", "FRAME", "STOP"):
            getattr(self, f"_{code.lower()}")(argument)

    def _mark(self, _: Any) -> None:
        self._below.append(self._stack)
        self._stack = []

    def _above(self) -> list[Any]:
        """What was pushed since the last mark."""
        items, self._stack = self._stack, self._below.pop()
        return items

    def _pop(self, _: Any) -> None:
        if self._stack:
            self._stack.pop()
        else:
            self._above()

    def _pop_mark(self, _: Any) -> None:
        self._above()

    def _dup(self, _: Any) -> None:
        self._stack.append(self._stack[-1])

    def _memoize(self, _: Any) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def _list(self, _: Any) -> None:
        items = self._above()
        self._stack.append(items)

    def _tuple(self, _: Any) -> None:
        items = tuple(self._above())
        self._stack.append(items)

    _frozenset = _list

    def _dict(self, _: Any) -> None:
        items = self._above()
        self._stack.append({})
        self._set_items(items)

    def _append(self, _: Any) -> None:
        self._extend([self._stack.pop()])

    def _appends(self, _: Any) -> None:
        self._extend(self._above())

    _additems = _appends

    def _extend(self, items: list[Any]) -> None:
        if isinstance(self._stack[-1], list):
            self._stack[-1].extend(items)

    def _setitem(self, _: Any) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        set_item(self._stack[-1], key, value)

    def _setitems(self, _: Any) -> None:
        self._set_items(self._above())

    def _set_items(self, items: list[Any]) -> None:
        for key, value in zip(items[::2], items[1::2], strict=True):
            set_item(self._stack[-1], key, value)

    def _global(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self._stack.append(self._named(module, name))

    def _stack_global(self, _: Any) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        if not isinstance(module, str) or not isinstance(name, str):
            raise TypeError("a name that is no text")
        self._stack.append(self._named(module, name))

    def _named(self, module: str, name: str) -> Any:
        module = RENAMED.get(module, module).replace("numpy._core", "numpy.core")
        if (found := constant(module, name)) is not None:
            return found
        path = f"{module}.{name}"
        if path not in FUNCTIONS and path != INSIDE:
            check_name(path)
            self._unknown[path] = None
        return Name(path)

    def _reduce(self, _: Any) -> None:
        arguments, function = self._stack.pop(), self._stack.pop()
        self._stack.append(self._called(function, arguments))

    _newobj = _reduce

    def _newobj_ex(self, _: Any) -> None:
        self._stack.pop()  # arguments by name
        self._reduce(None)

    def _obj(self, _: Any) -> None:
        function, *arguments = self._above()
        self._stack.append(self._called(function, tuple(arguments)))

    def _inst(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        arguments = tuple(self._above())
        self._stack.append(self._called(self._named(module, name), arguments))

    def _called(self, function: Any, arguments: Any) -> Any:
        if not isinstance(arguments, tuple) or not isinstance(function, Name | Inert):
            raise TypeError("a call of something else than a name")
        if isinstance(function, Name) and function.origin == INSIDE:
            return self._inside(*arguments)
        if isinstance(function, Name) and function.origin in FUNCTIONS:
            return FUNCTIONS[function.origin](*arguments)
        return Inert(function.origin)

    def _build(self, _: Any) -> None:
        state = self._stack.pop()
        if isinstance(self._stack[-1], Array | DType):
            self._stack[-1].set_state(state)

    def _binpersid(self, _: Any) -> None:
        pid = self._stack.pop()
        self._stack.append(self._reference(pid if isinstance(pid, tuple) else (pid,)))

    def _persid(self, argument: str) -> None:
        self._stack.append(self._reference((argument,)))
