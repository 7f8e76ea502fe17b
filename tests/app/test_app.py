"""The page of `make app`: the real process in a real browser."""

import csv
import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from conftest import Project, Walk
from PIL import Image

from posters.images.pictures import MAX_BYTES
from posters.years.priors import PRIORS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Locator, Page

pytestmark = pytest.mark.slow

K = 6  # the initial number of neighbours


@dataclass
class Server:
    """A page that is served.

    Attributes:
        process: of `src/app.py`.
        address: of the page.
        proxy: a socket that the environment names as proxy; nothing should connect to it.
        folder: for temporary files, with the page's `stderr`.
    """

    process: subprocess.Popen[str]
    address: str
    proxy: socket.socket
    folder: Path

    @property
    def port(self) -> int:
        return int(self.address.split(":")[-1].strip("/"))


@pytest.fixture(scope="module")
def served(walk: Walk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if importlib.util.find_spec("gradio") is None:
        pytest.skip("gradio is absent: pip install --no-deps -r requirements-app.lock")
    folder = tmp_path_factory.mktemp("uploads")
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.setblocking(False)
        proxy_address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        process = subprocess.Popen(
            [sys.executable, "src/app.py", "--port", str(free_port())],
            cwd=walk.project.folder,
            env={
                **walk.project.environment,
                **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), proxy_address),
                **dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), proxy_address),
                # Settings for other pages, which must be ignored.
                "GRADIO_SHARE": "True",
                "GRADIO_ALLOWED_PATHS": "/",
                "GRADIO_SERVER_NAME": "0.0.0.0",
                "TMPDIR": str(folder),
            },
            stdout=subprocess.PIPE,
            stderr=(folder / "stderr").open("w"),
            text=True,
            # Tests that run in the background pass on an ignored Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        started = re.fullmatch(r"app: (http://127\.0\.0\.1:\d+/) \(press Ctrl-C to stop\)\n", line)
        assert started, line + (folder / "stderr").read_text()
        yield Server(process, started[1], proxy, folder)
        process.kill()
        process.wait()
        process.stdout.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as trial:
        return int(trial.getsockname()[1])


@pytest.fixture(scope="module")
def problems() -> list[str]:
    """What the page did wrong: requests to other servers and JavaScript errors."""
    return []


@pytest.fixture(scope="module")
def page(browser: "Browser", served: Server, problems: list[str]) -> "Iterator[Page]":
    """The page, opened once for all tests of this file."""
    page = browser.new_context().new_page()
    page.set_default_timeout(120_000)  # for busy computers

    def check_request(address: str) -> None:
        if not address.startswith((served.address, "data:", "blob:")):
            problems.append(address)

    def check_message(message: "ConsoleMessage") -> None:
        if message.type == "error":
            problems.append(message.text)

    page.on("request", lambda request: check_request(request.url))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", check_message)
    page.goto(served.address)
    page.locator("#answer .chart").wait_for()
    yield page
    page.context.close()


def upload(page: "Page", poster: Path) -> None:
    page.set_input_files("#poster input[type=file]", poster)


def predicted(project: Project, *arguments: str) -> dict[str, Any]:
    """The prediction of predict.py."""
    done = project.run(sys.executable, "src/predict.py", "--json", *arguments)
    return dict(json.loads(done.stdout))


def wait_for_predictions(page: "Page", predictions: list[dict[str, Any]], k: int = K) -> None:
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


def loaded(pictures: "Locator") -> list[bool]:
    """Whether each picture is shown."""
    return list(pictures.evaluate_all("all => all.map(one => one.complete && one.width > 40)"))


def test_uploaded_poster_gets_both_predictions_of_predict(
    walk: Walk, page: "Page", problems: list[str], draw: Callable[[str, int], Path]
) -> None:
    assert "Random MobileNetV2 weights." in page.locator(".intro .message").inner_text()
    assert page.locator("footer").count() == 0
    poster = draw("A Poster of My Own", 1990)
    upload(page, poster)
    predictions = [
        predicted(walk.project, "--k", "12", "--prior", prior, str(poster)) for prior in PRIORS
    ]
    page.locator("#answer strong.year").first.wait_for()
    wait_for_predictions(page, predictions)
    assert page.locator("#answer .true-year").count() == 0
    for typed, k in (("3", 3), ("99", 12)):  # 99 is clamped
        page.locator("#k input[type=number]").fill(typed)
        page.wait_for_function(f"document.querySelectorAll('#nearest .open').length == {k}")
        wait_for_predictions(page, predictions, k)
    page.wait_for_function("document.querySelector('#k input[type=number]').value == 12")
    assert problems == []


def test_random_poster_is_a_test_poster_and_its_true_year_is_shown(
    walk: Walk, page: "Page"
) -> None:
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
    page: "Page",
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


def test_several_posters_become_the_table_of_predict(
    walk: Walk, page: "Page", tmp_path: Path, draw: Callable[[str, int], Path]
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
    walk: Walk, page: "Page"
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


def test_page_fits_a_phone(page: "Page") -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for name in ("Game", "Several posters", "One poster"):
        page.get_by_role("tab", name=name).click()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
    answer, k = page.locator("#answer").bounding_box(), page.locator("#k").bounding_box()
    nearest = page.locator("#nearest").bounding_box()
    assert answer and k and nearest
    assert answer["y"] < k["y"] < nearest["y"]
    page.set_viewport_size({"width": 1280, "height": 844})


UNUSABLE_FILES = {
    "letter.jpg": (b"Dear projectionist,", "Unreadable: unknown format"),
    "dot.png": (b"", "Flat colour: the whole picture has one colour"),  # written by Pillow
    "empty.png": (b"", "Unreadable: the file is empty"),
    "film.mp4": (b"\0\0\0\x18ftypmp42" + bytes(1000), "Unreadable: unknown format"),
    "huge.jpg": (bytes(MAX_BYTES + 1), "Too large: more than 30,000,000 bytes"),
}
"""Each with its message; neighbours have different messages."""


def test_unusable_files_are_refused_and_the_next_poster_is_predicted(
    page: "Page", served: Server, tmp_path: Path, draw: Callable[[str, int], Path]
) -> None:
    for name, (content, message) in UNUSABLE_FILES.items():
        (tmp_path / name).write_bytes(content)
        if name == "dot.png":
            Image.new("RGB", (1, 1)).save(tmp_path / name)
        upload(page, tmp_path / name)
        shown = page.locator("#answer .message[role=alert]").get_by_text(message)
        shown.wait_for()
        assert shown.inner_text().endswith("use another picture of this poster")
        page.locator("#poster img").wait_for(state="detached")
    assert page.locator(".toast-body").count() == 0
    upload(page, draw("A Poster of My Own", 1990))
    page.locator("#answer strong.year").first.wait_for()
    assert "Traceback" not in (served.folder / "stderr").read_text()


def test_only_uploaded_files_are_opened(walk: Walk, served: Server) -> None:
    poster = next((walk.project.folder / "data" / "posters").rglob("*.jpg"))
    with requests.Session() as session:
        session.trust_env = False
        config = session.get(f"{served.address}config").json()
        (field,) = (
            one["id"] for one in config["components"] if one["props"].get("elem_id") == "poster"
        )
        (number,) = (
            one["id"] for one in config["dependencies"] if one["targets"] == [[field, "upload"]]
        )
        event = {"files": [{"name": "a.jpg", "path": str(poster)}]}
        session.post(
            f"{served.address}gradio_api/queue/join",
            json={"data": [6], "event_data": event, "fn_index": number, "session_hash": "a"},
        )
        answer = session.get(f"{served.address}gradio_api/queue/data?session_hash=a").text
    assert "is not in the cache folder and cannot be accessed" in answer


def test_server_refuses_files_of_the_project_and_large_uploads(walk: Walk, served: Server) -> None:
    poster = next((walk.project.folder / "data" / "posters").rglob("*.jpg"))
    for path in (poster, walk.project.folder / "params.yaml", Path("/etc/hostname")):
        assert status(f"{served.address}gradio_api/file={path}") == 403
    body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'
    request = urllib.request.Request(
        f"{served.address}gradio_api/upload",
        body + bytes(MAX_BYTES + 1) + b"\r\n--b--\r\n",
        {"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert status(request) == 413


def status(request: str | urllib.request.Request) -> int:
    """The status of a request that the server should refuse, sent without a proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with pytest.raises(urllib.error.HTTPError) as refused:
        opener.open(request, timeout=60)
    return int(refused.value.code)


def test_page_listens_on_localhost_only_and_needs_a_free_port(walk: Walk, served: Server) -> None:
    with socket.socket() as other:
        assert other.connect_ex(("127.0.0.2", served.port)) != 0
    with pytest.raises(BlockingIOError):
        served.proxy.accept()
    done = walk.project.run(
        *(sys.executable, "src/app.py", "--port", str(served.port)), check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert f"app: error: the page can't be served at port {served.port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_stops_the_page_and_removes_its_files(served: Server) -> None:
    assert any(served.folder.glob("poster-year-*"))
    os.kill(served.process.pid, signal.SIGINT)
    assert served.process.wait(timeout=30) == 0
    # Above it is what Gradio prints of a refused file.
    assert (served.folder / "stderr").read_text().endswith("\napp: stopped\n")
    assert [file.name for file in served.folder.iterdir()] == ["stderr"]


def test_without_gradio_it_says_what_to_do(walk: Walk) -> None:
    script = (
        "import runpy, sys; sys.path.insert(0, 'src'); sys.modules['gradio'] = None\n"
        "sys.argv = ['app.py']\n"
        "runpy.run_path('src/app.py', run_name='__main__')"
    )
    done = walk.project.run(sys.executable, "-c", script, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("app: error: Gradio is missing: run `make app`")
    assert len(done.stderr.splitlines()) == 1
