"""Programs of others read the files: the same classes as in the ONNX Runtime that verified them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import older_onnxruntime
import pytest
from numpy.typing import NDArray
from required import lacking

from mobileseg.data.dataset import samples_folder
from mobileseg.data.images import find_images
from mobileseg.export.artifact import Artifact

pytestmark = pytest.mark.slow
IMAGE = find_images(samples_folder() / "images")[20]
OLDER = """
import json, sys
import numpy as np
import onnxruntime

path, given, taken = sys.argv[1:]
session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
np.save(taken, session.run(None, {session.get_inputs()[0].name: np.load(given)})[0])
print(json.dumps(onnxruntime.__version__))
"""


def with_older_onnxruntime(file: Path, batch: NDArray[np.float32], folder: Path) -> NDArray[Any]:
    """In a process of its own: two releases do not fit into one."""
    if not older_onnxruntime.ready():
        lacking("the older ONNX Runtime: python tools/older_onnxruntime.py", *older_onnxruntime.REQUIRED)
    np.save(folder / "given.npy", batch)
    command = [older_onnxruntime.python(), "-c", OLDER, file, folder / "given.npy", folder / "taken.npy"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout).startswith("1.17.")
    taken: NDArray[Any] = np.load(folder / "taken.npy")
    return taken


def with_openvino(file: Path, batch: NDArray[np.float32], folder: Path) -> NDArray[Any]:
    openvino = pytest.importorskip("openvino")
    # In float32: where the processor has bfloat16, that is the default.
    model = openvino.Core().compile_model(file, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    taken: NDArray[Any] = model(batch)[0]
    return taken


def with_ncnn(file: Path, batch: NDArray[np.float32], folder: Path) -> NDArray[Any]:
    """Converted by pnnx, which writes beside what it reads."""
    ncnn = pytest.importorskip("ncnn")
    pytest.importorskip("pnnx")
    copy = folder / "read.onnx"
    copy.write_bytes(file.read_bytes())
    shape = ",".join(map(str, batch.shape))
    command = [Path(sys.executable).with_name("pnnx"), copy.name, f"inputshape=[{shape}]f32", "fp16=0"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    net = ncnn.Net()
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = net.opt.use_bf16_storage = False
    assert net.load_param(str(folder / "read.ncnn.param")) == net.load_model(str(folder / "read.ncnn.bin")) == 0
    with net.create_extractor() as run:
        run.input(net.input_names()[0], ncnn.Mat(batch[0]))
        status, logits = run.extract(net.output_names()[0])
        assert status == 0
        return np.array(logits)[None]


READERS = {"onnxruntime 1.17": with_older_onnxruntime, "OpenVINO": with_openvino, "ncnn": with_ncnn}


@pytest.mark.parametrize("reader", READERS)
def test_another_program_gives_the_same_classes(five_onnx: Artifact, tmp_path: Path, reader: str) -> None:
    batch = five_onnx.fit.read(IMAGE)
    (ours,) = five_onnx.runtime.run(batch)
    theirs = READERS[reader](five_onnx.path, batch, tmp_path)
    assert theirs.shape == ours.shape
    assert np.abs(theirs - ours).max() <= 1e-3 * np.ptp(ours)
    found, expected = (five_onnx.class_map(logits, 64, 96) for logits in (theirs, ours))
    assert (found == expected).mean() >= 0.999
    assert len(np.unique(expected)) > 1


@pytest.mark.parametrize("reader", ["onnxruntime 1.17", "OpenVINO"])
def test_an_int8_file_too(tiny_onnx: Artifact, tmp_path: Path, reader: str) -> None:
    """ncnn has no pairs of QuantizeLinear and DequantizeLinear: it quantizes by tables of its own."""
    batch = tiny_onnx.fit.read(IMAGE)
    (ours,) = tiny_onnx.runtime.run(batch)
    found, expected = (
        tiny_onnx.class_map(logits, *tiny_onnx.size)
        for logits in (READERS[reader](tiny_onnx.path, batch, tmp_path), ours)
    )
    # Runtimes round halves of a step differently, and processors without VNNI sum in 16 bits: 0.976 there with OpenVINO.
    assert (found == expected).mean() >= 0.95
    assert len(np.unique(expected)) > 1
