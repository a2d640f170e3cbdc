"""The choice among listed devices; lab/test_adb.py tests with a real server."""

import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobileseg.errors import RequestError
from mobileseg.latency.devices import adb_server
from mobileseg.latency.devices.adb_server import ADDRESS, STATES, choose, parse_list, summary
from mobileseg.latency.devices.contract import DeviceError
from mobileseg.latency.devices.table import DEVICES, split


def test_the_only_device_is_chosen() -> None:
    assert choose({"A1": "device"}, None) == "A1"
    assert choose({"A1": "device", "B2": "offline"}, "A1") == "A1"


@pytest.mark.parametrize("state", [*STATES, "no permissions (user in plugdev group; are your udev rules wrong?)"])
def test_every_state_has_an_error_and_a_fix(state: str) -> None:
    with pytest.raises(DeviceError) as caught:
        choose({"A1": state}, None)
    row = next(row for name, row in STATES.items() if state.startswith(name))
    assert type(caught.value) is row.error and caught.value.fix == row.fix and "A1" in caught.value.expected


def test_the_states_are_different_errors() -> None:
    assert len({row.error for row in STATES.values()}) == 4
    with pytest.raises(adb_server.OfflineError, match="'odd'"):
        choose({"A1": "odd"}, "A1")


def test_no_device_several_and_an_unknown_one() -> None:
    with pytest.raises(adb_server.NoDeviceError, match="connected: none"):
        choose({}, None)
    with pytest.raises(adb_server.NoDeviceError, match="connected: A1, B2"):
        choose({"A1": "device", "B2": "device"}, "C3")
    with pytest.raises(adb_server.SeveralDevicesError, match=r"A1 \(offline\), B2 \(device\).*adb:B2") as caught:
        choose({"A1": "offline", "B2": "device"}, None)
    assert isinstance(caught.value, RequestError)
    assert summary({"A1": "device", "B2": "unauthorized"})[0] == ("A1", "")
    assert "accept the prompt" in summary({"A1": "device", "B2": "unauthorized"})[1][1]


@given(
    devices=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]), min_size=1),
        st.sampled_from(list(STATES)),
    )
)
def test_device_lists_round_trip(devices: dict[str, str]) -> None:
    assert parse_list("".join(f"{serial}\t{state}\n" for serial, state in devices.items())) == devices


@given(text=st.text())
def test_addresses_hold_no_shell_characters(text: str) -> None:
    parse_list(text)
    for address in (text, f"host:{text}", f"{text}:5555"):
        if ADDRESS.fullmatch(address):
            assert not set(address) & set(" ;&|$`'\"\\\n\t<>*?~(){}!#") and not address.startswith("-")


def test_another_service_is_no_adb_server(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:

        def hang_up() -> None:
            for _ in range(2):
                other.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(other.getsockname()[1]))
        with pytest.raises(adb_server.NoServerError, match="another service"):
            adb_server.client()
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", "adb")
    with pytest.raises(adb_server.NoServerError, match="'adb'"):
        adb_server.client()


def test_names_of_devices() -> None:
    assert split("adb") == (DEVICES["adb"], None)
    assert split("adb:192.168.1.7:5555") == (DEVICES["adb"], "192.168.1.7:5555")
    assert split("ssh:pi@board:22")[1] == "pi@board:22"
    for wrong in ("adb:", "ssh", "ssh:"):
        with pytest.raises(RequestError):
            split(wrong)
    assert all(
        spec.tested_on and "not yet on a real" in spec.tested_on
        for name, spec in DEVICES.items()
        if name in ("adb", "ssh")
    )
