"""The layout of the page and its event handlers."""

import shutil
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from posters.app.service import PosterRequest, PredictionService, refusal_html
from posters.errors import DataError, PosterRefused
from posters.reports.palette import BLUE, DARK, LIGHT, css_variables
from posters.reports.rendering import TEMPLATES
from posters.reports.words import caveat_texts

_MAX_NEIGHBOURS = 12
_HOUR = 3600  # seconds
_PRIORS = [
    ("natural: mostly recent films", "natural"),
    ("uniform: every year equally likely", "uniform"),
]


def build(service: PredictionService, uploads: Path) -> gr.Blocks:
    """The page; `uploads` is a folder for copies of test posters and for Gradio's uploads."""
    with gr.Blocks(
        title="poster → year", analytics_enabled=False, delete_cache=(_HOUR, _HOUR)
    ) as page:
        gr.HTML(_intro_html(service.model_name, service.caveats))
        request = gr.State(None)
        with gr.Row(elem_id="columns"):
            with gr.Column(elem_id="input"):
                poster = gr.Image(
                    type="filepath",
                    sources=["upload", "clipboard"],
                    label="Poster",
                    height=430,
                    buttons=[],
                    alt_text="The poster to predict",
                    elem_id="poster",
                    placeholder="Drop a poster here\n- or -\nClick to choose a file\n"
                    "JPEG, PNG or WebP",
                )
                pick = gr.Button(
                    "Random test poster",
                    variant="primary",
                    visible=service.has_test_posters,
                    elem_id="pick",
                )
            with gr.Column(elem_id="output"):
                answer = gr.HTML(service.prior_html("natural"), elem_id="answer")
            with gr.Column(elem_id="options"):
                prior = gr.Radio(
                    _PRIORS,
                    value="natural",
                    label="Prior: the mix of years you expect",
                    info="The less a poster reveals its year, the more the prior decides.",
                    elem_id="prior",
                )
                k = gr.Slider(
                    *(1, _MAX_NEIGHBOURS),
                    value=6,
                    step=1,
                    label="Nearest posters (k)",
                    info="The number of similar posters to show. "
                    "It does not change the predicted year.",
                    elem_id="k",
                )

        def predict(request: PosterRequest | None, k: int, prior: str) -> str:
            """The prediction with the current options."""
            try:
                if request is None:
                    return service.prior_html(prior)
                return service.prediction_html(request, k, prior)
            except PosterRefused as refused:
                return refusal_html(refused)
            except DataError as error:
                raise gr.Error(str(error), duration=None, print_exception=False) from error

        def upload(
            file: Mapping[str, Any], k: int, prior: str
        ) -> tuple[PosterRequest | None, str, Any]:
            """Predict an uploaded poster; remove it from the page if it is refused."""
            uploaded = PosterRequest(Path(file["path"]))
            try:
                return uploaded, service.prediction_html(uploaded, k, prior), gr.skip()
            except PosterRefused as refused:
                return None, refusal_html(refused), None

        def pick_random(
            previous: PosterRequest | None, k: int, prior: str
        ) -> tuple[PosterRequest, str, str]:
            """Predict a random test poster."""
            picked = service.random_request(previous)
            # A copy, so that Gradio serves no file of the project.
            shown = shutil.copy(picked.path, uploads / picked.path.name)
            return picked, predict(picked, k, prior), str(shown)

        def clear(prior: str) -> tuple[None, str]:
            """Show the prior again."""
            return None, service.prior_html(prior)

        options = [k, prior]
        outputs = [request, answer, poster]
        settings = {"show_progress": "minimal", "api_visibility": "private"}
        # Without preprocessing, which would open the file with any decoder and write it anew.
        poster.upload(upload, [poster, *options], outputs, preprocess=False, **settings)
        poster.clear(clear, [prior], [request, answer], **settings)
        pick.click(pick_random, [request, *options], outputs, **settings)
        # `change`, because `release` ignores numbers that are typed or reset.
        k.change(predict, [request, *options], [answer], **settings)
        prior.input(predict, [request, *options], [answer], **settings)
    return page


def appearance() -> dict[str, Any]:
    """Theme and CSS as arguments of `Blocks.launch`; no fonts are loaded."""
    theme = gr.themes.Default(
        primary_hue=_shades(BLUE),
        neutral_hue=gr.themes.colors.slate,
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    ).set(
        # Gradio's own grey has too little contrast.
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_400",
    )
    colours = f":root {{ {css_variables(LIGHT)} }}\n.dark {{ {css_variables(DARK)} }}\n"
    files = (TEMPLATES / "chart.css", Path(__file__).with_name("page.css"))
    return {
        "theme": theme,
        "css": colours + "".join(file.read_text(encoding="utf-8") for file in files),
    }


def _shades(colour: str) -> gr.themes.Color:
    """The eleven steps of a Gradio colour, from almost white to almost black."""
    lighter = [f"color-mix(in srgb, {colour} {share}%, white)" for share in (7, 15, 30, 50, 75)]
    darker = [f"color-mix(in srgb, {colour} {share}%, black)" for share in (85, 70, 55, 45, 30)]
    return gr.themes.Color(*lighter, colour, *darker, name="poster")


def _intro_html(model: str, caveats: list[str]) -> str:
    notices = "".join(
        f"<p><strong>{escape(caveat)}.</strong> {escape(meaning)}</p>"
        for caveat, meaning in caveat_texts(caveats).items()
    )
    notice = f'<div class="caveat">{notices}</div>' if notices else ""
    return (
        '<header class="intro"><h1>poster → year</h1><p>Predicts the year of a movie poster and '
        "finds the most similar posters. Your posters stay on this computer.</p>"
        f'<p class="model">It uses {escape(model)}.</p>{notice}</header>'
    )
