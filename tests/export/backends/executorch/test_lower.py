import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from street_net import NAME
from torch import Tensor, nn

import mobileseg
from mobileseg.data.dataset import samples_folder
from mobileseg.data.images import find_images, read_batch
from mobileseg.errors import ArtifactError, EnvironmentLackError, ImageError
from mobileseg.export import export_model, open_artifact
from mobileseg.export.artifact import Artifact
from mobileseg.export.backends.executorch.delegation import DATA_TYPE, WhyNot, report
from mobileseg.export.backends.executorch.lower import memory, partitioner
from mobileseg.export.backends.executorch.outside import with_time_shares
from mobileseg.export.backends.executorch.runtime import ExecutorchRuntime
from mobileseg.export.manifest import manifest_path, read_manifest
from mobileseg.postprocess.class_map import class_map

pytestmark = pytest.mark.slow
IMAGE = find_images(samples_folder() / "images")[0]


def test_int8_is_one_delegate_with_nothing_outside(tiny_pte: Artifact) -> None:
    delegation = tiny_pte.manifest.delegation
    assert delegation is not None
    assert (delegation.partitions, delegation.operators_outside, delegation.percent) == (1, 0, 100.0)
    assert delegation.operators_inside > 300


def test_int8_is_close_to_the_reference_model(tiny_pte: Artifact) -> None:
    found = tiny_pte.manifest.verification
    assert found.status == "passed"
    assert found.images == 32
    assert found.sqnr_db is not None
    assert found.sqnr_db > 17
    assert found.agreement is not None
    assert found.agreement > 0.9


def test_the_manifest_is_complete(tiny_pte: Artifact) -> None:
    manifest = read_manifest(tiny_pte.path)
    assert manifest == tiny_pte.manifest
    assert manifest.artifact.size_bytes == tiny_pte.path.stat().st_size
    assert manifest.weights.source == "street-v1"
    assert manifest.weights.trained
    assert manifest.weights.licence == "Apache-2.0"
    assert manifest.output.classes is not None
    assert manifest.output.classes[3] == "road"
    assert manifest.output.shape == (1, 11, 16, 20)
    assert manifest.calibration is not None
    assert manifest.calibration.bundled
    assert {part.operator for part in manifest.precision.kept_float} >= {"bmm", "softmax", "upsample_bilinear2d"}
    assert all(len(part.reason) > 20 for part in manifest.precision.kept_float)
    assert manifest.versions["executorch"].startswith("1.5")


def test_an_artifact_takes_every_kind_of_image(tiny_pte: Artifact) -> None:
    artifact = open_artifact(tiny_pte.path)
    picture = Image.open(IMAGE)
    outputs = [artifact.run(p) for p in (IMAGE, str(IMAGE), picture, np.asarray(picture), read_batch(IMAGE, 128, 160))]
    assert outputs[0].shape == (1, 11, 16, 20)
    assert all(np.array_equal(outputs[0], other) for other in outputs[1:])
    with pytest.raises(ImageError):
        artifact.run(np.zeros((1, 3, 129, 160), dtype=np.float32))


def test_earlier_outputs_are_not_overwritten(tiny_pte: Artifact) -> None:
    artifact = open_artifact(tiny_pte.path)
    first = artifact.run(IMAGE)
    kept = first.copy()
    artifact.run(np.zeros((50, 50, 3), dtype=np.uint8))
    assert np.array_equal(first, kept)


def copied(artifact: Artifact, folder: Path) -> Path:
    for path in (artifact.path, manifest_path(artifact.path)):
        shutil.copy(path, folder)
    return folder / artifact.path.name


def test_a_truncated_file_is_refused(tiny_pte: Artifact, tmp_path: Path) -> None:
    path = copied(tiny_pte, tmp_path)
    path.write_bytes(path.read_bytes()[:100_000])
    with pytest.raises(ArtifactError, match="truncated"):
        open_artifact(path)
    with pytest.raises(ArtifactError, match="can load"):
        ExecutorchRuntime(path)


def test_a_manifest_of_another_file_is_refused(tiny_pte: Artifact, tmp_path: Path) -> None:
    path = copied(tiny_pte, tmp_path)
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(ArtifactError, match="sha256"):
        open_artifact(path)


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        (lambda m: m["versions"].update(executorch="0.7.0"), EnvironmentLackError),
        (lambda m: m.update(schema_version=99), EnvironmentLackError),
        (lambda m: m.update(surprise=1), ArtifactError),
        (lambda m: m.pop("input"), ArtifactError),
    ],
)
def test_manifests_of_other_versions(tiny_pte: Artifact, tmp_path: Path, edit: object, error: type[Exception]) -> None:
    path = copied(tiny_pte, tmp_path)
    record = json.loads(manifest_path(path).read_text())
    edit(record)  # type: ignore[operator]  # a lambda of the table above
    manifest_path(path).write_text(json.dumps(record))
    with pytest.raises(error):
        open_artifact(path)


def test_another_release_can_be_accepted_on_request(tiny_pte: Artifact, tmp_path: Path) -> None:
    path = copied(tiny_pte, tmp_path)
    record = json.loads(manifest_path(path).read_text())
    record["versions"]["executorch"] = "0.7.0"
    manifest_path(path).write_text(json.dumps(record))
    assert open_artifact(path, any_version=True).manifest.versions["executorch"] == "0.7.0"


def test_a_missing_file_or_manifest_is_refused(tiny_pte: Artifact, tmp_path: Path) -> None:
    shutil.copy(tiny_pte.path, tmp_path)
    with pytest.raises(ArtifactError, match="manifest"):
        open_artifact(tmp_path / tiny_pte.path.name)
    with pytest.raises(ArtifactError, match="nothing"):
        open_artifact(tmp_path / "other.pte")


def test_the_mask_in_the_graph(workshop: Path) -> None:
    made = export_model(NAME, "executorch", size=(64, 96), emit="mask", output=workshop / "mask.pte")
    model = mobileseg.create_model(NAME)
    batch = read_batch(IMAGE, 64, 96)
    with torch.no_grad():
        logits = mobileseg.deploy(model, 64, 96)(torch.from_numpy(batch)).numpy()
    mask = made.run(IMAGE)
    assert (mask.shape, mask.dtype) == ((1, 64, 96), np.int32)
    assert (mask[0] == class_map(logits[0], 64, 96)).mean() >= 0.9999
    delegation = made.manifest.delegation
    assert delegation is not None
    assert delegation.partitions == 1
    (outside,) = delegation.outside
    assert outside.at_edge
    assert outside.reason == DATA_TYPE


@pytest.mark.thorough
def test_a_classifier_goes_through_the_same_pipeline(tmp_path: Path) -> None:
    made = export_model(
        "seaformer-tiny-cls", "executorch", size=(96, 64), weights="random", num_classes=10, output=tmp_path / "c.pte"
    )
    assert made.run(IMAGE).shape == (1, 10)
    assert made.manifest.weights.note is not None
    assert "RANDOM" in made.manifest.weights.note


class Refused(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(x) + 1.0
        x = torch.softmax(x, dim=1)
        x = x.cumsum(2)
        return F.relu(x) * 2.0


def test_what_stays_outside_has_its_reason_its_share_of_time_and_a_remedy(tmp_path: Path) -> None:
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.exir import to_edge_transform_and_lower

    program = torch.export.export(Refused(), (torch.zeros(1, 4, 6, 8),))
    with WhyNot() as why:
        edge = to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()])
    found = report(edge.exported_program(), why.reasons)
    reasons = {part.operator: part for part in found.outside}
    softmax = next(part for name, part in reasons.items() if "softmax" in name)
    cumsum = next(part for name, part in reasons.items() if "cumsum" in name)
    assert "last dim" in softmax.reason
    assert "no rule" in cumsum.reason
    assert not softmax.at_edge
    assert found.partitions == 2
    assert found.percent < 100
    assert cumsum.time_share is None and cumsum.remedy is not None and "triangular" in cumsum.remedy
    path = tmp_path / "refused.pte"
    path.write_bytes(edge.to_executorch().buffer)
    timed = with_time_shares(found, path, np.zeros((1, 4, 6, 8), np.float32))
    shares = [part.time_share for part in timed.outside]
    assert all(share is not None and 0 < share < 1 for share in shares) and sum(filter(None, shares)) < 1
    path.write_bytes(b"no program")
    assert with_time_shares(found, path, np.zeros((1, 4, 6, 8), np.float32)) == found


class AtTheEdge(nn.Module):
    """A convolution, then ``last`` on its output alone."""

    def __init__(self, last: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.conv, self.last = nn.Conv2d(3, 8, 3, padding=1), last

    def forward(self, x: Tensor) -> Tensor:
        return self.last(F.relu(self.conv(x)))


def full_size(x: Tensor) -> Tensor:
    return F.interpolate(x, size=(64, 96), mode="nearest")


@pytest.mark.parametrize(
    ("last", "free"),
    [
        (lambda x: x.argmax(1), False),
        (full_size, False),
        (lambda x: F.interpolate(x, size=(63, 95), mode="bicubic"), False),
        (lambda x: x.cumsum(3), False),
        (lambda x: x.to(torch.int32), True),
        (lambda x: x.to(torch.float64), True),
    ],
    ids=["argmax", "nearest", "bicubic", "cumsum", "to int32", "to float64"],
)
def test_at_the_edge_only_conversions_are_free(last: Callable[[Tensor], Tensor], free: bool) -> None:
    from executorch.exir import to_edge_transform_and_lower

    program = torch.export.export(AtTheEdge(last).eval(), (torch.zeros(1, 3, 16, 24),))
    with WhyNot() as why:
        edge = to_edge_transform_and_lower(program, partitioner=[partitioner()])
    found = report(edge.exported_program(), why.reasons)
    assert found.operators_outside > 0
    assert all(part.at_edge for part in found.outside) is free
    assert (found.percent == 100) is free


class Kept(nn.Module):
    """Of the operators that XNNPACK's partitioner asks to keep whole, those that deploy models have."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.linear = nn.Conv2d(3, 8, 3, padding=1), nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv(x)), 3, 2, 1)
        x = F.interpolate(x, size=(16, 24), mode="bilinear", align_corners=False)
        out: Tensor = self.linear(x.mean((2, 3), keepdim=True).flatten(1))
        return out


def test_decomposing_once_gives_the_same_file() -> None:
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.exir import to_edge_transform_and_lower

    program = torch.export.export(Kept().eval(), (torch.zeros(1, 3, 16, 24),))
    ours, theirs = (
        to_edge_transform_and_lower(program, partitioner=[each]) for each in (partitioner(), XnnpackPartitioner())
    )
    assert report(ours.exported_program(), {}).operators_outside == 0
    assert ours.to_executorch().buffer == theirs.to_executorch().buffer


@pytest.mark.parametrize(("size", "planned"), [((16, 24), False), ((9, 9), True)], ids=["whole vectors", "a rest"])
def test_the_input_stays_in_its_callers_memory(size: tuple[int, int], planned: bool, tmp_path: Path) -> None:
    """Where kernels would read past its end it does not; either way a file computes the same from wherever its input is."""
    from executorch.exir import to_edge_transform_and_lower

    module, pixels = Kept().eval(), torch.rand(2, 1, 3, *size)
    program = torch.export.export(module, (pixels[0],))
    made = to_edge_transform_and_lower(program, partitioner=[partitioner()]).to_executorch(memory(pixels[0]))
    sizes = made.executorch_program.execution_plan[0].non_const_buffer_sizes
    assert (sum(sizes) >= pixels[0].nbytes) is planned
    (tmp_path / "kept.pte").write_bytes(made.buffer)
    runtime = ExecutorchRuntime(tmp_path / "kept.pte")
    for each in pixels:
        np.testing.assert_allclose(runtime.run(each.numpy())[0], module(each).detach(), atol=1e-5)
