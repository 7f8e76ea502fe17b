"""The parts of the page that change, as HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from urllib.parse import quote

import numpy as np
import pandas as pd

from posters import paths
from posters.app import occlusion
from posters.app.components import TEMPLATES
from posters.app.service import PosterAnswer, PredictionService
from posters.app.year_curve import year_curves
from posters.catalogue.entries import quote_formulas
from posters.errors import PosterRefused, PostersError
from posters.reports.rendering import render_template, thumbnail
from posters.reports.words import caveat_texts

HEADINGS = {
    "natural": "If your posters are mostly recent",
    "uniform": "If every year is equally likely",
}
"""The priors in words, by their names."""

_REFUSALS = {
    "unreadable": "This file is not a readable picture. Choose a JPEG, PNG or WebP.",
    "missing": "The file of this poster is gone. Choose the poster again; if it is one of your "
    "catalogue, run `dvc checkout`.",
    "too large": "This picture is too large. Save a smaller copy, and choose that.",
    "too complex": "This file takes too long to read. Save the picture again, and choose that.",
    "too small": "This picture is too small. Choose a larger copy.",
    "flat colour": "The whole picture has one colour. Choose a poster.",
}


@dataclass(frozen=True)
class PosterRow:
    """One of several files: its answer, or the problem with it."""

    name: str
    answer: PosterAnswer | None = None
    problem: str = ""


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


def problem_text(problem: PostersError | str) -> str:
    """What was wrong and what to do, as every message of the page says it."""
    if isinstance(problem, PosterRefused):
        return f"{_REFUSALS.get(problem.reason, 'Choose another picture.')} ({problem.detail})"
    text = str(problem)
    return f"{text[:1].upper()}{text[1:]}"


def problem_html(problem: PostersError | str) -> str:
    """The message of every error on the page."""
    return f'<div class="message" role="alert"><p>{escape(problem_text(problem))}</p></div>'


def poster_html(picture: str | None, invitation: str) -> str:
    """The content of the field for a poster: the poster, or an invitation to choose one."""
    image = f'<img src="{picture}" alt="The poster to predict">' if picture else ""
    return f"{image}<span>{escape(invitation)}<br>JPEG, PNG or WebP</span>"


def answer_html(service: PredictionService, answer: PosterAnswer | None, k: int) -> str:
    """The predictions for a poster with the years of `k` neighbours, or the priors."""
    chart = year_curves(service.priors)
    if answer:
        neighbours, year = answer.neighbours[:k], answer.request.year
        chart = year_curves(service.priors, answer.predictions, neighbours, year)
    notes = notes_on(answer) if answer else []
    content = dict(answer=answer, chart=chart, level=service.level, notes=notes)
    return rendered("answer", headings=HEADINGS, **content)


def notes_on(answer: PosterAnswer) -> list[str]:
    """What speaks against a prediction."""
    shape = "This picture does not have the shape of a poster, so the prediction is unreliable."
    return [] if answer.portrait else [shape]


def nearest_html(service: PredictionService, answer: PosterAnswer, k: int) -> str:
    """The `k` nearest posters."""
    neighbours = answer.neighbours[:k]
    functions = {"thumbnail": _catalogue_thumbnail, "address": service.address}
    return rendered("nearest", neighbours=neighbours, **functions)


def regions_html(answer: PosterAnswer, found: occlusion.Occlusion) -> str:
    """Which regions of a poster its year depends on."""
    largest = float(np.abs(found.lost).max())
    content = dict(within=occlusion.WITHIN, prior=occlusion.PRIOR, largest=largest)
    return rendered("regions", found=found, picture=answer.picture, **content)


def several_html(rows: Sequence[PosterRow], total: int) -> str:
    """The rows so far of `total` posters; all of them can be downloaded as CSV."""
    refused = sum(row.answer is None for row in rows)
    table = quote_formulas(pd.DataFrame([_csv_row(row) for row in rows]))
    # Years stay whole numbers beside the empty cells of refused posters.
    text = table.convert_dtypes().to_csv(index=False)
    csv = f"data:text/csv;charset=utf-8,{quote(text)}"
    content = dict(rows=rows, total=total, refused=refused, csv=csv, notes=notes_on)
    return rendered("several", **content)


def _csv_row(row: PosterRow) -> dict[str, object]:
    cells: dict[str, object] = {"file": row.name, "note": row.problem}
    if row.answer:
        cells["note"] = " ".join(notes_on(row.answer))
        for prior, found in row.answer.predictions.items():
            cells |= {f"{prior}_year": found.year, f"{prior}_low": found.low}
            cells |= {f"{prior}_high": found.high}
        nearest = row.answer.neighbours[0]
        cells |= {"nearest_id": nearest.imdb_id, "nearest_title": nearest.title}
        cells["nearest_year"] = nearest.year
    return cells


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
