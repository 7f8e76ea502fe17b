"""The page of `make app`: the real process, looked at in a real browser."""

import importlib.util
import io
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browser import Visit, visit
from conftest import Project, Walk
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

K = 6  # as the page begins


class Elsewhere:
    """Stands where the way to other machines leads, and counts who wants to go there."""

    def __init__(self) -> None:
        self.visitors = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        while True:
            try:
                self._listening.accept()[0].close()
            except OSError:
                return
            self.visitors += 1

    def close(self) -> None:
        self._listening.close()


@dataclass
class Page:
    """A page that is served."""

    process: subprocess.Popen[str]
    address: str
    elsewhere: Elsewhere
    folder: Path


@pytest.fixture(scope="module")
def served(walk: Walk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    if importlib.util.find_spec("gradio") is None:
        pytest.skip("gradio is absent: pip install --no-deps -r requirements-app.lock")
    elsewhere = Elsewhere()
    folder = tmp_path_factory.mktemp("uploads")
    process = subprocess.Popen(
        [sys.executable, "src/app.py", "--port", str(free_port())],
        cwd=walk.project.folder,
        env={
            **walk.project.environment,
            **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), elsewhere.address),
            **dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), elsewhere.address),
            # What a person may have set for other pages of Gradio's.
            "GRADIO_SHARE": "True",
            "GRADIO_ALLOWED_PATHS": "/",
            "GRADIO_SERVER_NAME": "0.0.0.0",
            "TMPDIR": str(folder),
        },
        stdout=subprocess.PIPE,
        stderr=(folder / "stderr").open("w"),
        text=True,
        # Whoever runs the tests in the background makes what they start deaf to Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    said = process.stdout.readline()
    started = re.fullmatch(r"app: (http://127\.0\.0\.1:\d+/) \(Ctrl-C ends it\)\n", said)
    assert started, said + (folder / "stderr").read_text()
    yield Page(process, started[1], elsewhere, folder)
    process.kill()
    process.wait()
    process.stdout.close()
    elsewhere.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as trial:
        return int(trial.getsockname()[1])


@pytest.fixture(scope="module")
def opened(browser: "Browser", served: Page) -> "Iterator[Visit]":
    """One visitor, who stays for all of this file."""
    visitor = visit(browser)
    visitor.page.goto(served.address)
    visitor.page.locator("#answer .curve").wait_for()
    yield visitor
    visitor.page.context.close()


def give(visitor: Visit, poster: Path) -> None:
    visitor.page.set_input_files("#poster input[type=file]", poster)


def predicted(project: Project, *arguments: str) -> dict[str, Any]:
    """What predict.py says."""
    done = project.run(sys.executable, "src/predict.py", "--json", *arguments)
    return dict(json.loads(done.stdout))


def answer(visitor: Visit) -> "Locator":
    return visitor.page.locator("#answer")


def shows(visitor: Visit, said: dict[str, Any]) -> None:
    """The page comes to show what predict.py says, with pictures of the neighbours."""
    shown = answer(visitor)
    low, high = said["interval"]
    shown.locator(f".year:text-is('{said['year']}')").wait_for()
    shown.locator(f".interval:text-is('{low} and {high}')").wait_for()
    shown.locator(f".decade:text-is('{said['decade']}s')").wait_for()
    drawing = shown.locator(".curve svg").get_attribute("aria-label") or ""
    assert f"median {said['year']}, interval {low} to {high}" in drawing
    assert shown.locator(".nearest cite").all_inner_texts() == [
        movie["title"] for movie in said["neighbours"]
    ]
    assert shown.locator(".nearest span:first-of-type").all_inner_texts() == [
        str(movie["year"]) for movie in said["neighbours"]
    ]
    assert widths(shown.locator(".nearest img")) == [True] * len(said["neighbours"])


def widths(pictures: "Locator") -> list[bool]:
    """Which pictures are there."""
    return list(pictures.evaluate_all("all => all.map(one => one.complete && one.width > 40)"))


def test_a_poster_that_is_dropped_is_answered_as_predict_answers_it(
    walk: Walk, opened: Visit, served: Page, draw: Callable[[str, int], Path]
) -> None:
    page = opened.page
    assert page.title() == "poster → year"
    assert "random MobileNetV2 weights" in page.locator(".intro .caveat").inner_text()
    assert page.locator("footer").count() == 0
    mine = draw("A Poster of My Own", 1990)
    give(opened, mine)
    natural = predicted(walk.project, "--k", str(K), str(mine))
    shows(opened, natural)
    assert page.locator("#answer .true-year").count() == 0

    page.locator("#prior input[value=uniform]").check()
    uniform = predicted(walk.project, "--k", str(K), "--prior", "uniform", str(mine))
    assert uniform["year"] != natural["year"]
    shows(opened, uniform)
    page.locator("#k input[type=number]").fill("3")
    page.wait_for_function("document.querySelectorAll('#answer .nearest img').length == 3")
    shows(opened, {**uniform, "neighbours": uniform["neighbours"][:3]})
    page.locator("#prior input[value=natural]").check()
    shows(opened, {**natural, "neighbours": natural["neighbours"][:3]})

    # The page is one piece, and works where there is no network.
    assert opened.requests_elsewhere(served.address) == []
    assert opened.errors == []


def test_a_picked_poster_was_not_trained_on_and_its_year_is_told(walk: Walk, opened: Visit) -> None:
    last = walk.lowered
    tested = set(last.split["imdb_id"][last.split["part"].isin(["natural", "balanced"])])
    titles = last.catalogue[last.catalogue["imdb_id"].isin(tested)].set_index("title")["year"]
    seen = set()
    for _ in range(3):
        before = opened.page.evaluate("document.querySelector('#poster img')?.src")
        opened.page.click("#pick")
        opened.page.wait_for_function(
            "old => ![old, undefined].includes(document.querySelector('#poster img')?.src)",
            arg=before,
        )
        title = answer(opened).locator(".truth cite").inner_text()
        year = answer(opened).locator(".true-year").inner_text()
        assert titles[title] == int(year)
        assert f"true: {year}" in answer(opened).locator(".curve .words").inner_text()
        picture = opened.page.locator("#poster img")
        picture.evaluate("one => one.decode()")
        assert widths(picture) == [True]
        seen.add(title)
    assert len(seen) > 1


def bad_files() -> dict[str, tuple[bytes, str]]:
    """Uploads that are no poster, and what is said of each."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return b"".join(
            [
                *(struct.pack(">I", len(content)), kind, content),
                struct.pack(">I", zlib.crc32(kind + content)),
            ]
        )

    def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
        written = io.BytesIO()
        image.save(written, kind, **options)
        return written.getvalue()

    # 400 million pixels in 200 kB.
    rows = zlib.compress(bytes(20_000 * 2_501), 1)
    size = struct.pack(">IIBBBBB", 20_000, 20_000, 1, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    frames = [Image.new("RGB", (200, 300), colour) for colour in ("red", "blue")]
    no_picture = "not a picture that can be read here"
    return {  # no two in a row of which the same is said
        "letter.jpg": (b"Dear projectionist,", no_picture),
        "dot.png": (saved(Image.new("RGB", (1, 1)), "PNG"), "too small"),
        "moving.gif": (saved(frames[0], "GIF", save_all=True, append_images=frames), no_picture),
        "bomb.png": (bomb, "too large"),
        "empty.png": (b"", no_picture),
        "film.mp4": (b"\0\0\0\x18ftypmp42" + bytes(1000), "Invalid file type: film.mp4"),
        "huge.jpg": (bytes(30_000_000), "exceed the maximum allowed size"),
    }


def test_what_is_no_poster_is_refused_kindly_and_the_next_one_is_answered(
    opened: Visit, served: Page, tmp_path: Path, draw: Callable[[str, int], Path]
) -> None:
    page = opened.page
    for name, (content, said) in bad_files().items():
        (tmp_path / name).write_bytes(content)
        give(opened, tmp_path / name)
        page.get_by_text(said).first.wait_for()
        page.locator("#poster img").wait_for(state="detached")
    give(opened, draw("A Poster of My Own", 1990))
    page.locator("#answer .year").wait_for()
    assert "Traceback" not in (served.folder / "stderr").read_text()


def test_no_file_of_the_machine_is_served(walk: Walk, served: Page) -> None:
    poster = next((walk.project.folder / "data" / "posters").rglob("*.jpg"))
    for path in (poster, walk.project.folder / "params.yaml", Path("/etc/hostname")):
        with pytest.raises(urllib.error.HTTPError) as refused:
            ask(f"{served.address}gradio_api/file={path}")
        assert refused.value.code == 403


def test_what_is_too_large_is_refused_by_the_server_as_well(served: Page) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'
    request = urllib.request.Request(
        f"{served.address}gradio_api/upload",
        body + bytes(11_000_000) + b"\r\n--b--\r\n",
        {"Content-Type": "multipart/form-data; boundary=b"},
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(request)
    assert refused.value.code == 413


def ask(request: str | urllib.request.Request) -> bytes:
    """Ask the page's server, whatever proxy this machine has."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as response:
        return bytes(response.read())


def test_it_listens_to_this_machine_alone_and_asks_no_other(served: Page) -> None:
    port = int(served.address.split(":")[-1].strip("/"))
    with socket.socket() as other:
        # Were it served to every address, this one of the same machine would answer too.
        assert other.connect_ex(("127.0.0.2", port)) != 0
    assert served.elsewhere.visitors == 0


def test_a_second_page_at_the_same_port_is_refused(walk: Walk, served: Page) -> None:
    port = served.address.split(":")[-1].strip("/")
    done = walk.project.run(sys.executable, "src/app.py", "--port", port, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"app: error: port {port} can't be had (Address already in use): end what uses it, or name "
        "another: `make app PORT=7861`\n"
    )


def test_ctrl_c_ends_it_and_leaves_nothing(served: Page) -> None:
    assert any(served.folder.glob("poster-year-*"))
    os.kill(served.process.pid, signal.SIGINT)
    assert served.process.wait(timeout=30) == 0
    assert (served.folder / "stderr").read_text() == "app: stopped\n"
    assert [file.name for file in served.folder.iterdir()] == ["stderr"]


# What needs neither Gradio nor a browser.


def test_without_a_model_it_says_what_to_do(walk: Walk) -> None:
    about = walk.project.folder / "data" / "model" / "about.json"
    aside = about.rename(about.with_name("aside"))
    try:
        done = walk.project.run(
            *(sys.executable, "src/app.py", "--port", str(free_port())), check=False
        )
    finally:
        aside.rename(about)
    assert done.returncode == 1
    assert done.stderr == "app: error: there is no trained model yet: run `make repro` first\n"


def test_without_gradio_it_says_what_to_do(walk: Walk) -> None:
    script = (
        "import runpy, sys; sys.path.insert(0, 'src'); sys.modules['gradio'] = None\n"
        f"sys.argv = ['app.py', '--port', '{free_port()}']\n"
        "runpy.run_path('src/app.py', run_name='__main__')"
    )
    done = walk.project.run(sys.executable, "-c", script, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("app: error: Gradio is missing: run `make app`")
    assert len(done.stderr.splitlines()) == 1
