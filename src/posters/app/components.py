"""The components of the page that Gradio lacks, and the appearance of all."""

from pathlib import Path
from typing import Any

import gradio as gr

from posters.reports import rendering
from posters.reports.palette import BLUE, DARK, LIGHT, css_variables

TEMPLATES = Path(__file__).with_name("templates")

EVENT: dict[str, Any] = {
    "show_progress": "minimal",
    "api_visibility": "private",
    "concurrency_id": "page",
}
"""Settings of event listeners: one after the other, so that a map fits the poster beside it."""


def fragment(value: str = "", **settings: Any) -> gr.HTML:
    """A part of the page that is written as HTML.

    A click on an element with a number in `data-predict` is the event `select` with this number.
    """
    # No subclass of gr.HTML: Gradio would write a stub file beside this one.
    script = (TEMPLATES / "predict.js").read_text(encoding="utf-8")
    return gr.HTML(value, js_on_load=script, apply_default_css=False, **settings)


def poster_field(value: str, **settings: Any) -> gr.HTML:
    """A field to drop, paste or choose posters in; its event `upload` has names and paths.

    The settings include `multiple`, whether several can be chosen, `max_files`, and `max_bytes` of
    one.
    """
    return gr.HTML(
        value,
        html_template='<label class="drop"><input type="file" '
        'accept="image/*,.heic,.heif" ${multiple ? "multiple" : ""}>${value}</label>',
        apply_default_css=False,
        js_on_load=(TEMPLATES / "poster_drop.js").read_text(encoding="utf-8"),
        **settings,
    )


def clamped_slider(low: int, high: int, **settings: Any) -> gr.Slider:
    """A slider of whole numbers; one that is typed outside its range is clamped, not refused.

    None if it is empty.

    Show or hide the column that it is in: `gr.update` would replace it by an ordinary slider.
    """
    slider = gr.Slider(low, high, step=1, **settings)
    slider.preprocess = lambda number: number and int(min(max(number, low), high))
    return slider


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
    files = (rendering.TEMPLATES / "chart.css", TEMPLATES / "page.css")
    return {
        "theme": theme,
        "css": colours + "".join(file.read_text(encoding="utf-8") for file in files),
    }


def _shades(colour: str) -> gr.themes.Color:
    """The eleven steps of a Gradio colour, from almost white to almost black."""
    lighter = [f"color-mix(in srgb, {colour} {share}%, white)" for share in (7, 15, 30, 50, 75)]
    darker = [f"color-mix(in srgb, {colour} {share}%, black)" for share in (85, 70, 55, 45, 30)]
    return gr.themes.Color(*lighter, colour, *darker, name="poster")
