"""The lease, with the same scripts in this machine's own shell."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from local_shell import Local

from mobileseg.latency.devices import lease, machine, remote
from mobileseg.latency.devices.lease import FILE, DeviceInUseError


def test_one_at_a_time_and_none_afterwards(tmp_path: Path) -> None:
    with lease.lease(Local(), str(tmp_path), "adb:1"):
        token, _, process, until = (tmp_path / FILE).read_text().split()
        assert len(token) == 32 and int(process) == os.getpid() and 0 < int(until) - time.time() <= lease.VALID_S + 1
        with (
            pytest.raises(
                DeviceInUseError, match=r"adb:1, in use by nobody; found a measurement on it by another process here"
            ),
            lease.lease(Local(), str(tmp_path), "adb:1"),
        ):
            raise AssertionError("both have it")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "left",
    [
        "0123 elsewhere 1 {past}",  # a host that was switched off
        "0123 {node} {dead} {future}",  # a process here that was killed
        "nonsense",
    ],
)
def test_a_lease_that_has_ended_is_taken_over(tmp_path: Path, left: str) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    now = int(time.time())
    (tmp_path / FILE).write_text(left.format(past=now - 5, future=now + 100, node=lease._node(), dead=ended.pid))
    with lease.lease(Local(), str(tmp_path), "adb:1"):
        assert (tmp_path / FILE).read_text().split()[2] == str(os.getpid())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("left", ["0123 elsewhere 1 {future}", ""])
def test_a_lease_of_another_host_is_respected(tmp_path: Path, left: str) -> None:
    (tmp_path / FILE).write_text(left.format(future=int(time.time()) + 100))
    with pytest.raises(DeviceInUseError, match="in use by nobody"), lease.lease(Local(), str(tmp_path), "adb:1"):
        raise AssertionError("both have it")
    assert (tmp_path / FILE).exists()


def test_it_is_renewed_and_its_loss_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEW_S", 0.05)
    monkeypatch.setattr(lease, "VALID_S", 1)
    with lease.lease(Local(), str(tmp_path), "adb:1"):
        time.sleep(2.1)
        assert int((tmp_path / FILE).read_text().split()[3]) >= int(time.time())
    held = lease.lease(Local(), str(tmp_path), "adb:1")
    held.__enter__()
    (tmp_path / FILE).write_text(f"0123 elsewhere 1 {int(time.time()) + 100}")
    time.sleep(0.5)
    with pytest.raises(DeviceInUseError, match="taken over meanwhile"):
        held.__exit__(None, None, None)
    assert (tmp_path / FILE).read_text().startswith("0123")


def test_exports_share_a_machine_and_a_measurement_has_it_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    order, waited = list[str](), threading.Event()

    def measure() -> None:
        with machine.alone(waited.set):
            order.append("measured")

    with machine.shared(), machine.shared():
        thread = threading.Thread(target=measure)
        thread.start()
        assert waited.wait(10)
        order.append("exported")
    thread.join()
    assert order == ["exported", "measured"]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_process_that_ended_and_was_not_waited_for_has_no_lease(tmp_path: Path) -> None:
    """As of a worker that was killed in a container whose first process waits for nobody."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    while Path(f"/proc/{ended.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)
    assert not remote.is_alive(ended.pid) and remote.is_alive(os.getpid()) and remote.is_alive(1)
    until = int(time.time()) + 100
    (tmp_path / FILE).write_text(f"token {lease._node()} {ended.pid} {until}\n")
    with lease.lease(Local(), str(tmp_path), "the device"):
        assert "token" not in (tmp_path / FILE).read_text()
    ended.wait()
