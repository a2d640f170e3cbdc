"""Charts as specifications: what is in them, and how much."""

import itertools
import json
import re
from dataclasses import replace
from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobileseg.latency.report.charts import heat
from mobileseg.latency.report.charts.bars import Bar, bars
from mobileseg.latency.report.charts.courses import POINTS, Trail, courses, scale_of
from mobileseg.latency.report.charts.figure import COLORS, domain
from mobileseg.latency.report.charts.scatter import Point, mark_pareto_front
from mobileseg.latency.report.charts.strips import (
    BINS,
    FEWEST_BINS,
    FEWEST_PARTS,
    PARTS,
    Run,
    distributions,
    drift,
    drift_domain,
    drifts,
)
from mobileseg.latency.report.looks import MOST_FILES, Look, Looks
from mobileseg.latency.report.vega import data_script

# Machado, Oliveira, Fernandes 2009: what people see who lack one kind of cone, in linear RGB.
SEEN_BY = {
    "all": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
}  # fmt: skip
DISTINCT = 20  # in CIELAB (CIE76): several times what is just noticed


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 1)), min_size=1, max_size=15))
def test_the_pareto_front_of_each_device_is_exact(spots: list[tuple[int, int, int]]) -> None:
    marked = mark_pareto_front([Point(x, y, "", Look(1), group=group) for x, y, group in spots])
    beats = {
        (a, b) for a, b in itertools.permutations(range(len(spots)), 2)
        if spots[a] != spots[b] and spots[a][2] == spots[b][2] and spots[a][0] <= spots[b][0] and spots[a][1] >= spots[b][1]
    }  # fmt: skip
    assert {p.group for p in marked if p.best} == {group for *_, group in spots}
    for place, point in enumerate(marked):
        assert point.best == (not any(b == place for _, b in beats))


@given(st.lists(st.floats(1e-6, 1e9), min_size=1, max_size=20), st.booleans())
def test_a_scale_holds_every_value(values: list[float], log: bool) -> None:
    scale = domain(values, log)
    low, high = scale["domain"]
    assert low < min(values) and max(values) < high
    assert scale.get("type") != "log" or low > 0


@given(st.floats(1e-3, 1e6), st.floats(1e-3, 1e6), st.floats(1e-3, 1e6), st.booleans())
def test_shades_are_in_order_and_colours(a: float, b: float, c: float, log: bool) -> None:
    low, middle, high = sorted((a, b, c))
    level = heat.shade(middle, low, high, log)
    assert 0 <= level <= 1
    assert low == high or (heat.shade(low, low, high, log) == 0 and heat.shade(high, low, high, log) == 1)
    assert re.fullmatch("#[0-9a-f]{6}", heat.color_of(level))


def test_of_many_samples_a_page_holds_few() -> None:
    times = np.random.default_rng(0).gamma(9.0, 1.0, (2500, 100))
    run = Run("a.pte", Look(1), list(times), [float(i) for i in range(2500)])
    spec = distributions("t", [run])["datasets"]
    assert len(spec["bins"]) <= BINS and len(spec["ranks"]) == 2
    found = re.search(r": (\d+) slower", f": {spec['beyond'][0]['text']}") if spec["beyond"] else None
    binned = sum(int(re.search(r": (\d+) of", row["tip"])[1]) for row in spec["bins"])  # type: ignore[index]
    assert binned + (int(found[1]) if found else 0) == 250_000
    assert len(drifts("t", [run], drift_domain([run]))["datasets"]["parts"]) == PARTS
    among = replace(run, of=600)
    assert 600 * len(distributions("t", [among])["datasets"]["bins"]) <= 600 * FEWEST_BINS == 7200
    assert len(drift(among)) == FEWEST_PARTS


@given(st.integers(1, 60), st.integers(1, 5))
def test_a_drift_begins_at_100_percent_where_turns_are_alike(turns: int, runs: int) -> None:
    rows = drift(Run("a", Look(1), [np.full(runs, 4.0)] * turns, [float(i) for i in range(turns)]))
    assert len(rows) == min(PARTS, turns) and {row["value"] for row in rows} == {100.0}
    assert rows[0]["at"] == 0


def test_what_was_not_measured_is_said_in_charts() -> None:
    (row, other) = bars("t", [Bar("a", 0, None, "a: not measured"), Bar("b", 0, 2.0, "b: 2 ms")], "ms")["datasets"][
        "bars"
    ]
    assert (row["text"], other["text"]) == ("not measured", "2 ms")
    (cell,) = heat.heat("t", [heat.Cell("d", "f", None, "", "f on d: not measured")])["datasets"]["cells"]
    assert (cell["text"], cell["tip"]) == ("–", "f on d: not measured")


def test_a_few_files_have_a_colour_each_and_many_that_of_their_model() -> None:
    few = Looks.of((f"{i}.pte", "m", "int8") for i in range(MOST_FILES))
    assert len({few.look(f"{i}.pte").color for i in range(MOST_FILES)}) == MOST_FILES
    assert [key.label for key in few.legend(few.files)] == list(few.files)
    many = Looks.of((f"{m}-{p}.pte", m, p) for m in "abc" for p in ("float32", "float16", "int8"))
    assert many.look("a-int8.pte").color == many.look("a-float32.pte").color != many.look("b-int8.pte").color
    assert len({many.look(f"a-{p}.pte").shape for p in ("float32", "float16", "int8")}) == 3
    assert [key.label for key in many.legend(many.files)] == ["a", "b", "c", "float32", "float16", "int8"]
    assert [key.label for key in many.legend(["b-int8.pte"])] == ["b", "int8"]
    assert 0 not in {many.look(name).color for name in many.files}, "grey is the reference model's"


@pytest.mark.parametrize("sight", SEEN_BY)
@pytest.mark.parametrize("theme", [0, 1])
def test_the_first_eight_colours_differ_for_everyone(theme: int, sight: str) -> None:
    style = resources.files("mobileseg.latency.report").joinpath("page.css").read_text(encoding="utf-8")
    pairs = re.findall(r"--c\d+: light-dark\((#\w{6}), (#\w{6})\)", style)
    assert len(pairs) == COLORS
    seen = [lab(SEEN_BY[sight] @ linear(pair[theme])) for pair in pairs[: 1 + MOST_FILES]]
    worst = min((float(np.linalg.norm(a - b)), i, j) for (i, a), (j, b) in itertools.combinations(enumerate(seen), 2))
    assert worst[0] > DISTINCT, worst


def linear(text: str) -> np.ndarray:
    channels = np.array([int(text[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = to_xyz @ np.clip(rgb, 0, 1) / (0.9505, 1.0, 1.089)
    fx, fy, fz = (v ** (1 / 3) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116 for v in (x, y, z))
    return np.array([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)])


@given(st.text())
def test_no_text_ends_the_script_that_it_is_in(text: str) -> None:
    made = data_script({text: [text, "</script><script>alert(1)</script>", "<!--"]})
    assert "<" not in made and ">" not in made
    assert json.loads(made) == {text: [text, "</script><script>alert(1)</script>", "<!--"]}


@given(st.lists(st.floats(0.1, 100.0), min_size=1, max_size=400), st.booleans())
def test_a_course_keeps_its_ends_and_extremes(values: list[float], limit: bool) -> None:
    trail = Trail("cpu0", "GHz", [float(place) for place in range(len(values))], values, limit)
    rows = courses("t", [trail], scale_of([trail]))["datasets"]["readings"]
    shown, (low, high) = [row["value"] for row in rows], scale_of([trail])["domain"]
    assert (shown[0], shown[-1], min(shown), max(shown)) == (values[0], values[-1], min(values), max(values))
    assert len(rows) <= POINTS and low < min(values) and max(values) < high
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
