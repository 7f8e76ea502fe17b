"""The page of `make app` in a clone that has nothing but the pretrained model."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser import opened
from conftest import Project
from servers import needs_gradio, serving_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.slow, needs_gradio]


def test_page_shows_cards_with_links_and_no_test_posters(
    exported: Project, browser: "Browser", draw: Callable[[str, int], Path]
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
