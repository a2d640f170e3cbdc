import json
import subprocess
import sys
from pathlib import Path

import full_disk
import pytest
from commands import Run
from made_results import around, result, series


def test_threads_that_wait_do_not_spin_unless_asked_to(mobileseg: Run) -> None:
    """As the threads' own library says it, when torch has loaded it."""
    refused = ("export", "seaformer-tiny", "--target", "onnx", "--num-classes", 5)
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in mobileseg(*refused, OMP_DISPLAY_ENV="true").stderr
    chosen = mobileseg(*refused, OMP_DISPLAY_ENV="true", OMP_WAIT_POLICY="ACTIVE")
    assert "OMP_WAIT_POLICY = 'ACTIVE'" in chosen.stderr


@pytest.mark.parametrize(("room", "kept"), [(1 << 20, False), (-1, True)], ids=["one MiB", "no limit"])
def test_no_half_of_bytecode_is_kept_where_there_is_no_room(room: int, kept: bool) -> None:
    """-1 is RLIM_INFINITY."""
    done = full_disk.run("from mobileseg.cli.entry import room_for_bytecode\nprint(room_for_bytecode())", room)
    assert done.stdout == f"{kept}\n"


def test_names_that_the_console_has_no_letters_for_are_said_all_the_same(mobileseg: Run, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(result(series(around(10))).to_json())
    done = mobileseg("report", "a.json", "--output", "straße.html", PYTHONIOENCODING="cp1251")
    assert done.returncode == 0, done.stderr
    assert "stra\\xdfe.html" in done.stdout
    assert (tmp_path / "straße.html").is_file()


def test_json_on_standard_output_is_utf_8(mobileseg: Run, tmp_path: Path) -> None:
    done = mobileseg(
        "predict", "seaformer-tiny", "samples", "--size", "99x99", "--json", "-", PYTHONIOENCODING="cp1251"
    )
    assert (done.returncode, done.stdout) == (2, "")
    (tmp_path / "a.json").write_text(result(series(around(10))).to_json())
    again = mobileseg("report", "a.json", "--title", "Straße", "--json", "-", PYTHONIOENCODING="cp1251")
    assert json.loads(again.stdout)["title"] == "Straße"


def test_the_package_is_the_command(tmp_path: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "mobileseg", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert "Usage: mobileseg [OPTIONS]" in run("--help").stdout
    done = run("info", "seaformer-tinny")
    assert done.returncode == 2 and "seaformer-tiny" in done.stderr and "Traceback" not in done.stderr
