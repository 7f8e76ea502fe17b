"""Chromium, driven by Playwright, for tests of pages."""

import contextlib
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

try:
    from playwright.sync_api import Browser, Locator, Page
except ModuleNotFoundError:  # tests with a browser are skipped
    Browser = Locator = Page = Any

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    # Resolve no host name: a page that needs more than a local server fails.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless browser with an empty profile; skips without Playwright or Chromium."""
    playwright = pytest.importorskip(
        "playwright.sync_api",
        reason="playwright is absent: pip install --no-deps -r requirements-browser.lock",
    )
    program = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("no browser: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=[*FLAGS])
        yield browser
        browser.close()


@contextlib.contextmanager
def opened(browser: Browser, address: str, **options: Any) -> Iterator[Page]:
    """A page; it must request nothing but what is below its address, and report no errors."""
    context = browser.new_context(**options)
    page, problems = context.new_page(), list[str]()
    page.set_default_timeout(120_000)  # for busy computers

    def check_request(url: str) -> None:
        if not url.startswith((address, "data:", "blob:")):
            problems.append(url)

    page.on("request", lambda request: check_request(request.url))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    page.goto(address)
    yield page
    context.close()
    assert problems == []
