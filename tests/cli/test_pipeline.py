"""The pipeline as a user runs it: export, compare, predict, latency on one small file."""

import json
import os
import re
import shutil
import signal
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch
from commands import Run, Start
from in_process import call
from labelled_streets import make_streets
from made_once import exported_once
from PIL import Image
from street_net import FACTORY, NAME, StreetNet

from mobileseg.data.dataset import samples_folder
from mobileseg.data.images import find_images
from mobileseg.data.split import open_images, open_one
from mobileseg.latency.results.result import Result

pytestmark = pytest.mark.slow
NAMED = ("--model", FACTORY)  # whose code may run


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ONNX file with the classes of the sample images, of a network that is not ours."""
    classes = samples_folder() / "classes.json"
    return exported_once(tmp_path_factory, "street", "onnx", NAME, size=(64, 96), classes=classes).path


def test_export_prints_what_the_manifest_keeps(mobileseg_cold: Run, tmp_path: Path) -> None:
    done = mobileseg_cold(
        "export", "seaformer-tiny", "--target", "onnx", "--weights", "random", "--size", "32x64", "--num-classes", 3
    )
    assert done.returncode == 0, done.stderr
    assert "RANDOM WEIGHTS" in done.stdout
    assert "verified" in done.stdout
    assert all(line.startswith("[") for line in done.stderr.splitlines())
    manifest = json.loads((tmp_path / "seaformer-tiny-float32.onnx.json").read_text())
    assert manifest["command"].startswith("mobileseg export seaformer-tiny --target onnx")
    assert manifest["weights"]["kind"] == "random"
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "seaformer-tiny-float32.onnx",
        "seaformer-tiny-float32.onnx.json",
    ]


def test_compare_with_labels(mobileseg: Run, made: Path, tmp_path: Path) -> None:
    done = mobileseg("compare", made, *NAMED, "--data", "samples", "--json", "c.json")
    assert done.returncode == 4, done.stderr  # weights that were never trained
    assert "verdict         UNKNOWN" in done.stdout
    assert "above chance" in done.stderr
    found = json.loads((tmp_path / "c.json").read_text())
    assert found["images"] == len(open_images(samples_folder())[1])
    assert 0 < found["float"]["miou"] < 1
    assert found["artifact"]["miou"] == pytest.approx(found["float"]["miou"], abs=1e-4)
    low, high = found["float"]["interval"]
    assert low <= found["float"]["miou"] <= high
    assert found["agreement"] > 0.9999
    assert found["sqnr_db"] > 80
    assert "sign_symbol" in done.stdout
    assert mobileseg("compare", made, *NAMED, "--data", "samples", "--json", "c.json").returncode == 2


def test_the_exit_code_is_the_verdict(mobileseg: Run, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """0 PASS, 1 FAIL, 4 UNKNOWN, of one file, its int8 sibling and too few images."""
    data, few = make_streets(tmp_path / "streets", 30), make_streets(tmp_path / "few", 5)
    exact = exported_once(tmp_path_factory, "street-float32-onnx", "onnx", NAME, size=(64, 96))
    rounded = exported_once(tmp_path_factory, "street-int8-onnx", "onnx", NAME, size=(64, 96), precision="int8")
    for file, folder, code, verdict in (
        (exact, data, 0, "PASS"),
        (rounded, data, 1, "FAIL"),  # labels that are the reference model's own: what int8 changes is lost
        (rounded, few, 4, "UNKNOWN"),
    ):
        done = mobileseg("compare", file.path, *NAMED, "--data", folder, "--json", f"{verdict}.json")
        assert done.returncode == code, (file, done.stdout, done.stderr)
        assert f"verdict         {verdict}" in done.stdout
        assert json.loads((tmp_path / f"{verdict}.json").read_text())["verdict"] == verdict
        assert "Traceback" not in done.stderr
        assert ("expected" in done.stderr and "fix" in done.stderr) == (code != 0)
    help_text = mobileseg("compare", "--help").stdout
    assert "4 too little was measured" in " ".join(help_text.split())


def test_compare_on_the_split_that_finetune_holds_out(mobileseg: Run, made: Path, tmp_path: Path) -> None:
    done = mobileseg("compare", made, *NAMED, "--data", "samples", "--split", "test", "--json", "c.json")
    assert done.returncode == 4, done.stderr
    figures = json.loads((tmp_path / "c.json").read_text())
    assert figures["images"] == len(open_one(samples_folder(), "test").items)
    assert figures["data"].endswith("samples, test split")
    for options, words in ((("tset",), "train, val, test"), (("test", "--no-labels"), "--split of labelled images")):
        done = mobileseg("compare", made, *NAMED, "--data", "samples", "--split", *options)
        assert done.returncode == 2
        assert words in done.stderr


def test_compare_refuses_other_classes(mobileseg: Run, made: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(samples_folder(), data)
    classes = json.loads((data / "classes.json").read_text())
    classes["names"][0], classes["names"][1] = classes["names"][1], classes["names"][0]
    (data / "classes.json").write_text(json.dumps(classes))
    done = mobileseg("compare", made, *NAMED, "--data", data)
    assert done.returncode == 2
    assert "class 0 to be 'sky'" in done.stderr
    (data / "classes.json").write_text(json.dumps({"names": [str(i) for i in range(12)], "ignore_index": 255}))
    done = mobileseg("compare", made, *NAMED, "--data", data)
    assert done.returncode == 2
    assert "11 classes" in done.stderr


def test_compare_needs_the_very_weights(mobileseg: Run, made: Path, tmp_path: Path) -> None:
    for name in ("street.onnx", "street.onnx.json"):
        shutil.copy(made.parent / name, tmp_path)
    other = tmp_path / "other.pth"
    torch.save(StreetNet(fitted=False).state_dict(), other)
    done = mobileseg("compare", "street.onnx", *NAMED, "--data", "samples", "--weights", other)
    assert done.returncode == 2
    assert "sha256" in done.stderr


def test_predict_draws_overlays_and_masks(mobileseg: Run, made: Path, tmp_path: Path) -> None:
    image = tmp_path / "odd.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (75, 131, 3), dtype=np.uint8)).save(image)
    assert mobileseg("predict", made, image, "--output", "out").returncode == 0
    done = mobileseg("predict", made, image, "--output", "out", "--masks")
    assert done.returncode == 0, done.stderr
    drawn, mask = Image.open(tmp_path / "out" / "odd_overlay.png"), Image.open(tmp_path / "out" / "odd_mask.png")
    assert drawn.width == 131
    assert drawn.height > 75  # the legend
    assert (mask.mode, mask.size) == ("P", (131, 75))
    assert mask.getpalette()[:3] == [128, 128, 128]
    assert np.asarray(mask).max() < 11
    assert mobileseg("predict", made, image, "--output", "out").returncode == 2


def test_predict_with_the_float_original(mobileseg: Run, tmp_path: Path) -> None:
    done = mobileseg("predict", "seaformer-tiny", samples_folder() / "images", "--masks", "--size", "64x96")
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "predictions").iterdir())) == len(find_images(samples_folder() / "images"))


def test_latency_measures_in_turns(mobileseg: Run, made: Path, tmp_path: Path) -> None:
    done = mobileseg("latency", made, made, "--json", "l.json")
    assert done.returncode == 0, done.stderr
    found = Result.model_validate_json((tmp_path / "l.json").read_text())
    assert [len(series.samples_ms) for series in found.series] == [50, 50]
    assert all(sample > 0 for series in found.series for sample in series.samples_ms)
    assert found.protocol.name == "quick"
    assert found.command is not None and found.command.startswith("mobileseg latency ")
    assert "ratio" in done.stdout
    assert mobileseg("latency", made, "--json", "l.json").returncode == 2
    done = mobileseg("latency", "--diff", "l.json", "l.json", "--json", "d.json")
    assert done.returncode == 0, done.stderr
    assert [change["verdict"] for change in json.loads((tmp_path / "d.json").read_text())["changes"]] == ["undecided"]
    assert "undecided" in done.stdout


def test_a_report_of_what_was_compared_and_measured(mobileseg: Run, made: Path, tmp_path: Path) -> None:
    done = mobileseg("compare", made, *NAMED, "--data", "samples", "--json", "c.json", "--worst", 2)
    assert done.returncode == 4, done.stderr
    assert mobileseg("latency", made, "--json", "l.json").returncode == 0
    done = mobileseg("report", "c.json", "l.json", "--output", "page.html", "--title", "One pipeline")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "page.html").read_text()
    compared = json.loads((tmp_path / "c.json").read_text())
    median = json.loads((tmp_path / "l.json").read_text())["series"][0]["median_ms"]
    assert f'data-value="{compared["artifact"]["miou"]}"' in page
    assert f'data-value="{median}"' in page
    assert page.count("data:image/png;base64,") == 10
    assert "rendered by this project" in page
    assert "Latency against mIoU" in page
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c-worst", "c.json", "l.json", "page.html"]
    for arguments, words in (
        (("report", "c.json", "-o", "page.html"), "page.html exists"),
        (("report", "-o", "b.html"), ""),
        (("compare", made, *NAMED, "--data", "samples", "--worst", 2), "without a file for the figures"),
    ):
        done = mobileseg(*arguments)
        assert done.returncode == 2, arguments
        assert words in done.stderr
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "b.html").exists()


ALLOWED = [word for gate in ("hot", "throttled", "saver") for word in ("--allow", gate)]


@pytest.mark.parametrize(("name", "code", "words"), [("SIGINT", 130, "interrupted"), ("SIGKILL", 1, "signal 9")])
def test_latency_that_is_cut_off_keeps_what_there_is(
    start: Start, made: Path, tmp_path: Path, name: str, code: int, words: str
) -> None:
    """Ctrl-C comes to the command, kill -9 to the runner that it started."""
    command = start("latency", made, "--protocol", "sustained", *ALLOWED, "--json", "l.json")
    assert command.stderr is not None
    seen = next((line for line in command.stderr if " turns" in line), None)
    assert seen is not None
    children = Path(f"/proc/{command.pid}/task/{command.pid}/children").read_text().split()
    assert len(children) == 1
    os.kill(command.pid if name == "SIGINT" else int(children[0]), getattr(signal, name))
    said = command.stderr.read()
    assert command.wait(60) == code, said
    assert words in said
    assert "Traceback" not in said
    found = Result.model_validate_json((tmp_path / "l.json").read_text())
    assert not found.complete
    assert words in (found.reason or "")
    assert len(found.series[0].samples_ms) >= 5
    assert "INCOMPLETE" in (command.stdout.read() if command.stdout else "")
    assert not Path(f"/proc/{children[0]}").exists()


def test_devices_says_what_can_be_measured_on(mobileseg: Run) -> None:
    done = mobileseg("devices", "--json", "-")
    assert done.returncode == 0, done.stderr
    host = next(line for line in json.loads(done.stdout) if line["name"] == "host")
    assert host["state"] == "ready"
    assert ".pte" in host["detail"]
    assert "host" in mobileseg("devices").stdout


def test_the_layers_that_sensitivity_names_stay_float(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Of a network whose classifier has weights a thousand times its others, for a channel that is always zero: they take all its steps."""
    model = StreetNet()
    with torch.no_grad():
        model.get_parameter("spread.0.weight")[0] = 0
        model.get_parameter("spread.0.bias")[0] = 0
        model.get_parameter("classify.weight")[:, 0] = 1e3
    torch.save(model.state_dict(), tmp_path / "spoiled.pth")
    monkeypatch.chdir(tmp_path)
    small = ("--size", "64x96", "--weights", "spoiled.pth")
    done = call(capfd, "sensitivity", NAME, *small, "--images", 2, "--budget", 0.5, "--json", "costs.json")
    assert done.code == 0, done.err
    costs = json.loads((tmp_path / "costs.json").read_text())
    listed = tomllib.loads((tmp_path / f"{NAME}-keep-float.toml").read_text())
    assert costs["layers"][0]["layer"] == "network.classify"
    assert costs["layers"][0]["layer"] in done.out
    assert [layer["layer"] for layer in listed["keep"]] == [step["layer"] for step in costs["kept"]] != []
    command = ("export", NAME, "--target", "onnx", "--int8", *small)
    kept = call(capfd, *command, "--output", "kept.onnx", "--keep-float", f"{NAME}-keep-float.toml")
    assert kept.code == 0, kept.err
    assert costs["kept"][0]["layer"] in kept.out
    after = json.loads((tmp_path / "kept.onnx.json").read_text())
    assert [layer["layer"] for layer in after["precision"]["requested"]["layers"]] == [
        layer["layer"] for layer in listed["keep"]
    ]
    assert after["precision"]["requested"]["latency_ratio"] > 0
    ratio = after["precision"]["requested"]["latency_ratio"]
    assert re.search(rf"{ratio:.3f} \(.+ \.\. .+\) on host", kept.out)
    assert after["verification"]["sqnr_db"] > costs["int8"]["sqnr_db"] + 6
