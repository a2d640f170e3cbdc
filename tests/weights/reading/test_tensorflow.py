import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import tensorflow_cases
import torch
from tensorflow_cases import draw, variables
from torch import Tensor

import mobileseg
from mobileseg.errors import CheckpointError, EnvironmentLackError, MissingExtraError
from mobileseg.models.factory import build
from mobileseg.models.registry import MODELS
from mobileseg.weights.importer import load_weights, model_from_weights
from mobileseg.weights.layouts.deeplab2 import from_deeplab2
from mobileseg.weights.reading import tensorflow, tensorflow_reader
from mobileseg.weights.reading.checkpoint import Checkpoint
from mobileseg.weights.reading.entries import Entry

S, WIDE = "axial-deeplab-s", "axial-swidernet-1-1-1"


def write(name: str, folder: Path) -> Path:
    """A checkpoint of that network in ``folder``, written by TensorFlow."""
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    subprocess.run([sys.executable, tensorflow_cases.__file__, name, folder / "ckpt"], env=environment, check=True)
    return folder


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, np.ndarray]:
    """What the reader's process would find in ``tmp_path / "ckpt.index"``: to be filled."""
    found: dict[str, np.ndarray] = {}
    (tmp_path / "ckpt.index").touch()
    monkeypatch.setattr(tensorflow, "_run_reader", lambda _, out: safetensors.numpy.save_file(found, out))
    return found


def drawn(name: str) -> dict[str, Tensor]:
    return {path: torch.from_numpy(draw(variable, shape)) for variable, shape, path in variables(name)}


def empty(name: str) -> dict[str, np.ndarray]:
    return {path: np.zeros(shape, np.float32) for _, shape, path in variables(name)}


@pytest.mark.thorough
def test_what_tensorflow_wrote_is_loaded(tmp_path: Path) -> None:
    model, report = model_from_weights(MODELS[S], write(S, tmp_path))
    wanted = from_deeplab2(drawn(S))
    state = model.state_dict()
    assert state.keys() == wanted.keys()
    assert all(torch.equal(state[key], value) for key, value in wanted.items())
    assert report.layout == "TensorFlow object checkpoint of deeplab2, 808 variables"
    assert (report.loaded, report.missing, report.unexpected) == (len(wanted), (), ())
    assert report.weights.path == tmp_path / "ckpt-1.index"


@pytest.mark.thorough
def test_the_wide_network_is_loaded(tmp_path: Path) -> None:
    tensors = from_deeplab2(tensorflow.read(write(WIDE, tmp_path) / "ckpt-1.index")[1])
    with torch.device("meta"):
        wanted = build(MODELS[WIDE], 19).state_dict()
    assert {k: v.shape for k, v in tensors.items()} == {k: v.shape for k, v in wanted.items()}
    kernel = draw("axial_swidernet/stage5/block3/conv3_bn/conv/kernel", (1, 1, 2048, 2048))
    assert np.array_equal(tensors["backbone.stage5.block3.conv3.c.weight"].numpy(), kernel.transpose(3, 2, 0, 1))


def test_every_way_to_specify_a_checkpoint(tmp_path: Path) -> None:
    for name in ("ckpt-7.index", "ckpt-7.data-00000-of-00002", "ckpt-7.data-00001-of-00002", "other.pth"):
        (tmp_path / name).write_text(name)
    index = tmp_path / "ckpt-7.index"
    for way in (index, tmp_path / "ckpt-7", tmp_path, tmp_path / "ckpt-7.data-00001-of-00002"):
        assert tensorflow.find_index(way) == index
    for foreign in (tmp_path / "other.pth", tmp_path / "ckpt-8", tmp_path / "nowhere" / "x"):
        assert tensorflow.find_index(foreign) is None
    everything = b"ckpt-7.index" + b"ckpt-7.data-00000-of-00002" + b"ckpt-7.data-00001-of-00002"
    assert tensorflow.sha256(index) == hashlib.sha256(everything).hexdigest()


def test_a_folder_with_several_checkpoints_says_which_is_the_latest(tmp_path: Path) -> None:
    for step in (1, 2):
        (tmp_path / f"ckpt-{step}.index").touch()
    with pytest.raises(CheckpointError, match="ckpt-1, ckpt-2"):
        tensorflow.find_index(tmp_path)
    (tmp_path / "checkpoint").write_text(
        'model_checkpoint_path: "/theirs/ckpt-1"\nall_model_checkpoint_paths: "ckpt-2"\n'
    )
    assert tensorflow.find_index(tmp_path) == tmp_path / "ckpt-1.index"
    empty_folder = tmp_path / "empty"
    empty_folder.mkdir()
    with pytest.raises(CheckpointError, match="check the name or the path"):
        mobileseg.create_model(S, weights=empty_folder)


def test_without_tensorflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ckpt.index").touch()
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(MissingExtraError) as lack:
        mobileseg.create_model(S, weights=tmp_path / "ckpt")
    assert lack.value.fix == "pip install 'mobileseg[tensorflow]'"


def test_the_number_of_classes_is_read_from_the_shapes(unread: dict[str, np.ndarray], tmp_path: Path) -> None:
    unread.update(empty(S))
    unread["semantic_last_layer/kernel"] = np.zeros((1, 1, 256, 7), np.float32)
    unread["semantic_last_layer/bias"] = np.arange(7, dtype=np.float32)
    model = mobileseg.create_model(S, weights=tmp_path)
    assert torch.equal(model.get_parameter("decode_head.semantic.head.predict.bias"), torch.arange(7.0))
    with pytest.raises(CheckpointError, match="7 in"):
        load_weights(mobileseg.create_model(S), tmp_path / "ckpt.index")


@pytest.mark.parametrize("asked", ["axial-deeplab-m", "seaformer-tiny", "axial-swidernet-1-1-3"])
def test_another_networks_checkpoint_is_refused_by_name(
    asked: str, unread: dict[str, np.ndarray], tmp_path: Path
) -> None:
    unread.update(empty(S))
    with torch.device("meta"):
        model = build(MODELS[asked], 19)
    with pytest.raises(CheckpointError, match=f"of {asked}; found one of {S} "):
        load_weights(model, tmp_path)


def test_a_deeper_networks_checkpoint_is_not_taken_for_a_shallower_one(
    unread: dict[str, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with torch.device("meta"):
        deep, shallow = (build(MODELS[f"axial-swidernet-1-1-{n}"], 19) for n in ("3", "1"))
    whole = Checkpoint(tmp_path, "bare state_dict", "", (Entry("", False, deep.state_dict(), {}),))
    monkeypatch.setattr("mobileseg.weights.importer._read", lambda _: whole)
    with pytest.raises(CheckpointError, match="found one of axial-swidernet-1-1-3 "):
        load_weights(shallow, tmp_path)


def test_missing_and_unexpected_keys_are_listed(unread: dict[str, np.ndarray], tmp_path: Path) -> None:
    unread.update(empty(S))
    del unread["instance_center_head_last_layer/bias"]
    unread["semantic_decoder/_pool/gamma"] = np.zeros(4, np.float32)
    with pytest.raises(CheckpointError) as refusal:
        mobileseg.create_model(S, weights=tmp_path)
    assert "1 missing (decode_head.instance.center.predict.bias)" in refusal.value.found
    assert "1 unexpected (decode_head.semantic.decoder.pool.weight)" in refusal.value.found


def test_an_incomplete_attention_layer_keeps_the_authors_names() -> None:
    layer = "encoder/_stage3/_block2/_attention/_height_axis"
    variables = {path: torch.from_numpy(array) for path, array in empty(S).items() if path.startswith(f"{layer}/")}
    del variables[f"{layer}/_key_rpe/embeddings"]
    assert from_deeplab2(variables) == variables


class FakeReader:
    """What ``tf.train.load_checkpoint`` gives."""

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self.arrays = arrays

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        return {key: list(array.shape) for key, array in self.arrays.items()}

    def get_tensor(self, key: str) -> np.ndarray:
        if not self.arrays[key].size:
            raise IndexError("Read less bytes than requested")  # as of a data file that was cut off
        return self.arrays[key]


def fake_tensorflow(monkeypatch: pytest.MonkeyPatch, arrays: dict[str, np.ndarray]) -> None:
    module = ModuleType("tensorflow")
    module.train = SimpleNamespace(load_checkpoint=lambda _: FakeReader(arrays))
    monkeypatch.setitem(sys.modules, "tensorflow", module)


def test_the_reader_leaves_the_trainers_bookkeeping_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    value = "/.ATTRIBUTES/VARIABLE_VALUE"
    one = np.ones(3, np.float32)
    arrays = {
        f"encoder/_stem/_batch_norm/gamma{value}": one,
        f"encoder/_stem/_batch_norm/beta{value}": one.astype(np.complex64),  # stands for what numpy has no kind for
        f"encoder/_stem/_batch_norm/gamma/.OPTIMIZER_SLOT/optimizer/m{value}": one,
        f"optimizer/iter{value}": one,
        f"save_counter{value}": one,
        f"global_step{value}": one,
        "_CHECKPOINTABLE_OBJECT_GRAPH": np.array(b"graph"),
    }
    fake_tensorflow(monkeypatch, arrays)
    with pytest.warns(np.exceptions.ComplexWarning):
        assert tensorflow_reader.main("ckpt", str(tmp_path / "out")) == 0
    found = safetensors.torch.load_file(tmp_path / "out")
    assert {key: v.dtype for key, v in found.items()} == {
        f"encoder/_stem/_batch_norm/{name}": torch.float32 for name in ("gamma", "beta")
    }


@pytest.mark.parametrize(
    ("key", "values", "message"),
    [
        ("resnet/conv1/weights", 2, "no variables of an object graph among 1 entries (resnet/conv1/weights)"),
        ("encoder/_stem/_conv/kernel/.ATTRIBUTES/VARIABLE_VALUE", 0, "IndexError: Read less bytes than requested"),
    ],
)
def test_the_reader_reports_what_is_wrong_with_a_file(
    key: str,
    values: int,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fake_tensorflow(monkeypatch, {key: np.ones(values, np.float32)})
    assert tensorflow_reader.main("ckpt", str(tmp_path / "out")) == tensorflow_reader.UNREADABLE
    assert capsys.readouterr().out == message


def test_the_message_of_the_reader_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    says = f"import sys; print('chatter'); print('ends too early'); sys.exit({tensorflow_reader.UNREADABLE})"
    (tmp_path / "reader.py").write_text(says)
    monkeypatch.setattr(tensorflow_reader, "__file__", str(tmp_path / "reader.py"))
    (tmp_path / "ckpt.index").touch()
    with pytest.raises(CheckpointError, match="download it again") as refusal:
        mobileseg.create_model(S, weights=tmp_path)
    assert refusal.value.found == f"{tmp_path / 'ckpt.index'}: ends too early"


def test_a_tensorflow_that_does_not_start_is_an_environment_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.py").write_text("raise SystemExit('no such instruction')")
    monkeypatch.setattr(tensorflow_reader, "__file__", str(tmp_path / "broken.py"))
    (tmp_path / "ckpt.index").touch()
    with pytest.raises(EnvironmentLackError, match="no such instruction"):
        tensorflow.read(tmp_path / "ckpt.index")


def test_a_reader_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hangs.py").write_text("import time; time.sleep(600)")
    monkeypatch.setattr(tensorflow_reader, "__file__", str(tmp_path / "hangs.py"))
    monkeypatch.setattr(tensorflow, "deadline_s", lambda _: 2.0)
    (tmp_path / "ckpt.index").touch()
    begun = time.monotonic()
    with pytest.raises(EnvironmentLackError, match="end within 2 s; found it still ran"):
        tensorflow.read(tmp_path / "ckpt.index")
    assert time.monotonic() - begun < 60


def test_the_deadline_grows_with_the_data(tmp_path: Path) -> None:
    index = tmp_path / "ckpt-1.index"
    index.touch()
    least = tensorflow.deadline_s(index)
    with (tmp_path / "ckpt-1.data-00000-of-00001").open("wb") as stream:
        stream.truncate(5_000_000_000)
    assert 60 < least < tensorflow.deadline_s(index) - 500
