"""``compare --sequence`` and ``--shift`` as a user calls them."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from commands import Run
from films import film, write_film
from PIL import Image

from mobileseg import export
from mobileseg.export.evaluation.compared import Comparison

FRAMES = 11
NETWORK = "street_net:FiveClasses"


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``drive`` has labels and flow, ``bare`` frames alone."""
    folder = tmp_path_factory.mktemp("films")
    write_film(folder / "drive", film(FRAMES), step=2)
    write_film(folder / "bare", film(FRAMES), flow=False, masks=False, suffix=".jpg")
    return folder


@pytest.fixture(scope="module")
def made(films: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An int8 file with the film's classes."""
    folder = tmp_path_factory.mktemp("made")
    options = {
        "precision": "int8", "size": (64, 96), "classes": films / "drive" / "classes.json", "calibration": films / "drive" / "images",
    }  # fmt: skip
    return export.export_model(NETWORK, "onnx", output=folder / "five.onnx", **options).path


@pytest.mark.slow
def test_a_sequence_with_flow_and_labels(mobileseg: Run, made: Path, films: Path, tmp_path: Path) -> None:
    drive = films / "drive"
    done = mobileseg("compare", made, "--model", NETWORK, "--data", drive, "--sequence", drive, "--json", "c.json")
    assert "Traceback" not in done.stderr
    text = (tmp_path / "c.json").read_text()
    found = json.loads(text)
    assert done.returncode == {"PASS": 0, "FAIL": 1, "UNKNOWN": 4}[found["verdict"]], done.stderr
    temporal, shift = found["temporal"], found["shift"]
    assert (temporal["sequence"], temporal["flow"], temporal["pairs"], temporal["labels"]) == (
        "drive",
        "given",
        10,
        1.0,
    )
    for one in (temporal, shift):
        low, high = one["gain"]["interval"]
        assert low <= one["gain"]["value"] <= high
        assert 0 < one["float"]["kept"] < 1
        assert one["float"]["interval"][0] <= one["float"]["kept"] <= one["float"]["interval"][1]
    assert shift["images"] == 8
    gate = next(gate for gate in found["gates"] if gate["name"] == "temporal consistency")
    assert gate["verdict"] == ("PASS" if temporal["gain"]["interval"][0] >= -0.01 else "FAIL")
    assert not gate["optional"]
    shown = " ".join(done.stdout.split())
    for words in (
        f"temporal consistency {100 * temporal['float']['kept']:.2f} % {100 * temporal['artifact']['kept']:.2f} %",
        f"TC (mIoU) {100 * temporal['float']['tc']:.2f} % {100 * temporal['artifact']['tc']:.2f} %",
        f"shift consistency {100 * shift['float']['kept']:.2f} % {100 * shift['artifact']['kept']:.2f} %",
        "10 pairs of frames of drive; flow given: files of the sequence",
        "of these, 100.00 % keep their label",
        "8 images, moved by 1 to 8 pixels",
        f"{gate['verdict']} temporal consistency: a loss of at most 1 point",
    ):
        assert words in shown, words
    assert str(films) not in text
    assert Comparison.model_validate_json(text).to_json() == text


@pytest.mark.slow
def test_frames_alone_have_their_flow_estimated(mobileseg: Run, made: Path, films: Path) -> None:
    pytest.importorskip("cv2")
    done = mobileseg(
        "compare",
        made,
        "--model",
        NETWORK,
        "--data",
        films / "bare",
        "--no-labels",
        "--sequence",
        films / "bare",
        "--no-shift",
        "--json",
        "-",
    )
    found = json.loads(done.stdout)
    assert found["temporal"]["flow"] == "estimated"
    assert "DIS" in found["temporal"]["flow_source"]
    assert found["temporal"]["labels"] is None
    assert found["shift"] is None
    assert "flow estimated: " in done.stderr
    assert "shift consistency" not in done.stderr


@pytest.mark.slow
def test_without_a_sequence_the_gate_is_unknown(made: Path, films: Path) -> None:
    found = export.compare(made, films / "drive", model=NETWORK)
    assert found.temporal is None
    assert found.shift is not None and found.shift.images == 8
    gate = next(gate for gate in found.gates if gate.name == "temporal consistency")
    assert (gate.verdict, gate.found, gate.optional) == ("UNKNOWN", "no --sequence", True)


def one_frame(drive: Path) -> None:
    for path in [*drive.glob("*/0*")]:
        if path.stem != "0000":
            path.unlink()
    shutil.rmtree(drive / "flow")


def other_flow(drive: Path) -> None:
    np.savez(drive / "flow" / "0004.npz", motion=np.zeros((64, 64, 2), np.int16), seen=np.ones((64, 64), bool))


def other_size(drive: Path) -> None:
    Image.new("RGB", (64, 96)).save(drive / "images" / "0005.png")


def no_flow_of_one(drive: Path) -> None:
    (drive / "flow" / "0003.npz").unlink()


def pickled(drive: Path) -> None:
    np.savez(drive / "flow" / "0000.npz", motion=np.array([{}], dtype=object), seen=np.ones((64, 96), bool))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (shutil.rmtree, ["a folder of frames", "check --sequence"]),
        (one_frame, ["at least two frames", "0000.png"]),
        (other_flow, ["64x96", "64x64 in", "0004.npz"]),
        (other_size, ["frames of one size", "96x64", "0005.png"]),
        (no_flow_of_one, ["0003.npz missing", "without flow/"]),
        (pickled, ["0000.npz", "numpy.savez"]),
    ],
)
def test_what_is_no_sequence_is_refused_before_anything_slow(
    mobileseg: Run, films: Path, tmp_path: Path, spoil: object, words: list[str]
) -> None:
    shutil.copytree(films / "drive", tmp_path / "drive")
    assert callable(spoil)
    spoil(tmp_path / "drive")
    done = mobileseg("compare", "any.onnx", "--data", "samples", "--sequence", "drive", "--json", "c.json")
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    for word in (*words, "expected", "found", "fix"):
        assert word in done.stderr
    assert not (tmp_path / "c.json").exists()


def test_estimating_needs_opencv(mobileseg: Run, films: Path, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(
        "import importlib.util as u\n"
        "find = u.find_spec\n"
        "u.find_spec = lambda name, package=None: None if name == 'cv2' else find(name, package)\n"
    )
    done = mobileseg(
        "compare", "any.onnx", "--data", "samples", "--sequence", films / "bare", PYTHONPATH=str(tmp_path / "site")
    )
    assert done.returncode == 3, done.stderr
    assert "pip install 'mobileseg[opencv]'" in done.stderr
