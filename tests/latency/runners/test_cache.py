"""What is kept for ARM: made once, whole or not at all; wheels that there are none of."""

from pathlib import Path

import pytest

from mobileseg.errors import DownloadError, EnvironmentLackError
from mobileseg.latency.runners import cache, wheels


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("MOBILESEG_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept/arm"


def test_a_folder_is_made_once(empty: Path) -> None:
    calls: list[Path] = []

    def make(folder: Path) -> None:
        calls.append(folder)
        (folder.parent / "litter").write_text("thrown away")
        (folder / "file").write_text("kept")

    assert cache.once("thing", make) == cache.once("thing", make) == empty / "thing"
    assert len(calls) == 1
    assert [path.relative_to(empty).as_posix() for path in sorted(empty.rglob("*"))] == ["thing", "thing/file"]


def test_what_fails_leaves_nothing(empty: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cache.once("thing", fail)
    assert list(empty.iterdir()) == []


def test_the_first_of_two_stays(empty: Path) -> None:
    def slow(folder: Path) -> None:
        cache.once("thing", lambda other: (other / "first").touch())
        (folder / "second").touch()

    assert [path.name for path in cache.once("thing", slow).iterdir()] == ["first"]
    assert [path.name for path in empty.iterdir()] == ["thing"]


def test_a_place_that_cannot_be_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILESEG_CACHE", "/dev/null/cache")
    with pytest.raises(EnvironmentLackError, match="MOBILESEG_CACHE"):
        cache.place()


def test_a_wheel_that_there_is_none_of(empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(DownloadError, match=r"onnxruntime==1\.2\.3 for Python 3\.11"):
        wheels.onnxruntime("1.2.3", "3.11")
    assert list(empty.iterdir()) == []


def test_a_wheel_for_another_machine(empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By pip's own choice among files: not the one for this machine, and not the one of another Python."""
    for tag in (
        "cp312-cp312-manylinux_2_17_aarch64",
        "cp311-cp311-manylinux_2_17_x86_64",
        "cp311-cp311-manylinux_2_17_aarch64",
    ):
        (tmp_path / f"thing-1.0-{tag}.whl").touch()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    folder = tmp_path / "here"
    folder.mkdir()
    for python in ("3.11", "3.12"):
        tag = f"cp{python.replace('.', '')}"
        try:
            found = wheels.fetch("thing", python, folder).name
        except DownloadError as error:  # pip reads a wheel's metadata once it has chosen it, and these have none
            found = error.found
        assert f"thing-1.0-{tag}-{tag}-manylinux_2_17_aarch64" in found
