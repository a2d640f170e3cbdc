"""Gates for CI: what passes, fails and is unknown, as exit codes and as JUnit XML."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from in_process import call
from made_results import around, counts, result, series

from mobileseg.errors import GateError, NotMeasuredError, RequestError
from mobileseg.latency import check_times
from mobileseg.latency.results import summary
from mobileseg.latency.results.cases import below

FAST, SLOW = result(series(around(10))), result(series(around(15, 1)))


def test_a_limit_with_an_interval() -> None:
    value, interval = summary.estimate(FAST.series[0].turns, "median")
    assert value == FAST.series[0].median_ms and interval is not None and interval[0] <= value <= interval[1]
    check_times(FAST, 11)
    with pytest.raises(GateError, match=r"a\.pte, 1 threads, cores all: median of at most 9 ms"):
        check_times(FAST, 9)
    with pytest.raises(NotMeasuredError, match="median of at most"):
        check_times(FAST, sum(interval) / 2)
    with pytest.raises(NotMeasuredError, match="without an interval"):
        check_times(result(series(around(10)[:1])), 100)
    with pytest.raises(NotMeasuredError, match="not measured"):
        check_times(result(series([])), 100)
    with pytest.raises(RequestError, match="above 0"):
        below(FAST, 0)
    with pytest.raises(RequestError, match="--budget"):
        below(result(series([], counts=counts(1)), quantity="counts"), 1)


@pytest.mark.parametrize(
    ("old", "new", "fail_on", "code", "tags"),
    [
        (FAST, SLOW, "slower", 1, ["failure"]),
        (FAST, SLOW, None, 0, ["system-out"]),
        (SLOW, FAST, "slower", 0, ["system-out"]),
        (FAST, FAST, "slower", 0, ["system-out"]),
        (FAST, FAST, "undecided", 1, ["failure"]),
    ],
)
def test_a_difference_fails_on_request(
    old: object,
    new: object,
    fail_on: str | None,
    code: int,
    tags: list[str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name, one in (("old", old), ("new", new)):
        (tmp_path / f"{name}.json").write_text(one.to_json())  # type: ignore[attr-defined]
    words = ["--fail-on", fail_on] if fail_on else []
    files = tmp_path / "old.json", tmp_path / "new.json"
    done = call(capfd, "latency", "--diff", *files, *words, "--junit", tmp_path / "junit.xml")
    assert done.code == code, done.err
    (suite,) = ET.parse(tmp_path / "junit.xml").getroot()
    assert [child.tag for case in suite for child in case] == tags
    assert (suite.get("tests"), suite.get("failures")) == ("1", str(code))
    again = call(capfd, "latency", "--diff", *files, "--junit", tmp_path / "junit.xml")
    assert again.code == 2 and "--force" in again.err


def test_a_file_that_is_not_measured_any_more_is_unknown(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old.json").write_text(
        result(series(around(10)), series(around(5), model="b", file="b\x01.pte")).to_json()
    )
    (tmp_path / "new.json").write_text(FAST.to_json())
    words = ["latency", "--diff", tmp_path / "old.json", tmp_path / "new.json", "--fail-on", "slower"]
    assert call(capfd, *words).code == 2, "another file took turns"
    done = call(capfd, *words, "--allow", "files", "--junit", tmp_path / "junit.xml")
    assert done.code == 4 and "a new measurement of it" in done.err
    (suite,) = ET.parse(tmp_path / "junit.xml").getroot()
    assert [(case.get("name"), *(child.tag for child in case)) for case in suite] == [
        ("a.pte, 1 threads, cores all", "system-out"), ("b?.pte", "error"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("latency", "a.pte", "--fail-on", "slower"), "--fail-on with --diff"),
        (("latency", "a.pte", "--max-ms", "-1"), "--max-ms above 0"),
        (("latency", "a.pte", "--max-ms", "1", "--device", "emulated:cortex-a76"), "--budget"),
        (("latency", "--diff", "a", "b", "--max-ms", "1"), "either --diff or --max-ms"),
        (("latency", "a.pte", "--junit", "none/a.xml"), "mkdir -p none"),
        (("compare", "a.pte", "--data", "samples", "--fail-on", "slower"), "--fail-on fail or unknown"),
    ],
)
def test_what_does_not_go_together(words: tuple[str, ...], said: str, capfd: pytest.CaptureFixture[str]) -> None:
    done = call(capfd, *words)
    assert done.code == 2 and said in done.err, done.err
