"""The runner is copied to a device once; what was damaged there is copied again. In this machine's own shell."""

import os
from pathlib import Path

import pytest
from local_shell import Local

from mobileseg.latency.devices.awake import awake
from mobileseg.latency.devices.contract import DeviceError
from mobileseg.latency.devices.kit import linked, placed
from mobileseg.latency.devices.remote import RemoteWorkspace, workspace


class Counting(Local):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def send(self, local: Path, remote: str) -> None:
        self.sent.append(local.name)
        super().send(local, remote)


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    (tmp_path / "source/runner").write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    (tmp_path / "source/library").write_bytes(bytes(range(256)))
    return tmp_path / "source"


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    (tmp_path / "device").mkdir()
    return tmp_path / "device"


def test_a_kit_is_copied_once_and_used_by_every_workspace(kit: Path, parent: Path) -> None:
    shell = Counting()
    for _ in range(3):
        with workspace(shell, (str(parent),), linked(kit), ("./kit/runner",), set()) as space:
            assert list(space.run(["a", "b"])) == ["a", "b"]
    assert sorted(shell.sent) == ["library", "runner"]
    (left,) = parent.iterdir()
    assert left.name.startswith("mobileseg.kit-") and (left / "runner").exists(), "only the kit stays"


def test_a_damaged_kit_is_copied_again(kit: Path, parent: Path) -> None:
    shell = Counting()
    there = Path(placed(shell, str(parent), kit))
    (there / "library").write_bytes(b"rot")
    assert Path(placed(shell, str(parent), kit)) == there
    assert (there / "library").read_bytes() == bytes(range(256)) and len(shell.sent) == 4


def test_another_kit_has_another_place_and_old_ones_go(kit: Path, parent: Path) -> None:
    old = Path(placed(Local(), str(parent), kit))
    (kit / "library").write_bytes(b"newer")
    new = Path(placed(Local(), str(parent), kit))
    assert old != new and old.exists()
    os.utime(old, (0, 0))
    placed(Local(), str(parent), kit)
    assert not old.exists() and new.exists()


def test_half_a_kit_is_none(kit: Path, parent: Path) -> None:
    shell = Local()
    shell.spoil = True
    with pytest.raises(DeviceError, match="sha256"):
        placed(shell, str(parent), kit)
    assert list(parent.iterdir()) == []
    assert RemoteWorkspace(Local(), str(parent), ()).path("x") == f"{parent}/x"


def test_a_phone_is_kept_awake_and_then_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With programs that write down how they are called."""
    said = tmp_path / "said"
    for name, answer in {"settings": "3", "input": "", "svc": "", "wm": ""}.items():
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\necho "{name} $*" >>{said}\necho {answer}\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    with awake(Local()):
        assert {"input keyevent KEYCODE_WAKEUP", "svc power stayon true"} <= set(said.read_text().splitlines())
    assert said.read_text().splitlines()[-1] == "settings put global stay_on_while_plugged_in 3"
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    with awake(Local()):  # no such programs: nothing to wake
        pass
