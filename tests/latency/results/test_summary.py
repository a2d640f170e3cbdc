import statistics as reference

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobileseg.latency.results.blocks import block_length, draw, effective, ranks
from mobileseg.latency.results.summary import drift, effective_runs, estimate, flat, ratio, summarize

TIME = st.floats(0.01, 1000)
TURNS = st.integers(1, 6).flatmap(
    lambda runs: st.lists(st.lists(TIME, min_size=runs, max_size=runs), min_size=2, max_size=12)
)
SCALE = st.floats(0.01, 100)


@settings(deadline=None, max_examples=40)
@given(turns=TURNS)
def test_summaries_cover_all_samples(turns: list[list[float]]) -> None:
    times = [time for turn in turns for time in turn]
    found = summarize(turns)
    assert found.median_ms == pytest.approx(reference.median(times))
    assert found.mean_ms == pytest.approx(reference.fmean(times))
    assert found.p90_ms == pytest.approx(reference.quantiles(times, n=10, method="inclusive")[8])
    assert found.mad_ms == pytest.approx(reference.median(abs(t - reference.median(times)) for t in times), abs=1e-9)
    assert found.variation == pytest.approx(reference.stdev(times) / reference.fmean(times), abs=1e-9)
    assert found.min_ms == min(times)
    assert found.min_ms <= found.median_ms <= found.p90_ms <= found.p99_ms <= max(times)
    assert 0 <= found.outliers < 0.5


@settings(deadline=None, max_examples=40)
@given(turns=TURNS, scale=SCALE)
def test_a_unit_change_scales_only_times(turns: list[list[float]], scale: float) -> None:
    found, scaled = summarize(turns), summarize([np.asarray(turn) * scale for turn in turns])
    assert scaled.p99_ms == pytest.approx(found.p99_ms * scale)
    assert scaled.mad_ms == pytest.approx(found.mad_ms * scale, abs=1e-6)
    assert (scaled.variation, scaled.drift) == pytest.approx((found.variation, found.drift), abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(turns=TURNS, scale=SCALE)
def test_the_interval_holds_a_known_ratio(turns: list[list[float]], scale: float) -> None:
    slower = [np.asarray(turn) * scale for turn in turns]
    found = ratio(slower, turns, paired=True)
    assert found.value == pytest.approx(scale)
    assert found.interval == pytest.approx((scale, scale))  # common changes cancel in pairs
    low, high = ratio(slower, turns).interval or (np.nan, np.nan)
    assert low <= high


@settings(deadline=None, max_examples=40)
@given(new=TURNS, old=TURNS, figure=st.sampled_from(["median", "p90"]))
def test_ratios_are_deterministic_and_use_the_figure(
    new: list[list[float]], old: list[list[float]], figure: str
) -> None:
    found = ratio(new, old, figure)
    key = f"{figure}_ms"
    assert found.value == pytest.approx(getattr(summarize(new), key) / getattr(summarize(old), key))
    assert ratio(new, old, figure) == found


def wandering(rho: float, turns: int, generator: np.random.Generator) -> np.ndarray:
    """Turns of five runs each around 10 ms, whose means follow an autoregression of first order."""
    steps = generator.normal(0, 1, turns + 60)
    for i in range(1, len(steps)):
        steps[i] += rho * steps[i - 1]
    means = steps[60:] * np.sqrt(1 - rho**2)
    return 10 + means[:, None] + generator.normal(0, 0.3, (turns, 5))


def covered(rho: float, cases: int) -> float:
    """In which share of the cases the interval of a median of 64 turns holds the true one."""
    generator = np.random.default_rng(4)
    held = 0
    for _ in range(cases):
        low, high = estimate(list(wandering(rho, 64, generator)), "median")[1] or (np.nan, np.nan)
        held += low <= 10 <= high
    return held / cases


def test_intervals_cover_the_truth_where_turns_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """95 of 100 where they are not; where they are, far more often than if turns were drawn one by one (70 and 55 of 100)."""
    assert covered(0.0, 100) >= 0.88
    blocks = covered(0.6, 100), covered(0.8, 100)
    monkeypatch.setattr("mobileseg.latency.results.blocks.block_length", lambda series: 1.0)
    single = covered(0.6, 100), covered(0.8, 100)
    assert blocks[0] >= single[0] + 0.05 and blocks[1] >= single[1] + 0.1
    assert blocks[0] >= 0.75 and blocks[1] >= 0.65


def test_blocks_are_longer_and_runs_worth_less_where_turns_are_alike() -> None:
    generator = np.random.default_rng(5)
    lengths, worth = {}, {}
    for rho in (0.0, 0.6, 0.9):
        series = [wandering(rho, 64, generator) for _ in range(40)]
        lengths[rho] = np.mean([block_length(ranks(one).mean(axis=1)) for one in series])
        worth[rho] = np.median([effective(one) for one in series])
    assert 4 <= lengths[0.0] < lengths[0.6] < lengths[0.9] <= 64 / 3
    assert 45 < worth[0.0] <= 120  # 320 runs, of which those of one turn are alike
    assert 10 < worth[0.6] < 45  # 64 (1 - 0.6) / (1 + 0.6) is 16, which a short series cannot show whole
    assert 1 <= worth[0.9] < 20


@settings(deadline=None, max_examples=40)
@given(turns=TURNS, scale=SCALE)
def test_runs_are_worth_one_at_least_and_themselves_at_most(turns: list[list[float]], scale: float) -> None:
    times = np.asarray(turns)
    found = effective(times)
    assert 1 <= found <= times.size
    assert found == pytest.approx(effective(times * scale))
    assert effective_runs(turns[:1]) is None


@settings(deadline=None, max_examples=40)
@given(count=st.integers(2, 40), length=st.floats(1, 20), seed=st.integers(0, 99))
def test_resamples_are_blocks_that_wrap_around(count: int, length: float, seed: int) -> None:
    rows = draw(count, length, 50, np.random.default_rng(seed))
    assert rows.shape == (50, count) and rows.min() >= 0 and rows.max() < count
    follow = np.mean(np.diff(rows, axis=1) % count == 1)
    chance = 1 - 1 / length + 1 / length / count  # of a block that goes on, or of one that begins there by chance
    assert follow == pytest.approx(chance, abs=5 * np.sqrt(0.25 / (50 * (count - 1))))


def test_one_turn_has_no_interval_and_no_drift() -> None:
    assert ratio([[1.0, 2.0]], [[1.0], [2.0]]).interval is None
    assert drift([[1.0, 2.0]]) is None
    assert summarize([[3.0]]).variation is None


def test_drift_compares_the_last_with_the_first_turns() -> None:
    rising = [[10 + 0.1 * turn] * 3 for turn in range(100)]
    assert drift(rising) == pytest.approx((19.9 - 0.95) / 10.95 - 1)
    assert drift(rising[::-1]) == pytest.approx(10.95 / 18.95 - 1)


def test_outliers_are_counted() -> None:
    times = np.random.default_rng(0).normal(10, 0.1, 1000)
    times[::100] += 5
    assert summarize([times]).outliers == pytest.approx(0.01, abs=0.005)


def test_the_interval_covers_the_truth_where_turns_differ() -> None:
    """Whole turns are slow, as on a shared machine: intervals over samples would be much too small."""
    generator = np.random.default_rng(1)
    held = 0
    for _ in range(60):
        new, old = (generator.normal(10, 1, (30, 1)) + generator.normal(0, 0.1, (30, 10)) for _ in range(2))
        low, high = ratio(list(new), list(old)).interval or (np.nan, np.nan)
        held += low <= 1 <= high
    assert held >= 52


def test_pairing_cancels_common_slowdowns() -> None:
    generator = np.random.default_rng(2)
    machine = generator.uniform(1, 3, (30, 1))
    old = machine * generator.normal(10, 0.05, (30, 5))
    new = machine * generator.normal(9.5, 0.05, (30, 5))
    paired, apart = ratio(list(new), list(old), paired=True).interval, ratio(list(new), list(old)).interval
    assert paired is not None and apart is not None
    assert paired[1] - paired[0] < apart[1] - apart[0]
    assert len(flat(list(new))) == 150
