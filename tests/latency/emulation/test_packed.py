"""The ARM runner as a wheel: what it holds is what is copied to a device, and nothing is built where it is installed."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from arm_wheel import lay_out

from mobileseg.errors import EnvironmentLackError
from mobileseg.files import sha256
from mobileseg.latency.runners import build, packed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(arm_kit: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    project, dist = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("dist")
    lay_out(arm_kit, project)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(dist), str(project)]
    subprocess.run(command, check=True, capture_output=True)
    (found,) = dist.iterdir()
    return found


def test_an_installed_wheel_is_used_and_nothing_built(
    wheel: Path, arm_kit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert wheel.name.startswith("mobileseg_arm_runner-") and wheel.name.endswith("-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert any("libc6" in name for name in archive.namelist()), "what it holds of others has their terms beside it"
        archive.extractall(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(build, "_cmake", lambda *_: pytest.fail("built"))
    monkeypatch.setenv("PATH", "/nowhere")  # no compiler either
    found = build.arm_runner()
    assert found == tmp_path / packed.PACKAGE / packed.FOLDER and sha256(found) == sha256(arm_kit)
    (found / "built.json").write_text((found / "built.json").read_text().replace("executorch-1.", "executorch-0."))
    with pytest.raises(EnvironmentLackError, match="make dist"):
        build.arm_runner()
