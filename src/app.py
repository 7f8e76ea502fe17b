"""Open a page on this machine that answers for posters: drop one, and see its year.

python src/app.py
python src/app.py --port 7861
"""

from posters import command  # first: from here on Ctrl-C is no traceback

# isort: split
import argparse
import gc
import os
import signal
import socket
import sys
import tempfile
import threading
import webbrowser
from pathlib import Path

from posters import paths
from posters.errors import PageError
from posters.params import load_params
from posters.years.model_files import read_about

HOST = "127.0.0.1"
PORT = 7860


def main() -> int:
    """Serve the page until Ctrl-C."""
    options = parse_arguments()
    # What is cheap to know is said before anything heavy is loaded.
    check_port(options.port)
    read_about(paths.MODEL)
    signal.signal(signal.SIGTERM, stop)
    with tempfile.TemporaryDirectory(prefix="poster-year-") as folder:
        keep_to_this_machine(folder)
        try:
            serve(options.port, options.open, Path(folder))
        except KeyboardInterrupt:
            print("app: stopped", file=sys.stderr)
    return 0


def stop(*_: object) -> None:
    """End as Ctrl-C does."""
    raise KeyboardInterrupt


def parse_arguments() -> argparse.Namespace:
    """The command line's options."""
    parser = argparse.ArgumentParser(
        prog="app.py",
        description="Open a page on this machine that answers for posters: which year, and which "
        "movies' posters look like it. Ctrl-C ends it.",
    )
    parser.add_argument(
        "--port",
        type=command.positive,
        default=PORT,
        metavar="N",
        help=f"where the page is served (default {PORT})",
    )
    parser.add_argument(
        "--open", action="store_true", help="show it in the browser, where there is a screen"
    )
    return parser.parse_args()


def check_port(port: int) -> None:
    """See that nothing else is served there.

    Raises:
        PageError: something is, or the port can't be had.
    """
    try:
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((HOST, port))
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise PageError(
            f"port {port} can't be had ({reason}): end what uses it, or name another: "
            "`make app PORT=7861`"
        ) from error


def keep_to_this_machine(folder: str) -> None:
    """Set Gradio up, before it is imported, to report nothing and to keep uploads in `folder`."""
    for name in [name for name in os.environ if name.startswith("GRADIO_")]:
        del os.environ[name]
    os.environ.update(
        GRADIO_ANALYTICS_ENABLED="False",
        GRADIO_TEMP_DIR=folder,
        HF_HUB_OFFLINE="1",
        HF_HUB_DISABLE_TELEMETRY="1",
    )
    # A proxy leads to other machines: this one is asked directly.
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), HOST]))


def serve(port: int, show: bool, folder: Path) -> None:
    """Load what the last run left, and answer until interrupted.

    Raises:
        PageError: Gradio is missing, or does not come up.
        DataError: what the last run left is damaged.
    """
    # Hundreds of modules come to stay: to look for garbage among them is a quarter of the start.
    gc.disable()
    try:
        from posters.app.layout import appearance, build
    except ModuleNotFoundError as error:
        if error.name != "gradio":
            raise
        raise PageError(
            "Gradio is missing: run `make app`, or `pip install --no-deps -r requirements-app.lock`"
        ) from error
    from posters.app.service import Desk, read_tested
    from posters.prediction import Predictor

    gc.freeze()
    gc.enable()
    rules = load_params().posters
    page = build(Desk(Predictor(), rules, read_tested()), folder)
    try:
        _, address, _ = page.launch(
            **appearance(),
            server_name=HOST,
            server_port=port,
            root_path="",
            share=False,
            inbrowser=False,
            quiet=True,
            prevent_thread_lock=True,
            max_file_size=rules.max_bytes,
            footer_links=[],
            run_history=False,
            ssr_mode=False,
            mcp_server=False,
            pwa=False,
            num_workers=0,
            enable_monitoring=False,
        )
    except (OSError, ValueError) as error:
        raise PageError(f"the page can't be served at port {port}: {error}") from error
    print(f"app: {address} (Ctrl-C ends it)", flush=True)
    if show and has_screen():
        webbrowser.open(address)
    try:
        threading.Event().wait()
    finally:
        page.close(verbose=False)


def has_screen() -> bool:
    """Whether a browser would open in a window; without one it would take over the terminal."""
    return sys.platform == "darwin" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))


if __name__ == "__main__":
    command.run("app", main)
