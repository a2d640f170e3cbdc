"""Packages: what is read from them, and what is refused."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mil_programs import save

from mobileseg.errors import ArtifactError, UnknownOperationError
from mobileseg.export.backends.coreml.interpreter import InterpretedProgram
from mobileseg.export.backends.coreml.interpreter.package import Package

pytestmark = pytest.mark.slow

SHAPE = (1, 4, 6, 6)
WEIGHT = np.random.default_rng(8).normal(size=(4, 4, 3, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def build(mb: Any, v: Any) -> Any:
        return mb.conv(x=v, weight=WEIGHT)

    return save(build, SHAPE, tmp_path_factory.mktemp("package") / "conv.mlpackage")


def test_weights_are_those_that_coremltools_reads(package: Path) -> None:
    from coremltools.libmilstoragepython import _BlobStorageReader

    opened = Package(package)
    places = [
        attribute.blobFileValue
        for op in opened.block.operations
        for attribute in op.attributes.values()
        if attribute.WhichOneof("value") == "blobFileValue"
    ]
    assert places
    for place in places:
        (file,) = package.rglob("weight.bin")
        numbers = opened.numbers(place.fileName, place.offset, np.dtype(np.float32))
        np.testing.assert_array_equal(numbers, _BlobStorageReader(str(file)).read_float_data(place.offset))
        np.testing.assert_array_equal(numbers, WEIGHT.ravel())


def test_an_operation_outside_the_table_is_named(tmp_path: Path) -> None:
    def build(mb: Any, v: Any) -> Any:
        return mb.softplus_parametric(x=v, alpha=np.ones(SHAPE[1], np.float32), beta=np.ones(SHAPE[1], np.float32))

    path = save(build, SHAPE, tmp_path / "softplus.mlpackage")
    with pytest.raises(UnknownOperationError, match="softplus_parametric: UNKNOWN"):
        InterpretedProgram(path)


def test_a_cast_out_of_range_is_refused(tmp_path: Path) -> None:
    def build(mb: Any, v: Any) -> Any:
        return mb.cast(x=v, dtype="int8")

    program = InterpretedProgram(save(build, (1, 1), tmp_path / "cast.mlpackage"))
    assert program.run(np.array([[-128.9]], np.float32))[0].tolist() == [[-128]]
    for number in (128.0, -129.0, np.nan):
        with pytest.raises(UnknownOperationError, match="cast to int8"):
            program.run(np.array([[number]], np.float32))


@pytest.mark.parametrize("damage", ["Manifest.json", "model.mlmodel", "weight.bin"])
@pytest.mark.parametrize("how", ["gone", "cut", "noise"])
def test_a_damaged_package_is_refused(package: Path, damage: str, how: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.mlpackage"
    shutil.copytree(package, copy)
    (file,) = copy.rglob(damage)
    if how == "gone":
        file.unlink()
    else:
        content = file.read_bytes()
        file.write_bytes(content[: len(content) // 2] if how == "cut" else bytes(len(content)))
    with pytest.raises(ArtifactError, match="ML Program"):
        InterpretedProgram(copy)
