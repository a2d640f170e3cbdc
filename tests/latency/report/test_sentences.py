"""The sentences that the page begins with, and what they rest on: tracks, wins, trends."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_comparisons import comparison
from made_results import around, result, series

from mobileseg.latency.conditions.gates import Deviation
from mobileseg.latency.report import sentences, trends
from mobileseg.latency.report.documents import Failed, read_results
from mobileseg.latency.report.looks import Looks
from mobileseg.latency.report.scores import newest
from mobileseg.latency.report.sections import sections
from mobileseg.latency.report.tracks import place_names, tracks
from mobileseg.latency.results.diff import compare
from mobileseg.latency.results.result import Result

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
HOT = Deviation(gate="hot", when="after", session=0, verdict="refused", expected="below 39 °C", found="41 °C")


def measured(week: int = 0, device: str = "adb:a", **medians: float) -> Result:
    rows = [
        series(around(median, seed=17 * week + number), file=f"{name}.pte", sha256=name, precision=name)
        for number, (name, median) in enumerate(medians.items())
    ]
    return result(*rows, created=BEGIN + timedelta(weeks=week), device=device)


def told(*results: Result, compared: Any = (), failed: Any = ()) -> list[str]:
    every = tracks(results)
    found = [
        *sentences.winners(every, newest(compared)),
        *sentences.changed(trends.trends(every), []),
        *sentences.refused(every, compared, failed),
    ]
    return [f"{one.word}: {one.text}" for one in found]


def test_the_fastest_wins_where_its_interval_says_so() -> None:
    (said,) = told(measured(float32=10.0, int8=6.0))
    assert said.startswith("fastest: int8.pte is the fastest of 2 files on adb:a, 1 thread (6")
    assert said.endswith("; the next, float32.pte, takes 1.67 times as long.")


def test_files_that_cannot_be_told_apart_share_the_win() -> None:
    alone = [measured(a=10.0), measured(b=10.2)]
    (said,) = told(*alone)
    assert said.startswith("fastest: a.pte and b.pte cannot be told apart and are the fastest of 2 files")
    (said,) = told(measured(a=10.0), measured(b=20.0))
    assert "a.pte is the fastest" in said


def test_a_win_over_what_was_not_measured_alike_is_said_to_be() -> None:
    one, other = measured(a=10.0), measured(b=20.0)
    (session,) = other.sessions
    older = other.model_copy(update={"sessions": (session.model_copy(update={"versions": "executorch 1.4"}),)})
    newer = one.model_copy(update={"sessions": (session.model_copy(update={"versions": "executorch 1.5"}),)})
    (said,) = told(newer, older)
    assert said.endswith("They were not measured alike: runtime: executorch 1.5 and executorch 1.4.")
    foreign = older.model_copy(update={"series": (older.series[0].model_copy(update={"target": "onnx"}),)})
    (said,) = told(newer, foreign)
    assert "not measured alike" not in said, "two targets have two runtimes"


def test_taking_turns_tells_apart_what_two_measurements_do_not() -> None:
    (said,) = told(measured(a=10.0, b=10.3))
    assert said.startswith("fastest: a.pte is the fastest of 2 files")


def test_one_sentence_says_where_a_file_wins_and_another_size_is_another_question() -> None:
    both = [measured(device=device, float32=10.0, int8=6.0) for device in ("adb:a", "adb:b")]
    (said,) = told(*both)
    assert "of 2 files on adb:a, 1 thread (6 ms) and on adb:b, 1 thread (6 ms); the next" in said
    more = [measured(device=f"adb:{number}", float32=20.0 + number, int8=6.0 + number) for number in range(4)]
    (said,) = told(*more)
    assert (
        "of 2 files on all 4 devices and thread counts, from 6 ms (adb:0, 1 thread) to 9 ms (adb:3, 1 thread)" in said
    )
    other = result(series(around(1.0), file="small.pte", sha256="s", size=(2, 2)), created=BEGIN, device="adb:a")
    assert not any("small.pte" in one for one in told(*both, other))


def test_the_fastest_that_fails_its_gates_is_said_to() -> None:
    def judged(name: str, verdict: str) -> Any:
        return comparison(name, 1, "int8", artifact_sha256=name, artifact_file=f"{name}.pte", verdict=verdict)

    good, bad = judged("float32", "PASS"), judged("int8", "FAIL")
    first, second = told(measured(float32=10.0, int8=6.0), compared=[good, bad])
    assert "changes by" in first and ": FAIL. The fastest that passes is float32.pte (10" in first
    assert second == "FAIL: Accuracy gates are failed by int8.pte on streets/test."


def test_a_change_of_level_is_said_with_its_date_and_the_steady_are_counted() -> None:
    weeks = [measured(week, int8=6.0 * (1.3 if week > 2 else 1), float32=10.0) for week in range(6)]
    said = told(*weeks)
    (slower,) = [one for one in said if one.startswith("slower")]
    assert slower == "slower: int8.pte got slower: by 30% on adb:a, 1 thread since 2026-03-23."
    assert any(one.startswith("steady: 1 file measured three times or more") for one in said)


def with_warmup(result: Result, runs: int) -> Result:
    """By a protocol of the same name with another number in it."""
    return result.model_copy(update={"protocol": result.protocol.model_copy(update={"warmup_min": runs})})


def test_a_protocol_with_other_numbers_is_no_regression() -> None:
    weeks = [measured(week, int8=6.0 * (1.3 if week > 3 else 1)) for week in range(8)]
    other = [week if number < 4 else with_warmup(week, 99) for number, week in enumerate(weeks)]
    assert any(one.startswith("slower") for one in told(*weeks))
    said = told(*other)
    assert (
        "protocol: Protocol quick got other numbers on 2026-03-30: measurements before and after are not compared."
        in said
    )
    assert not any(one.startswith(("slower", "faster")) for one in said)
    (trend,) = trends.trends(tracks(other))
    assert (trend.steps, trend.switches, trend.since) == ((), (4,), 4)
    (row,) = trends.table([trend]).rows
    assert row[2].second == "protocol changed 2026-03-30" and row[3].value == trend.values[4]
    figure = trends.figure([trend], Looks.of([("int8.pte", "m", "int8")]))
    assert figure is not None and "A line ends where the protocol got other numbers" in figure.caption
    spots = figure.panels[0].spec["datasets"]["spots"]
    assert len({spot["part"] for spot in spots}) == 2 and spots[0]["value"] == spots[4]["value"] == 100
    later = [*other, *(with_warmup(measured(week, int8=9.5), 99) for week in range(8, 12))]
    (slower,) = [one for one in told(*later) if one.startswith("slower")]
    assert slower.endswith("since 2026-04-27."), "among those of the new numbers a change is found"


def test_a_change_says_what_else_is_not_as_before() -> None:
    weeks = [measured(week, int8=6.0 * (1.3 if week > 2 else 1)) for week in range(6)]
    fresh = [
        one.properties.model_copy(update={"fingerprint": f"build {number // 3}"}) for number, one in enumerate(weeks)
    ]
    updated = [one.model_copy(update={"properties": about}) for one, about in zip(weeks, fresh, strict=True)]
    (slower,) = [one for one in told(*updated) if one.startswith("slower")]
    assert slower.endswith("since 2026-03-23 (not as before: build: build 0 and build 1).")
    diff = compare(updated[2], updated[3])
    said = [one.text for one in sentences.changed([], [("d.json", diff)])]
    assert len(said) == 1 and said[0].endswith(". Not as before: build: build 0 and build 1.")


def test_refused_measurements_do_not_count_and_are_said() -> None:
    weeks = [measured(week, int8=6.0) for week in range(3)]
    spoilt = measured(3, int8=1.0).model_copy(update={"deviations": (HOT,)})
    (track,) = tracks([*weeks, spoilt])
    assert len(track.points) == 4 and track.latest.result is weeks[-1]
    said = told(*weeks, spoilt)
    assert "refused: int8.pte on adb:a, 1 thread: refused by its protocol: hot: 41 °C" in said
    lost = measured(4, int8=1.0).model_copy(update={"complete": False, "reason": "unplugged"})
    said = told(*weeks, spoilt, lost)
    assert "refused: int8.pte on adb:a, 1 thread: INCOMPLETE: unplugged" in said
    assert "refused: 1 older measurement is left out: refused by its protocol, or incomplete." in said


def test_failed_cells_of_one_cause_are_one_sentence() -> None:
    cells = [Failed(f"cell {i}", "export", "expected a; found b; fix: c") for i in range(9)]
    (said,) = told(failed=cells)
    assert said.startswith("failed: cell 0; cell 1;") and "and 3 more: export failed: expected a; found b" in said


def test_machines_of_one_name_are_not_mixed() -> None:
    one, two = measured(int8=6.0), measured(1, int8=9.0)
    other = two.model_copy(update={"properties": two.properties.model_copy(update={"soc": "another"})})
    assert len(tracks([one, two])) == 1 and len(tracks([one, other])) == 2
    names = place_names(track.latest.place for track in tracks([one, other]))
    assert len(set(names.values())) == 2 and all("m, " in name for name in names.values())


def test_a_trend_on_the_page_is_the_one_of_results_trend(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    from mobileseg import fleet

    paths = []
    for week in range(8):
        paths.append(tmp_path / f"{week}.json")
        paths[-1].write_text(measured(week, int8=6.0 * (1.25 if week > 3 else 1), float32=10.0).to_json())
    fleet.index(paths, store=tmp_path / "store")
    theirs = {one.cell["precision"]: one for one in fleet.trend(store=tmp_path / "store").trends}
    ours = {one.tags.precision: one for one in trends.trends(tracks(r for _, r in read_results(paths).measurements))}
    assert theirs.keys() == ours.keys() == {"int8", "float32"}
    for name, one in ours.items():
        assert one.values == pytest.approx([point.value for point in theirs[name].points])
        assert [(s.at, s.ratio) for s in one.steps] == [(s.at, pytest.approx(s.ratio)) for s in theirs[name].steps]
    assert len(ours["int8"].steps) == 1


def test_the_page_of_a_sweep_says_what_was_built_into_it(many: list[Path]) -> None:
    parts = {section.key: section for section in sections(read_results(many))}
    said = [f"{one.word}: {one.text}" for one in parts["summary"].sentences]
    assert sum("is the fastest" in one or "are the fastest" in one for one in said) >= 1
    (slower,) = [one for one in said if one.startswith("slower")]
    assert "van-b0-fpn-int8.pte got slower: by" in slower and "on adb:pixel-8-a, 1 thread since 2026-01-16" in slower
    assert any("refused: seaformer-tiny-float32.pte on adb:galaxy-s24, 1 thread" in one for one in said)
    heat, tradeoff = parts["summary"].figures
    assert len(heat.panels[0].spec["datasets"]["cells"]) == 3 * 16
    assert [panel.device for panel in tradeoff.panels] == ["adb:pixel-8-a", "adb:galaxy-s24", "ssh:raspberry-pi-5"]
    for panel in tradeoff.panels:
        rows, front = (panel.spec["datasets"][name] for name in ("points", "front"))
        best = np.array([[row["x"], row["y"]] for row in front])
        assert len(rows) == 16 and (np.diff(best, axis=0) > 0).all(), "slower on the front is more accurate"
    assert len(parts["trends"].tables[0].rows) == 3 * 16
    assert len(parts["latency"].tables[0].rows) == 3 * 16, "the latest of each"
