from collections.abc import Mapping
from pathlib import Path

import pytest
from machines import BOARD, CPU, LAPTOP, PHONE, THERMAL, write_files

from mobileseg.errors import GateError
from mobileseg.latency.conditions import gates as conditions
from mobileseg.latency.conditions.course import Course, Trace, changes
from mobileseg.latency.conditions.gates import deviations_of, gate_error, inspect, wait_for_gates
from mobileseg.latency.conditions.parsers import sensors
from mobileseg.latency.conditions.sensors import Battery, Clock, Sensors, Zone
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
        (f"{CPU}/cpu2/cpufreq/scaling_max_freq", "1500000", "capped"),
        ("/sys/firmware/acpi/platform_profile", "low-power", "saver"),
        ("/proc/stat", "cpu  1500 0 500 98500 400 0 100 0 0 0", "busy"),
    ],
)
def test_each_condition_closes_its_gate(path: str, text: str, gate: str) -> None:
    assert gates(BOARD, {**IDLE, path: text}) == [gate]


def test_a_capped_phone_and_a_hot_laptop() -> None:
    assert {f.gate: f.known for f in inspect(sensors(PHONE, PHONE))} == {
        "capped": True,
        "saver": False,
        "busy": False,
    }
    found = {f.gate: f.found for f in inspect(sensors(LAPTOP, LAPTOP))}
    assert found["hot"] == "97.0 °C"
    assert found["saver"] == "on"


def test_android_thermal_status_and_battery() -> None:
    battery = Battery(level=50, charging=False, saver=True, celsius=41)
    found = inspect(Sensors(thermal_status=2, battery=battery, busy=0.0))
    assert [finding.gate for finding in found] == ["hot", "hot", "saver"]
    light = inspect(Sensors(thermal_status=1, busy=0.0))
    assert [finding.gate for finding in light] == ["capped"], "Samsung's phones say Light at all times"


def test_throttling_during_the_run_is_detected() -> None:
    before, after = Sensors(throttle_count=3, busy=0.0), Sensors(throttle_count=5, busy=0.0)
    assert ("throttled", "2 throttling events") in [(f.gate, f.found) for f in inspect(after, before)]
    assert "throttled" not in [f.gate for f in inspect(before, before)]


def test_throttled_is_what_changes_while_measuring() -> None:
    def caps(khz: int, status: int | None = None) -> Sensors:
        clock = Clock(core=4, khz=khz, cap_khz=khz, max_khz=2_000_000, governor=None)
        return Sensors(clocks=(clock,), busy=0.0, thermal_status=status)

    def found(before: Sensors, after: Sensors) -> list[tuple[str, str]]:
        return [(f.gate, f.found) for f in inspect(after, before) if f.gate in ("throttled", "capped")]

    assert found(caps(1_500_000), caps(1_500_000)) == [("capped", "1 limited, core 4 to 1.50 of 2.00 GHz")]
    for a, b in ((2_000_000, 1_500_000), (1_500_000, 1_800_000)):  # it cooled down while measuring: as bad
        (gate, text), *_ = found(caps(a), caps(b))
        assert gate == "throttled" and text == f"1 changed, core 4 from {a / 1e6:.2f} to {b / 1e6:.2f} GHz"
    assert found(caps(2_000_000, 0), caps(2_000_000, 1))[0] == ("throttled", "1")
    assert [f for f in inspect(caps(1_500_000)) if f.gate == "throttled"] == [], "before, nothing can have changed"


@pytest.mark.parametrize(("limit", "hot"), [(39.0, 37.6), (95.0, 90.0), (110.0, 105.0), (20.0, 20.0)])
def test_hot_is_near_the_zone_s_own_limit(limit: float, hot: float) -> None:
    def gates_at(celsius: float) -> list[str]:
        zone = Zone(name="skin", celsius=celsius, limit_celsius=limit)
        return [f.gate for f in inspect(Sensors(zones=(zone,), thermal_status=0, busy=0.0))]

    assert gates_at(hot - 0.1) == [] and gates_at(hot) == ["hot"]


def test_a_zone_without_a_sensor_and_a_weak_supply() -> None:
    jetson = {f"{THERMAL}/thermal_zone5/type": "PMIC-Die", f"{THERMAL}/thermal_zone5/temp": "100000"}
    assert gates(BOARD, {**IDLE, **jetson}) == []
    volt = {"/sys/class/hwmon/hwmon1/name": "rpi_volt", "/sys/class/hwmon/hwmon1/in0_lcrit_alarm": "1"}
    assert gates(BOARD, {**IDLE, **volt}) == ["throttled"]
    assert gates(BOARD, {**IDLE, **volt, "/sys/class/hwmon/hwmon1/in0_lcrit_alarm": "0"}) == []


def test_a_dark_screen_closes_a_gate_and_none_is_no_matter() -> None:
    found = {
        on: [f.gate for f in inspect(Sensors(screen_on=on, thermal_status=0, busy=0.0))] for on in (True, False, None)
    }
    assert found == {True: [], False: ["screen"], None: []}
    assert "screen" in STRICT.refuse_before and "screen" in PROTOCOLS["standard"].refuse_after


def test_what_changes_between_turns_is_throttling() -> None:
    def seen(
        *values: float | None, kind: str = "cap_khz", status: tuple[int | None, ...] = (None, None, None)
    ) -> list[str]:
        trace = Trace(kind=kind, name="cpu4", values=values)  # type: ignore[arg-type]  # one of the three
        return changes(Course(at_s=(0, 1, 2), core=(0,) * 3, switches=(0,) * 3, thermal_status=status, traces=(trace,)))

    assert seen(2e6, 2e6, 2e6) == seen(2e6, None, 2e6) == seen(None, None, None) == []
    assert seen(2e6, 1.5e6, 2e6) == ["limit of cpu4 between 1.50 and 2.00 GHz"], "before and after show nothing"
    assert seen(3e5, 2e6, 3e5, kind="khz") == [], "a clock follows the work"
    assert seen(2e6, 2e6, 2e6, status=(0, 2, None)) == ["thermal status between 0 and 2"]


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
