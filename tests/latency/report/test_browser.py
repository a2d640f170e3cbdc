"""The page in a real browser, from file://, without a network."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from mobileseg.latency.report.documents import read_results
from mobileseg.latency.report.page import render

FIRST = "#accuracy-0 > p + .scroll > table"  # after the notes


@pytest.fixture(scope="module")
def address(results: list[Path], tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("page") / "report.html"
    place.write_text(render(read_results(results), "In a browser"))
    return place.as_uri()


@pytest.fixture
def seen() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, address: str, seen: list[str]) -> Iterator[Page]:
    """The opened page. ``seen``: its requests, console messages and errors."""
    context = browser.new_context(offline=True, color_scheme="light", viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.on("console", lambda message: seen.append(f"{message.type}: {message.text}"))
    opened.on("pageerror", lambda error: seen.append(f"error: {error}"))
    opened.on("request", lambda request: seen.append(request.url) if not request.url.startswith("data:") else None)
    opened.goto(address)
    yield opened
    context.close()


def column(page: Page, table: str, index: int) -> list[str]:
    cells = page.locator(f"{table} tbody tr > :nth-child({index})")
    texts: list[str] = cells.evaluate_all("cells => cells.map(cell => cell.firstChild.textContent.trim())")
    return texts


def test_it_opens_offline_and_without_console_messages(page: Page, address: str, seen: list[str]) -> None:
    assert page.title() == "In a browser"
    assert page.locator("svg.chart").count() >= 6
    loaded = page.locator("img").evaluate_all("all => all.map(image => image.complete && image.naturalWidth > 0)")
    assert loaded == [True] * 10
    assert seen == [address]


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
        for name in ("median_ms", "p90_ms", "mad_ms"):
            assert values[one["file"]][name] == one[name]


def test_a_mark_has_a_tooltip(page: Page, results: list[Path]) -> None:
    fields = json.loads(results[0].read_text())
    page.locator("#accuracy-0 circle").first.hover()
    tooltip = page.locator("#tip").inner_text()
    assert f"{100 * fields['artifact']['miou']:.2f} %" in tooltip
    assert fields["artifact_file"] in tooltip


def test_the_theme_can_be_switched(page: Page) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(255, 255, 255)"
    page.locator("#theme").click()
    assert page.evaluate(paper) == "rgb(20, 23, 26)"


def test_nothing_is_wider_than_the_page(page: Page) -> None:
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_prints(page: Page, tmp_path: Path) -> None:
    page.pdf(path=tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    assert page.locator("details:not([open])").count() == 0
