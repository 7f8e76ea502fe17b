"""The page itself: what a visitor sees and presses, and what each of it asks of the desk."""

import shutil
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import ImageColor

from posters.app.service import Asked, Desk, refusal
from posters.errors import DataError, PosterRefused
from posters.reports.figure_style import BLUE, FAINT, GREEN, ORANGE

_CSS = Path(__file__).with_name("page.css")
# On a dark page blue and green would drown; lightened alike, they are told apart as well as before.
_COLOURS = (
    f":root {{ --blue: {BLUE}; --orange: {ORANGE}; --green: {GREEN}; --faint: {FAINT}; "
    f"--blue-dark: color-mix(in srgb, {BLUE}, white 40%); "
    f"--green-dark: color-mix(in srgb, {GREEN}, white 25%); }}\n"
)
_MOST_NEIGHBOURS = 12
_HOUR = 3600  # seconds
_PRIORS = [
    ("As movies come: mostly recent ones", "natural"),
    ("Any year alike, as in a box of old posters", "uniform"),
]
_OF_PRIOR = (
    "What is believed before the poster is looked at. The less it tells, the more this decides: "
    "if most are recent, an unclear poster is dated late."
)
_OF_K = "How many look-alikes are shown. It has no part in the year."


def build(desk: Desk, uploads: Path) -> gr.Blocks:
    """The page.

    Args:
        desk: answers.
        uploads: a folder for the copies of picked posters; visitors' uploads lie beside them.
    """
    with gr.Blocks(
        title="poster → year", analytics_enabled=False, delete_cache=(_HOUR, _HOUR)
    ) as page:
        gr.HTML(_intro(desk.caveats))
        asked = gr.State(None)
        with gr.Row(elem_id="table"):
            with gr.Column(elem_id="given"):
                poster = gr.Image(
                    type="filepath",
                    sources=["upload", "clipboard"],
                    label="Poster",
                    height=430,
                    buttons=[],
                    alt_text="The poster asked about",
                    elem_id="poster",
                    placeholder="Drop a poster here\n- or -\nClick to choose a file\n"
                    "JPEG, PNG or WebP",
                )
                pick = gr.Button("Take one at random", variant="primary", elem_id="pick")
            with gr.Column(elem_id="said"):
                answer = gr.HTML(desk.waiting("natural"), elem_id="answer")
            with gr.Column(elem_id="switches"):
                prior = gr.Radio(
                    _PRIORS,
                    value="natural",
                    label="How your posters come (prior)",
                    info=_OF_PRIOR,
                    elem_id="prior",
                )
                k = gr.Slider(
                    *(1, _MOST_NEIGHBOURS),
                    value=6,
                    step=1,
                    label="Look-alikes (k)",
                    info=_OF_K,
                    elem_id="k",
                )

        def say(asked: Asked | None, k: int, prior: str) -> str:
            """The answer as the switches stand."""
            try:
                return desk.answer(asked, k, prior) if asked else desk.waiting(prior)
            except PosterRefused as refused:
                return refusal(refused)
            except DataError as error:
                raise gr.Error(str(error), duration=None, print_exception=False) from error

        def upload(file: Mapping[str, Any], k: int, prior: str) -> tuple[Asked | None, str, Any]:
            """Answer for a visitor's own poster; one that is refused is taken off the page."""
            given = Asked(Path(file["path"]))
            try:
                return given, desk.answer(given, k, prior), gr.skip()
            except PosterRefused as refused:
                return None, refusal(refused), None

        def pick_one(last: Asked | None, k: int, prior: str) -> tuple[Asked, str, str]:
            """Answer for a poster of the catalogue."""
            picked = desk.pick(last)
            said = say(picked, k, prior)
            # A copy: of the project's own files none is served.
            shown = shutil.copy(picked.path, uploads / picked.path.name)
            return picked, said, str(shown)

        switches = [k, prior]
        quietly = {"show_progress": "minimal", "api_visibility": "private"}
        # The file as it was uploaded: Gradio would open it with any decoder, and write it anew.
        poster.upload(
            upload, [poster, *switches], [asked, answer, poster], preprocess=False, **quietly
        )
        poster.clear(lambda prior: (None, desk.waiting(prior)), [prior], [asked, answer], **quietly)
        pick.click(pick_one, [asked, *switches], [asked, answer, poster], **quietly)
        # Not `release`: a number that is typed, or set back, is none.
        k.change(say, [asked, *switches], [answer], **quietly)
        prior.input(say, [asked, *switches], [answer], **quietly)
    return page


def appearance() -> dict[str, Any]:
    """How the page looks, as arguments of `Blocks.launch`; fonts are the machine's own."""
    theme = gr.themes.Default(
        primary_hue=_shades(BLUE),
        neutral_hue=gr.themes.colors.slate,
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    ).set(
        # Gradio's own grey is too faint to be read.
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_400",
    )
    return {"theme": theme, "css": _COLOURS + _CSS.read_text(encoding="utf-8")}


def _shades(colour: str) -> gr.themes.Color:
    """A colour in the eleven steps, from almost white to almost black, that Gradio asks for."""
    own = ImageColor.getrgb(colour)[:3]
    steps = []
    for to, share in [
        *((255, share) for share in (0.93, 0.85, 0.7, 0.5, 0.25, 0.0)),
        *((0, share) for share in (0.15, 0.3, 0.45, 0.55, 0.7)),
    ]:
        mixed = (round(level + (to - level) * share) for level in own)
        steps.append("#{:02x}{:02x}{:02x}".format(*mixed))
    return gr.themes.Color(*steps, name="poster")


def _intro(caveats: list[str]) -> str:
    said = (
        f'<p class="caveat"><strong>Trained on {escape(" and ".join(caveats))}:</strong> what is '
        "said here shows that everything works, not how well real posters can be dated.</p>"
        if caveats
        else ""
    )
    return (
        '<header class="intro"><h1>poster → year</h1><p>In which year was a movie poster made, and '
        f"which posters look like it? Nothing leaves this machine.</p>{said}</header>"
    )
