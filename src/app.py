"""Serve a page on this computer that predicts the year of a poster and shows similar posters.

python src/app.py
python src/app.py --port 7861 --model pretrained
"""

from posters import command  # first: from here on Ctrl-C is no traceback

# isort: split
import argparse
import os
import sys
import tempfile
import threading
import webbrowser
from pathlib import Path

from posters import paths
from posters.errors import PageError
from posters.years.year_model import read_about


def main() -> int:
    """Serve the page until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="app.py", description=__doc__.splitlines()[0])
    command.add_port_argument(parser, 7860)
    parser.add_argument(
        "--open", action="store_true", help="open the page in the browser, if there is a display"
    )
    command.add_model_argument(parser)
    options = parser.parse_args()
    # Imported late, as it takes half a second.
    from posters.model_choice import model_folder

    # All fail early, before anything is loaded.
    command.check_port(options.port)
    model = model_folder(options.model)
    read_about(model / paths.MODEL.name)
    with tempfile.TemporaryDirectory(prefix="poster-year-") as folder:
        configure_gradio(folder)
        try:
            serve(model, options.port, options.open)
        except KeyboardInterrupt:
            print("app: stopped", file=sys.stderr)
    return 0


def configure_gradio(folder: str) -> None:
    """Set Gradio's environment variables; must run before Gradio is imported.

    It sends no telemetry, ignores settings of other pages and keeps uploads in `folder`.
    """
    for name in [name for name in os.environ if name.startswith("GRADIO_")]:
        del os.environ[name]
    os.environ.update(
        GRADIO_ANALYTICS_ENABLED="False",
        GRADIO_TEMP_DIR=folder,
        HF_HUB_OFFLINE="1",
        HF_HUB_DISABLE_TELEMETRY="1",
    )
    # Gradio requests its own page at the start, which must not go through a proxy.
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), command.HOST]))


def serve(model: Path, port: int, show: bool) -> None:
    """Load the model in `data/` or `pretrained/` and serve the page until it is interrupted.

    Raises:
        PageError: Gradio is missing, or the port can't be used.
        DataError: the model is missing or damaged.
    """
    try:
        from posters.app.components import appearance
        from posters.app.layout import build_page
    except ModuleNotFoundError as error:
        if error.name != "gradio":
            raise
        raise PageError(
            "Gradio is missing: run `make app`, or `pip install --no-deps -r requirements-app.lock`"
        ) from error
    from posters.app.service import PredictionService, read_tests
    from posters.images.pictures import MAX_BYTES
    from posters.prediction import Predictor

    tests = read_tests() if model == paths.DATA else []
    page = build_page(PredictionService(Predictor(model), tests))
    try:
        _, address, _ = page.launch(
            **appearance(),
            server_name=command.HOST,
            server_port=port,
            share=False,
            quiet=True,
            prevent_thread_lock=True,
            max_file_size=MAX_BYTES,
            footer_links=[],
            run_history=False,
            ssr_mode=False,
            num_workers=0,
            enable_monitoring=False,
        )
    except (OSError, ValueError) as error:
        raise command.unusable_port(port, error) from error
    print(f"app: {address} (press Ctrl-C to stop)", flush=True)
    # Without a display, a browser would take over the terminal.
    if show and (sys.platform == "darwin" or os.environ.keys() & {"DISPLAY", "WAYLAND_DISPLAY"}):
        webbrowser.open(address)
    try:
        threading.Event().wait()
    finally:
        page.close(verbose=False)


if __name__ == "__main__":
    command.run("app", main)
