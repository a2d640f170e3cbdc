import statistics
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobileseg.errors import ArtifactError, RequestError, UnknownNameError
from mobileseg.latency import measure
from mobileseg.latency.devices import DEVICES
from mobileseg.latency.host import Host
from mobileseg.latency.protocol import PROTOCOLS
from mobileseg.latency.result import Result, Series
from mobileseg.registry import load

TIMES = st.lists(st.floats(0.01, 1000), min_size=2, max_size=40).map(tuple)


def series(samples: tuple[float, ...]) -> Series:
    return Series(
        file="a.pte", sha256="0", model="m", target="executorch", precision="int8", size=(1, 1), emit="logits",
        samples_ms=samples,
    )  # fmt: skip


def result(*samples: tuple[float, ...]) -> Result:
    return Result(
        created=datetime.now(UTC), device="host", hardware="some", protocol=PROTOCOLS["quick"], versions={},
        series=tuple(series(s) for s in samples),
    )  # fmt: skip


@given(first=TIMES, second=TIMES)
def test_ratios_are_of_medians(first: tuple[float, ...], second: tuple[float, ...]) -> None:
    found = result(first, second)
    assert found.ratio(1) == pytest.approx(statistics.median(second) / statistics.median(first))
    low, high = found.series[0].quartiles_ms
    assert low <= high
    assert Result.model_validate_json(found.to_json()) == found


def test_wrong_names_are_refused_before_anything_runs() -> None:
    with pytest.raises(UnknownNameError, match="host"):
        measure(["a.pte"], device="hosts")
    with pytest.raises(UnknownNameError, match="quick"):
        measure(["a.pte"], protocol="quik")
    with pytest.raises(RequestError):
        measure([])
    with pytest.raises(ArtifactError):
        measure(["nothing.pte"])


def test_every_row_opens() -> None:
    for spec in DEVICES.values():
        assert callable(load(spec.open))
    assert "core" in Host().hardware()
