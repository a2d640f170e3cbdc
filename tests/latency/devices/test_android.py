from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from machines import PHONE

from mobileseg.latency.conditions import linux
from mobileseg.latency.conditions.gates import inspect
from mobileseg.latency.conditions.sensors import Battery, Zone
from mobileseg.latency.devices import android

DATA = Path(__file__).parent / "data"


def recorded(name: str) -> str:
    return (DATA / f"{name}.txt").read_text()


def sensors_of(version: str, low_power: str = "null") -> dict[str, str]:
    found = {
        "/dumpsys/thermalservice": f"{version}-thermalservice",
        "/dumpsys/battery": f"{version}-battery",
        "/dumpsys/power": f"{version}-power",
    }
    there = {path: recorded(name) for path, name in found.items() if (DATA / f"{name}.txt").exists()}
    return {**there, "/settings/low_power": low_power}


def test_properties_of_two_versions() -> None:
    new = android.properties({**PHONE, "/getprop": recorded("android14-getprop"), "/uname": "aarch64"})
    assert (new.model, new.soc) == ("Maker Phone [5G]", "Chips C2000")
    assert new.os == "Android 14 (API 34), UQ1A.240105.004"
    assert (new.architecture, len(new.cores), new.memory_kb) == ("aarch64", 8, 7_739_964)
    assert new.kernel == "5.10.107-android13-4-00005-gf5f5c2e0ae79-ab9211137"
    old = android.properties({"/getprop": recorded("android8-getprop")})
    assert (old.model, old.soc, old.os, old.architecture) == (
        "Old phone", "msm8998", "Android 8.0.0 (API 26)", "unknown",
    )  # fmt: skip


def test_a_multiline_property() -> None:
    found = android.getprop(recorded("android14-getprop"))
    assert found["persist.vendor.note"] == "first line\n[not.a.property]: second line"
    assert "not.a.property" not in found and "ro.vendor.empty" not in found
    assert found["ro.zygote"] == "zygote64"


@pytest.mark.parametrize(
    ("name", "zones", "status"),
    [
        ("android10", [("CPU0", 43.1, None), ("skin therm", 30.9, None), ("battery", 27.4, None)], 0),
        ("android11", [("battery", 43.8, 65.0), ("skin", 44.637001, 35.0), ("CPU7", 47.8, 125.0)], 2),
        ("android12", [("AP", 26.1, None), ("BAT", 23.8, None), ("LRF", 24.7, None)], 0),
        ("android14", [("BIG", 71.0, 95.0), ("VIRTUAL-SKIN", 43.6, 39.0)], 2),
        (
            "android16",
            [
                ("TPU", 25.000002, None),
                ("SOC", 31.5, None),
                ("LITTLE", 27.000002, None),
                ("VIRTUAL-SKIN", 24.83324, 39.0),
                ("battery", 22.1, None),
            ],
            0,
        ),
        ("nohal", [("battery", 31.0, None)], 0),
    ],
)
def test_thermalservice(name: str, zones: list[tuple[str, float, float | None]], status: int) -> None:
    text = recorded(f"{name}-thermalservice")
    assert [(z.name, z.celsius, z.limit_celsius) for z in android.temperatures(text)] == zones
    assert android.thermal_status(text) == status
    assert android.temperatures(text.replace("\n", "\r\n")) == android.temperatures(text)


def test_the_older_form_of_thresholds() -> None:
    text = (
        "TemperatureThreshold{.type = SKIN, .name = skin, .hotThrottlingThresholds = [NaN, NaN, 41.5, 44], .vr = NaN}"
    )
    assert android.limits(text) == {"skin": 41.5}


def test_battery_screen_and_saver() -> None:
    new = android.sensors(PHONE, {**PHONE, **sensors_of("android14")})
    assert new.battery == Battery(level=67, charging=False, saver=True, celsius=41.2)
    assert new.screen_on is True and new.thermal_status == 2
    assert [zone.name for zone in new.zones] == ["BIG", "quiet_therm", "VIRTUAL-SKIN"]  # BIG of sysfs is not duplicated
    assert {finding.gate for finding in inspect(new)} == {"hot", "capped", "saver", "busy"}
    old = android.sensors({}, sensors_of("android8"))
    assert old.battery == Battery(level=100, charging=True, saver=False, celsius=27.4)
    assert old.screen_on is False and old.thermal_status is None and old.zones == ()
    assert android.sensors({}, {"/settings/low_power": "1"}).battery is None


def test_vendor_lines_and_simulated_values_are_ignored() -> None:
    found = android.battery(recorded("samsung-battery"), "", "0")
    assert found == Battery(level=19, charging=True, saver=False, celsius=37.6)
    assert android.battery(recorded("stopped-battery"), "", "0") is None
    sysfs = android.sensors(PHONE, {**PHONE, "/dumpsys/battery": recorded("stopped-battery")}).battery
    assert sysfs is not None and (sysfs.level, sysfs.celsius) == (83, 28.7)


def test_the_screen_is_on_during_a_screen_saver() -> None:
    power = recorded("android12-power")
    assert android.screen_on(power) is True
    assert android.saver(power, "1") is False  # set, but without effect while charging
    for word, on in (("Awake", True), ("Dozing", False), ("Asleep", False), ("Odd", None)):
        assert android.screen_on(power.replace("Dreaming", word)) is on


def test_the_filter_keeps_every_line_that_is_parsed() -> None:
    """dumpsys power prints thousands of lines, so the phone filters them."""
    import subprocess

    keep = android.SENSORS["/dumpsys/power"].removeprefix("dumpsys power | ")
    for name in ("android8", "android12", "android14"):
        power = recorded(f"{name}-power")
        kept = subprocess.run(["sh", "-c", keep], input=power, capture_output=True, text=True, check=True).stdout
        assert len(kept.splitlines()) < len(power.splitlines()) / 2
        for read in (android.screen_on, lambda text: android.saver(text, "null")):
            assert read(kept) is read(power)


@pytest.mark.parametrize(
    ("power", "setting", "wanted"),
    [
        ("", "null", None),
        ("", "1", True),
        ("", "0", False),
        ("Battery Saver is currently: ON", "0", True),  # turned on by Android itself
        ("Battery Saver is currently: OFF", "null", False),
        ("  mLowPowerModeEnabled=true", "null", True),
    ],
)
def test_saver(power: str, setting: str, wanted: bool | None) -> None:
    assert android.saver(power, setting) is wanted


def test_sensors_without_sysfs() -> None:
    open_to_all = {path: text for path, text in PHONE.items() if not path.startswith("/sys/class")}
    found = android.sensors(open_to_all, {**open_to_all, **sensors_of("android14")})
    assert found.zones == (
        Zone(name="BIG", celsius=71.0, limit_celsius=95.0),
        Zone(name="VIRTUAL-SKIN", celsius=43.6, limit_celsius=39.0),
    )


@settings(deadline=None, max_examples=100)
@given(
    text=st.one_of(
        st.text(),
        st.builds(
            "Current temperatures from HAL:\n\tTemperature{{mValue={}, mType={}, mName={}, mStatus=0}}\n".format,
            st.floats(), st.integers(-1, 12), st.text(max_size=8),
        ),
    )
)  # fmt: skip
def test_other_texts_are_none_not_errors(text: str) -> None:
    found = android.sensors({}, dict.fromkeys(android.SENSORS, text))
    assert all(-40 <= zone.celsius <= 150 and zone.celsius != 0 for zone in found.zones)
    android.properties({"/getprop": text, "/uname": text})


def test_the_script_is_one_listing(tmp_path: Path) -> None:
    import subprocess

    (tmp_path / "a b").write_text("x\n")
    script = linux.script((f"'{tmp_path}/a b'", "/none"), {"/said": "echo 1; echo 2", "/fails": "nothing-of-that-name"})
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert linux.parse_listing(done.stdout) == {f"{tmp_path}/a b": "x", "/said": "1\n2", "/fails": ""}
