"""Which precision is recommended, from figures; and real files, exported, compared and counted."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zoo_cases import one_block_a_stage

from mobileseg.cli import advise as verb
from mobileseg.errors import EnvironmentLackError, NotMeasuredError, OutputError, RequestError, UnknownNameError
from mobileseg.export import open_artifact
from mobileseg.latency import advise
from mobileseg.latency.advice.advice import CLOSE, Advice, FileAdvice, recommend
from mobileseg.latency.advice.classes import CLASSES
from mobileseg.latency.emulation.cores import CORES
from mobileseg.latency.measuring import counting

GOOD = FileAdvice(precision="float32", meaning="", sqnr_db=100.0, agreement=1.0, verdict="PASS")


def row(precision: str, sqnr_db: float, verdict: str = "PASS", **more: object) -> FileAdvice:
    return GOOD.model_copy(update={"precision": precision, "sqnr_db": sqnr_db, "verdict": verdict, **more})


def test_the_fewest_instructions_win() -> None:
    chosen, why = recommend([GOOD, row("int8", 22.0)], {"float32": 60_500_000, "int8": 31_800_000})
    assert chosen == "int8"
    assert why == "31.8 million instructions; 1.90 times for float32"


def test_of_files_that_are_as_cheap_the_more_accurate_one_wins() -> None:
    files, counts = [GOOD, row("float16", 48.6), row("int8", 22.0)], {"float32": 605, "float16": 330, "int8": 318}
    chosen, why = recommend(files, counts)
    assert chosen == "float16"
    assert "as cheap as int8 within 10 %" in why
    assert recommend(files, counts | {"float16": 360})[0] == "int8"


def test_a_file_that_failed_is_never_recommended() -> None:
    failed = (row("int8", 9.0, "FAIL"), row("float16", 48.6, failure="NaN"))
    assert recommend([GOOD, *failed], {"float32": 60, "int8": 30, "float16": 31})[0] == "float32"
    assert recommend([failed[0]], {"int8": 30}) == (None, "no file that is good enough was counted")


def test_an_accuracy_that_is_not_known_is_said() -> None:
    chosen, why = recommend([row("int8", 22.0, "UNKNOWN")], {"int8": 30})
    assert chosen == "int8"
    assert "UNKNOWN" in why


@given(
    rows=st.dictionaries(
        st.sampled_from(["float32", "float16", "int8", "other"]),
        st.tuples(st.floats(0, 120), st.sampled_from(["PASS", "FAIL", "UNKNOWN"]), st.integers(1, 10**9)),
        min_size=1,
    )
)
def test_nothing_cheaper_and_closer_is_left_out(rows: dict[str, tuple[float, str, int]]) -> None:
    files = [row(name, sqnr, verdict) for name, (sqnr, verdict, _) in rows.items()]
    chosen, _ = recommend(files, {name: count for name, (_, _, count) in rows.items()})
    good = {name: figures for name, figures in rows.items() if figures[1] != "FAIL"}
    assert (chosen is None) == (not good)
    if chosen is not None:
        sqnr, _, count = good[chosen]
        assert count <= CLOSE * min(figures[2] for figures in good.values())
        assert not any(other[0] > sqnr and other[2] < count for other in good.values())


def test_every_core_of_the_table_is_emulated_and_has_what_its_kind_says() -> None:
    for kind in CLASSES.values():
        if kind.core is not None:
            features = CORES[kind.core].features
            assert ("asimdhp" in features) == ("no float16" not in kind.title)
            assert ("asimddp" in features) == ("no dot product" not in kind.title)


def test_requests_are_refused_before_anything_is_exported(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError):
        advise("seaformer-tinny")
    with pytest.raises(RequestError, match=r"precisions of executorch: .*int9"):
        advise("seaformer-tiny", precisions=["int8", "int9"])
    with pytest.raises(RequestError, match="each precision once"):
        advise("seaformer-tiny", precisions=["int8", "int8"])
    with pytest.raises(OutputError, match="exists"):
        advise("seaformer-tiny", output=tmp_path)


@pytest.mark.slow
def test_files_are_exported_and_where_no_core_can_be_emulated_nothing_is_recommended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one_block_a_stage(monkeypatch)

    def lacking(*_: object, **__: object) -> None:
        raise EnvironmentLackError(expected="qemu-aarch64", found="none", fix="apt install qemu-user")

    monkeypatch.setattr(counting, "count_all", lacking)
    with pytest.raises(NotMeasuredError, match="qemu-aarch64"):
        verb.advise(
            "seaformer-tiny", precision=["float32"], size="64x96", weights="random", output=str(tmp_path / "files"),
            json_file=str(tmp_path / "advice.json"),
        )  # fmt: skip
    found = Advice.model_validate_json((tmp_path / "advice.json").read_text())
    assert [file.precision for file in found.files] == ["float32"]
    assert (found.size, found.files[0].verdict, found.files[0].miou_change) == ((64, 96), "UNKNOWN", None)
    assert {device.recommended for device in found.devices} == {None}
    assert open_artifact(tmp_path / "files" / "seaformer-tiny-float32.pte").size == (64, 96)
    shown = capsys.readouterr().out
    assert "not measured" in shown and shown.count("UNKNOWN") == 1 + len(CLASSES)
    assert str(tmp_path) not in json.dumps(found.model_dump(mode="json"))
