"""Pickles that would run something, pickles of classes that nobody has here, and pickles that are broken."""

from __future__ import annotations

import argparse
import collections
import contextlib
import datetime
import decimal
import fractions
import functools
import io
import operator
import os
import pathlib
import pickle
import resource
import shutil
import subprocess
import sys
import types
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mobileseg.errors import CheckpointError
from mobileseg.weights.reading.checkpoint import read_checkpoint
from mobileseg.weights.reading.inert import Inert
from mobileseg.weights.reading.unpickler import Unpickler

Tensors = dict[str, Tensor]
Save = Callable[..., Path]
STATE = {"a": torch.arange(3.0)}


class Payload:
    """Unpickling it calls a function."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call


def attacks(marker: Path) -> dict[str, Payload]:
    """Each makes the folder ``marker``."""
    code = f"import os; os.mkdir({str(marker)!r})"
    return {
        "mkdir": Payload(os.mkdir, str(marker)),
        "exec": Payload(exec, code),
        "eval": Payload(eval, f"__import__('os').mkdir({str(marker)!r})"),
        "system": Payload(os.system, f"mkdir {marker}"),
        "Popen": Payload(subprocess.check_call, ["mkdir", str(marker)]),
        "copytree": Payload(shutil.copytree, str(Path(__file__).parent), str(marker)),
        "loads": Payload(pickle.loads, pickle.dumps(Payload(os.mkdir, str(marker)))),
        "methodcaller": Payload(operator.methodcaller("mkdir"), Path(marker)),
        "method": Payload(pathlib.Path.mkdir, Path(marker)),
    }


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("place", ["beside", "root", "weights"])
@pytest.mark.parametrize("name", list(attacks(Path())))
def test_nothing_in_a_file_is_run(save: Save, tmp_path: Path, name: str, place: str, zipped: bool) -> None:
    marker = tmp_path / "executed"
    payload = attacks(marker)[name]
    content = {
        "beside": {"state_dict": STATE, "x": payload},
        "root": payload,
        "weights": {"state_dict": {**STATE, "b": payload}},
    }
    path = save(content[place], _use_new_zipfile_serialization=zipped)
    if name == "method" and place != "root":  # it names nothing that acts by itself
        assert torch.equal(read_checkpoint(path).entries[0].tensors["a"], STATE["a"])
    else:
        with pytest.raises(CheckpointError, match="could run code") as caught:
            read_checkpoint(path)
        assert "torch.save(model.state_dict()" in caught.value.fix
    assert not marker.exists()
    torch.load(path, weights_only=False)
    assert marker.exists()  # the payload was a live one


@pytest.mark.parametrize("name", ["mkdir", "exec", "eval", "system", "Popen", "copytree", "loads"])
def test_a_name_that_only_acts_is_refused_by_name(save: Save, tmp_path: Path, name: str) -> None:
    payload = attacks(tmp_path / "executed")[name]
    with pytest.raises(CheckpointError, match=rf"needs arbitrary unpickling \(\S*{payload.call[0].__name__}\)"):
        read_checkpoint(save({"state_dict": STATE, "x": payload}))


class Mapping(dict):  # type: ignore[type-arg]
    """A mapping of a class that nobody has here."""


class Listing(list):  # type: ignore[type-arg]
    """A list of a class that nobody has here."""


class Slots:
    """An object without a ``__dict__``."""

    __slots__ = ("x",)

    def __init__(self) -> None:
        self.x = 1


class Stateful:
    """An object with a state of its own form."""

    def __getstate__(self) -> list[int]:
        return [1, 2]

    def __setstate__(self, state: list[int]) -> None:
        raise AssertionError("it was run")


HARMLESS = {
    "numpy float": np.float64(0.53), "numpy int": np.int32(3), "numpy bool": np.bool_(True), "numpy text": np.str_("x"),
    "numpy array": np.arange(6).reshape(2, 3), "numpy dtype": np.dtype("float16"), "numpy objects": np.array([{}], object),
    "numpy dates": np.datetime64("2024-01-01"), "numpy records": np.zeros(2, [("a", "f4")]),
    "numpy random": np.random.default_rng(0), "path": pathlib.PurePosixPath("x"), "namespace": argparse.Namespace(a=1),
    "simple namespace": types.SimpleNamespace(a=1), "error": ValueError("x"), "date": datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC),
    "decimal": decimal.Decimal("1.5"), "fraction": fractions.Fraction(1, 3), "uuid": uuid.UUID(int=1),
    "ordered": collections.OrderedDict(a=1), "default": collections.defaultdict(list, a=[1]), "counter": collections.Counter("aab"),
    "deque": collections.deque([1, 2], 5), "set": {1, 2}, "frozen": frozenset({1}), "range": range(3), "slice": slice(1, 2),
    "complex": 1j, "bytes": b"\x00\xff", "bytearray": bytearray(b"x"), "class": ValueError, "function": len,
    "partial": functools.partial(int, base=2), "mapping": Mapping(a=1), "list": Listing([1, 2]), "slots": Slots(), "state": Stateful(),
    "size": torch.Size([1, 2]), "device": torch.device("cpu"), "dtype": torch.float16, "module": torch.nn.Linear(2, 2),
    "criterion": torch.nn.CrossEntropyLoss(torch.ones(3)), "optimizer": torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], 0.1),
    "generator": torch.Generator().get_state(), "sparse": torch.eye(3).to_sparse(), "itself": Mapping,
    "quantized": torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8),
}  # fmt: skip


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("name", HARMLESS)
def test_objects_beside_the_weights_are_left_unread(save: Save, name: str, zipped: bool, protocol: int) -> None:
    content = {"meta": {"deep": [{"x": HARMLESS[name]}]}, "state_dict": STATE, "x": HARMLESS[name]}
    path = save(content, _use_new_zipfile_serialization=zipped, pickle_protocol=protocol)
    found = read_checkpoint(path)
    entry = next(entry for entry in found.entries if entry.name == "state_dict")
    assert torch.equal(entry.tensors["a"], STATE["a"])


def test_a_class_of_a_package_that_is_not_there(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    """mmengine stores its logs so."""
    for name in ("nowhere", "nowhere.logging"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    buffer = type("HistoryBuffer", (), {"__module__": "nowhere.logging"})
    monkeypatch.setattr(sys.modules["nowhere.logging"], "HistoryBuffer", buffer, raising=False)
    log = buffer()
    log._log_history = np.zeros(3)
    path = save({"message_hub": {"log_scalars": {"loss": log}}, "state_dict": STATE})
    monkeypatch.delitem(sys.modules, "nowhere.logging")
    found = read_checkpoint(path)
    assert found.unread[:1] == ("nowhere.logging.HistoryBuffer",)
    assert found.layout(found.entries[0]) == "mmengine runner file, entry 'state_dict'"
    assert "nowhere.logging" not in sys.modules


@pytest.mark.parametrize(
    "content", [{"model": torch.nn.Linear(2, 2)}, torch.nn.Linear(2, 2), {"ema": torch.nn.Linear(2, 2)}]
)
def test_weights_inside_an_object_are_refused(save: Save, content: Any) -> None:
    with pytest.raises(CheckpointError, match=r"unpickling \(torch\.nn\.modules\.linear\.Linear\)"):
        read_checkpoint(save(content))


def test_objects_among_the_weights_are_kept_by_key(save: Save) -> None:
    entry = read_checkpoint(save({"state_dict": {**STATE, "b": Slots(), "c": 3}})).entries[0]
    assert entry.tensors.keys() == {"a"}
    assert set(entry.objects) == {"b"}
    assert entry.objects["b"].endswith("Slots")


def load(*codes: bytes) -> Any:
    return Unpickler(lambda pid: pid).load(io.BytesIO(b"".join(codes) + b"."))


def named(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def test_a_name_is_no_more_than_a_name() -> None:
    """Nothing can be set in it, and nothing but a name can be called."""
    for state in (b"}X\x01\x00\x00\x00aK\x01s", b"N}X\x0c\x00\x00\x00__defaults__K\x01s\x86"):
        found = load(b"\x80\x02", named("collections", "OrderedDict"), state, b"b")
        assert vars(found) == {"origin": "collections.OrderedDict"}
    for what in (b"X\x01\x00\x00\x00a", b"]", b"K\x01", b"N", named("torch", "float32")):
        with pytest.raises(TypeError, match="something else than a name"):
            load(b"\x80\x02", what, b")R")


def test_nothing_is_imported_for_a_name() -> None:
    before = set(sys.modules)
    found = load(b"\x80\x02", named("antigravity", "fly"), b")R")
    assert isinstance(found, Inert) and found.origin == "antigravity.fly"
    assert set(sys.modules) == before


def test_allocations_are_not_the_file_s_to_choose() -> None:
    huge = b"\x8a\x08" + (1 << 60).to_bytes(8, "little")
    for name in ("bytearray", "bytes", "list", "range", "set"):
        assert not load(b"\x80\x02", named("builtins", name), huge, b"\x85R") or name == "range"


DEEP = 200_000
BOMBS = {
    "numbers of objects": b"\x80\x02Nr\xff\xff\xff\xff.",  # 64 GB of room for them in pickle.Unpickler
    "deep tuple as a key": b"\x80\x02})" + b"\x85" * DEEP + b"K\x01s.",  # its hash ends the process there
    "deep tuple in a set": b"\x80\x02cbuiltins\nset\n](" + b")" + b"\x85" * DEEP + b"e\x85R.",
    "deep tuple": b"\x80\x02)" + b"\x85" * DEEP + b".",
    "deep list": b"\x80\x02" + b"]" * DEEP + b"a" * (DEEP - 1) + b".",
    "deep mapping": b"\x80\x02" + b"}K\x01" * DEEP + b"K\x02" + b"s" * DEEP + b".",
    "long number": b"\x80\x02}\x8b" + (1 << 20).to_bytes(4, "little") + b"\x7f" * (1 << 20) + b"K\x01s.",
    "long text": b"\x80\x02X\xff\xff\xff\x7fabc.",
    "long bytes": b"\x80\x04\x8e" + (1 << 60).to_bytes(8, "little") + b"abc.",
    "deep key of numbers": b"\x80\x02(X\x07\x00\x00\x00storagectorch\nFloatStorage\n)" + b"\x85" * DEEP + b"NK\x01tQ.",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_takes_little_room_and_ends_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "w.pth").write_bytes(BOMBS[name])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(CheckpointError):
        read_checkpoint(tmp_path / "w.pth")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_000_000  # kilobytes


def test_a_table_within_itself_ends(save: Save) -> None:
    table: dict[str, Any] = {f"k{i}": {} for i in range(300)}
    for inner in list(table.values()):
        inner.update({f"x{i}": table for i in range(300)})
    table["a"] = torch.ones(1)
    assert [entry.name for entry in read_checkpoint(save(table)).entries] == [""]


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@given(PLAIN, st.sampled_from([0, 1, 2, 3, 4, 5]))
def test_plain_values_come_back(value: Any, protocol: int) -> None:
    found = Unpickler(lambda pid: pid).load(io.BytesIO(pickle.dumps(value, protocol)))
    assert repr(found) == repr(value)


@functools.cache
def whole(zipped: bool) -> bytes:
    stream = io.BytesIO()
    content = {"state_dict": STATE, "meta": {"x": np.float64(1), "y": Slots()}}
    torch.save(content, stream, _use_new_zipfile_serialization=zipped)
    return stream.getvalue()


@settings(max_examples=400, deadline=None)
@given(st.booleans(), st.data())
def test_a_broken_file_is_refused_or_read_but_never_more(
    tmp_path_factory: pytest.TempPathFactory, zipped: bool, data: st.DataObject
) -> None:
    content = bytearray(whole(zipped))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    path = tmp_path_factory.getbasetemp() / "broken.pth"
    path.write_bytes(content if data.draw(st.booleans()) else content[:cut])
    with contextlib.suppress(CheckpointError):
        read_checkpoint(path)
