from collections.abc import Mapping
from pathlib import Path

import pytest
from machines import BOARD, CPU, LAPTOP, PHONE, THERMAL, write_files

from mobileseg.errors import GateError
from mobileseg.latency.conditions import gates as conditions
from mobileseg.latency.conditions.gates import deviations_of, gate_error, inspect, wait_for_gates
from mobileseg.latency.conditions.parsers import sensors
from mobileseg.latency.conditions.sensors import Battery, Sensors
from mobileseg.latency.devices.host import Host
from mobileseg.latency.protocol import PROTOCOLS, Protocol

IDLE = {**BOARD, "/proc/stat": "cpu  1000 0 500 99000 400 0 100 0 0 0"}
STRICT = PROTOCOLS["strict"]


def gates(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return [finding.gate for finding in inspect(sensors(before, after))]


def test_all_gates_are_open_on_a_cool_idle_board() -> None:
    assert inspect(sensors(BOARD, IDLE)) == []


@pytest.mark.parametrize(
    ("path", "text", "gate"),
    [
        (f"{THERMAL}/thermal_zone0/temp", "105500", "hot"),  # 5 degrees below the zone's own limit
        (f"{CPU}/cpu2/cpufreq/scaling_max_freq", "1500000", "throttled"),
        ("/sys/firmware/acpi/platform_profile", "low-power", "saver"),
        ("/proc/stat", "cpu  1500 0 500 98500 400 0 100 0 0 0", "busy"),
    ],
)
def test_each_condition_closes_its_gate(path: str, text: str, gate: str) -> None:
    assert gates(BOARD, {**IDLE, path: text}) == [gate]


def test_a_throttled_phone_and_a_hot_laptop() -> None:
    assert {f.gate: f.known for f in inspect(sensors(PHONE, PHONE))} == {
        "throttled": True,
        "saver": False,
        "busy": False,
    }
    found = {f.gate: f.found for f in inspect(sensors(LAPTOP, LAPTOP))}
    assert found["hot"] == "97.0 °C"
    assert found["saver"] == "on"


def test_android_thermal_status_and_battery() -> None:
    battery = Battery(level=50, charging=False, saver=True, celsius=41)
    found = inspect(Sensors(thermal_status=2, battery=battery, busy=0.0))
    assert [finding.gate for finding in found] == ["hot", "throttled", "saver"]


def test_throttling_during_the_run_is_detected() -> None:
    before, after = Sensors(throttle_count=3, busy=0.0), Sensors(throttle_count=5, busy=0.0)
    assert ("throttled", "2 throttling events") in [(f.gate, f.found) for f in inspect(after, before)]
    assert "throttled" not in [f.gate for f in inspect(before, before)]


def test_unknown_values_do_not_pass() -> None:
    found = inspect(Sensors())
    assert {finding.gate for finding in found if not finding.known} == {"hot", "throttled", "busy"}
    assert {d.verdict for d in deviations_of(found, "before", STRICT.refuse_before, (), 0)} == {"refused"}
    assert {
        d.verdict for d in deviations_of(found, "before", STRICT.refuse_before, ("hot", "throttled", "busy"), 0)
    } == {"allowed"}
    assert {d.verdict for d in deviations_of(found, "before", (), (), 0)} == {"unknown"}


def test_gate_error_names_gates_and_allow_options() -> None:
    found = deviations_of(
        inspect(sensors(BOARD, {**IDLE, f"{THERMAL}/thermal_zone0/temp": "120000"})), "before", ("hot",), (), 0
    )
    error = gate_error(found, STRICT, waited=300)
    assert error.exit_code == 1
    assert "cpu-thermal below 105" in error.expected
    assert "120.0 °C, after waiting 300 s" in error.found
    assert "--allow hot" in error.fix


def protocol(wait_s: float) -> Protocol:
    return STRICT.model_copy(update={"wait_s": wait_s, "refuse_before": ("hot",)})


def test_waiting_ends_when_it_has_cooled_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditions, "POLL_S", 0.05)
    hot, cold = "120000", "50000"
    host = Host(root=write_files({**BOARD, f"{THERMAL}/thermal_zone0/temp": hot}, tmp_path))
    said: list[str] = []

    def cool(text: str) -> None:
        said.append(text)
        write_files({f"{THERMAL}/thermal_zone0/temp": cold}, tmp_path)

    now, deviations = wait_for_gates(host, protocol(30), (), 0, cool)
    assert now.zones[0].celsius == 50
    assert "120.0" in said[0]
    assert [d.gate for d in deviations] == ["busy"]  # two readings of constant files show no load


def test_waiting_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditions, "POLL_S", 0.05)
    host = Host(root=write_files({**BOARD, f"{THERMAL}/thermal_zone0/temp": "120000"}, tmp_path))
    with pytest.raises(GateError, match="after waiting 1 s"):
        wait_for_gates(host, protocol(1), (), 0, lambda _: None)
    found = wait_for_gates(host, protocol(1), ("hot",), 0, lambda _: None)[1]
    assert [(d.gate, d.verdict) for d in found] == [("hot", "allowed"), ("busy", "unknown")]


def test_no_waiting_for_values_that_are_never_reported(tmp_path: Path) -> None:
    host = Host(root=write_files({"/proc/cpuinfo": "processor : 0"}, tmp_path))
    with pytest.raises(GateError, match="reports none"):
        wait_for_gates(host, protocol(600), (), 0, lambda _: pytest.fail("waited"))
