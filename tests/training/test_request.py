import hashlib
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
from https_site import Site, serve

from mobileseg.errors import DatasetError, OutputError, RequestError, SizeError
from mobileseg.export.quantization.calibration import read_calibration
from mobileseg.export.quantization.training import Int8Training
from mobileseg.models.registry import MODELS
from mobileseg.training.request import TrainingRequest
from mobileseg.weights.records import bundled

SMALL = {"batch_size": 2, "size": (64, 64), "crop": (64, 64)}


@pytest.fixture(scope="module")
def data(scenes: Callable[[str], Path]) -> Path:
    return scenes("masks")


def ask(data: Path, output: Path, model: str = "seaformer-tiny", **config: Any) -> TrainingRequest:
    return TrainingRequest.of(MODELS[model], data, output, config=config)


def test_refusals_come_before_the_data_is_read(tmp_path: Path) -> None:
    nowhere, output = tmp_path / "nowhere", tmp_path / "w.safetensors"
    with pytest.raises(RequestError, match="a classifier"):
        ask(nowhere, output, "seaformer-tiny-cls")
    with pytest.raises(RequestError, match=r"--lr: .*greater than 0.*found -1.*change --lr"):
        ask(nowhere, output, lr=-1.0)
    with pytest.raises(SizeError, match="take 96 or 128"):
        ask(nowhere, output, crop=(100, 128))
    with pytest.raises(RequestError, match=r"w\.pth\.safetensors"):
        ask(nowhere, tmp_path / "w.pth")
    (tmp_path / "w.json").write_text("{}")
    with pytest.raises(OutputError, match=r"w\.json exists"):
        ask(nowhere, output)
    with pytest.raises(DatasetError, match="no folder at"):
        ask(nowhere, tmp_path / "v.safetensors")


def test_refuses_fewer_images_than_a_batch(data: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"at least 16 training images.*found 8.*--batch-size"):
        ask(data, tmp_path / "w.safetensors", batch_size=16, size=(64, 64), crop=(64, 64))


@pytest.mark.parametrize(
    ("field", "value", "option"),
    [("batch_size", 1, "--batch-size"), ("eval_interval", 0, "--eval-interval"), ("ohem", 0.0, "--ohem"), ("ema", 1.0, "--ema"),
     ("crop", (64, "wide"), "--crop"), ("scale", (0.0, 1.0), "--scale")],
)  # fmt: skip
def test_a_bad_value_is_reported_by_its_option(tmp_path: Path, field: str, value: object, option: str) -> None:
    with pytest.raises(RequestError, match=f"expected {option}: .*; fix: change {option}$"):
        ask(tmp_path, tmp_path / "w.safetensors", **{field: value})


def test_refuses_unknown_fields(tmp_path: Path) -> None:
    with pytest.raises(
        RequestError, match=r"fields of the training config: epochs, batch_size, lr, .*found rate, every;"
    ):
        ask(tmp_path, tmp_path / "w.safetensors", rate=1e-3, lr=1e-3, every=2)


def test_refuses_a_scale_that_is_the_wrong_way_round(data: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"--scale MIN MAX.*found 1.5 0.5"):
        ask(data, tmp_path / "w.safetensors", scale=(1.5, 0.5), size=(64, 64), crop=(64, 64), batch_size=2)


def test_refuses_an_int8_trainer_without_int8_in_the_config(data: Path, tmp_path: Path) -> None:
    images = Int8Training(read_calibration(None))
    with pytest.raises(RequestError, match="int8 in the config together with an Int8Training"):
        TrainingRequest.of(MODELS["seaformer-tiny"], data, tmp_path / "w.safetensors", int8=images)


def test_initial_weights_are_named_without_their_place(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def named(start: str | None) -> object:
        output = tmp_path / "w.safetensors"
        return TrainingRequest.of(MODELS["seaformer-tiny"], data, output, start, config=SMALL).start_weights()

    content = bundled("seaformer-tiny")["camvid11-v1"].path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert named(None) == named("random") == "random"
    assert named("camvid11") == {"name": "camvid11-v1", "sha256": digest}
    file = tmp_path / "folder" / "mine.safetensors"
    file.parent.mkdir()
    file.write_bytes(content)
    assert named(str(file)) == {"name": "mine.safetensors", "sha256": digest}
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    for name, value in (("SSL_CERT_FILE", "ca.pem"), ("MOBILESEG_CACHE", "cache")):
        monkeypatch.setenv(name, str(tmp_path / value))
    monkeypatch.setenv("NO_PROXY", "localhost")
    with serve(context) as server:
        server.site = Site(f"https://localhost:{server.port}", content)
        url = f"https://user:secret@localhost:{server.port}/private/yours.safetensors?token=secret"
        assert named(url) == {"name": "yours.safetensors", "sha256": digest}
