"""The page of `make app`: the tabs for several posters and the game; the pretrained model."""

import csv
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import Browser, Page, opened
from conftest import Project, Walk
from servers import needs_gradio, serving_app

pytestmark = [pytest.mark.slow, needs_gradio]


@pytest.fixture(scope="module")
def page(browser: Browser, walk: Walk) -> Iterator[Page]:
    with serving_app(walk.project) as served, opened(browser, served.address) as page:
        page.locator("#answer .chart").wait_for()
        yield page


def test_several_posters_become_the_table_of_predict(
    walk: Walk, page: Page, tmp_path: Path, draw: Callable[[str, int], Path]
) -> None:
    letter = tmp_path / "letter.jpg"
    letter.write_bytes(b"Dear projectionist,")
    files = [draw("A Poster of My Own", 1990), letter, draw("Another One", 1985)]
    page.get_by_role("tab", name="Several posters").click()
    page.set_input_files("#posters input[type=file]", files)
    table = page.locator("#table")
    table.get_by_text("3 of 3 posters, 1 of them refused").wait_for()
    with page.expect_download() as download:
        table.get_by_text("Download as CSV").click()
    with download.value.path().open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    arguments = ["src/predict.py", "--csv", *map(str, files)]
    done = walk.project.run(sys.executable, *arguments, check=False)
    natural = [row for row in rows if row["prior"] != "uniform"]
    for row, expected in zip(natural, csv.DictReader(done.stdout.splitlines()), strict=True):
        assert row["refused"][:6].lower() == expected["refused"][:6]
        rest = {"file": Path(expected["file"]).name, "refused": row["refused"]}
        assert row == {**expected, **rest}
    table.get_by_text(files[2].name).click()
    page.get_by_role("tab", name="One poster", selected=True).wait_for()
    page.locator(f'#answer section.natural .year:text-is("{natural[2]["answer"]}")').wait_for()


def test_game_keeps_the_poster_secret_until_the_guess_and_keeps_the_score(
    walk: Walk, page: Page
) -> None:
    years = walk.lowered.catalogue.set_index("title")["year"]
    page.get_by_role("tab", name="Game").click()
    errors = []
    for count in (1, 2):
        page.click("#following")
        page.locator("#submit").wait_for()
        secret = page.locator("#quiz").inner_html()
        page.locator("#guess input[type=number]").fill("1985")
        page.click("#submit")
        page.get_by_text(f"Mean absolute error over {count} poster").wait_for()
        reveal = page.locator("#reveal")
        title = reveal.locator("cite").inner_text()
        assert years[title] == int(reveal.locator(".true-year").inner_text())
        guess, model, year = map(int, reveal.locator("li strong").all_inner_texts())
        assert guess == 1985
        errors.append((abs(guess - year), abs(model - year)))
        told = re.sub(r'src="data:[^"]*"', "", secret)
        assert title not in told
        assert str(year) not in told
    mine, models = (sum(of) / 2 for of in zip(*errors, strict=True))
    score = page.locator("#score textarea, #score input").input_value()
    assert score == (
        "poster → year: 2 posters (random MobileNetV2 weights), "
        f"me {mine:.1f} years off, the model {models:.1f}"
    )


def test_page_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for name in ("Game", "Several posters", "One poster"):
        page.get_by_role("tab", name=name).click()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
    answer, k = page.locator("#answer").bounding_box(), page.locator("#k").bounding_box()
    nearest = page.locator("#nearest").bounding_box()
    assert answer["y"] < k["y"] < nearest["y"]
    page.set_viewport_size({"width": 1280, "height": 844})


def test_page_shows_cards_with_links_and_no_test_posters(
    exported: Project, browser: Browser, draw: Callable[[str, int], Path]
) -> None:
    poster = draw("A Poster of My Own", 1990)
    with serving_app(exported) as served, opened(browser, served.address) as page:
        page.set_input_files("#poster input[type=file]", poster)
        page.locator("#answer strong.year").first.wait_for()
        assert "It uses the pretrained model, " in page.locator(".intro").inner_text()
        assert page.locator("#pick").count() == 0
        cards = page.locator("#nearest a[target=_blank][rel=noopener] .card")
        shown = cards.evaluate_all(
            "all => all.map(one => [one.closest('a').href, one.innerText.split(/\\n+/),"
            " (box => (box.width / box.height).toFixed(2))(one.getBoundingClientRect())])"
        )
        page.get_by_role("tab", name="Game").click()
        page.get_by_text('make app ARGS="--model own"').wait_for()
    arguments = ("--model", "pretrained", "--json", "--k", "6", str(poster))
    done = exported.run(sys.executable, "src/predict.py", *arguments)
    assert shown == [
        [movie["address"], [movie["title"], str(movie["year"])], "0.67"]
        for movie in json.loads(done.stdout)["neighbours"]
    ]
