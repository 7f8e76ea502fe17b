"""The page of `make app`: the real process in a real browser."""

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
from conftest import Project, Walk
from PIL import Image

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


def wait_for_prediction(page: "Page", prediction: dict[str, Any]) -> None:
    """Wait until the page shows a prediction of predict.py, with pictures of the neighbours."""
    shown = page.locator("#answer")
    low, high = prediction["interval"]
    shown.locator(f".year:text-is('{prediction['year']}')").wait_for()
    shown.locator(f".interval:text-is('{low} to {high}')").wait_for()
    shown.locator(f".decade:text-is('{prediction['decade']}s')").wait_for()
    label = shown.locator(".chart").get_attribute("aria-label") or ""
    assert f"median {prediction['year']}, interval {low} to {high}" in label
    titles, years = shown.locator(".nearest cite"), shown.locator(".nearest span:first-of-type")
    neighbours = prediction["neighbours"]
    assert titles.all_inner_texts() == [movie["title"] for movie in neighbours]
    assert years.all_inner_texts() == [str(movie["year"]) for movie in neighbours]
    assert loaded(shown.locator(".nearest img")) == [True] * len(neighbours)


def loaded(pictures: "Locator") -> list[bool]:
    """Whether each picture is shown."""
    return list(pictures.evaluate_all("all => all.map(one => one.complete && one.width > 40)"))


def test_uploaded_poster_gets_the_prediction_of_predict(
    walk: Walk, page: "Page", problems: list[str], draw: Callable[[str, int], Path]
) -> None:
    assert "Random MobileNetV2 weights." in page.locator(".intro .caveat").inner_text()
    assert page.locator("footer").count() == 0
    poster = draw("A Poster of My Own", 1990)
    upload(page, poster)
    natural = predicted(walk.project, "--k", str(K), str(poster))
    wait_for_prediction(page, natural)
    assert page.locator("#answer .true-year").count() == 0

    page.locator("#prior input[value=uniform]").check()
    uniform = predicted(walk.project, "--k", str(K), "--prior", "uniform", str(poster))
    assert uniform["year"] != natural["year"]
    wait_for_prediction(page, uniform)
    page.locator("#k input[type=number]").fill("3")
    page.wait_for_function("document.querySelectorAll('#answer .nearest img').length == 3")
    wait_for_prediction(page, {**uniform, "neighbours": uniform["neighbours"][:3]})
    page.locator("#prior input[value=natural]").check()
    wait_for_prediction(page, {**natural, "neighbours": natural["neighbours"][:3]})
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
        before = page.evaluate("document.querySelector('#poster img')?.src")
        page.click("#pick")
        page.wait_for_function(
            "old => ![old, undefined].includes(document.querySelector('#poster img')?.src)",
            arg=before,
        )
        title = answer.locator(".comparison cite").inner_text()
        year = answer.locator("strong.true-year").inner_text()
        assert years[title] == int(year)
        assert f"true year {year}" in (answer.locator(".chart").text_content() or "")
        picture = page.locator("#poster img")
        picture.evaluate("one => one.decode()")
        assert loaded(picture) == [True]
        seen.add(title)
    assert len(seen) > 1


UNUSABLE_FILES = {
    "letter.jpg": (b"Dear projectionist,", "not a readable picture"),
    "dot.png": (b"", "too small"),  # written by Pillow
    "empty.png": (b"", "not a readable picture"),
    "film.mp4": (b"\0\0\0\x18ftypmp42" + bytes(1000), "Invalid file type: film.mp4"),
    "huge.jpg": (bytes(30_000_000), "exceed the maximum allowed size"),
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
        page.get_by_text(message).first.wait_for()
        page.locator("#poster img").wait_for(state="detached")
    upload(page, draw("A Poster of My Own", 1990))
    page.locator("#answer strong.year").wait_for()
    assert "Traceback" not in (served.folder / "stderr").read_text()


def test_server_refuses_files_of_the_project_and_large_uploads(walk: Walk, served: Server) -> None:
    poster = next((walk.project.folder / "data" / "posters").rglob("*.jpg"))
    for path in (poster, walk.project.folder / "params.yaml", Path("/etc/hostname")):
        assert status(f"{served.address}gradio_api/file={path}") == 403
    body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'
    request = urllib.request.Request(
        f"{served.address}gradio_api/upload",
        body + bytes(11_000_000) + b"\r\n--b--\r\n",
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
    assert (served.folder / "stderr").read_text() == "app: stopped\n"
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
