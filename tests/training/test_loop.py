"""Training runs on scenes that a small network learns in seconds."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

import mobileseg
from mobileseg.data.dataset import open_labelled
from mobileseg.data.panoptic_settings import PanopticSettings
from mobileseg.errors import GateError, RequestError
from mobileseg.files import sha256
from mobileseg.models.registry import MODELS
from mobileseg.training.data import TrainingLoader
from mobileseg.training.examples import ExampleStore
from mobileseg.training.loop import Trainer
from mobileseg.training.losses import class_loss
from mobileseg.training.request import TrainingRequest, train
from mobileseg.training.state import Run
from mobileseg.training.strategy import FloatStrategy
from mobileseg.weights.resolve import resolve

pytestmark = pytest.mark.slow
CONFIG: dict[str, Any] = {
    "epochs": 4, "batch_size": 4, "size": (64, 96), "crop": (64, 64), "lr": 4e-3, "eval_interval": 2, "ema": 0.5,
    "scale": (0.8, 1.2),
}  # fmt: skip


@pytest.fixture(scope="module")
def data(scenes: Callable[[str], Path]) -> Path:
    return scenes("masks")


def request(data: Path, output: Path, **config: Any) -> TrainingRequest:
    return TrainingRequest.of(
        MODELS["seaformer-tiny"], data, output, licence="ours", config={**CONFIG, **config}, force=True
    )


def test_learns_and_records_where_the_weights_come_from(data: Path, tmp_path: Path) -> None:
    losses: list[float] = []
    outcome = train(request(data, tmp_path / "w.safetensors", epochs=14), lambda report: losses.append(report.loss))
    assert losses[-1] < 0.5 * losses[0]
    assert outcome.measured["test_miou"] > outcome.measured["test_miou_of_position_baseline"]
    record = json.loads((tmp_path / "w.json").read_text())
    assert record["licence"] == "ours"
    assert record["config"]["epochs"] == 14
    assert record["measured"] == outcome.measured
    assert record["computed"] == [{"device": "cpu", "precision": "float32", "epochs": 14}]
    assert len(record["curve"]) == 14
    assert (tmp_path / "w.png").stat().st_size > 5000
    assert not (tmp_path / "w.state").exists()
    # The scores are those of the float16 file, not of the float32 weights before.
    model = mobileseg.create_model("seaformer-tiny", weights=str(tmp_path / "w.safetensors"))
    found = FloatStrategy().evaluate(model, open_labelled(data / "test"), (64, 96), panoptic=False)
    assert found.score == pytest.approx(outcome.measured["test_miou"], abs=1e-6)


def test_the_record_travels_with_the_file(data: Path, tmp_path: Path) -> None:
    train(request(data, tmp_path / "w.safetensors", epochs=1))
    source = resolve(tmp_path / "w.safetensors", MODELS["seaformer-tiny"])
    assert source.record is not None
    assert source.record.classes == ("ground", "sky", "disc")
    assert source.licence == "ours"
    assert resolve(tmp_path / "w.safetensors", MODELS["seaformer-small"]).record is None


SCRIPT = """
import sys, torch
from pathlib import Path
torch.set_num_threads(1)
from mobileseg.models.registry import MODELS
from mobileseg.training.request import TrainingRequest, train
config = eval(sys.argv[3])
train(TrainingRequest.of(MODELS["seaformer-tiny"], Path(sys.argv[1]), Path(sys.argv[2]), config=config, force=True))
"""


def test_a_killed_run_resumes_to_the_same_weights(data: Path, tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole.safetensors", tmp_path / "broken.safetensors"
    short = {"epochs": 2, "eval_interval": 1}
    train(request(data, whole, **short))
    command = [sys.executable, "-c", SCRIPT, str(data), str(broken), repr({**CONFIG, **short})]
    process = subprocess.Popen(command)
    state = broken.with_suffix(".state")
    while not state.exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert state.exists()
    assert not broken.exists()
    subprocess.run(command, check=True)
    first, second = load_file(whole), load_file(broken)
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_workers_make_the_same_weights(data: Path, tmp_path: Path) -> None:
    config = {**CONFIG, "epochs": 2, "blur": 1.0, "noise": 5.0}
    files = [tmp_path / "alone.safetensors", tmp_path / "workers.safetensors"]
    for file, workers in zip(files, (0, 2), strict=True):
        train(TrainingRequest.of(MODELS["seaformer-tiny"], data, file, config=config, workers=workers))
    first, second = map(load_file, files)
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_the_record_says_nothing_of_the_machine(data: Path, tmp_path: Path) -> None:
    first = train(request(data, tmp_path / "first.safetensors", epochs=1))
    second = TrainingRequest.of(
        MODELS["seaformer-tiny"], data, tmp_path / "w.safetensors", str(first.weights), config={**CONFIG, "epochs": 1}
    )
    text = train(second).record.read_text()
    record = json.loads(text)
    assert record["start"] == {"name": "first.safetensors", "sha256": sha256(first.weights)}
    assert "command" not in record
    for path in (data, tmp_path, Path.home(), Path.cwd()):
        assert str(path) not in text


def test_a_state_that_cannot_be_resumed_is_refused(data: Path, tmp_path: Path) -> None:
    output = tmp_path / "w.safetensors"
    state, started = output.with_suffix(".state"), request(data, output)
    Run(started.model(), started.config, steps_per_epoch=4).save(state, started.identity())
    with pytest.raises(
        RequestError, match=r"the config of .*found --lr 0.001, before 0.004; .*choose another --output"
    ):
        train(request(data, output, lr=1e-3))
    content = torch.load(state, weights_only=True)
    torch.save({**content, "schema_version": 1}, state)
    with pytest.raises(RequestError, match=r"in schema 3.*found schema 1.*remove w\.state"):
        train(started)
    state.write_bytes(b"half a file")
    with pytest.raises(RequestError, match=r"state of an unfinished run.*remove w\.state"):
        train(started)
    assert not output.exists()


def test_other_classes_do_not_resume_the_state(scenes: Callable[[str], Path], tmp_path: Path) -> None:
    data, output = scenes("masks"), tmp_path / "w.safetensors"
    started = request(data, output)
    Run(started.model(), started.config, steps_per_epoch=4).save(started.state, started.identity())
    fields = json.loads((data / "classes.json").read_text())
    (data / "classes.json").write_text(json.dumps({**fields, "label_map": {"0": 1, "1": 0, "2": 2, "255": "ignore"}}))
    with pytest.raises(RequestError, match=r"the classes of the interrupted run.*label_map .*, before {}"):
        train(request(data, output))


def test_other_initial_weights_do_not_resume_the_state(data: Path, tmp_path: Path) -> None:
    start, output = tmp_path / "start.safetensors", tmp_path / "w.safetensors"

    def asked() -> TrainingRequest:
        return TrainingRequest.of(MODELS["seaformer-tiny"], data, output, str(start), config=CONFIG)

    model = request(data, output).model()
    save_file(model.state_dict(), start)
    Run(model, asked().config, steps_per_epoch=4).save(output.with_suffix(".state"), asked().identity())
    save_file({key: value + 1 for key, value in model.state_dict().items()}, start)
    with pytest.raises(RequestError, match=r"the initial weights of .*another file of the name start.*remove w\.state"):
        train(asked())


def test_a_gradient_that_is_not_finite_ends_the_run(data: Path, tmp_path: Path) -> None:
    with pytest.raises(GateError, match=r"finite gradient.*epoch 1, step \d.*lower --lr"):
        train(request(data, tmp_path / "w.safetensors", lr=1e30, warmup=0))
    assert not (tmp_path / "w.safetensors").exists()


@pytest.mark.thorough
def test_the_auxiliary_head_of_a_upernet_is_trained(data: Path, tmp_path: Path) -> None:
    """Its loss counts 0.4: without it the head would stay as it was drawn."""
    small = {"epochs": 1, "eval_interval": 1, "crop": (32, 32), "size": (32, 64)}
    asked = TrainingRequest.of(MODELS["van-b0-upernet"], data, tmp_path / "u.safetensors", config={**CONFIG, **small})
    before = asked.model().state_dict()
    after = load_file(train(asked).weights)
    moved = {key for key in before if not torch.equal(before[key].half().float(), after[key].float())}
    heads = {key for key in before if key.endswith("conv_seg.weight")}
    assert heads == {"decode_head.conv_seg.weight", "auxiliary_head.conv_seg.weight"} <= moved
    assert "auxiliary_head.convs.0.bn.running_mean" in moved


def test_the_auxiliary_loss_counts_as_its_authors_have_it(data: Path, tmp_path: Path) -> None:
    small = {"crop": (32, 32), "size": (32, 64)}
    asked = TrainingRequest.of(MODELS["van-b0-upernet"], data, tmp_path / "u.safetensors", config={**CONFIG, **small})
    model = asked.model()
    trainer = Trainer(model, asked.split.train, asked.split.val, asked.config, asked.state, {})
    spec = MODELS["van-b0-upernet"]
    batch = next(TrainingLoader(ExampleStore(asked.split.train), asked.config, spec.mean, spec.std).epoch(0))
    trainer.strategy.start_epoch(model)
    torch.manual_seed(1)
    found = trainer._loss(model, batch, None)
    torch.manual_seed(1)
    logits, auxiliary = model.with_auxiliary(batch.images.contiguous(memory_format=torch.channels_last))
    wanted = class_loss(logits, batch.labels, None) + 0.4 * class_loss(auxiliary, batch.labels, None)
    assert float(found) == pytest.approx(float(wanted), rel=1e-5)


def test_the_settings_of_panoptic_data_are_in_the_record(scenes: Callable[[str], Path], tmp_path: Path) -> None:
    data = scenes("instances")
    content = json.loads((data / "classes.json").read_text())
    (data / "classes.json").write_text(json.dumps({**content, "panoptic": {"nms_kernel": 5, "stuff_area": 9}}))
    small = {"epochs": 1, "eval_interval": 1, "crop": (33, 33), "size": (33, 65)}
    spec = MODELS["axial-deeplab-xs"]
    train(TrainingRequest.of(spec, data, tmp_path / "p.safetensors", config={**CONFIG, **small}))
    record = resolve(tmp_path / "p.safetensors", spec).record
    assert record is not None
    assert record.settings == PanopticSettings(nms_kernel=5, stuff_area=9)
