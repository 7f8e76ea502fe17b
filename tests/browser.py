"""A browser that tests look at pages with: the machine's own Chromium, driven by Playwright."""

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
    *(
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ),
    # No name leads anywhere: a page that needs anything but this machine's own servers fails.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """A browser without a window, with an empty profile; skips where there is none."""
    playwright = pytest.importorskip(
        "playwright.sync_api",
        reason="playwright is absent: pip install --no-deps -r requirements-browser.lock",
    )
    program = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("no browser: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=program, args=[*FLAGS])
        yield opened
        opened.close()


@dataclass
class Visit:
    """One visitor's page, in a window and with a memory of its own.

    Attributes:
        page: as Playwright drives it.
        requests: every address that was asked for, in order.
        errors: what scripts of the page threw or wrote as an error, in order.
    """

    page: "Page"
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def requests_elsewhere(self, address: str) -> list[str]:
        """What was asked for that does not lie under `address`, as a page's own data does."""
        return [
            asked for asked in self.requests if not asked.startswith((address, "data:", "blob:"))
        ]


def visit(browser: "Browser", **options: Any) -> Visit:
    """Open an empty page that remembers what it asks for.

    Args:
        browser: the fixture.
        options: of the window, as `viewport={"width": 390, "height": 844}` or
            `color_scheme="dark"` (see Playwright's `Browser.new_context`).
    """
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(120_000)  # what fails, fails by what it shows, not by a busy machine
    opened = Visit(page)
    page.on("request", lambda request: opened.requests.append(request.url))
    page.on("pageerror", lambda error: opened.errors.append(str(error)))
    page.on(
        "console",
        lambda message: opened.errors.append(message.text) if message.type == "error" else None,
    )
    return opened
