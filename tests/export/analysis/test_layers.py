"""The layer report is of the graph that the file was lowered from, and says how closely the file follows it."""

from pathlib import Path

import pytest
from made_once import exported_once
from PIL import Image
from street_net import NAME

from mobileseg.data.dataset import samples_folder
from mobileseg.data.images import find_images
from mobileseg.errors import ArtifactError, RequestError
from mobileseg.export.analysis import layers
from mobileseg.export.analysis.layers import layer_report
from mobileseg.export.analysis.plot import draw
from mobileseg.export.artifact import Artifact
from mobileseg.export.evaluation.layer_report import LayerReport
from mobileseg.export.manifest import CalibrationPart
from mobileseg.export.quantization.calibration import read_calibration

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def images() -> list[Path]:
    return find_images(samples_folder() / "images")[:2]


@pytest.fixture(scope="module")
def int8(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return exported_once(tmp_path_factory, "street-int8-onnx", "onnx", NAME, precision="int8", size=(64, 96))


@pytest.fixture(scope="module")
def report(int8: Artifact, images: list[Path]) -> LayerReport:
    return layer_report(int8, images)


def test_every_layer_is_listed_once_and_the_last_completes_the_graph(report: LayerReport) -> None:
    names = [cost.layer for cost in report.layers]
    assert sorted(names) == ["network.classify", "network.down.0", "network.spread.0", "network.stem.0"]
    last = next(cost for cost in report.layers if cost.layer.endswith("classify"))
    assert last.cumulative.sqnr_db == pytest.approx(report.graph.sqnr_db)
    assert min(cost.alone.sqnr_db for cost in report.layers) > report.graph.sqnr_db
    assert report.images == 2


def test_the_file_follows_the_graph(report: LayerReport) -> None:
    assert report.file_with_graph_db > report.graph.sqnr_db  # what is not explained is less than what is
    assert report.file_with_graph_db > 20.0


def test_the_chart_is_drawn(report: LayerReport) -> None:
    picture = draw(report, "a test")
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 20000


def test_float_files_are_refused(five_onnx: Artifact, images: list[Path]) -> None:
    with pytest.raises(RequestError, match="int8"):
        layer_report(five_onnx, images)


@pytest.mark.parametrize("whole", [False, True])
def test_calibration_images_are_found_whether_or_not_some_were_kept_back(
    int8: Artifact, tmp_path: Path, whole: bool
) -> None:
    for number in range(12):
        Image.new("RGB", (40, 30), (number, 9, 9)).save(tmp_path / f"{number}.png")
    wanted = read_calibration(tmp_path, whole)
    assert len(wanted) == (12 if whole else 8)
    manifest = int8.manifest.model_copy(update={"calibration": wanted.part()})
    found = layers._calibration(Artifact(int8.path, manifest, int8.target), tmp_path)
    assert found.digests == wanted.digests


@pytest.mark.parametrize(("source", "message"), [("gone", "no folder"), (str(samples_folder()), "others")])
def test_other_calibration_images_are_refused(int8: Artifact, images: list[Path], source: str, message: str) -> None:
    part = CalibrationPart(source=source, images=9, sha256="0" * 64, bundled=False)
    manifest = int8.manifest.model_copy(update={"calibration": part})
    with pytest.raises(ArtifactError, match=message):
        layer_report(Artifact(int8.path, manifest, int8.target), images)
