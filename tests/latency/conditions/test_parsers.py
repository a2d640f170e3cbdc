import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from machines import BOARD, LAPTOP, MSM8953, PHONE, SNAPDRAGON, VIRTUAL, write_files

from mobileseg.latency.conditions import course, linux, parsers
from mobileseg.latency.conditions.gates import inspect
from mobileseg.latency.conditions.sensors import Zone
from mobileseg.latency.devices.host import Host


def test_a_phone() -> None:
    cores = parsers.cores(PHONE)
    assert [core.capacity for core in cores] == [160] * 4 + [498] * 2 + [1024] * 2
    assert (cores[7].number, cores[7].max_khz) == (7, 2_802_000)
    assert parsers.processor_name(PHONE["/proc/cpuinfo"]) is None
    assert parsers.memory_kb(PHONE) == 7_739_964
    found = parsers.sensors(PHONE, PHONE)
    assert found.zones == (
        Zone(name="BIG", celsius=61.5, limit_celsius=95),
        Zone(name="quiet_therm", celsius=33.172, limit_celsius=None),
    )
    assert found.clocks[7].model_dump() == {
        "core": 7, "khz": 738_000, "cap_khz": 2_252_000, "max_khz": 2_802_000, "governor": "sched_pixel",
    }  # fmt: skip
    assert found.battery is not None
    assert found.battery.model_dump() == {"level": 83, "charging": False, "saver": None, "celsius": 28.7}
    assert found.load == 5.02
    assert found.busy is None  # two readings of the same moment
    assert found.throttle_count is None


def test_a_board() -> None:
    assert parsers.processor_name(BOARD["/proc/cpuinfo"]) == "Raspberry Pi 4 Model B Rev 1.2"
    assert parsers.os_name(BOARD) == "Debian GNU/Linux 12 (bookworm)"
    later = {**BOARD, "/proc/stat": "cpu  1100 0 500 98250 450 0 100 0 0 0"}
    found = parsers.sensors(BOARD, later)
    assert found.busy == pytest.approx(100 / 400)  # waiting for the disk is idle
    assert found.battery is None
    assert found.zones == (Zone(name="cpu-thermal", celsius=47.712, limit_celsius=110),)


def test_a_laptop_and_a_virtual_machine() -> None:
    found = parsers.sensors(LAPTOP, LAPTOP)
    assert found.throttle_count == 15
    assert found.power_saver is True
    assert found.battery is not None and found.battery.charging is True and found.battery.level == 100
    assert parsers.processor_name(LAPTOP["/proc/cpuinfo"]) == "12th Gen Intel(R) Core(TM) i7-1260P"
    nothing = parsers.sensors(VIRTUAL, VIRTUAL)
    assert (nothing.zones, nothing.clocks, nothing.battery, nothing.power_saver, nothing.busy) == (
        (),
        (),
        None,
        None,
        None,
    )
    assert nothing.load == 9.31


def test_zones_without_a_temperature_or_with_another_unit_are_left_out() -> None:
    """A zone against cold would be too hot for ever, one in whole degrees cold for ever."""
    found = parsers.zones(SNAPDRAGON)
    assert [(zone.name, zone.limit_celsius) for zone in found] == [
        ("cpu-1-3-usr", 125), ("cpu-1-3-step", 95), ("xo-therm-adc", None), ("battery", None),
    ]  # fmt: skip
    assert "hot" not in {finding.gate for finding in inspect(parsers.sensors(SNAPDRAGON, SNAPDRAGON))}
    assert [(zone.name, zone.celsius) for zone in parsers.zones(MSM8953)] == [("bms", 25.0), ("pm8953_tz", 32.636)]
    whole = {path: text for path, text in MSM8953.items() if "zone0" not in path and "zone5" not in path}
    (hot,) = [finding for finding in inspect(parsers.sensors(whole, whole)) if finding.gate == "hot"]
    assert not hot.known


@pytest.mark.parametrize("texts", [PHONE, SNAPDRAGON, MSM8953, BOARD, LAPTOP, VIRTUAL])
def test_the_host_reads_these_files(texts: Mapping[str, str], tmp_path: Path) -> None:
    host = Host(root=write_files(texts, tmp_path))
    assert host.properties().cores == parsers.cores(texts)
    assert host.sensors() == parsers.sensors(texts, texts)


def test_shell_script_and_direct_reading_agree() -> None:
    """The script as adb and ssh run it, by the system's own shell, against reading the files."""
    wanted = linux.read_here(linux.PROPERTIES)
    listed = subprocess.run(["sh", "-c", linux.script(linux.PROPERTIES)], capture_output=True, check=True).stdout
    found = linux.parse_listing(listed.decode(errors="replace"))
    steady = set(wanted) - {"/proc/meminfo", "/proc/cpuinfo"}  # free memory and clocks move meanwhile
    assert {path: found.get(path) for path in steady} == {path: wanted[path] for path in steady}
    assert parsers.cores(found) == parsers.cores(wanted) != ()
    assert parsers.memory_kb(found) == parsers.memory_kb(wanted)


@settings(deadline=None, max_examples=60)
@given(texts=st.dictionaries(st.sampled_from(sorted(PHONE)), st.text(max_size=40)))
def test_malformed_texts_are_none_not_errors(texts: dict[str, str]) -> None:
    found = parsers.sensors(texts, {**texts, "/proc/stat": "cpu  a b"})
    assert found.busy is None
    assert all(-40 <= zone.celsius <= 150 for zone in found.zones)
    parsers.cores(texts)


@settings(deadline=None, max_examples=60)
@given(
    texts=st.dictionaries(
        st.sampled_from(sorted(PHONE)),
        st.text(
            st.characters(exclude_characters="\0\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", exclude_categories=["Cs"])
        ).filter(lambda text: text == text.strip("\0\n ") and "=== /" not in text),
    )
)
def test_listings_round_trip(texts: dict[str, str]) -> None:
    printed = "".join(f"{linux.MARK}{path}\n{text}\n\n" for path, text in texts.items())
    assert linux.parse_listing(printed) == texts


def test_numbers_of_many_files_come_from_one_process(tmp_path: Path) -> None:
    """By grep, as adb and ssh run it: the same sensors as from reading each file."""
    write_files(PHONE, tmp_path)
    patterns = [f"{tmp_path}{pattern}" for pattern in linux.SENSORS]
    text = subprocess.run(
        ["sh", "-c", linux.numbers_script(patterns)], capture_output=True, check=True, text=True
    ).stdout
    found = linux.parse_numbers(text.replace(str(tmp_path), ""))
    assert parsers.sensors(found, found) == parsers.sensors(PHONE, PHONE)
    assert found["/proc/stat"] == PHONE["/proc/stat"]
    assert linux.numbers_script(patterns).count("grep") == 1 and "for " not in linux.numbers_script(patterns)


def test_all_cores_are_known_with_their_parts() -> None:
    unplugged = {**PHONE, "/sys/devices/system/cpu/present": "0-8\n"}
    cores = parsers.cores(unplugged)
    assert [core.number for core in cores if not core.online] == [8]
    assert [cores[n].part for n in (0, 4, 7, 8)] == ["0x41:0xd05", "0x41:0xd41", "0x41:0xd44", None]
    assert parsers.number_list("0-3,8,10-11") == (0, 1, 2, 3, 8, 10, 11)
    assert parsers.number_list(None) == parsers.number_list("0-x") == ()


@given(numbers=st.sets(st.integers(0, 300), min_size=1))
def test_lists_of_numbers_round_trip(numbers: set[int]) -> None:
    assert parsers.number_list(",".join(map(str, sorted(numbers)))) == tuple(sorted(numbers))


def test_what_is_watched_is_little_and_what_matters() -> None:
    """A clock and its limit of every speed, and the zones nearest to their limits."""
    found = course.choose(PHONE)
    assert [(one.kind, one.name) for one in found] == [
        ("khz", "cpu0"), ("cap_khz", "cpu0"), ("khz", "cpu4"), ("cap_khz", "cpu4"), ("khz", "cpu6"), ("cap_khz", "cpu6"),
        ("celsius", "BIG"), ("celsius", "quiet_therm"),
    ]  # fmt: skip
    assert [one.name for one in course.choose(PHONE, (7,))] == ["cpu7", "cpu7", "BIG", "quiet_therm"]
    assert all(one.file in PHONE for one in found)
    assert len([one for one in course.choose(SNAPDRAGON) if one.kind == "celsius"]) == course.ZONES
    assert course.choose(VIRTUAL) == ()


@settings(deadline=None)
@given(texts=st.dictionaries(st.sampled_from(sorted(PHONE)), st.text(max_size=20)))
def test_watching_survives_malformed_texts(texts: dict[str, str]) -> None:
    assert all(one.file in texts for one in course.choose(texts))


def test_instruction_sets_are_those_that_all_cores_have() -> None:
    assert parsers.features(PHONE["/proc/cpuinfo"]) == ("asimdhp", "asimddp")
    assert parsers.features("flags\t\t: sse avx2 avx512f\nflags\t\t: sse avx2") == ("avx2",)
    assert parsers.features("") == ()
