"""The explore page: every poster of a catalogue, on one HTML page that loads nothing."""

import base64
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.colors import to_hex
from numpy.typing import NDArray
from PIL import Image

from posters import paths
from posters.catalogue.caveats import GENERATED, caveats
from posters.catalogue.entries import Refusal, read_refusals
from posters.embedding.embeddings import Embeddings
from posters.evaluation.metrics import PRIOR_OF
from posters.evaluation.neighbour_quality import nearest_others, neighbour_quality
from posters.explore.atlases import COLUMNS, draw_atlases, small_posters
from posters.explore.map_layout import map_positions
from posters.explore.shown_predictions import ShownPredictions
from posters.neighbours.near_duplicates import read_pairs
from posters.neighbours.reduced_catalogue import ReducedCatalogue
from posters.reports.rendering import render_template
from posters.reports.words import caveat_texts
from posters.years.dataset import Parts
from posters.years.priors import PRIORS
from posters.years.splitting import PARTS
from posters.years.year_model import YearModel, YearPredictions

TEMPLATES = Path(__file__).with_name("templates")
NEIGHBOURS = 8


def explore_run(
    parts: Parts,
    embeddings: Embeddings,
    predictions: Mapping[str, Mapping[str, YearPredictions]],
    year_model: YearModel,
    positions: Future[NDArray[np.uint16]],
) -> str:
    """The page of a run, with its pictures and the predictions for the test posters.

    Args:
        parts: the catalogue and its split.
        embeddings: of all movies in it.
        predictions: of each test under each prior.
        year_model: the model that made them.
        positions: of all movies, from `map_positions`; waited for when the posters are read.

    Raises:
        PosterRefused: a poster can't be read.
        DataError: a list of refused posters or of near-duplicates is missing or damaged.
    """
    files = [paths.DATA / str(movie.file) for movie in embeddings.movies]
    pairs = read_pairs(paths.NEAR_DUPLICATES)
    together = "Nearly the same picture; the split keeps both films in one part."
    refused = {
        refusal.imdb_id: (refusal.detail.rpartition(" ")[2], refusal, f"Refused: {refusal.detail}.")
        for file in (paths.INITIAL_REFUSED, paths.CATALOGUE_REFUSED)
        for refusal in read_refusals(file)
        if refusal.reason == "duplicate"
    }
    posters = small_posters(files)
    return _render(
        "Last run",
        caveats(parts.catalogue["source"], parts.backbone.caveat),
        embeddings,
        ShownPredictions.of(parts, embeddings, predictions, year_model),
        positions.result(),
        posters,
        [*((*pair, together) for pair in pairs), *refused.values()],
    )


def explore_catalogue(
    catalogue: ReducedCatalogue, run_caveats: Sequence[str], shown: ShownPredictions
) -> str:
    """The page of a catalogue without pictures: that of the pretrained model.

    It has no near-duplicates, as vectors alone don't tell them from posters that are only alike.
    """
    years = np.array([movie.year for movie in catalogue.movies])
    positions = map_positions(catalogue.retrieval_features, years)
    return _render("Pretrained model", run_caveats, catalogue, shown, positions)


def _order(positions: NDArray[np.uint16]) -> NDArray[np.intp]:
    """The order of the posters on the page, a Z-order curve over the map (Morton, 1966).

    Posters that are near each other on the map are in the same atlas.
    """
    x, y = positions.astype(np.int64).T
    bits = range(16)
    curve = sum((((x >> bit) & 1) << 2 * bit) | (((y >> bit) & 1) << 2 * bit + 1) for bit in bits)
    return np.argsort(curve, kind="stable")


def _render(
    heading: str,
    run_caveats: Sequence[str],
    catalogue: Embeddings | ReducedCatalogue,
    shown: ShownPredictions,
    positions: NDArray[np.uint16],
    posters: Sequence[Image.Image] = (),
    duplicates: Sequence[tuple[str, str | Refusal, str]] = (),
) -> str:
    """The page; `duplicates` are two ids, or an id and a refused movie, each with the reason."""
    order = _order(positions)
    tiles = [posters[row] for row in order] if posters else []
    movies = [catalogue.movies[row] for row in order]
    place_of = np.argsort(order)
    features = np.asarray(catalogue.retrieval_features)[order]
    row_of = {movie.imdb_id: row for row, movie in enumerate(movies)}
    rows_type = "u2" if len(movies) <= 2**16 else "u4"
    nearest, similarities = nearest_others(features, NEIGHBOURS)
    years = np.array([movie.year for movie in movies])

    def similarity(one: str, two: str) -> float:
        return round(float(features[row_of[one]] @ features[row_of[two]]), 2)

    colours = mpl.colormaps["plasma"](np.linspace(0, 1, 64))
    data = {
        "caveats": caveat_texts(run_caveats),
        "generated": GENERATED in run_caveats,
        "ids": [int(movie.imdb_id.removeprefix("tt")) for movie in movies],
        "titles": [movie.title for movie in movies],
        "years": _packed(years, "u2"),
        "positions": _packed(positions[order], "u2"),
        "nearest": _packed(nearest, rows_type),
        "similarities": _packed((100 * similarities).clip(0, 100).round(), "u1"),
        "quality": neighbour_quality(nearest, years),
        "parts": _packed(shown.parts[order], "u1"),
        "partNames": PARTS,
        "priorOf": PRIOR_OF,
        "level": shown.level,
        "priors": {name: shown.priors.named(name).round(5).tolist() for name in PRIORS},
        "tests": {
            test: {
                "rows": _packed(place_of[rows], rows_type),
                "byPrior": {name: _prediction(shown, test, name) for name in PRIORS},
            }
            for test, rows in shown.rows.items()
        },
        "duplicates": [
            [row_of.get(one), two._asdict(), None, reason]
            if isinstance(two, Refusal)
            else [row_of[one], row_of[two], similarity(one, two), reason]
            for one, two, reason in duplicates
        ],
        "yearColours": [to_hex(colour) for colour in colours],
        "atlas": {"width": tiles[0].width, "height": tiles[0].height, "columns": COLUMNS}
        if tiles
        else None,
    }
    content = {
        "data": Markup(_json_in_html(data)),
        "atlases": [*map(_base64, draw_atlases(tiles))],
        "heading": heading,
        "count": len(movies),
    }
    return render_template("explore.html.jinja", content, TEMPLATES)


def _prediction(shown: ShownPredictions, test: str, prior: str) -> dict[str, Any]:
    arrays = shown.arrays[test, prior].items()
    packed = {name: _base64(array.tobytes()) for name, array in arrays}
    return {"firstYear": int(shown.priors.years[0]), **packed}


def _packed(values: Any, kind: str) -> str:
    """Numbers as Base64 of little-endian bytes."""
    return _base64(np.asarray(values).astype(f"<{kind}").tobytes())


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _json_in_html(data: Any) -> str:
    """JSON that can stand in a script element, whatever the titles are."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")
