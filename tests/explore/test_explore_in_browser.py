"""The explore page of a run, opened from disk in a real browser."""

import re
from collections.abc import Iterator

import pandas as pd
import pytest
from browser import Browser, Page, opened
from conftest import Walk

pytestmark = pytest.mark.slow


@pytest.fixture
def page(browser: Browser, walk: Walk) -> Iterator[Page]:
    address = (walk.project.folder / "plots" / "explore.html").as_uri()
    with opened(browser, address, reduced_motion="reduce") as page:
        page.locator("#panel.about").wait_for()
        yield page


def title_of(page: Page) -> str:
    return page.locator("#panel.close-up h2").inner_text()


@pytest.fixture
def predictions(walk: Walk) -> pd.DataFrame:
    return pd.read_csv(walk.project.folder / "data" / "predictions.csv").set_index("test")


def test_search_close_up_neighbour_and_keys(page: Page, predictions: pd.DataFrame) -> None:
    movie = predictions.loc["balanced"].iloc[0]
    page.locator("#map").focus()
    page.keyboard.press("/")
    page.keyboard.type(movie["title"].lower())
    page.locator("#panel.list .poster").first.wait_for()
    page.keyboard.press("Enter")
    assert title_of(page) == movie["title"]
    panel = page.locator("#panel")
    assert panel.locator(".big").inner_text() == str(movie["year"])
    assert abs(int(panel.locator(".predicted").inner_text()) - movie["predicted"]) <= 0.5
    assert f"{movie['low']}–{movie['high']}" in panel.inner_text()
    label = panel.locator("svg.chart").get_attribute("aria-label") or ""
    assert f"true year {movie['year']}" in label
    # The picture is there: its atlas is a JPEG with this tile.
    assert "blob:" in panel.locator(".head .tile").evaluate("it => it.style.backgroundImage")

    neighbour = panel.locator(".posters a").first
    name = neighbour.locator("cite").inner_text()
    neighbour.click()
    panel.locator(f"h2:text-is('{name}')").wait_for()
    page.go_back()
    panel.locator(f"h2:text-is('{movie['title']}')").wait_for()

    page.locator("#map").focus()
    for key, back in (("ArrowRight", "ArrowLeft"), ("ArrowDown", "ArrowUp")):
        before = title_of(page)
        for step in (key, back):
            page.keyboard.press(step)
            if title_of(page) != before:
                break
        assert title_of(page) != before
    page.keyboard.press("Escape")
    page.locator("#panel.list").wait_for()
    page.keyboard.press("Escape")
    page.locator("#panel.about").wait_for()


def test_canvas_shows_pictures_and_answers_a_click(page: Page) -> None:
    page.locator("#map[aria-busy=false]").wait_for()
    left, top = page.evaluate("onScreen(7)")
    page.locator("#map").click(position={"x": left, "y": top})
    shown = page.locator("#panel.close-up h2")
    shown.wait_for()
    # The nearest to the place that was clicked: poster 7, or one that lies on top of it.
    distance = "Math.hypot(...onScreen(state.poster).map((v, i) => v - onScreen(7)[i]))"
    assert page.evaluate(distance) < 12
    pixels = "context.getImageData(0, 0, canvas.width, canvas.height).data"
    assert page.evaluate(f"new Set({pixels}).size") > 50


def test_cells_of_the_confusion_open_their_posters(page: Page, predictions: pd.DataFrame) -> None:
    page.locator("#views button", has_text="Confusion").click()
    cells = page.locator("#confusion td button")
    counts = cells.all_inner_texts()
    assert sum(map(int, counts)) == len(predictions.loc["balanced"])
    cells.first.click()
    posters = page.locator("#panel.list .poster")
    assert posters.count() == int(counts[0])
    (true, guess) = re.findall(r"\d{4}", page.locator("#panel h2").inner_text())[:2]
    for text in posters.locator("small").all_inner_texts():
        year, predicted = re.findall(r"\d{4}", text)
        assert (year[:3], predicted[:3]) == (true[:3], guess[:3])
    page.locator("#confusion button", has_text="natural").first.click()
    counts = page.locator("#confusion td button").all_inner_texts()
    assert sum(map(int, counts)) == len(predictions.loc["natural"])


def test_slider_lists_the_posters_of_a_year(page: Page, walk: Walk) -> None:
    page.locator("#views button", has_text="Years").click()
    page.locator("#timeline input").focus()
    page.keyboard.press("End")
    last = walk.lowered.catalogue["year"].max()
    assert page.locator("#timeline output").inner_text() == str(last)
    years = (walk.lowered.catalogue["year"] == last).sum()
    assert page.locator("#panel.list .poster").count() == years
    page.locator("#timeline button").click()
    page.locator("#panel.about").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(page: Page, walk: Walk, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": 390, "height": 844})
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(14, 17, 20)"
    assert dark == (scheme == "dark")
    for view in page.locator("#views button").all_inner_texts():
        page.locator("#views button", has_text=view).click()
        width = page.evaluate(
            "Math.max(...[...document.querySelectorAll('body, main, header')]"
            ".map((one) => one.scrollWidth))"
        )
        assert width <= 390, view
    page.locator("#views button", has_text="Map").click()
    page.evaluate("choose(3)")
    box = page.locator("#panel.close-up").bounding_box()
    canvas = page.locator("#map").bounding_box()
    assert box["y"] >= canvas["y"] + canvas["height"]
    assert canvas["height"] > 200
    assert page.evaluate("panel.scrollWidth <= panel.clientWidth")


def test_controls_have_names_and_focus_is_visible(page: Page) -> None:
    page.evaluate("choose(3)")
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, a, input, canvas, [role=img]')].filter((one) =>"
        " !(one.ariaLabel || one.getAttribute('aria-label') || one.innerText.trim()"
        " || one.querySelector('[aria-label]'))).map((one) => one.outerHTML)"
    )
    assert unnamed == []
    for _ in range(6):
        page.keyboard.press("Tab")
        style = "(style => style.outlineStyle)(getComputedStyle(document.activeElement))"
        assert page.evaluate(style) != "none"
