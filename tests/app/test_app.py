"""The page of `make app`: the real process in a real browser."""

import json
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from browser import Browser, Locator, Page, opened
from conftest import Walk
from predict_command import PREDICT
from servers import Served, needs_gradio, serving_app

from posters.images.pictures import MAX_BYTES
from posters.years.priors import PRIORS

pytestmark = [pytest.mark.slow, needs_gradio]

K = 6  # the initial number of neighbours


@pytest.fixture(scope="module")
def uploads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for temporary files of the page's process."""
    return tmp_path_factory.mktemp("uploads")


@pytest.fixture(scope="module")
def served(walk: Walk, uploads: Path) -> Iterator[Served]:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.setblocking(False)
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
        environment = {
            **dict.fromkeys(names, f"http://127.0.0.1:{proxy.getsockname()[1]}"),
            # Settings for other pages, which must be ignored.
            "GRADIO_SHARE": "True",
            "GRADIO_ALLOWED_PATHS": "/",
            "GRADIO_SERVER_NAME": "0.0.0.0",
            "TMPDIR": str(uploads),
        }
        with serving_app(walk.project, **environment) as served:
            yield served
        with pytest.raises(BlockingIOError):  # nothing connected to the proxy
            proxy.accept()


@pytest.fixture(scope="module")
def page(browser: Browser, served: Served) -> Iterator[Page]:
    """The page, which is opened once for all tests of this file."""
    with opened(browser, served.address) as page:
        page.locator("#answer .chart").wait_for()
        yield page


def upload(page: Page, poster: Path) -> None:
    page.set_input_files("#poster input[type=file]", poster)


def wait_for_predictions(page: Page, predictions: list[dict[str, Any]], k: int = K) -> None:
    """Wait until the page shows predictions of predict.py, with pictures of the neighbours."""
    shown = page.locator("#answer")
    label = shown.locator(".chart").get_attribute("aria-label") or ""
    for prediction in predictions:
        prior, (low, high) = prediction["prior"], prediction["interval"]
        card = shown.locator(f"section.{prior}")
        card.get_by_text(prediction["answer"], exact=True).wait_for()
        card.get_by_text(f"80%: {low}-{high}").wait_for()
        card.get_by_text(f"most likely the {prediction['decade']}s").wait_for()
        assert f"{prior} prior: median {prediction['year']}, interval {low} to {high}" in label
    neighbours = predictions[0]["neighbours"][:k]
    years = [str(movie["year"]) for movie in neighbours]
    assert f"years of the nearest posters: {', '.join(years)}" in label
    captions = page.locator("#nearest figcaption")
    assert captions.locator("cite").all_inner_texts() == [movie["title"] for movie in neighbours]
    assert captions.locator("cite + span").all_inner_texts() == years
    assert loaded(page.locator("#nearest .open img")) == [True] * len(neighbours)


def loaded(pictures: Locator) -> list[bool]:
    """Whether each picture is shown."""
    return list(pictures.evaluate_all("all => all.map(one => one.complete && one.width > 40)"))


def test_uploaded_poster_gets_both_predictions_of_predict(
    walk: Walk, page: Page, draw: Callable[[str, int], Path]
) -> None:
    assert "Random MobileNetV2 weights." in page.locator(".intro .message").inner_text()
    assert page.locator("footer").count() == 0
    poster = draw("A Poster of My Own", 1990)
    upload(page, poster)
    arguments = (*PREDICT, "--json", "--k", "12", str(poster))
    runs = [walk.project.run(*arguments, "--prior", prior) for prior in PRIORS]
    predictions = [json.loads(done.stdout) for done in runs]
    page.locator("#answer strong.year").first.wait_for()
    wait_for_predictions(page, predictions)
    assert page.locator("#answer .true-year").count() == 0
    for typed, k in (("3", 3), ("99", 12)):  # 99 is clamped
        page.locator("#k input[type=number]").fill(typed)
        page.wait_for_function(f"document.querySelectorAll('#nearest .open').length == {k}")
        wait_for_predictions(page, predictions, k)
    page.wait_for_function("document.querySelector('#k input[type=number]').value == 12")


def test_random_poster_is_a_test_poster_and_its_true_year_is_shown(walk: Walk, page: Page) -> None:
    last = walk.lowered
    tested = set(last.split["imdb_id"][last.split["part"].isin(["natural", "balanced"])])
    years = last.catalogue[last.catalogue["imdb_id"].isin(tested)].set_index("title")["year"]
    answer = page.locator("#answer")
    seen = set()
    for _ in range(3):
        before = page.locator("#poster img").get_attribute("src")
        page.click("#pick")
        page.wait_for_function(
            "old => ![old, undefined].includes(document.querySelector('#poster img')?.src)",
            arg=before,
        )
        title = answer.locator(".truth cite").inner_text()
        year = answer.locator("strong.true-year").inner_text()
        assert years[title] == int(year)
        assert f"true year {year}" in (answer.locator(".chart").text_content() or "")
        assert loaded(page.locator("#poster img")) == [True]
        seen.add(title)
    assert len(seen) > 1


def test_neighbour_is_enlarged_and_predicted_and_the_regions_that_matter_are_drawn(
    page: Page,
) -> None:
    title = page.locator("#nearest figcaption cite").first.inner_text()
    page.locator("#nearest .open").first.click()
    dialog = page.locator("dialog[open]")
    assert loaded(dialog.locator("img")) == [True]
    dialog.get_by_text("Predict this poster").click()
    page.locator(f'#answer .truth cite:text-is("{title}")').wait_for()
    assert dialog.count() == 0
    page.click("#mattered")
    page.locator("#regions svg").wait_for()
    fields = int(page.locator("#regions rect").count())
    assert fields >= 6
    assert f"Each of the {fields} fields" in page.locator("#regions figcaption").inner_text()
    page.click("#pick")
    page.locator("#regions svg").wait_for(state="detached")


UNUSABLE_FILES = {
    "letter.jpg": (b"Dear projectionist,", "Unreadable: unknown format"),
    "empty.png": (b"", "Unreadable: the file is empty"),
    "huge.jpg": (bytes(MAX_BYTES + 1), "Too large: more than 30,000,000 bytes"),
}
"""Each with its message."""


def test_unusable_files_are_refused_and_the_next_poster_is_predicted(
    page: Page, served: Served, tmp_path: Path, draw: Callable[[str, int], Path]
) -> None:
    for name, (content, message) in UNUSABLE_FILES.items():
        (tmp_path / name).write_bytes(content)
        upload(page, tmp_path / name)
        shown = page.locator("#answer .message[role=alert]").get_by_text(message)
        shown.wait_for()
        assert shown.inner_text().endswith("use another picture of this poster")
        page.locator("#poster img").wait_for(state="detached")
    assert page.locator(".toast-body").count() == 0
    upload(page, draw("A Poster of My Own", 1990))
    page.locator("#answer strong.year").first.wait_for()
    assert "Traceback" not in served.log.read_text()


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """Requests to the server, without a proxy."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


def test_only_uploaded_files_are_opened(
    walk: Walk, served: Served, session: requests.Session
) -> None:
    poster = next((walk.project.folder / "data" / "posters").rglob("*.jpg"))
    config = session.get(f"{served.address}/config").json()
    (field,) = (
        one["id"] for one in config["components"] if one["props"].get("elem_id") == "poster"
    )
    (number,) = (
        one["id"] for one in config["dependencies"] if one["targets"] == [[field, "upload"]]
    )
    event = {"files": [{"name": "a.jpg", "path": str(poster)}]}
    session.post(
        f"{served.address}/gradio_api/queue/join",
        json={"data": [6], "event_data": event, "fn_index": number, "session_hash": "a"},
    )
    answer = session.get(f"{served.address}/gradio_api/queue/data?session_hash=a").text
    assert "is not in the cache folder and cannot be accessed" in answer
    for path in (poster, walk.project.folder / "params.yaml", Path("/etc/hostname")):
        assert session.get(f"{served.address}/gradio_api/file={path}").status_code == 403


def test_large_uploads_are_refused(served: Served, session: requests.Session) -> None:
    files = {"files": ("a.jpg", bytes(MAX_BYTES + 1))}
    answer = session.post(f"{served.address}/gradio_api/upload", files=files)
    assert answer.status_code == 413


def test_page_listens_on_localhost_only(served: Served) -> None:
    with socket.socket() as other:
        assert other.connect_ex(("127.0.0.2", int(served.address.split(":")[-1]))) != 0


def test_ctrl_c_stops_the_page_and_removes_its_files(served: Served, uploads: Path) -> None:
    assert any(uploads.glob("poster-year-*"))
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(timeout=30) == 0
    # Between them is what Gradio prints of a refused file.
    printed = served.log.read_text()
    assert printed.startswith(f"app: {served.address}/ (press Ctrl-C to stop)\n")
    assert printed.endswith("\napp: stopped\n")
    assert list(uploads.iterdir()) == []


def test_without_gradio_it_says_what_to_do(walk: Walk) -> None:
    script = (
        "import runpy, sys; sys.path.insert(0, 'src'); sys.modules['gradio'] = None\n"
        "sys.argv = ['app.py']\n"
        "runpy.run_path('src/app.py', run_name='__main__')"
    )
    (line,) = walk.project.error(sys.executable, "-c", script).splitlines()
    assert line.startswith("app: error: Gradio is missing: run `make app`")
