"""A page in Debian's chromium, from file://, without a network."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from required import lacking

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

REQUIRED = ("CI", "MOBILESEG_REQUIRE_BROWSER")
DRAWN = "document.documentElement.dataset.charts === 'ready'"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser, without a window."""
    program = shutil.which("chromium")
    if program is None:
        reason = "no chromium: `make test` installs it if run as root; or run apt-get install chromium"
        lacking(reason, *REQUIRED)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=program)
        yield opened
        opened.close()


@contextmanager
def opened(browser: Browser, path: Path, seen: list[str], **context: Any) -> Iterator[Page]:
    """The page with its charts drawn. ``seen``: its requests, console messages and errors."""
    place = browser.new_context(
        **{"offline": True, "color_scheme": "light", "viewport": {"width": 1280, "height": 900}, **context}
    )
    page = place.new_page()
    page.on("console", lambda message: seen.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: seen.append(f"error: {error}"))
    page.on("request", lambda request: seen.append(request.url) if not request.url.startswith("data:") else None)
    page.goto(path.as_uri())
    if context.get("java_script_enabled", True):
        page.wait_for_function(DRAWN)
    yield page
    place.close()


def saved_csv(page: Page, table: str) -> list[dict[str, str]]:
    """What the CSV button of a table saves."""
    with page.expect_download() as waiting:
        page.locator(table).locator("button.csv").click()
    text = Path(waiting.value.path()).read_bytes().decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))
