import itertools
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from mobileseg.latency.report.charts import Bar, Point, bars, scatter
from mobileseg.latency.report.svg import CHARACTER, LINE, Scale, place_labels, scale_of, shorten

figures = st.floats(1e-6, 1e9)


@given(st.lists(figures, min_size=1, max_size=20), st.booleans(), st.booleans())
def test_scales_are_monotonic_and_hold_every_value(values: list[float], zero: bool, log: bool) -> None:
    scale = scale_of(values, 50.0, 500.0, zero=zero, log=log)
    places = [scale(v) for v in sorted(values)]
    assert all(50.0 - 1e-6 <= place <= 500.0 + 1e-6 for place in places)
    assert all(a <= b for a, b in itertools.pairwise(places))


@given(figures, st.floats(0.1, 1000.0), st.booleans())
def test_ticks_are_within_the_scale_and_few(low: float, share: float, log: bool) -> None:
    scale = Scale(low, low * (1 + share), 0.0, 100.0, log=log and share > 9)
    ticks = scale.ticks()
    assert 2 <= len(ticks) <= 14
    assert all(scale.low * (1 - 1e-6) <= tick <= scale.high * (1 + 1e-6) for tick in ticks)


@given(st.lists(st.tuples(st.floats(0, 800), st.floats(0, 300)), min_size=1, max_size=12))
def test_labels_do_not_overlap(spots: list[tuple[float, float]]) -> None:
    labels = ["a name"] * len(spots)
    placed = place_labels(spots, labels)
    assert all(y >= at[1] for y, at in zip(placed, spots, strict=True))
    for i, j in itertools.combinations(range(len(spots)), 2):
        apart = abs(spots[i][0] - spots[j][0]) >= CHARACTER * len("a name")
        assert apart or abs(placed[i] - placed[j]) >= LINE - 1e-6


def test_shortened_names_keep_their_end() -> None:
    short = shorten("seaformer-tiny-float32.pte", 10 * CHARACTER + 0.1)
    assert short.startswith("…")
    assert "seaformer-tiny-float32.pte".endswith(short[1:])
    assert len(short) == 10
    assert shorten("short", 100.0) == "short"


def test_charts_are_valid_xml_for_any_name() -> None:
    name = '<script>alert("&")</script>'
    for chart in (
        bars("a chart", [Bar(name, 0, 3.0, f"{name}: 3"), Bar("none", 1, None, "")], "ms"),
        scatter("a chart", [Point(1.0, 2.0, name, name, 0, (1.5, 2.5), best=True), Point(50.0, 1.0, "b", "b", 1)], "x", "y", log=True),
    ):  # fmt: skip
        root = ElementTree.fromstring(chart)
        assert root.get("aria-label") == "a chart"
        assert name in {element.text for element in root.iter()}
