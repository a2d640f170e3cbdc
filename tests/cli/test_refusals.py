"""Commands that are refused, interrupted or out of room: a clear message, the right exit code, nothing left behind, never a traceback.

test_bad_inputs.py has the inputs that are refused at once."""

import subprocess
import sys
from pathlib import Path

import full_disk
import pytest
from commands import Run
from thorough import thorough_but

from mobileseg.cli.entry import INTERRUPTED


def refused(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert all(label in done.stderr for label in ("expected", "found", "fix"))
    for word in words:
        assert word in done.stderr


def test_a_missing_extra_names_its_install_line(mobileseg: Run, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(
        "import importlib.util as u\n"
        "find = u.find_spec\n"
        "u.find_spec = lambda name, package=None: None if name == 'executorch' else find(name, package)\n"
    )
    done = mobileseg("export", "seaformer-tiny", "--target", "executorch", PYTHONPATH=str(tmp_path / "site"))
    refused(done, 3, "executorch", "pip install 'mobileseg[executorch]'")


START = """
import os, signal, sys, threading
sys.argv = ['mobileseg', 'export', 'street_net:StreetNet', '--target', 'executorch', '--size', '64x96', '--output', 'a.pte']
from mobileseg.export.backends.executorch import lower as module
lower = module.lower
def interrupted(lowering, folder):
    (folder / 'half').write_text('half')
    threading.Timer(1.0, os.kill, (os.getpid(), getattr(signal, SIGNAL))).start()
    return lower(lowering, folder)
module.lower = interrupted
from mobileseg.cli import main
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", thorough_but(["SIGINT", "SIGTERM"], ["SIGINT"]))
def test_an_interrupted_export_leaves_nothing(tmp_path: Path, name: str) -> None:
    script = START.replace("SIGNAL", repr(name))
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == INTERRUPTED, done.stderr
    assert "interrupted" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


LIMITED = """
import sys
sys.argv = ['mobileseg', 'export', 'street_net:StreetNet', '--target', TARGET, '--size', '64x96', '--output', OUTPUT]
from mobileseg.cli import main
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "output"), thorough_but([("executorch", "a.pte"), ("onnx", "a.onnx")], [("onnx", "a.onnx")])
)
def test_a_full_disk_leaves_nothing(tmp_path: Path, target: str, output: str) -> None:
    script = LIMITED.replace("TARGET", repr(target)).replace("OUTPUT", repr(output))
    done = full_disk.run(script, room=1 << 14, cwd=tmp_path)  # the file has more
    refused(done, 3, "full")
    assert list(tmp_path.iterdir()) == []


SWALLOWED = """
import os, signal, sys
sys.argv = ['mobileseg', 'export', 'street_net:StreetNet', '--target', 'onnx', '--size', '64x96', '--output', 'a.onnx']
from mobileseg.export.backends.onnx import lower as module
lower = module.lower
def careless(lowering, folder):
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt:
        pass
    return lower(lowering, folder)
module.lower = careless
from mobileseg.cli import main
main()
"""


@pytest.mark.slow
def test_an_interrupt_that_a_library_swallows_is_remembered(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", SWALLOWED], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == INTERRUPTED, done.stderr
    assert list(tmp_path.iterdir()) == []
