"""The choice among listed devices; lab/test_adb.py tests with a real server."""

import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobileseg.errors import RequestError
from mobileseg.latency.devices import adb_server
from mobileseg.latency.devices.adb_server import ADDRESS, STATES, choose, parse_rows, summary
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
    assert parse_rows("".join(f"{serial}\t{state}\n" for serial, state in devices.items())) == list(devices.items())


TWINS = """0123456789ABCDEF       device usb:1-2 product:p model:m device:d transport_id:3
0123456789ABCDEF       device usb:1-4.1 product:p model:m device:d transport_id:5
0123456789ABCDEF       offline transport_id:7
A1                     device usb:2-1 product:p model:m device:d transport_id:4
"""


def test_two_phones_with_one_serial_have_names_of_their_own() -> None:
    """Some makers give all of them the same."""
    twin = "0123456789ABCDEF"
    rows = [(twin, "device"), (twin, "device"), (twin, "offline"), ("A1", "device")]
    found = adb_server.apart(rows, TWINS)
    assert found == {"usb:1-2": "device", "usb:1-4.1": "device", "transport:7": "offline", "A1": "device"}
    assert choose(found, "usb:1-4.1") == "usb:1-4.1"
    with pytest.raises(adb_server.SeveralDevicesError, match="--device adb:usb:1-2"):
        choose(found, None)
    assert split("adb:usb:1-2")[1] == "usb:1-2"


@given(text=st.text())
def test_addresses_hold_no_shell_characters(text: str) -> None:
    parse_rows(text)
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


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({}, ("127.0.0.1", 5037)),
        ({"ANDROID_ADB_SERVER_PORT": "5038"}, ("127.0.0.1", 5038)),
        ({"ANDROID_ADB_SERVER_ADDRESS": "lab", "ANDROID_ADB_SERVER_HOST": "other"}, ("lab", 5037)),
        ({"ADB_SERVER_SOCKET": "tcp:lab:5099", "ANDROID_ADB_SERVER_PORT": "5038"}, ("lab", 5099)),
        ({"ADB_SERVER_SOCKET": "tcp:5099"}, ("127.0.0.1", 5099)),
        ({"ADB_SERVER_SOCKET": "tcp:[::1]:5099"}, ("::1", 5099)),
    ],
)
def test_the_server_is_where_adb_looks_for_it(environment: dict[str, str], found: tuple[str, int]) -> None:
    assert adb_server.server_address(environment) == found


@pytest.mark.parametrize("wrong", ["localfilesystem:/run/adb", "tcp:lab", "tcp:lab:0", "5037"])
def test_a_socket_that_is_no_address(wrong: str) -> None:
    with pytest.raises(adb_server.NoServerError, match="ADB_SERVER_SOCKET"):
        adb_server.server_address({"ADB_SERVER_SOCKET": wrong})


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
