"""Exported files that do not belong to their manifests, and manifests that say what cannot be."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from bad_inputs.case import Case, Make, both, empty_folder, file, photo
from mobileseg.export.manifest import (
    ArtifactPart,
    InputPart,
    Manifest,
    ModelPart,
    OutputPart,
    PrecisionPart,
    VerificationPart,
    WeightsPart,
)
from mobileseg.files import sha256

SIDE, CELLS, CLASSES = 64, 8, 3


@functools.cache
def network(
    size: int = SIDE, inputs: int = 1, kind: int = TensorProto.FLOAT, number: float | None = None, flat: bool = False
) -> bytes:
    """An ONNX file whose logits are the mean colours of 8x8 pixels, of so many inputs. ``number``: what they are instead; ``flat``: in
    two dimensions."""
    nodes = [helper.make_node("AveragePool", ["input"], ["pooled"], kernel_shape=[8, 8], strides=[8, 8])]
    if kind != TensorProto.FLOAT:
        nodes[0] = helper.make_node("Cast", ["input"], ["pooled"], to=TensorProto.FLOAT)
    constants = [numpy_helper.from_array(np.float32(1.0 if number is None else number), "factor")]
    nodes.append(helper.make_node("Mul", ["pooled", "factor"], ["scaled"]))
    nodes.append(helper.make_node("Flatten" if flat else "Identity", ["scaled"], ["logits"]))
    values = [helper.make_tensor_value_info(f"input{i or ''}", kind, [1, 3, size, size]) for i in range(inputs)]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, None)]
    graph = helper.make_graph(nodes, "graph", values, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return bytes(model.SerializeToString())


def manifest(path: Path, target: str = "onnx") -> dict[str, Any]:
    """What the manifest of ``network()`` says, of a file at ``path``."""
    made = Manifest(
        created=datetime(2026, 1, 1, tzinfo=UTC),
        command="mobileseg export",
        target=target,
        model=ModelPart(name="seaformer-tiny", family="SeaFormer", task="segmentation", num_classes=CLASSES, parameters=1),
        weights=WeightsPart(
            kind="random", source="random", sha256=None, seed=0, licence="none", layout=None, trained=False, note=None
        ),
        input=InputPart(name="input", shape=(1, 3, SIDE, SIDE), mean=(0, 0, 0), std=(1, 1, 1)),
        output=OutputPart(
            name="logits", kind="logits", shape=(1, CLASSES, CELLS, CELLS), dtype="float32", stride=8, classes=("a", "b", "c"),
            palette=((1, 2, 3), (4, 5, 6), (7, 8, 9)),
        ),
        precision=PrecisionPart(name="float32", meaning=""),
        calibration=None,
        versions={},
        delegation=None,
        verification=VerificationPart(status="passed", images=1, source="", same_as_calibration=False, checks=()),
        artifact=ArtifactPart(file=path.name, sha256=sha256(path), size_bytes=1),
    )  # fmt: skip
    content: dict[str, Any] = json.loads(made.to_json())
    return content


def exported(content: bytes | None = None, name: str = "a.onnx", target: str = "onnx", **changes: Any) -> Make:
    """A file of this content, else that of ``network()``, with its manifest. ``changes``: of the manifest, as ``section__entry``."""

    def make(folder: Path) -> None:
        path = folder / name
        if not path.exists():
            path.write_bytes(network() if content is None else content)
        said = manifest(path, target)
        for place, value in changes.items():
            section, _, entry = place.partition("__")
            if entry:
                said[section][entry] = value
            else:
                said[section] = value
        (folder / f"{name}.json").write_text(json.dumps(said))

    return make


def artifact(
    name: str, make: Make, *words: str, code: int = 2, file: str = "a.onnx", more: tuple[str, ...] = ()
) -> Case:
    return Case(f"artifact: {name}", ("predict", file, "photo.png", *more), words, both(photo, make), code)


def says(name: str, *words: str, code: int = 2, **changes: Any) -> Case:
    """A manifest with ``changes``."""
    return artifact(f"manifest, {name}", exported(**changes), *words, code=code)


def written(name: str, content: bytes | str, *words: str, code: int = 2) -> Case:
    """A manifest of other content."""
    return artifact(f"manifest, {name}", both(exported(), file("a.onnx.json", content)), *words, code=code)


def without(section: str) -> str:
    said = {"target": "onnx", "model": {}}
    said.pop(section, None)
    return json.dumps(said)


def package(*files: tuple[str, bytes]) -> Make:
    """A Core ML package of these files."""
    parts = [file(f"a.mlpackage/{name}", content) for name, content in files]
    return both(empty_folder("a.mlpackage"), *parts, exported(name="a.mlpackage", target="coreml"))


def coreml(name: str, *files: tuple[str, bytes]) -> Case:
    return artifact(f"Core ML, {name}", package(*files), "a .mlpackage", file="a.mlpackage")


def pte(name: str, content: bytes) -> Case:
    return artifact(
        f"ExecuTorch, {name}", exported(content, "a.pte", "executorch"), "a .pte that ExecuTorch can load", file="a.pte"
    )


def loads(name: str, content: bytes | Callable[[], bytes], *words: str, code: int = 2) -> Case:
    """A file that has the digest of its manifest."""

    def make(folder: Path) -> None:
        exported(content if isinstance(content, bytes) else content())(folder)

    return artifact(f"ONNX, {name}", make, *words, code=code)


def changed(folder: Path) -> None:
    with (folder / "a.onnx").open("r+b") as stream:
        stream.truncate(50)


ITEM = {"itemInfoEntries": {"x": {"path": "model.mlmodel"}}, "rootModelIdentifier": "x"}
LOADED = "a .onnx that ONNX Runtime can load"
CASES = (
    artifact("none", lambda folder: None, "a.onnx"),
    artifact("a folder", empty_folder("a.onnx"), "a.onnx.json beside a.onnx"),
    artifact("without its manifest", file("a.onnx", network()), "a.onnx.json beside a.onnx"),
    artifact("cut off", both(exported(), changed), "sha256"),
    artifact("of another export", both(exported(), lambda folder: (folder / "a.onnx").write_bytes(network(32))), "sha256"),
    artifact("an address", lambda folder: None, "an exported file", file="https://a.b/c.onnx"),
    artifact("a model that is none", lambda folder: None, "seaformer-tyny", file="seaformer-tyny"),
    artifact("with a size", exported(), "the name of a model only", more=("--size", "64x64")),
    artifact("with weights", exported(), "the name of a model only", more=("--weights", "w.pth")),
    written("empty", "", "a manifest", "a.onnx.json"),
    written("no JSON", "{nothing", "a manifest"),
    written("no text", b"\xff\xfe", "a manifest"),
    written("a list", "[]", "a manifest"),
    written("too deep", "[" * 100_000, "a manifest"),
    written("another JSON", '{"names": ["a"]}', "a manifest"),
    written("without a target", without("target"), "a manifest"),
    written("cut off", '{"schema_version": 1, "created": "2026', "a manifest"),
    artifact("manifest, a folder", lambda folder: [file("a.onnx", b"x")(folder), (folder / "a.onnx.json").mkdir()], "a manifest"),
    says("of a later version", "schema version 1", "version 2", code=3, schema_version=2),
    says("of a version in words", "schema version 1", code=3, schema_version="one"),
    says("no time", "created", created="yesterday"),
    says("an entry that nobody knows", "extra", extra=1),
    says("an unknown target", "a target that mobileseg knows", target="tflite"),
    says("an unknown kind of output", "output.kind", output__kind="boxes"),
    says("an unknown kind of weights", "weights.kind", weights__kind="found"),
    says("another digest", "sha256 00", artifact__sha256="00"),
    says("another runtime", "onnxruntime 0.1", code=3, versions={"onnxruntime": "0.1.0"}),
    says("an odd version", "versions", versions={"onnxruntime": 1}),
    says("three sides", "input.shape", input__shape=[1, 3, 64]),
    says("no pixels", "input.shape", input__shape=[1, 3, 0, 0]),
    says("sides below 0", "input.shape", input__shape=[1, 3, -64, 64]),
    says("two images", "input.shape", input__shape=[2, 3, 64, 64]),
    says("four colours", "input.shape", input__shape=[1, 4, 64, 64]),
    says("sides of no memory", "input.shape", input__shape=[1, 3, 1 << 40, 1 << 40]),
    says("another size than the file", "a.onnx", input__shape=[1, 3, 32, 32]),
    says("no classes", "num_classes", model__num_classes=0),
    says("classes below 0", "num_classes", model__num_classes=-3),
    says("another number of classes", "classes", model__num_classes=5),
    says("a picture of two classes", "output.shape", output__shape=[1, 2, 8, 8]),
    says("a row of a picture", "output.shape", output__shape=[1, 3]),
    says("too few names", "classes", output__classes=["a"]),
    says("too few colours", "palette", output__palette=[[1, 2, 3]]),
    says("a colour beyond 255", "palette", output__palette=[[1, 2, 300]] * 3),
    says("a colour of two", "palette", output__palette=[[1, 2]] * 3),
    says("a mask of a file that gives logits", "a.onnx", output__kind="mask", output__shape=[1, 64, 64]),
    says("instances of a file that has none", "things", output__kind="panoptic", model__task="panoptic"),
    says("things that are no classes", "things", output__things=[7]),
    says("a classifier whose output is a picture", "output.shape", model__task="classification"),
    says("an even window", "nms_kernel", output__panoptic={"nms_kernel": 4}),
    loads("empty", b"", LOADED),
    loads("a text", b"no network", LOADED),
    loads("a page", b"<!DOCTYPE html><html></html>", LOADED),
    loads("cut off", lambda: network()[:100], LOADED),
    loads("two inputs", lambda: network(inputs=2), "a.onnx"),
    loads("another size", lambda: network(32), "a.onnx"),
    loads("whole numbers as input", lambda: network(kind=TensorProto.INT64), "a.onnx"),
    loads("an output of two dimensions", lambda: network(flat=True), "a.onnx"),
    loads("NaN", lambda: network(number=float("nan")), "NaN", code=1),
    loads("infinity", lambda: network(number=float("inf")), "infinity", code=1),
    pte("empty", b""),
    pte("a text", b"no network"),
    pte("zeros", bytes(1000)),
    pte("a head without a body", b"\x1c\0\0\0ET12" + bytes(200)),
    coreml("an empty folder"),
    coreml("no JSON", ("Manifest.json", b"{nothing")),
    coreml("no model", ("Manifest.json", json.dumps(ITEM).encode())),
    coreml("no ML Program", ("Manifest.json", json.dumps(ITEM).encode()), ("Data/model.mlmodel", b"")),
    coreml("another file", ("Manifest.json", json.dumps(ITEM).encode()), ("Data/model.mlmodel", b"<html></html>")),
)  # fmt: skip
