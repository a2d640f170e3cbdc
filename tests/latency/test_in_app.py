import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobileseg.errors import GateError
from mobileseg.export import export_model
from mobileseg.export.artifact import Artifact
from mobileseg.latency.device import RunnerFailedError
from mobileseg.latency.in_app import merge, refusal, start_command
from mobileseg.latency.measurement import measure
from mobileseg.latency.protocol import PROTOCOLS
from mobileseg.latency.result import Result, Series
from mobileseg.latency.statistics import summarize


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return export_model(
        "seaformer-tiny", "onnx", precision="float32", size=(32, 32), output=tmp_path_factory.mktemp("a") / "a.onnx"
    )


@pytest.fixture(scope="module")
def told(artifact: Artifact) -> Result:
    return measure([artifact.path], "host").model_copy(update={"protocol": PROTOCOLS["strict"]})


def slower(result: Result, factor: float) -> Result:
    (old,) = result.series
    samples = tuple(factor * ms for ms in old.samples_ms)
    turns = [[factor * ms for ms in turn] for turn in old.turns]
    fields = old.model_dump() | {"samples_ms": samples} | summarize(turns)._asdict()
    return result.model_copy(update={"series": (Series.model_validate(fields),)})


def test_repetitions_become_one_result(told: Result, artifact: Artifact) -> None:
    result = merge([told, told], artifact, "adb:A")
    assert [series.session for series in result.series] == [0, 1]
    assert len(result.sessions) == 2
    assert result.complete
    assert not result.refused
    assert Result.model_validate_json(result.to_json()) == result


def test_repetitions_that_are_far_apart_are_refused(told: Result, artifact: Artifact) -> None:
    result = merge([told, slower(told, 1.2)], artifact, "adb:A")
    assert [deviation.gate for deviation in result.refused] == ["repeats"]
    assert not merge([told, slower(told, 1.2)], artifact, "adb:A", allow=("repeats",)).refused


def test_what_broke_off_is_not_complete(told: Result, artifact: Artifact) -> None:
    result = merge([told], artifact, "adb:A", reason="expected a phone; found none")
    assert not result.complete
    assert result.reason == "expected a phone; found none"


def test_figures_of_another_file_are_refused(told: Result, artifact: Artifact) -> None:
    other = told.series[0].model_copy(update={"sha256": "0" * 64})
    with pytest.raises(RunnerFailedError, match="another file"):
        merge([told.model_copy(update={"series": (other,)})], artifact, "adb:A")


def test_the_apps_own_words_are_an_error() -> None:
    error = refusal('{"expected": "a cool phone", "found": "a hot one", "todo": "wait", "more": 1}')
    assert isinstance(error, GateError) and (error.expected, error.found) == ("a cool phone", "in the app: a hot one")
    for said in ("{", "[]", "{}", "null", '"words"', "cat: no such file", '{"expected": "half'):
        assert isinstance(refusal(said), RunnerFailedError)


@given(st.text(st.characters(exclude_characters="\0"), min_size=1), st.integers(0, 99))
def test_what_is_said_to_the_shell_is_said_back(text: str, number: int) -> None:
    words = shlex.split(start_command({"artifact": text, "threads": number, "command": ""}))
    assert words[5:] == ["--es", "artifact", text, "--ei", "threads", str(number)]
