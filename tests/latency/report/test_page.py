"""The page as text: every number on it is from the JSON."""

import base64
import hashlib
import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mobileseg.errors import MissingExtraError, RequestError
from mobileseg.export.evaluation.compared import Comparison
from mobileseg.latency.report import vega
from mobileseg.latency.report.cells import NOT_MEASURED, number, percent, points
from mobileseg.latency.report.consistency import tables
from mobileseg.latency.report.documents import read_results
from mobileseg.latency.report.page import render
from mobileseg.latency.report.sections import sections
from mobileseg.latency.results import summary


class Reader(HTMLParser):
    """Collects cells by row header and field, and all links and texts."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: dict[tuple[str, str], str | None] = {}
        self.shown: dict[tuple[str, str], str] = {}
        self.links: list[str] = []
        self.sources: list[str] = []
        self.text: list[str] = []
        self._row, self._field, self._head = "", "", False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.links += [given[name] or "" for name in ("href", "src") if name in given]
        if given.get("scope") == "row":
            self._row, self._head = "", True
        self._field = given.get("data-field") or ""
        if self._field:
            self.cells.setdefault((self._row, self._field), given.get("data-value"))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td"):
            self._head, self._field = False, ""

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self._head:
            self._row, self._head = data.strip(), False
        if self._field:
            self.shown.setdefault((self._row, self._field), data.strip())


@pytest.fixture(scope="module")
def page(results: list[Path]) -> str:
    return render(read_results(results), "A <title> & more")


@pytest.fixture(scope="module")
def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


def follow(fields: Any, path: str) -> Any:
    for name in path.split("."):
        fields = fields[name] if fields is not None else None
    return fields


def test_accuracy_matches_the_json(results: list[Path], read: Reader) -> None:
    plain = (
        "float.miou",
        "artifact.miou",
        "agreement",
        "sqnr_db",
        "images",
        "artifact_bytes",
        "artifact_logits.band_agreement",
    )
    seen = 0
    for path in results[:3]:
        fields = json.loads(path.read_text())
        expected = {name: follow(fields, name) for name in plain}
        expected["gains.mIoU"] = fields["gains"][0]["value"] if fields["gains"] else None
        for name, value in expected.items():
            found = read.cells[fields["artifact_file"], name]
            assert (found is None) == (value is None)
            assert value is None or float(found or "") == value
            seen += value is not None
    assert seen == 3 * 8 - 3
    assert read.shown["bare.onnx", "artifact.miou"] == NOT_MEASURED


def test_times_counts_and_changes_match_the_json(results: list[Path], read: Reader) -> None:
    by_name = {path.stem: json.loads(path.read_text()) for path in results}
    for series in by_name["times"]["series"]:
        for name in (
            "p90_ms",
            "mad_ms",
            "p99_ms",
            "variation",
            "drift",
            "outliers",
            "first_ms",
            "effective_runs",
            "peak_kb",
        ):
            assert float(read.cells[series["file"], name] or "") == series[name]
        assert float(read.cells[series["file"], "samples"] or "") == len(series["samples_ms"]) == 50
        assert read.cells[series["file"], "load_ms"] is None
    for series in by_name["counts"]["series"]:
        for name in ("instructions", "dot", "l1_misses", "l2_misses"):
            assert float(read.cells[series["file"], f"counts.{name}"] or "") == series["counts"][name]
    for change in by_name["changed"]["changes"]:
        for name in ("old", "new", "ratio"):
            assert float(read.cells[change["file"], name] or "") == change[name]


def test_what_else_differs_is_said_beside_the_changes(read: Reader) -> None:
    text = " ".join(read.text)
    assert "not as before: runtime: 1 and 2" in text and "Not as before: runtime: 1 and 2." in text


def test_the_course_of_the_measurement_is_shown_where_it_was_measured(results: list[Path], many: list[Path]) -> None:
    parts = {section.key: section for section in sections(read_results(results))}
    clock, heat = [figure for figure in parts["latency"].figures if "between turns" in figure.caption]
    rows = [panel.spec["datasets"]["readings"] for panel in clock.panels]
    assert [(row["name"], row["at"], pytest.approx(row["value"])) for row in rows[0]] == [
        ("cpu0", 0.5, 1.8), ("cpu0", 1.5, 2.4), ("limit of cpu0", 0.5, 2.8), ("limit of cpu0", 1.0, 2.8), ("limit of cpu0", 1.5, 2.4)
    ]  # fmt: skip
    assert [row["value"] for row in heat.panels[0].spec["datasets"]["readings"]] == [41.0, 44.5, 47.0]
    (table,) = [t for part in parts["latency"].details for t in part.tables if t.caption == "While measuring"]
    assert [row[1].text for row in table.rows] == [
        "clock, cpu0", "limit of the clock, cpu0", "temperature, <BIG>", "involuntary switches"
    ]  # fmt: skip
    assert [cell.value for cell in table.rows[1][3:]] == pytest.approx([2.8, 2.4, 2.8, 2.4, 3])
    without = {section.key: section for section in sections(read_results(many))}
    assert not any("between turns" in figure.caption for figure in without["latency"].figures)


def test_consistency_matches_the_json(results: list[Path], read: Reader) -> None:
    fields = json.loads(results[1].read_text())
    kept = [f"{part}.{model}.kept" for part in ("temporal", "shift") for model in ("float", "artifact")]
    more = ("temporal.float.tc", "temporal.artifact.tc", "temporal.followed", "temporal.labels", "temporal.pairs")
    for name in (*kept, *more, "temporal.gain.value", "shift.gain.value", "shift.images"):
        assert float(read.cells["small.onnx", name] or "") == follow(fields, name), name
        assert ("big.onnx", name) not in read.cells  # not measured there: no row
    text = " ".join(read.text)
    assert "Temporal consistency on drive; flow given: files of the sequence" in text
    assert "Shift consistency: images moved by 1 to 8 pixels" in text


def test_figures_on_other_sequences_are_in_other_tables(results: list[Path]) -> None:
    first, bare = (Comparison.model_validate_json(results[place].read_text()) for place in (1, 2))
    assert first.temporal is not None
    second, third = (first.model_copy(update={"artifact_file": name}) for name in ("b.onnx", "c.onnx"))
    flow = first.temporal.model_copy(update={"flow": "estimated", "flow_source": "estimated by DIS"})
    made = tables([first, second, third.model_copy(update={"temporal": flow}), bare])
    assert [table.caption for table in made] == [
        "Temporal consistency on drive; flow given: files of the sequence",
        "Temporal consistency on drive; flow estimated: estimated by DIS",
        "Shift consistency: images moved by 1 to 8 pixels",
    ]
    assert [[row[0].text for row in table.rows] for table in made] == [
        ["small.onnx", "b.onnx"],
        ["c.onnx"],
        ["small.onnx", "b.onnx", "c.onnx"],
    ]
    assert all(len(row) == len(table.columns) for table in made for row in table.rows)
    assert made[2].rows[0][3].second == f"95 %: {NOT_MEASURED}"
    assert tables([bare]) == []


def test_texts_are_the_exact_values_rounded(read: Reader) -> None:
    for key, exact in read.cells.items():
        if exact is not None:
            text = read.shown[key].replace("\u202f", "")
            match = re.fullmatch(r"([-+]?[\d.]+)( %| MB| dB| ms)?", text)
            assert match, (key, text)
            scale = {" %": 100.0, " MB": 1e-6}.get(
                match[2], 100.0 if "gain" in key[1] or key[1] == "accuracy_change" else 1.0
            )
            scale = 1024 / 1e6 if key[1] == "peak_kb" else scale
            digits = len(match[1].partition(".")[2])
            assert abs(float(match[1]) - scale * float(exact)) <= 0.5001 * 10**-digits


def test_intervals_n_protocol_conditions_and_labels_are_shown(read: Reader) -> None:
    text = " ".join(read.text)
    for words in (
        "95 %:",
        "counts, not time",
        "Softmax (NC, F32)",
        "kernels by kind",
        "protocol quick",
        "Some <chip>",
        "A <title> & more",
        r"Conv \u003c2d\u003e, 9 calls",
        "others",
    ):
        assert words in text or any(words in (link or "") for link in read.links), words


def test_without_the_extra_the_line_that_installs_it_is_said(
    results: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, vega.PACKAGE, None)
    with pytest.raises(MissingExtraError, match=r"vl_convert.*mobileseg\[report\]"):
        render(read_results(results[:1]), "t")


def test_nothing_is_fetched(page: str, read: Reader) -> None:
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in read.links)
    own = page.replace(vega.script(), "")
    assert len(own) < len(page) - 500_000
    assert not re.search(r"url\(|@import|https?://", own)
    assert "Redistributions in binary form must reproduce" in page, "the licence of what is inlined"
    assert "default-src 'none'" in page and "unsafe-eval" not in page


def test_pictures_match_the_comparison_and_the_licence_is_shown(results: list[Path], read: Reader) -> None:
    worst = json.loads(results[1].read_text())["worst"]
    assert [image["image"] for image in worst["images"]] == ["b.png", "c.png"]
    wanted = [picture["sha256"] for image in worst["images"] for picture in image["pictures"]]
    shown = [base64.b64decode(link.partition(",")[2]) for link in read.links if link.startswith("data:")]
    assert [hashlib.sha256(content).hexdigest() for content in shown] == wanted
    assert len(shown) == 10
    text = " ".join(read.text)
    assert "Do not share these pictures." in text
    assert "NOT for redistribution" in text


@pytest.mark.parametrize("change", ["gone", "other", "outside"])
def test_changed_or_missing_pictures_are_refused(results: list[Path], tmp_path: Path, change: str) -> None:
    fields = json.loads(results[1].read_text())
    folder = tmp_path / fields["worst"]["folder"]
    folder.mkdir()
    for picture in (results[1].parent / folder.name).iterdir():
        (folder / picture.name).write_bytes(picture.read_bytes())
    first = fields["worst"]["images"][0]["pictures"][0]
    if change == "gone":
        (folder / first["file"]).unlink()
    elif change == "other":
        (folder / first["file"]).write_bytes(b"\x89PNG other")
    else:
        first["file"] = "../c.json"
    (tmp_path / "c.json").write_text(json.dumps(fields))
    with pytest.raises(RequestError, match="--worst"):
        render(read_results([tmp_path / "c.json"]), "t")


def test_files_are_matched_by_sha256_not_by_name(results: list[Path], tmp_path: Path) -> None:
    found = render(read_results([results[0], results[3]]), "t")
    assert "Latency against mIoU on streets/test" in found
    fields = json.loads(results[0].read_text())
    (tmp_path / "other.json").write_text(json.dumps({**fields, "artifact_sha256": "0" * 64}))
    assert "Latency against mIoU" not in render(read_results([tmp_path / "other.json", results[3]]), "t")


def test_a_fast_phone_leaves_a_slow_one_its_front(results: list[Path], tmp_path: Path) -> None:
    fields = json.loads(results[3].read_text())
    fast = tmp_path / "fast.json"
    for one in fields["series"]:
        for name in ("samples_ms", "warmup_ms"):
            one[name] = [ms / 100 for ms in one[name]]
        figures = summary.summarize(np.reshape(one["samples_ms"], (len(one["at_s"]), -1)))
        one.update(figures._asdict())
    fast.write_text(json.dumps({**fields, "device": "adb:fast", "created": "2026-02-01T00:00:00Z"}))
    found = {part.key: part for part in sections(read_results([results[0], results[3], fast]))}
    (panels,) = [f.panels for f in found["summary"].figures if "Pareto" in f.caption]
    assert [panel.device for panel in panels] == ["host", "adb:fast"]
    assert all(panel.spec["datasets"]["front"] for panel in panels)


def test_not_measured_is_shown_as_such() -> None:
    for cell in (number(None), percent(float("nan")), points(None)):
        assert (cell.text, cell.value) == (NOT_MEASURED, None)
    assert number(float("inf")).text == "∞"
    assert points(-0.000001).text == "0.00"
