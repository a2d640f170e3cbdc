"""The code that adb and ssh share, with the same scripts in this machine's own shell."""

import os
import platform
import subprocess
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from local_shell import Local

from mobileseg.latency.devices.contract import DeviceError, DeviceLostError, NoSpaceError, RunnerFailedError
from mobileseg.latency.devices.remote import BEGIN, DONE, RemoteWorkspace, run_checked, run_script, workspace

TALK = ("sh", "-c", 'printf "%s\\n" "$0" "$*"')  # not echo: dash's interprets backslashes


def copied(kit: Path) -> Callable[[RemoteWorkspace], object]:
    return lambda space: space.push(kit, "kit")


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    (tmp_path / "source/deep").mkdir(parents=True)
    (tmp_path / "source/one").write_bytes(bytes(range(256)))
    (tmp_path / "source/deep/two").write_text("two")
    return tmp_path / "source"


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    (tmp_path / "device").mkdir()
    return tmp_path / "device"


def test_a_workspace_is_created_and_removed(kit: Path, parent: Path, tmp_path: Path) -> None:
    leftovers: set[str] = set()
    with workspace(Local(), ("/nowhere", str(parent)), copied(kit), TALK, leftovers) as space:
        (folder,) = parent.iterdir()
        assert space.path("x") == f"{folder}/x"
        assert (folder / "kit/deep/two").read_text() == "two" and (folder / "kit/one").read_bytes() == bytes(range(256))
        space.pull("kit/deep/two", tmp_path / "back")
        assert (tmp_path / "back").read_text() == "two"
    assert not list(parent.iterdir()) and not leftovers
    with pytest.raises(ZeroDivisionError), workspace(Local(), (str(parent),), copied(kit), TALK, leftovers):
        raise ZeroDivisionError
    with (
        pytest.raises(DeviceError, match="a new folder in /nowhere"),
        workspace(Local(), ("/nowhere",), copied(kit), TALK, leftovers),
    ):
        pass
    assert not list(parent.iterdir()) and not leftovers


def test_corrupted_copies_are_refused(kit: Path, parent: Path, tmp_path: Path) -> None:
    shell = Local()
    with workspace(shell, (str(parent),), copied(kit), TALK, set()) as space:
        shell.spoil = True
        with pytest.raises(DeviceError, match="sha256"):
            space.push(kit / "one", "0.pte")
        with pytest.raises(DeviceError, match="sha256"):
            space.pull("kit/one", tmp_path / "back")
    with pytest.raises(DeviceError, match="sha256"), workspace(shell, (str(parent),), copied(kit), TALK, set()):
        pass
    assert not list(parent.iterdir())


@settings(deadline=None, max_examples=25)
@given(
    name=st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
        lambda name: name not in (".", "..")
    )
)
def test_names_are_quoted(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("names")
    (folder / "data").write_text("data")
    (folder / "work").mkdir()
    space = RemoteWorkspace(Local(), str(folder / "work"), TALK)
    assert space.push(folder / "data", name) == f"{folder}/work/{name}"
    assert sorted(os.listdir(folder)) == ["data", "work"] and os.listdir(folder / "work") == [name]
    if not set(name) & set("\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029") and name.strip() == name:
        assert list(space.run([name]))[-1] == name


def test_exit_of_a_runner(parent: Path) -> None:
    def run(script: str, shell: Local | None = None) -> list[str]:
        return list(RemoteWorkspace(shell or Local(), str(parent), ("sh", "-c", script)).run([]))

    assert run("echo one; echo; echo two") == ["one", "two"]
    with pytest.raises(RunnerFailedError, match="exit status 3; first; second"):
        run("echo first >&2; echo second >&2; exit 3")
    with pytest.raises(RunnerFailedError, match="signal 9"):
        run("kill -9 $$")
    with pytest.raises(RunnerFailedError, match="noexec"):
        list(RemoteWorkspace(Local(), str(parent), ("/etc/passwd",)).run([]))
    broken = Local()
    broken.cut = len(f"{BEGIN}\none\ntw")
    lines = RemoteWorkspace(broken, str(parent), ("sh", "-c", "echo one; echo two; sleep 5")).run([])
    assert next(lines) == "one"
    with pytest.raises(DeviceLostError):
        list(lines)


def test_leftover_folders_are_removed(kit: Path, parent: Path, tmp_path: Path) -> None:
    dead = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True, check=True).stdout.strip()
    owners = {
        "mobileseg-AAAAAAAA": f"{platform.node()} {dead}",  # ours, its process has ended
        "mobileseg-BBBBBBBB": f"{platform.node()} {os.getpid()}",  # ours, in use
        "mobileseg-CCCCCCCC": "another-machine 1",
        "mobileseg-DDDDDDDD": "another-machine 1",  # a day old
        "mobileseg-EEEEEEEE": f"{platform.node()} {os.getpid()}",  # a leftover: the device was gone
        "mobileseg-; id": f"{platform.node()} {dead}",  # not one of our names
    }
    for name, owner in owners.items():
        (parent / name).mkdir()
        (parent / name / "owner").write_text(owner)
    os.utime(parent / "mobileseg-DDDDDDDD", (0, 0))
    elsewhere = tmp_path / "mobileseg-FFFFFFFF"
    elsewhere.mkdir()
    leftovers = {str(parent / "mobileseg-EEEEEEEE"), str(elsewhere)}
    with workspace(Local(), (str(parent),), copied(kit), TALK, leftovers):
        there = {path.name for path in parent.iterdir()} & set(owners)
    assert there == {"mobileseg-BBBBBBBB", "mobileseg-CCCCCCCC", "mobileseg-; id"}
    assert elsewhere.exists()


@pytest.mark.parametrize("inside", [True, False])
def test_only_the_runner_of_that_folder_is_ended(kit: Path, parent: Path, inside: bool) -> None:
    """Not another process that reuses its number."""
    stale = parent / "mobileseg-AAAAAAAA"
    stale.mkdir()
    process = subprocess.Popen(["sleep", "60"], cwd=stale if inside else parent)
    try:
        (stale / "runner.pid").write_text(str(process.pid))
        with workspace(Local(), (str(parent),), copied(kit), TALK, {str(stale)}):
            assert not stale.exists()
        if inside:
            process.wait(5)
        assert (process.poll() is None) is not inside
    finally:
        process.kill()
        process.wait()


def test_script_output_and_full_storage() -> None:
    assert run_script(Local(), "echo a; echo b >&2; false") == (1, "a\nb\n")
    assert run_script(Local(), f"echo '{DONE}0'; false") == (1, f"{DONE}0\n")  # a script's own output is not its status
    with pytest.raises(NoSpaceError, match="No space left"):
        run_checked(Local(), "cat /etc/passwd >/dev/full", "to write")
    with pytest.raises(DeviceError, match="status 7"):
        run_checked(Local(), "(exit 7)", "to work")
    shell = Local()
    shell.cut = 3
    with pytest.raises(DeviceLostError):
        run_script(shell, "echo a; echo b")


class Talkative(Local):
    """A shell that greets whoever starts it, without a newline at the end."""

    def stream(self, script: str, silence_s: float = 60) -> Generator[bytes, None, None]:
        yield b"Welcome!\n{}\nLast login: "
        yield from super().stream(script, silence_s)


def test_what_a_shell_says_when_it_starts_is_no_output(kit: Path, parent: Path) -> None:
    assert run_script(Talkative(), "echo one; echo two").text.splitlines() == ["one", "two"]
    with workspace(Talkative(), (str(parent),), copied(kit), ("printf", "%s\\n"), set()) as space:
        assert list(space.run(["a", "b"])) == ["a", "b"]
