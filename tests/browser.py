"""Chromium, driven by Playwright, for tests of pages."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    # Resolve no host name: a page that needs more than a local server fails.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
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


@dataclass
class Visit:
    """A page in a window of its own.

    Attributes:
        page: the Playwright page.
        requests: the addresses of all requests, in order.
        errors: uncaught errors and errors on the console, in order.
    """

    page: "Page"
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def requests_elsewhere(self, address: str) -> list[str]:
        """Requests outside `address`, except for the page's own data."""
        own = (address, "data:", "blob:")
        return [requested for requested in self.requests if not requested.startswith(own)]


def visit(browser: "Browser", **options: Any) -> Visit:
    """Open an empty page that records its requests and errors.

    Args:
        browser: the fixture.
        options: of Playwright's `Browser.new_context`, such as `viewport` and `color_scheme`.
    """
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(120_000)  # for busy computers
    opened = Visit(page)
    page.on("request", lambda request: opened.requests.append(request.url))
    page.on("pageerror", lambda error: opened.errors.append(str(error)))
    page.on(
        "console",
        lambda message: opened.errors.append(message.text) if message.type == "error" else None,
    )
    return opened
