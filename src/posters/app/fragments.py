"""The parts of the page that change, as HTML."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from urllib.parse import quote

import numpy as np
from markupsafe import Markup

from posters import paths
from posters.app import occlusion
from posters.app.components import TEMPLATES
from posters.app.service import PredictedPoster, PredictionService
from posters.app.year_curve import year_curves
from posters.errors import PosterRefused, PostersError
from posters.prediction import Predictor
from posters.prediction_table import PredictionTable
from posters.reports.rendering import render_template, thumbnail
from posters.reports.words import caveat_texts

HEADINGS = {
    "natural": "If posters are mostly recent",
    "uniform": "If every year is as likely",
}
"""The priors in words, by their names."""

_NEAREST_IN_TABLE = 3  # as many as predict.py prints


@dataclass(frozen=True)
class PosterRow:
    """One of several files: its prediction, or the problem with it."""

    name: str
    poster: PredictedPoster | None = None
    problem: PostersError | None = None


def intro_html(model: str, caveats: list[str]) -> str:
    """What the page does, and by which model."""
    notices = "".join(
        f"<p><strong>{escape(caveat)}.</strong> {escape(meaning)}</p>"
        for caveat, meaning in caveat_texts(caveats).items()
    )
    notice = f'<div class="message">{notices}</div>' if notices else ""
    return (
        '<header class="intro"><h1>poster → year</h1><p>Predicts the year of a movie poster and '
        "finds the most similar posters. Your posters stay on this computer.</p>"
        f"<p>It uses {escape(model)}.</p>{notice}</header>"
    )


def problem_html(problem: PostersError | str) -> str:
    """The message of every error on the page."""
    return f'<div class="message" role="alert"><p>{_in_html(problem)}</p></div>'


def _in_html(problem: PostersError | str) -> Markup:
    """What was wrong and what to do."""
    text = str(problem)
    if isinstance(problem, PosterRefused):
        gone = f"{text}; choose it again or, if it is in your catalogue, run `dvc checkout`"
        text = gone if problem.reason == "missing" else problem.with_advice
    text = escape(text[:1].upper() + text[1:])
    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", text))


def poster_html(picture: str | None, invitation: str) -> str:
    """The content of the field for a poster: the poster, or an invitation to choose one."""
    image = f'<img src="{picture}" alt="The poster to predict">' if picture else ""
    return f"{image}<span>{escape(invitation)}<br>JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF</span>"


def answer_html(service: PredictionService, poster: PredictedPoster | None, k: int) -> str:
    """The answers for a poster with the years of `k` neighbours, or the priors."""
    chart = year_curves(service.priors)
    if poster:
        found, year = poster.prediction, poster.request.year
        chart = year_curves(service.priors, found.answers, found.neighbours[:k], year)
    level = service.predictor.level
    return rendered("answer", poster=poster, chart=chart, level=level, headings=HEADINGS)


def nearest_html(service: PredictionService, poster: PredictedPoster, k: int) -> str:
    """The `k` nearest posters."""
    neighbours = poster.prediction.neighbours[:k]
    functions = {"thumbnail": _catalogue_thumbnail, "address": service.predictor.address}
    return rendered("nearest", neighbours=neighbours, **functions)


def regions_html(poster: PredictedPoster, found: occlusion.Occlusion) -> str:
    """Which regions of a poster its year depends on."""
    largest = float(np.abs(found.lost).max())
    content = dict(within=occlusion.WITHIN, prior=occlusion.PRIOR, largest=largest)
    return rendered("regions", found=found, picture=poster.picture, **content)


def several_html(predictor: Predictor, rows: Sequence[PosterRow], total: int) -> str:
    """The rows so far of `total` posters; all of them can be downloaded as CSV."""
    refused = sum(row.poster is None for row in rows)
    table = _csv(predictor, rows) if len(rows) == total else ""
    csv = f"data:text/csv;charset=utf-8,{quote(table, errors='replace')}"
    content = dict(rows=rows, total=total, refused=refused, csv=csv, in_html=_in_html)
    return rendered("several", **content)


def _csv(predictor: Predictor, rows: Sequence[PosterRow]) -> str:
    """The table of `predict.py --csv`, with a line for each prior."""
    with io.StringIO() as stream:
        table = PredictionTable(stream)
        for row in rows:
            if row.poster is None:
                table.write({"file": row.name, "refused": str(row.problem)})
                continue
            found = row.poster.prediction
            prediction = replace(found, neighbours=found.neighbours[:_NEAREST_IN_TABLE])
            for prior in prediction.answers:
                table.write({"file": row.name, **predictor.as_json(prediction, prior)})
        return stream.getvalue()


def rendered(name: str, **content: object) -> str:
    """A template of this folder with its content."""
    return render_template(f"{name}.html.jinja", content, TEMPLATES)


@lru_cache(maxsize=1024)
def _catalogue_thumbnail(file: str) -> str | None:
    """A small copy of a poster in `data/`; None if it can't be read."""
    try:
        return thumbnail(paths.DATA / file, (320, 480), quality=85)
    except PosterRefused:
        return None
