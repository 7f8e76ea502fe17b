"""The layout of the page: its tabs, and what their buttons do."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from posters.app import fragments
from posters.app.components import EVENT, clamped_slider, fragment, poster_field
from posters.app.fragments import PosterRow, problem_html
from posters.app.game import game_tab
from posters.app.service import (
    MAX_NEIGHBOURS,
    PosterRequest,
    PredictedPoster,
    PredictionService,
)
from posters.errors import PosterRefused, PostersError
from posters.images.pictures import MAX_BYTES

_HOUR = 3600  # seconds
_MAX_POSTERS = 100  # in one table
_ONE, _SEVERAL = (
    "Drop a poster here, paste it, or choose a file",
    "Drop posters here, or choose files",
)


def build_page(service: PredictionService) -> gr.Blocks:
    """The page, to be launched, whose predictions are those of a service."""
    with gr.Blocks(
        title="poster → year", analytics_enabled=False, delete_cache=(_HOUR, _HOUR)
    ) as page:
        predictor = service.predictor
        fragment(fragments.intro_html(predictor.name, predictor.caveats))
        with gr.Tabs(overflow_behavior="wrap") as tabs:
            with gr.Tab("One poster", id="one"):
                shown, k = _one_poster(service)
            with gr.Tab("Several posters", id="several"):
                rows, table = _several_posters(service)
            with gr.Tab("Game", id="game"):
                game_tab(service)

        def open_row(event: gr.EventData, rows: list[PosterRow], k: int) -> list[Any]:
            poster = rows[event.number].poster if event.number < len(rows or []) else None
            return [gr.Tabs(selected="one"), *_show(service, lambda: _still_known(poster), k)]

        table.select(open_row, [rows, k], [tabs, *shown], **EVENT)
    return page


def _one_poster(service: PredictionService) -> tuple[list[Any], gr.Slider]:
    """The tab for one poster; returns the components that `_show` fills, and k."""
    current = gr.State(None)
    with gr.Row(elem_id="columns"):
        with gr.Column(elem_id="input"):
            field = _field(_ONE, multiple=False, elem_id="poster")
            pick = gr.Button(
                "Random test poster",
                variant="primary",
                visible=bool(service.tests),
                elem_id="pick",
            )
            mattered = gr.Button("Which regions mattered?", visible=False, elem_id="mattered")
            regions = fragment(elem_id="regions")
        with gr.Column(elem_id="output"):
            answer = fragment(fragments.answer_html(service, None, 0), elem_id="answer")
            with gr.Column(visible=False) as neighbours:
                k = clamped_slider(
                    *(1, MAX_NEIGHBOURS),
                    value=6,
                    label="How many nearest posters (k)",
                    info="This does not change the predicted year.",
                    elem_id="k",
                )
                nearest = fragment(elem_id="nearest")
    shown = [current, field, mattered, regions, neighbours, answer, k, nearest]

    def upload(event: gr.EventData, k: int) -> list[Any]:
        files = event.files
        return _show(service, lambda: service.predict(_uploaded(files)), k)

    def pick_random(current: PredictedPoster | None, k: int) -> list[Any]:
        seen = [current.request] if current else []
        return _show(service, lambda: service.predict(service.random_test(seen)), k)

    def predict_neighbour(
        event: gr.EventData, current: PredictedPoster | None, k: int
    ) -> list[Any]:
        number = event.number

        def neighbour() -> PredictedPoster:
            movie = _still_known(current).prediction.neighbours[number]
            return service.predict(service.request_of(movie))

        return _show(service, neighbour, k)

    def change_k(current: PredictedPoster | None, k: int) -> list[Any]:
        return _show(service, lambda: _still_known(current), k)[-3:]

    def find_regions(current: PredictedPoster | None) -> str:
        try:
            poster = _still_known(current)
            return fragments.regions_html(poster, service.occlude(poster.request))
        except PostersError as error:
            return problem_html(error)

    field.upload(upload, [k], shown, **EVENT)
    pick.click(pick_random, [current, k], shown, **EVENT)
    nearest.select(predict_neighbour, [current, k], shown, **EVENT)
    # `change`, because `release` ignores numbers that are typed or reset.
    k.change(change_k, [current, k], [answer, k, nearest], **EVENT)
    mattered.click(find_regions, [current], [regions], **EVENT)
    return shown, k


def _several_posters(service: PredictionService) -> tuple[gr.State, gr.HTML]:
    """The tab for several posters; returns the rows of its table, and the table."""
    rows = gr.State([])
    field = _field(_SEVERAL, multiple=True, elem_id="posters")
    table = fragment(elem_id="table")

    def upload(event: gr.EventData) -> Iterator[tuple[list[PosterRow], str]]:
        files = event.files
        done: list[PosterRow] = []
        if len(files) > _MAX_POSTERS:
            problem = (
                f"{len(files)} files, expected at most {_MAX_POSTERS}; choose fewer, or run "
                "`python src/predict.py --csv FOLDER`"
            )
            yield done, problem_html(problem)
            return
        for file in files:
            try:
                poster = service.predict(_uploaded([file]))
                done.append(PosterRow(file["name"], poster))
            except PostersError as error:
                done.append(PosterRow(file["name"], problem=error))
            yield done, fragments.several_html(service.predictor, done, len(files))

    # Meanwhile the rest of the page can be used.
    field.upload(upload, None, [rows, table], **EVENT | {"concurrency_id": "several"})
    return rows, table


def _field(text: str, *, multiple: bool, elem_id: str) -> gr.HTML:
    value = fragments.poster_html(None, text)
    limits = dict(max_files=_MAX_POSTERS if multiple else 1, max_bytes=MAX_BYTES)
    return poster_field(value, multiple=multiple, elem_id=elem_id, **limits)


def _uploaded(files: list[dict[str, str]]) -> PosterRequest:
    """The one file that was uploaded."""
    if len(files) != 1:
        raise PosterRefused("several files", f"expected one, received {len(files)}")
    if not files[0]["path"]:
        raise PosterRefused("too large", f"more than {MAX_BYTES:,} bytes, or it did not arrive")
    # Gradio has refused any path outside its uploads.
    return PosterRequest(Path(files[0]["path"]))


def _show(
    service: PredictionService, poster_of: Callable[[], PredictedPoster], k: int
) -> list[Any]:
    """Values of the components that show one poster, or why there is no answer."""
    try:
        poster = poster_of()
    except PostersError as error:
        empty, hidden = fragments.poster_html(None, _ONE), gr.update(visible=False)
        return [None, empty, hidden, "", hidden, problem_html(error), k, ""]
    return [
        poster,
        fragments.poster_html(poster.picture, "Choose another"),
        gr.update(visible=True),
        "",
        gr.update(visible=True),
        fragments.answer_html(service, poster, k),
        k,
        fragments.nearest_html(service, poster, k),
    ]


def _still_known(poster: PredictedPoster | None) -> PredictedPoster:
    if poster is None:
        raise PosterRefused("missing", "the page was started anew in the meantime")
    return poster
