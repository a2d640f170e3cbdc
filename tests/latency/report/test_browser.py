"""The page in a real browser, from file://, without a network."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import DRAWN, opened, saved_csv
from playwright.sync_api import Browser, Page

from mobileseg.latency.report.documents import read_results
from mobileseg.latency.report.page import render

FIRST = "#accuracy-0 > .scroll >> nth=0 >> table"


@pytest.fixture(scope="module")
def place(results: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render(read_results(results), "In a browser"))
    return path


@pytest.fixture
def seen() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, place: Path, seen: list[str]) -> Iterator[Page]:
    with opened(browser, place, seen) as page:
        yield page


def column(page: Page, table: str, index: int) -> list[str]:
    cells = page.locator(f"{table} tbody tr > :nth-child({index})")
    texts: list[str] = cells.evaluate_all("cells => cells.map(cell => cell.firstChild.textContent.trim())")
    return texts


def test_it_opens_offline_and_without_console_messages(page: Page, place: Path, seen: list[str]) -> None:
    assert page.title() == "In a browser"
    charts = page.locator(".chart")
    assert charts.count() >= 6
    assert charts.evaluate_all("all => all.every(one => one.querySelector('svg').getBoundingClientRect().width > 200)")
    loaded = page.locator("img").evaluate_all("all => all.map(image => image.complete && image.naturalWidth > 0)")
    assert loaded == [True] * 10
    assert seen == [place.as_uri()]


def test_a_click_sorts_and_a_second_click_reverses(page: Page, seen: list[str]) -> None:
    assert column(page, FIRST, 1) == ["big.onnx", "small.onnx"]
    size = page.locator(f"{FIRST} thead button", has_text="Size")
    size.click()
    assert column(page, FIRST, 1) == ["small.onnx", "big.onnx"]
    assert page.locator(f"{FIRST} th[aria-sort=ascending]").inner_text().startswith("Size")
    size.click()
    assert column(page, FIRST, 1) == ["big.onnx", "small.onnx"]
    assert page.locator(f"{FIRST} th[aria-sort=descending]").count() == 1
    assert len(seen) == 1


def test_sorting_uses_the_exact_values(page: Page) -> None:
    """Instructions are whole numbers with spaces between the thousands: as text they would sort differently."""
    table = "#counts table >> nth=0"
    page.locator(table).locator("thead button", has_text="Instructions").click()
    found = page.locator(table).locator("[data-field='counts.instructions']")
    exact = found.evaluate_all("cells => cells.map(cell => Number(cell.dataset.value))")
    assert exact == sorted(exact)
    assert len(set(exact)) > 2


def test_cells_not_measured_stay_last(page: Page) -> None:
    page.evaluate(
        """() => {
        const row = document.querySelector("#accuracy-0 > .scroll tbody tr").cloneNode(true);
        const cell = row.querySelector("[data-field='artifact.miou']");
        delete cell.dataset.value;
        cell.className = "none";
        document.querySelector("#accuracy-0 > .scroll tbody").prepend(row);
    }"""
    )
    button = page.locator(f"{FIRST} thead button", has_text="mIoU file")
    for _ in range(2):
        button.click()
        assert (
            page.locator(f"{FIRST} tbody tr").last.locator("[data-field='artifact.miou']").get_attribute("class")
            == "none"
        )


def test_numbers_on_the_page_match_the_json(page: Page, results: list[Path]) -> None:
    values: dict[str, Any] = page.locator("#latency table").first.evaluate(
        """table => Object.fromEntries([...table.tBodies[0].rows].map(row => [row.cells[0].firstChild.textContent.trim(),
        Object.fromEntries([...row.querySelectorAll("[data-field]")].map(cell => [cell.dataset.field, Number(cell.dataset.value)]))]))"""
    )
    series = json.loads(next(p for p in results if p.stem == "times").read_text())["series"]
    assert sorted(values) == sorted(s["file"] for s in series)
    for one in series:
        for name in ("median_ms", "p90_ms"):
            assert values[one["file"]][name] == one[name]


def test_a_mark_has_a_tooltip(page: Page, results: list[Path]) -> None:
    fields = json.loads(results[0].read_text())
    page.locator("#accuracy-0 .chart [aria-roledescription='point']").first.hover()
    tooltip = page.locator("#tip").inner_text()
    assert f"{100 * fields['artifact']['miou']:.2f} %" in tooltip
    assert fields["artifact_file"] in tooltip


def test_the_theme_can_be_switched(page: Page) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(255, 255, 255)"
    label = "getComputedStyle(document.querySelector('.chart svg text')).fill"
    before = page.evaluate(label)
    page.locator("#theme").click()
    assert page.evaluate(paper) == "rgb(20, 23, 26)"
    assert page.evaluate(label) != before, "charts follow"


def test_nothing_is_wider_than_the_page(page: Page) -> None:
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_prints(page: Page, tmp_path: Path) -> None:
    page.pdf(path=tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    assert page.locator("main details:not([open])").count() == 0


def test_without_javascript_the_tables_are_complete(browser: Browser, place: Path, seen: list[str]) -> None:
    with opened(browser, place, seen, java_script_enabled=False) as page:
        assert page.locator("noscript").inner_text().startswith("Without JavaScript")
        assert column(page, FIRST, 1) == ["big.onnx", "small.onnx"]
        assert page.locator("button.csv:visible, #filters:visible").count() == 0
    assert seen == [place.as_uri()]


def test_the_csv_has_the_exact_values(page: Page, results: list[Path], seen: list[str]) -> None:
    rows = saved_csv(page, "#latency table >> nth=0")
    series = json.loads(next(p for p in results if p.stem == "times").read_text())["series"]
    assert [row["File"] for row in rows] == [one["file"] for one in series]
    for row, one in zip(rows, series, strict=True):
        assert float(row["Median, ms"]) == one["median_ms"] and float(row["n"]) == len(one["samples_ms"])
        assert float(row["Accuracy"]) > 0 and row["Verdict"] in ("PASS", "FAIL", "UNKNOWN")
        assert row["Size"] and row["File: note"].startswith("seaformer-tiny, onnx")
    compared = saved_csv(page, "#accuracy-1 table >> nth=0")
    assert compared[0]["mIoU file"] == "", "not measured"
    assert not [line for line in seen if line.startswith("error")]


def shown(page: Page, selector: str, attribute: str) -> set[str]:
    found: list[str] = page.locator(selector).evaluate_all(
        "(all, name) => all.filter(one => one.checkVisibility()).map(one => one.dataset[name])", attribute
    )
    return set(found)


def test_filters_hide_rows_marks_panels_and_sentences(
    browser: Browser, many: list[Path], seen: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "many.html"
    path.write_text(render(read_results(many), "Many"))
    points = "#summary .chart [aria-roledescription='point']:visible"
    with opened(browser, path, seen) as page:
        assert page.locator(points).count() == 3 * 16
        assert page.locator("#latency > .scroll tbody tr:visible").count() == 3 * 16
        for name, value in (("model", "van-b0-fpn"), ("device", "adb:pixel-8-a")):
            group = page.locator(f"#filters details:has(input[name={name}])")
            group.locator("summary").click()
            for box in group.locator(f"input:not([value='{value}'])").all():
                box.uncheck()
            page.wait_for_function(DRAWN)
        assert page.locator(points).count() == 4
        assert shown(page, "#latency > .scroll tbody tr", "tagModel") == {"van-b0-fpn"}
        assert shown(page, "#latency > .scroll tbody tr", "tagDevice") == {"adb:pixel-8-a"}
        assert shown(page, ".panel[data-tag-device]", "tagDevice") == {"adb:pixel-8-a"}
        assert page.locator("#summary .sentences li:visible", has_text="got slower").count() == 1
        assert page.locator("#summary .sentences li:visible", has_text="refused").count() == 0
        rows = saved_csv(page, "#latency table >> nth=0")
        assert [(row["File"], row["Device"]) for row in rows] == [
            (f"van-b0-fpn-{name}.pte", "adb:pixel-8-a") for name in ("float32", "float16", "int8", "int8-float16")
        ]
        assert "rows shown" in page.locator("#filters output").inner_text()
        page.locator("#filters button[type=reset]").click()
        page.wait_for_function(DRAWN)
        assert page.locator(points).count() == 3 * 16
        size = page.locator("#summary figure").first.bounding_box()
        assert size is not None and size["width"] <= 1280
        marks = page.locator(".chart svg path, .chart svg rect, .chart svg line").count()
        assert marks < 7500, "samples are drawn as bins"
    assert seen == [path.as_uri()]


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


def test_names_in_files_do_nothing(browser: Browser, results: list[Path], seen: list[str], tmp_path: Path) -> None:
    texts = [path.read_text() for path in results if path.stem in ("big", "times")]
    paths = []
    for number, text in enumerate(texts):
        fields = json.loads(text)
        for place, one in enumerate([fields, *fields.get("series", [])]):
            for key in ("model", "artifact_file", "file", "device", "precision", "data"):
                if key in one and isinstance(one[key], str):
                    one[key] = f"=1+1 {HOSTILE} {key} {place}"
        paths.append(tmp_path / f"{number}.json")
        paths[-1].write_text(json.dumps(fields))
    path = tmp_path / "hostile.html"
    path.write_text(render(read_results(paths), HOSTILE))
    with opened(browser, path, seen) as page:
        assert page.locator("h1").inner_text() == HOSTILE
        assert page.locator("#latency tbody th").first.inner_text().startswith(f"=1+1 {HOSTILE}")
        assert page.locator(".chart svg text", has_text="…").count() > 0
        assert page.locator("img").count() == 0
        rows = saved_csv(page, "#latency table >> nth=0")
        assert rows[0]["File"] == f"'=1+1 {HOSTILE} file 1", "no formula"
        page.locator("#filters details:has(input[name=model]) summary").click()
        page.locator("#filters label", has_text="model 1").locator("input").uncheck()
        page.wait_for_function(DRAWN)
        assert [row["File"] for row in saved_csv(page, "#latency table >> nth=0")] == [f"'=1+1 {HOSTILE} file 2"]
    assert seen == [path.as_uri()]
