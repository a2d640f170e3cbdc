import pytest

from mobileseg.errors import RequestError, UnknownNameError
from mobileseg.latency.conditions.sensors import Core, Properties
from mobileseg.latency.conditions.topology import choose_cores, clusters
from mobileseg.latency.devices.table import DEVICES, DeviceSpec, find_all, split
from mobileseg.registry import load


def machine(*cores: Core) -> Properties:
    return Properties(model=None, soc=None, os="x", kernel=None, architecture="aarch64", cores=cores)


TENSOR = machine(*(Core(number=n, capacity=c) for n, c in enumerate([160] * 4 + [498] * 2 + [1024] * 2)))
PI = machine(*(Core(number=n, max_khz=1_800_000) for n in range(4)))


def test_of_three_clusters_two_are_big() -> None:
    assert clusters(TENSOR.cores) == ((6, 7), (4, 5), (0, 1, 2, 3))
    assert choose_cores(TENSOR, "big") == (4, 5, 6, 7)
    assert choose_cores(TENSOR, "little") == (0, 1, 2, 3)
    assert choose_cores(TENSOR, "all") == ()
    assert choose_cores(TENSOR, "7,0") == (0, 7)


def test_clusters_by_clock_if_capacities_are_missing() -> None:
    cores = tuple(Core(number=n, max_khz=k, capacity=c) for n, k, c in [(0, 1000, 5), (1, 2000, None)])
    assert clusters(cores) == ((1,), (0,))
    assert clusters((Core(number=0, max_khz=1), Core(number=1))) == ((0, 1),)


def test_unplugged_cores_are_known_and_not_bound_to() -> None:
    """Android has switched off the big ones; their speed is in no file then."""
    cores = [Core(number=n, capacity=160) for n in range(4)] + [Core(number=n, online=False) for n in (4, 5)]
    phone = machine(*cores)
    assert clusters(phone.cores) == ((0, 1, 2, 3),)
    with pytest.raises(RequestError, match="switched off 4"):
        choose_cores(phone, "3,4")
    assert choose_cores(phone, "2,3") == (2, 3)
    known = machine(*cores, Core(number=6, capacity=1024, online=False), Core(number=7, capacity=1024))
    assert clusters(known.cores) == ((6, 7), (0, 1, 2, 3))


@pytest.mark.parametrize(
    ("asked", "words"), [("big", "same speed"), ("huge", "little"), ("9", "0, 1, 2, 3"), ("-1", "numbers")]
)
def test_missing_cores_are_refused(asked: str, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        choose_cores(PI, asked)


TABLE = {
    "host": DeviceSpec("host", "", "", ""),
    "adb": DeviceSpec("adb", "", "", "", argument="SERIAL"),
    "ssh": DeviceSpec("ssh", "", "", "", argument="HOST", required=True),
}


def test_device_names_with_an_argument() -> None:
    assert split("host", TABLE) == (TABLE["host"], None)
    assert split("adb", TABLE) == (TABLE["adb"], None)
    assert split("adb:10.0.0.2:5555", TABLE) == (TABLE["adb"], "10.0.0.2:5555")
    assert split("ssh:me@board", TABLE) == (TABLE["ssh"], "me@board")


@pytest.mark.parametrize(
    ("name", "words"),
    [("host:x", "--device host"), ("host:", "a device such as"), ("ssh", "ssh:HOST"), ("adb:", "adb:SERIAL")],
)
def test_missing_and_unexpected_arguments_are_refused(name: str, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        split(name, TABLE)


def test_unknown_devices_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="ssh"):
        split("shh:board", TABLE)


def test_dotted_paths_of_every_row_resolve() -> None:
    for spec in DEVICES.values():
        assert callable(load(spec.open or spec.count or ""))
        assert callable(load(spec.find))
    assert "host" in [found.name for found in find_all()]
