import contextlib
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for lab: test folders are not packages

from lab import Lab, lab
from made_once import exported_once
from required import lacking

from mobileseg.errors import EnvironmentLackError
from mobileseg.export.artifact import Artifact

REQUIRED = "MOBILESEG_REQUIRE_LAB"
"""If set, the tests fail on a machine that cannot run a lab, instead of skipping."""

SIZE = (32, 32)


@pytest.fixture(scope="session")
def machine() -> Iterator[Lab]:
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="ms-lab-")
        )  # short, because of the length limit of socket paths
        try:
            found = stack.enter_context(lab(Path(folder)))
        except EnvironmentLackError as error:
            lacking(error, REQUIRED)
        yield found


@pytest.fixture(scope="session")
def tiny_pte(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return exported_once(tmp_path_factory, "tiny", "executorch", size=SIZE)


@pytest.fixture
def tiny_onnx(tiny_pte: Artifact, tmp_path: Path) -> Path:
    """A .pte whose manifest says onnx, which is enough to be refused."""
    return renamed(tiny_pte, tmp_path / "a.onnx", "onnx")


@pytest.fixture
def tiny_mlpackage(tiny_pte: Artifact, tmp_path: Path) -> Path:
    """A .pte whose manifest says coreml."""
    return renamed(tiny_pte, tmp_path / "a.mlpackage", "coreml")


def renamed(artifact: Artifact, path: Path, target: str) -> Path:
    path.write_bytes(artifact.path.read_bytes())
    manifest = artifact.manifest.model_dump(mode="json") | {"target": target}
    manifest["artifact"]["file"] = path.name
    path.with_name(f"{path.name}.json").write_text(json.dumps(manifest))
    return path
