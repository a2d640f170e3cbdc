import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobileseg.errors import GateError, MobilesegError, RequestError
from mobileseg.export import export_model
from mobileseg.export.artifact import Artifact
from mobileseg.latency.devices.app import AndroidApp, Extras, start_command, storage_name
from mobileseg.latency.devices.contract import RunnerFailedError
from mobileseg.latency.devices.remote import DONE
from mobileseg.latency.measuring import in_app
from mobileseg.latency.measuring.in_app import AppRequest, merge
from mobileseg.latency.measuring.measurement import Interrupted, measure
from mobileseg.latency.protocol import PROTOCOLS
from mobileseg.latency.results.result import Result, Series
from mobileseg.latency.results.summary import summarize

STRICT = PROTOCOLS["strict"]


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return export_model(
        "seaformer-tiny", "onnx", precision="float32", size=(32, 32), output=tmp_path_factory.mktemp("a") / "a.onnx"
    )


@pytest.fixture(scope="module")
def single(artifact: Artifact) -> Result:
    return measure([artifact.path], "host").model_copy(update={"protocol": STRICT})


def slower(result: Result, factor: float) -> Result:
    (old,) = result.series
    samples = tuple(factor * ms for ms in old.samples_ms)
    turns = [[factor * ms for ms in turn] for turn in old.turns]
    fields = old.model_dump() | {"samples_ms": samples} | summarize(turns)._asdict()
    return result.model_copy(update={"series": (Series.model_validate(fields),)})


@pytest.fixture
def app_request(artifact: Artifact) -> AppRequest:
    return AppRequest((artifact,), STRICT, (1,), phone="adb:A")


def test_repetitions_are_merged(single: Result, app_request: AppRequest) -> None:
    result = merge([single, single], app_request)
    assert [series.session for series in result.series] == [0, 1]
    assert len(result.sessions) == 2
    assert result.complete
    assert result.device == "adb:A in app"
    assert not result.refused
    assert Result.model_validate_json(result.to_json()) == result


def test_repetitions_that_differ_too_much_are_refused(
    single: Result, artifact: Artifact, app_request: AppRequest
) -> None:
    different = [single, slower(single, 1.2)]
    assert [deviation.gate for deviation in merge(different, app_request).refused] == ["repeats"]
    allowed = AppRequest((artifact,), STRICT, (1,), allow=("repeats",))
    assert not merge(different, allowed).refused
    threads = single.sessions[0].model_copy(update={"threads": 2})
    other = slower(single, 1.2).model_copy(update={"sessions": (threads,)})
    assert not merge([single, other], AppRequest((artifact,), STRICT, (1, 2))).refused


def test_an_interrupted_result_is_incomplete(single: Result, app_request: AppRequest) -> None:
    result = merge([single], app_request, reason="expected a phone; found none")
    assert not result.complete
    assert result.reason == "expected a phone; found none"


class FakeShell:
    """A shell on a phone whose app writes ``text`` instead of a result."""

    def __init__(self, text: str) -> None:
        self.text = text

    def stream(self, script: str) -> Iterator[bytes]:
        answer = self.text if "pidof" in script else ""
        yield f"{answer}\n{DONE}0\n".encode()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (json.dumps({"expected": "a", "found": "b", "fix": "c", "status": 1}), GateError),
        (json.dumps({"expected": "a", "found": "b", "fix": "c", "status": 2}), RequestError),
        (json.dumps({"expected": "a", "found": "b", "fix": "c", "status": 3}), RunnerFailedError),
        ('{"expected": "a"}', RunnerFailedError),
        ("cat: permission denied", RunnerFailedError),
        ("ended", RunnerFailedError),
    ],
)
def test_errors_of_the_app(answer: str, kind: type[MobilesegError], tmp_path: Path) -> None:
    app = AndroidApp(FakeShell(answer), tmp_path)  # type: ignore[arg-type]  # only its stream is used
    with pytest.raises(kind) as raised:
        app.measure({}, lambda _: None)
    assert type(raised.value) is kind


class FakeApp:
    """Stands in for the app: returns these results, or raises these errors, one per start."""

    def __init__(self, *answers: Result | BaseException) -> None:
        self.answers = list(answers)
        self.started: list[Extras] = []

    def push(self, local: Path, name: str) -> None:
        assert local.is_file()

    def measure(self, extras: Extras, progress: object) -> Result:
        self.started.append(extras)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


@pytest.fixture
def phone(monkeypatch: pytest.MonkeyPatch) -> list[FakeApp]:
    """Phones whose installed app is the last one of the list."""
    apps: list[FakeApp] = []

    class Phone:
        name, shell = "adb:A", None

    class Installed:
        def __enter__(self) -> FakeApp:
            return apps[-1]

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(in_app, "Adb", lambda serial: Phone())
    monkeypatch.setattr(in_app, "installed_app", lambda *_: Installed())
    monkeypatch.setattr("time.sleep", lambda _: None)
    return apps


def test_results_for_another_file_are_refused(single: Result, artifact: Artifact, phone: list[FakeApp]) -> None:
    other = single.series[0].model_copy(update={"sha256": "0" * 64})
    phone.append(FakeApp(single.model_copy(update={"series": (other,)})))
    with pytest.raises(RunnerFailedError, match="one for other files"):
        in_app.measure([artifact.path], "adb")


def test_a_gate_that_closes_in_the_second_repetition_keeps_the_first(
    single: Result, artifact: Artifact, phone: list[FakeApp]
) -> None:
    phone.append(FakeApp(single, GateError(expected="a cool phone", found="hot", fix="wait")))
    result = in_app.measure([artifact.path], "adb", "strict")
    assert not result.complete and result.reason == "expected a cool phone; found hot"
    assert len(result.sessions) == 1
    phone.append(FakeApp(single))
    whole = in_app.measure([artifact.path], "adb", "strict", earlier=result)
    assert whole.complete and len(whole.sessions) == 2
    assert [extras["repeat"] for extras in phone[-1].started] == [1]


def test_ctrl_c_keeps_the_result_so_far(single: Result, artifact: Artifact, phone: list[FakeApp]) -> None:
    phone.append(FakeApp(single, KeyboardInterrupt()))
    with pytest.raises(Interrupted) as raised:
        in_app.measure([artifact.path], "adb", "strict")
    assert raised.value.result.reason == "interrupted"
    phone.append(FakeApp(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt) as bare:
        in_app.measure([artifact.path], "adb", "strict")
    assert not isinstance(bare.value, Interrupted)


def test_a_skipped_pause_is_recorded(single: Result, artifact: Artifact, phone: list[FakeApp]) -> None:
    phone.append(FakeApp(single, single))
    result = in_app.measure([artifact.path], "adb", "strict", allow=["cool-down"])
    assert [(d.gate, d.verdict, d.session) for d in result.deviations if d.gate == "cool-down"] == [
        ("cool-down", "allowed", 1)
    ]


@pytest.mark.parametrize("change", ["device", "protocol", "files", "threads"])
def test_another_measurement_is_not_resumed(
    change: str, single: Result, artifact: Artifact, phone: list[FakeApp], app_request: AppRequest
) -> None:
    interrupted = merge([single], app_request, reason="lost")
    series, session = interrupted.series[0], interrupted.sessions[0]
    changes = {
        "device": {"device": "adb:A"},
        "protocol": {"protocol": PROTOCOLS["quick"]},
        "files": {"series": (series.model_copy(update={"sha256": "0" * 64}),)},
        "threads": {"sessions": (session.model_copy(update={"threads": 2}),)},
    }
    phone.append(FakeApp())
    with pytest.raises(RequestError, match=change):
        in_app.measure([artifact.path], "adb", "strict", earlier=interrupted.model_copy(update=changes[change]))


def test_requests_that_the_app_cannot_measure_are_refused(artifact: Artifact) -> None:
    for artifacts, device, threads, answer in (
        ([artifact.path], "host", [1], "host"),
        ([], "adb", [1], "none"),
        ([artifact.path], "adb", ["big"], "big"),
    ):
        with pytest.raises(RequestError, match=answer):
            in_app.measure(artifacts, device, threads=threads)


@given(st.text(st.characters(exclude_characters="\0"), min_size=1), st.integers(0, 99))
def test_start_commands_are_quoted(text: str, number: int) -> None:
    words = shlex.split(start_command({"artifact": text, "threads": number, "brief": True, "command": ""}))
    assert words[5:] == ["--es", "artifact", text, "--ei", "threads", str(number), "--ez", "brief", "true"]


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_storage_names_are_plain_and_unique(names: list[str]) -> None:
    there = [storage_name(number, name) for number, name in enumerate(names)]
    assert len(set(there)) == len(names)
    assert all(name.isascii() and not set(name) & set("/, \\\n") and name[0] != "." for name in there)
